/* SPDX-License-Identifier: MIT */
#ifndef IO_PATH_WATCH_H
#define IO_PATH_WATCH_H

#include "io/loop.h"

/*
 * Waits for a file to appear, or to become ours to open: the nearest of its folders that there is
 * is watched, so that no more than the kernel's word is needed while udev makes the others.
 */
struct path_watch;
typedef void path_watch_fn(void *data);

/**
 * path_watch_new() - call @fn(@data) when something has changed where @path may appear
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
