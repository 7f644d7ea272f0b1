/* SPDX-License-Identifier: MIT */
#ifndef PROG_PIDFILE_H
#define PROG_PIDFILE_H

#include "base/error.h"

/**
 * struct pidfile - a file with our process id that is locked while we live
 * @path: borrowed
 * @fd:   holds the lock; -1: there is none
 */
struct pidfile {
	const char *path;
	int fd;
};

/**
 * pidfile_create() - write our id and hold the file
 *
 * Nobody ever sees the file without an id in it. What a process left behind that lives no more is
 * replaced.
 *
 * Return: 0; -EBUSY: a live process holds it; -errno with @err.
 */
int pidfile_create(struct pidfile *pidfile, const char *path, struct error **err);

/** pidfile_adopt() - go on with one that another program in this process holds by @fd */
void pidfile_adopt(struct pidfile *pidfile, const char *path, int fd);

/** pidfile_remove() - unlink it, unless it has become somebody else's; no-op where @fd is -1 */
void pidfile_remove(struct pidfile *pidfile);

#endif
