/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_PASSWORD_FILE_H
#define OBJECT_PASSWORD_FILE_H

#include "base/error.h"

/*
 * A file of names and hashed passwords, one "NAME:HASH" a line, as htpasswd -B and mkpasswd write
 * them; what stands behind another ':' is not looked at, so that a part of /etc/shadow will do.
 * Lines that begin with '#' are comments. A hash is one of crypt(5).
 */

/** password_file_look() - is there such a file. Return: 0; -errno with @err */
int password_file_look(const char *path, struct error **err);

/**
 * password_file_check() - is this the password of @user
 *
 * Reads the file and takes the time that a hash is meant to take; a name that is not there takes
 * as long as one that is.
 *
 * Return: 0; -EACCES: no; another -errno: the file cannot be read.
 */
int password_file_check(const char *path, const char *user, const char *password);

#endif
