/* SPDX-License-Identifier: MIT */
#ifndef IO_PATH_WATCH_H
#define IO_PATH_WATCH_H

#include "io/loop.h"

/*
 * Waits for a file to appear, to go, to become ours to open, or to be another one: all folders that
 * its path leads over are watched, as far as there are any, those of symbolic links too. No more
 * than the kernel's word is needed while udev makes them, or somebody turns a link, or mounts
 * something over one of them.
 */
struct path_watch;
typedef void path_watch_fn(void *data);

/**
 * path_watch_new() - call @fn(@data) when something has changed where @path leads
 * @path: with a star in its last component, all that is in that folder counts
 *
 * The watch may be freed in its own callback.
 *
 * Return: 0; -EMFILE, -ENOSPC, -ENOMEM: limits.
 */
int path_watch_new(struct loop *loop, const char *path, path_watch_fn *fn, void *data,
	struct path_watch **ret_watch);

/** path_watch_free() - NULL is fine */
void path_watch_free(struct path_watch *watch);

#endif
