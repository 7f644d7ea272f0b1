/* SPDX-License-Identifier: MIT */
#ifndef IO_OPEN_WATCH_H
#define IO_OPEN_WATCH_H

#include "io/loop.h"

/*
 * Notices that somebody opens a file, here the slave of a pty. All watches of a loop share one
 * inotify descriptor, which goes with the last of them.
 */
struct open_watch;
typedef void open_watch_fn(void *data);

/**
 * open_watch_new() - call @fn(@data) after each open(2) of @path, several in a row may be one call
 *
 * An open by this process counts as well. The watch may be freed in its own callback.
 *
 * Return: 0; -ENOENT and the like; -EMFILE, -ENOSPC, -ENOMEM: limits.
 */
int open_watch_new(struct loop *loop, const char *path, open_watch_fn *fn, void *data,
	struct open_watch **ret_watch);

/** open_watch_free() - NULL is fine */
void open_watch_free(struct open_watch *watch);

/* ---- in another program's place, which may have had rights that this one has not ---- */

/** open_watch_fd() - what the watches of a loop share; -1: there are none */
int open_watch_fd(struct loop *loop);

/** open_watch_number() - which of them it is; never 0 */
unsigned open_watch_number(const struct open_watch *watch);

/**
 * open_watch_inherit() - the watches that another program had, of a loop that has none yet
 * @fd: the loop's, where this succeeds
 *
 * Return: 0; -errno.
 */
int open_watch_inherit(struct loop *loop, int fd);

/** open_watch_adopt() - as open_watch_new(). Return: 0; -ENOENT: none was inherited; -ENOMEM */
int open_watch_adopt(struct loop *loop, unsigned number, open_watch_fn *fn, void *data,
	struct open_watch **ret_watch);

/** open_watch_inherited() - all are adopted that will be */
void open_watch_inherited(struct loop *loop);

#endif
