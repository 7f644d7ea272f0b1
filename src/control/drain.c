/* SPDX-License-Identifier: MIT */
#include "control/drain.h"

#include "io/loop.h"

#include <stdbool.h>

enum { TICK_MS = 250, QUIET_TICKS = 8, TICKS_MAX = 40 };

/*
 * Time is counted in ticks, of which a process that is stopped for a while (a frozen virtual
 * machine) sees one at most: what was read meanwhile is looked at before the next one.
 * @all:   so many there were
 * @quiet: in so many of them nothing happened, up to now
 */
struct patience {
	struct timer *timer;
	unsigned all, quiet;
};

static void on_tick(void *data)
{
	struct patience *patience = data;

	patience->all++;
	patience->quiet++;
	timer_start(patience->timer, TICK_MS);
}

static void wait_for_news(struct patience *patience, struct loop *loop)
{
	unsigned all = patience->all;

	loop_step(loop, true);
	if (patience->all == all)
		patience->quiet = 0;
}

void drain(struct loop *loop, bool (*owes)(const void *data), const void *data)
{
	struct patience patience = { 0 };

	patience.timer = timer_new(loop, on_tick, &patience);
	if (!patience.timer)
		return;
	timer_start(patience.timer, TICK_MS);
	while (owes(data) && patience.quiet < QUIET_TICKS && patience.all < TICKS_MAX)
		wait_for_news(&patience, loop);
	timer_free(patience.timer);
}
