/* SPDX-License-Identifier: MIT */
#ifndef IO_MOUNTS_H
#define IO_MOUNTS_H

#include "base/list.h"
#include "io/loop.h"

/**
 * struct mounts_listener - hears when file systems have been mounted, moved or unmounted, in the
 * mount namespace of this process
 *
 * Which ones, nobody says: there may be many that are none of the listener's business.
 *
 * @fn: in a task; may forget its listener, and others
 */
struct mounts_listener {
	struct list node;
	struct task task;
	void (*fn)(void *data);
	void *data;
};

/**
 * mounts_listen() - from now on, with one descriptor for all listeners of a loop
 *
 * Where there is no /proc, as after `chroot=`, or no descriptor, nothing is told.
 */
void mounts_listen(
	struct loop *loop, struct mounts_listener *listener, void (*fn)(void *data), void *data);

/** mounts_forget() - no more */
void mounts_forget(struct loop *loop, struct mounts_listener *listener);

#endif
