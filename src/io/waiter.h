/* SPDX-License-Identifier: MIT */
#ifndef IO_WAITER_H
#define IO_WAITER_H

#include "io/loop.h"

/*
 * Waits for what the kernel tells only to who waits in a system call, such as ioctl(TIOCMIWAIT): a
 * thread does that for the loop.
 */
struct waiter;

/**
 * waiter_call - wait for the next time, in the thread
 *
 * Return: 0: it has happened; -EINTR: a signal came; another -errno: this cannot be waited for.
 */
typedef int waiter_call(int fd);

/**
 * waiter_fn - what has come of it
 * @error: 0: it has happened, once or more; negative errno: nothing will come any more
 */
typedef void waiter_fn(void *data, int error);

enum {
	/* Between two calls: what happens all the time is told so often, and missed meanwhile. */
	WAITER_PAUSE_MS = 10,
};

/**
 * waiter_new() - call @fn(@data) from the loop whenever @call(@fd) has returned
 * @fd: outlives the waiter
 *
 * The waiter may be freed in its own callback.
 *
 * Return: 0; -EAGAIN, -EMFILE, -ENOMEM: limits; -ENOTSUP: see thread_begin(). Who gets none looks
 * himself from time to time.
 */
int waiter_new(struct loop *loop, int fd, waiter_call *call, waiter_fn *fn, void *data,
	struct waiter **ret_waiter);

/** waiter_free() - end the thread, also in the middle of its call; NULL is fine */
void waiter_free(struct waiter *waiter);

#endif
