/* SPDX-License-Identifier: MIT */
/*
 * The loop's own timers count milliseconds; this is a timerfd beside them. It is never read: to set
 * it, or to stop it, takes back that it has expired.
 */
/* syscalls: close timerfd_create timerfd_settime */
#include "io/short-timer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { NS_A_US = 1000 };

struct short_timer {
	int fd;
	struct watch *watch;
	timer_fn *fn;
	void *data;
};

static void set(struct short_timer *timer, unsigned us)
{
	struct itimerspec time = { .it_value.tv_nsec = (long)us * NS_A_US };

	timerfd_settime(timer->fd, 0, &time, NULL);
}

static void on_expired(void *data, unsigned events)
{
	struct short_timer *timer = data;

	(void)events;
	short_timer_stop(timer);
	timer->fn(timer->data);
}

int short_timer_new(struct loop *loop, timer_fn *fn, void *data, struct short_timer **ret_timer)
{
	struct short_timer *timer = calloc(1, sizeof(*timer));
	int r;

	if (!timer)
		return -ENOMEM;
	*timer = (struct short_timer){ .fn = fn, .data = data };
	timer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	r = timer->fd < 0 ? -errno : watch_new(loop, timer->fd, on_expired, timer, &timer->watch);
	if (r < 0) {
		short_timer_free(timer);
		return r;
	}
	watch_set(timer->watch, WATCH_READ);
	*ret_timer = timer;
	return 0;
}

void short_timer_start(struct short_timer *timer, unsigned us)
{
	set(timer, us);
}

void short_timer_stop(struct short_timer *timer)
{
	set(timer, 0);
}

void short_timer_free(struct short_timer *timer)
{
	if (!timer)
		return;
	watch_free(timer->watch);
	if (timer->fd >= 0)
		close(timer->fd);
	free(timer);
}
