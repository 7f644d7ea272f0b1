/* SPDX-License-Identifier: MIT */
/* Descriptors and time in a context's loop, for who implements a class of chardevs. */
#include <charhub-backend.h>

#include "lib/context.h"

#include <errno.h>

_Static_assert((int)CHARHUB_READ == WATCH_READ && (int)CHARHUB_WRITE == WATCH_WRITE &&
		       (int)CHARHUB_HANGUP == WATCH_GONE,
	"events have the loop's numbers");

int charhub_watch_new(struct charhub *charhub, int fd, void (*fn)(void *data, unsigned events),
	void *data, struct charhub_watch **ret_watch)
{
	return watch_new(charhub->loop, fd, fn, data, (struct watch **)ret_watch);
}

void charhub_watch_set(struct charhub_watch *watch, unsigned events)
{
	watch_set((struct watch *)watch, events);
}

void charhub_watch_free(struct charhub_watch *watch)
{
	watch_free((struct watch *)watch);
}

int charhub_timer_new(struct charhub *charhub, void (*fn)(void *data), void *data,
	struct charhub_timer **ret_timer)
{
	struct timer *timer = timer_new(charhub->loop, fn, data);

	if (!timer)
		return -ENOMEM;
	*ret_timer = (struct charhub_timer *)timer;
	return 0;
}

void charhub_timer_start(struct charhub_timer *timer, uint64_t ms)
{
	timer_start((struct timer *)timer, ms);
}

void charhub_timer_stop(struct charhub_timer *timer)
{
	timer_stop((struct timer *)timer);
}

void charhub_timer_free(struct charhub_timer *timer)
{
	timer_free((struct timer *)timer);
}
