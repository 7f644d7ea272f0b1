/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_PAM_H
#define OBJECT_PAM_H

#include <stdbool.h>
#include <stddef.h>

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

/** pam_is_available() - or was this built without PAM */
bool pam_is_available(void);

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
