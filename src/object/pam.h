/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_PAM_H
#define OBJECT_PAM_H

#include "base/error.h"

enum {
	PAM_TEXT_MAX = 256, /* of a name or a reason, with the NUL */
};

/**
 * struct pam_question - who is it, or may he
 * @service:  of which /etc/pam.d has the rules
 * @user:     his name
 * @password: what he says; NULL: it is known that it is him, and only his account is looked at
 * @from:     his address; NULL: not known
 */
struct pam_question {
	const char *service, *user, *password, *from;
};

/**
 * pam_look() - can it be asked
 *
 * Return: 0; -ENOTSUP: this was built without PAM; -EPERM: pam_forbid() was said; with @err.
 */
int pam_look(struct error **err);

/**
 * pam_forbid() - for good: this process is, or will be, held by a filter of system calls
 *
 * Modules make whatever calls they like, and one that the filter does not know would be the end of
 * the process, at somebody's login.
 */
void pam_forbid(void);

/**
 * pam_ask() - ask, and wait for the answer: modules may take as long as they like
 * @ret_user:   PAM_TEXT_MAX bytes; where it is yes his name as PAM has it, which may differ from
 *              what was said
 * @ret_reason: PAM_TEXT_MAX bytes; where it is no: why, for the log
 *
 * Return: 0: yes; -EACCES: no.
 */
int pam_ask(const struct pam_question *question, char *ret_user, char *ret_reason);

#endif
