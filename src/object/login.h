/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_LOGIN_H
#define OBJECT_LOGIN_H

#include "base/error.h"

/*
 * Where names and passwords are checked: a service of PAM, or a file (password-file.h). The answer
 * comes from a thread. How often somebody may guess is the caller's to say.
 */
struct errand;
struct login;
struct loop;

enum {
	LOGIN_USER_MAX = 128,	  /* with the NUL */
	LOGIN_PASSWORD_MAX = 512, /* with the NUL; PAM takes no longer ones */
};

/**
 * login_fn - what has become of it
 * @user: who it is, as whoever checked it calls him; NULL: the password is wrong, or there is no
 *        such user, or it cannot be found out, which the log says
 */
typedef void login_fn(void *data, const char *user);

/**
 * login_new() - a place to check passwords at; one of @service and @path
 * @service: of PAM: its rules of "auth" and "account" are asked
 * @path:    of a file, which is read for each check
 *
 * Return: 0; -ENOTSUP: there is no PAM; -ENOENT and the like, with @err.
 */
int login_new(struct loop *loop, const char *service, const char *path, struct login **ret_login,
	struct error **err);

/**
 * login_look() - could names and passwords be checked there now, by who this process is
 *
 * Return: as login_new().
 */
int login_look(const char *service, const char *path, struct error **err);

/** login_free() - nothing may be under way; NULL is fine */
void login_free(struct login *login);

/**
 * login_check() - is it the password of that user
 * @user:     at most LOGIN_USER_MAX bytes; @password: at most LOGIN_PASSWORD_MAX; both are copied
 * @from:     address of who says so: "192.168.1.7:40312", which PAM's modules get without the port
 * @fn:       called once from the loop, unless errand_forget() comes first
 *
 * Return: 0; -EACCES: no user has such a name; -ENOMEM.
 */
int login_check(struct login *login, const char *user, const char *password, const char *from,
	login_fn *fn, void *data, struct errand **ret_errand);

#endif
