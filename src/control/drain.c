/* SPDX-License-Identifier: MIT */
#include "control/drain.h"

#include "base/log.h"

enum { DRAIN_MS = 2000, DRAIN_MAX_MS = 10000 };

/* Return: a chardev whose bytes are not where they belong; NULL: there is none. */
static const struct chardev *next_owing(const struct chardev_set *set)
{
	const struct chardev *chardev = NULL;

	while ((chardev = chardev_set_next(set, chardev)))
		if (chardev_owes(chardev))
			return chardev;
	return NULL;
}

static void on_end(void *data)
{
	*(bool *)data = true;
}

void drain(struct loop *loop, const struct chardev_set *set)
{
	const struct chardev *owing;
	bool is_over = false;
	struct timer *end = timer_new(loop, on_end, &is_over);
	uint64_t latest_ms = loop_now_ms(loop) + DRAIN_MAX_MS;

	if (!end)
		return;
	while ((owing = next_owing(set)) && !is_over) {
		uint64_t now_ms = loop_now_ms(loop);
		uint64_t left_ms = now_ms < latest_ms ? latest_ms - now_ms : 0;

		timer_start(end, left_ms < DRAIN_MS ? left_ms : DRAIN_MS);
		loop_step(loop, true);
	}
	if (owing)
		log_warning("chardev '%s': a file has not taken all that was printed",
			chardev_id(owing));
	timer_free(end);
}
