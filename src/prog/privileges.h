/* SPDX-License-Identifier: MIT */
#ifndef PROG_PRIVILEGES_H
#define PROG_PRIVILEGES_H

#include "opts/opts.h"

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct privileges - `-run-with`: who the program is once everything has been made
 * @user:   as it was given; NULL: stays who it is
 * @chroot: its root folder; NULL: stays; owned, as @user is
 * @uid, @gid: of @user; see privileges_know_user()
 * @by_name: @user is a name, of whom it has the groups, too
 */
struct privileges {
	char *user, *chroot;
	uid_t uid;
	gid_t gid;
	bool by_name;
};

/** privileges_options - those of `-run-with` */
extern const struct opt_desc privileges_options[];

/**
 * privileges_read() - what `-run-with` says; that there is such a user is not looked at
 * @privileges: those of an earlier one are replaced
 *
 * Return: 0; -EINVAL, -ENOMEM with @err.
 */
int privileges_read(struct privileges *privileges, struct opts *opts, struct error **err);

/** privileges_know_user() - is it numbers, or a name that is known here */
bool privileges_know_user(const struct privileges *privileges);

/** privileges_check() - Return: 0; -EINVAL: there is no such user, with QEMU's text */
int privileges_check(const struct privileges *privileges, struct error **err);

/** privileges_drop() - from now on; no-op where nothing was said. Return: 0; -errno with @err */
int privileges_drop(const struct privileges *privileges, struct error **err);

/** privileges_done() - also of a zeroed one */
void privileges_done(struct privileges *privileges);

#endif
