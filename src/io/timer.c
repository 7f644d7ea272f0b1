/* SPDX-License-Identifier: MIT */
/*
 * Timers, in a binary heap for each of the two clocks. timer_new() makes room for the new one in
 * both, so that starting one cannot fail.
 *
 * The loop looks at the time before and after it waits. The clock of loop_awake_ms() goes on by
 * what has passed since the last look, but by no more than the wait was to take and LOOP_LATE_MS:
 * for the rest this process did not run. While one of its timers runs no wait is longer than
 * LOOP_LATE_MS, so that a stop has no long wait to hide in.
 */
/* syscalls: clock_gettime */
#include "io/loop-impl.h"

#include "base/clock.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum { NS_A_MS = 1000000 };

/*
 * @heap: of the clock that it was started by last
 * @at:   its place in the heap and one; 0: does not run
 * @turn: timers_started when it was
 */
struct timer {
	struct loop *loop;
	timer_fn *fn;
	void *data;
	struct timer_heap *heap;
	size_t at;
	uint64_t due_ms, turn;
};

uint64_t loop_now_ms(const struct loop *loop)
{
	return loop->clock.now_ms;
}

uint64_t loop_awake_ms(const struct loop *loop)
{
	return loop->awake.now_ms;
}

uint64_t loop_clock_ns(const struct loop *loop)
{
	return loop->fake ? loop->clock.now_ms * NS_A_MS : clock_ns();
}

static void set_clocks(struct loop *loop, uint64_t now_ms, uint64_t awake_max_ms)
{
	uint64_t passed_ms = now_ms - loop->clock.now_ms;

	loop->clock.now_ms = now_ms;
	loop->awake.now_ms += passed_ms < awake_max_ms ? passed_ms : awake_max_ms;
}

void timer_look(struct loop *loop, int waited_ms)
{
	uint64_t most_ms = waited_ms < 0 ? UINT64_MAX : (uint64_t)waited_ms + LOOP_LATE_MS;

	if (!loop->fake)
		set_clocks(loop, clock_ms(), most_ms);
}

/* ---- the heap ---- */

static bool comes_before(const struct timer *a, const struct timer *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->turn < b->turn;
}

static void put(struct timer_heap *heap, size_t at, struct timer *timer)
{
	heap->timers[at] = timer;
	timer->at = at + 1;
}

static void move_up(struct timer_heap *heap, size_t at, struct timer *timer)
{
	for (size_t above; at > 0; at = above) {
		above = (at - 1) / 2;
		if (comes_before(heap->timers[above], timer))
			break;
		put(heap, at, heap->timers[above]);
	}
	put(heap, at, timer);
}

static void move_down(struct timer_heap *heap, size_t at, struct timer *timer)
{
	for (size_t below; (below = 2 * at + 1) < heap->len; at = below) {
		if (below + 1 < heap->len &&
			comes_before(heap->timers[below + 1], heap->timers[below]))
			below++;
		if (comes_before(timer, heap->timers[below]))
			break;
		put(heap, at, heap->timers[below]);
	}
	put(heap, at, timer);
}

static int reserve(struct timer_heap *heap, size_t count)
{
	size_t size = heap->size ? 2 * heap->size : 16;
	struct timer **timers;

	if (count <= heap->size)
		return 0;
	timers = reallocarray(heap->timers, size, sizeof(*timers));
	if (!timers)
		return -ENOMEM;
	heap->timers = timers;
	heap->size = size;
	return 0;
}

void timer_done(struct loop *loop)
{
	free(loop->clock.timers);
	free(loop->awake.timers);
}

/* ---- timers ---- */

struct timer *timer_new(struct loop *loop, timer_fn *fn, void *data)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	if (!timer || reserve(&loop->clock, loop->timer_count + 1) < 0 ||
		reserve(&loop->awake, loop->timer_count + 1) < 0) {
		free(timer);
		return NULL;
	}
	loop->timer_count++;
	*timer = (struct timer){ .loop = loop, .fn = fn, .data = data };
	return timer;
}

static void start(struct timer *timer, struct timer_heap *heap, uint64_t ms)
{
	timer_stop(timer);
	timer->heap = heap;
	timer->due_ms = heap->now_ms + ms;
	timer->turn = timer->loop->timers_started++;
	move_up(heap, heap->len++, timer);
}

void timer_start(struct timer *timer, uint64_t ms)
{
	start(timer, &timer->loop->clock, ms);
}

void timer_start_awake(struct timer *timer, uint64_t ms)
{
	start(timer, &timer->loop->awake, ms);
}

void timer_stop(struct timer *timer)
{
	struct timer_heap *heap = timer->heap;
	size_t at = timer->at;
	struct timer *last;

	if (!at--)
		return;
	timer->at = 0;
	last = heap->timers[--heap->len];
	if (last == timer)
		return;
	move_down(heap, at, last);
	move_up(heap, last->at - 1, last);
}

bool timer_is_running(const struct timer *timer)
{
	return timer->at;
}

void timer_free(struct timer *timer)
{
	if (!timer)
		return;
	timer_stop(timer);
	timer->loop->timer_count--;
	free(timer);
}

/* ---- the loop's side ---- */

/* How long until the first one is due; UINT64_MAX: none runs. */
static uint64_t until_due_ms(const struct timer_heap *heap)
{
	if (!heap->len)
		return UINT64_MAX;
	return heap->timers[0]->due_ms > heap->now_ms ? heap->timers[0]->due_ms - heap->now_ms : 0;
}

int timer_wait_ms(const struct loop *loop)
{
	uint64_t clock_ms = until_due_ms(&loop->clock), awake_ms = until_due_ms(&loop->awake), ms;

	if (loop->fake)
		return -1;
	if (awake_ms != UINT64_MAX && awake_ms > LOOP_LATE_MS)
		awake_ms = LOOP_LATE_MS;
	ms = clock_ms < awake_ms ? clock_ms : awake_ms;
	if (ms == UINT64_MAX)
		return -1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static void run_due(struct timer_heap *heap, uint64_t started)
{
	while (heap->len && heap->timers[0]->due_ms <= heap->now_ms &&
		heap->timers[0]->turn < started) {
		struct timer *timer = heap->timers[0];

		timer_stop(timer);
		timer->loop->dispatches++;
		timer->fn(timer->data);
	}
}

/* One that is started now, for at once, waits for the next round. */
void timer_run_due(struct loop *loop)
{
	uint64_t started = loop->timers_started;

	run_due(&loop->clock, started);
	run_due(&loop->awake, started);
}

/* ---- a fake clock ---- */

void loop_fake_clock(struct loop *loop)
{
	loop->fake = true;
	loop->clock.now_ms = loop->awake.now_ms = 1;
}

void loop_advance(struct loop *loop, uint64_t ms)
{
	for (uint64_t left_ms = ms, step_ms;; left_ms -= step_ms) {
		uint64_t clock_ms = until_due_ms(&loop->clock);
		uint64_t awake_ms = until_due_ms(&loop->awake);

		step_ms = clock_ms < awake_ms ? clock_ms : awake_ms;
		if (step_ms > left_ms) {
			set_clocks(loop, loop->clock.now_ms + left_ms, UINT64_MAX);
			return;
		}
		set_clocks(loop, loop->clock.now_ms + step_ms, UINT64_MAX);
		timer_run_due(loop);
	}
}

void loop_fake_stop(struct loop *loop, uint64_t ms)
{
	set_clocks(loop, loop->clock.now_ms + ms, LOOP_LATE_MS);
	loop_step(loop, false);
}
