/* SPDX-License-Identifier: MIT */
/*
 * File descriptors, by epoll, level triggered.
 *
 * A descriptor is registered by watch_new(), for reading, since that is what most are wanted for
 * before the next wait. From then on it is only changed, which needs no memory and cannot fail.
 *
 * Wishes are told to the kernel before the next wait: who stops and goes on within a dispatch costs
 * no system call. A watch that is to rest stays armed until an event comes that nobody wants; then
 * it waits for nothing: edge triggered, so that a hang-up, which epoll always tells, wakes the loop
 * once and not for ever.
 */
/* syscalls: epoll_ctl epoll_pwait epoll_wait */
#include "io/loop-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum {
	BATCH = 256,	  /* events taken from the kernel at once */
	BATCHES_MAX = 16, /* before timers and tasks have their turn */
	EVERYTHING = WATCH_READ | WATCH_WRITE | WATCH_HANGUP | WATCH_GONE,
	UNARMED = EPOLLET,
};

/*
 * @events:  what its owner wants to hear
 * @armed:   what the kernel has been told, EPOLL*
 * @changed, @next_changed: is in the loop's list of those; @next_dead: or of the others
 */
struct watch {
	struct loop *loop;
	int fd;
	unsigned events;
	uint32_t armed;
	watch_fn *fn; /* NULL: freed */
	void *data;
	bool changed;
	struct watch *next_changed, *next_dead;
};

/* Error and hang-up are told whatever is asked for: WATCH_GONE needs no bit. */
static uint32_t epoll_from_watch(unsigned events)
{
	return events ? (events & WATCH_READ ? EPOLLIN : 0u) |
				(events & WATCH_WRITE ? EPOLLOUT : 0u) |
				(events & WATCH_HANGUP ? EPOLLRDHUP : 0u)
		      : UNARMED;
}

/* A read or a write will say what an error or a hang-up is about. */
static unsigned watch_from_epoll(uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP))
		return EVERYTHING;
	return (events & EPOLLIN ? WATCH_READ : 0u) | (events & EPOLLOUT ? WATCH_WRITE : 0u) |
	       (events & EPOLLRDHUP ? WATCH_HANGUP : 0u);
}

static int control(struct watch *watch, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(watch->loop->epoll, operation, watch->fd, &event) < 0)
		return -errno;
	watch->armed = events;
	return 0;
}

static void rearm(struct watch *watch)
{
	uint32_t events = epoll_from_watch(watch->events);

	if (events != watch->armed)
		control(watch, EPOLL_CTL_MOD, events);
}

int watch_new(struct loop *loop, int fd, watch_fn *fn, void *data, struct watch **ret_watch)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = (struct watch){ .loop = loop, .fd = fd, .fn = fn, .data = data };
	r = control(watch, EPOLL_CTL_ADD, epoll_from_watch(WATCH_READ));
	if (r < 0) {
		free(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

void watch_set(struct watch *watch, unsigned events)
{
	struct loop *loop = watch->loop;

	if (events == watch->events)
		return;
	if (!events)
		loop->watching--;
	else if (!watch->events)
		loop->watching++;
	watch->events = events;
	if (watch->changed || !events)
		return;
	watch->changed = true;
	watch->next_changed = loop->changed;
	loop->changed = watch;
}

static void forget_change(struct watch *watch)
{
	struct watch **at = &watch->loop->changed;

	if (!watch->changed)
		return;
	while (*at != watch)
		at = &(*at)->next_changed;
	*at = watch->next_changed;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	watch_set(watch, 0);
	forget_change(watch);
	control(watch, EPOLL_CTL_DEL, 0);
	if (!watch->loop->depth) {
		free(watch);
		return;
	}
	/* An event that is still to be handed out may name it. */
	watch->fn = NULL;
	watch->next_dead = watch->loop->dead;
	watch->loop->dead = watch;
}

static void free_dead(struct loop *loop)
{
	struct watch *watch;

	while ((watch = loop->dead)) {
		loop->dead = watch->next_dead;
		free(watch);
	}
}

void watch_tell(struct loop *loop)
{
	struct watch *watch;

	while ((watch = loop->changed)) {
		loop->changed = watch->next_changed;
		watch->changed = false;
		if (watch->events)
			rearm(watch);
	}
}

static void hand_out(struct watch *watch, uint32_t events)
{
	unsigned wanted = watch_from_epoll(events) & watch->events;

	if (!watch->fn)
		return;
	watch->loop->dispatches++;
	if (wanted)
		watch->fn(watch->data, wanted);
	else
		rearm(watch);
}

void watch_dispatch(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[BATCH];
	int n;

	for (int batch = 0; batch < BATCHES_MAX; batch++) {
		watch_tell(loop);
		n = epoll_wait(loop->epoll, events, BATCH, timeout_ms);
		timer_look(loop, timeout_ms);
		if (loop->rounds && !batch)
			loop->woken_ns = loop_clock_ns(loop);
		loop->depth++;
		for (int i = 0; i < n; i++)
			hand_out(events[i].data.ptr, events[i].events);
		if (--loop->depth == 0)
			free_dead(loop);
		if (n < BATCH)
			break;
		timeout_ms = 0;
	}
}
