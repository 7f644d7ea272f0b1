/* SPDX-License-Identifier: MIT */
/* All that the thread uses is the waiter's, which outlives it. */
/* syscalls: clock_nanosleep close eventfd2 */
#include "io/waiter.h"

#include "io/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/**
 * struct waiter
 * @error: of the last call
 * @bell:  an eventfd by which the thread tells the loop
 * @ends:  the thread is to end
 */
struct waiter {
	int fd, bell;
	waiter_call *call;
	waiter_fn *fn;
	void *data;
	struct watch *watch;
	pthread_t thread;
	bool is_started;
	atomic_bool ends;
	atomic_int error;
};

static void *wait_again_and_again(void *arg)
{
	static const struct timespec pause = { .tv_nsec = WAITER_PAUSE_MS * 1000000L };
	struct waiter *waiter = arg;
	int r = 0;

	while (!atomic_load(&waiter->ends) && (r == 0 || r == -EINTR)) {
		r = waiter->call(waiter->fd);
		if (r == -EINTR)
			continue;
		atomic_store(&waiter->error, r);
		eventfd_write(waiter->bell, 1);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void on_bell(void *data, unsigned events)
{
	struct waiter *waiter = data;
	eventfd_t count;

	(void)events;
	if (eventfd_read(waiter->bell, &count) == 0)
		waiter->fn(waiter->data, atomic_load(&waiter->error));
}

int waiter_new(struct loop *loop, int fd, waiter_call *call, waiter_fn *fn, void *data,
	struct waiter **ret_waiter)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	int r;

	if (!waiter)
		return -ENOMEM;
	*waiter = (struct waiter){ .fd = fd, .call = call, .fn = fn, .data = data };
	waiter->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = waiter->bell < 0 ? -errno
			     : watch_new(loop, waiter->bell, on_bell, waiter, &waiter->watch);
	if (r == 0)
		r = thread_begin(wait_again_and_again, waiter, &waiter->thread);
	waiter->is_started = r == 0;
	if (r < 0) {
		waiter_free(waiter);
		return r;
	}
	watch_set(waiter->watch, WATCH_READ);
	*ret_waiter = waiter;
	return 0;
}

void waiter_free(struct waiter *waiter)
{
	if (!waiter)
		return;
	atomic_store(&waiter->ends, true);
	if (waiter->is_started)
		thread_end(waiter->thread);
	watch_free(waiter->watch);
	if (waiter->bell >= 0)
		close(waiter->bell);
	free(waiter);
}
