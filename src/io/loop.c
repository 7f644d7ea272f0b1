/* SPDX-License-Identifier: MIT */
/*
 * A round: wait for descriptors, serve those that are ready, then timers, then tasks. Descriptors
 * come before timers, so that a timer which is late because the process did not run judges nobody
 * by what had long been there to see.
 *
 * The loop is epoll's and not a library's, since a limit that is reached (descriptors, memory,
 * fs.epoll.max_user_watches) has to be an error of who wanted one more. All that can fail does so
 * in watch_new() and timer_new(), where somebody hears of it.
 */
/* syscalls: close epoll_create1 */
#include "io/loop.h"

#include "base/histogram.h"
#include "io/loop-impl.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { NS_A_US = 1000 };

static bool has_tasks(const struct loop *loop)
{
	return loop->tasks.next != &loop->tasks;
}

static void run_tasks(struct loop *loop)
{
	struct task batch, *task;

	if (!has_tasks(loop))
		return;
	/* What a task posts runs in the next round: file descriptors get their turn between. */
	batch.next = loop->tasks.next;
	batch.prev = loop->tasks.prev;
	batch.next->prev = batch.prev->next = &batch;
	loop->tasks.next = loop->tasks.prev = &loop->tasks;
	while ((task = batch.next) != &batch) {
		task_cancel(task);
		loop->dispatches++;
		task->fn(task->data);
	}
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	loop->tasks.next = loop->tasks.prev = &loop->tasks;
	timer_look(loop, 0);
	return loop;
}

static bool has_timers(const struct loop *loop)
{
	return !loop->fake && loop->clock.len + loop->awake.len > 0;
}

/* A child that was let go is reaped by its watch and its timer. */
void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (has_tasks(loop) || loop->watching || has_timers(loop))
		loop_step(loop, true);
	close(loop->epoll);
	timer_done(loop);
	free(loop);
}

int loop_fd(const struct loop *loop)
{
	return loop->epoll;
}

int loop_wait_ms(struct loop *loop)
{
	watch_tell(loop);
	timer_look(loop, loop->outside_ms);
	loop->outside_ms = has_tasks(loop) ? 0 : timer_wait_ms(loop);
	return loop->outside_ms;
}

void loop_step(struct loop *loop, bool wait)
{
	int timeout_ms = 0;

	timer_look(loop, loop->outside_ms);
	loop->outside_ms = 0;
	if (wait && !has_tasks(loop))
		timeout_ms = timer_wait_ms(loop);
	watch_dispatch(loop, timeout_ms);
	timer_run_due(loop);
	run_tasks(loop);
	if (loop->rounds)
		histogram_add(loop->rounds, (loop_clock_ns(loop) - loop->woken_ns) / NS_A_US);
}

void loop_measure(struct loop *loop, struct histogram *rounds)
{
	loop->rounds = rounds;
	loop->woken_ns = loop_clock_ns(loop);
}

void loop_run(struct loop *loop)
{
	while (!loop->stopped)
		loop_step(loop, true);
	loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

void loop_hold_arrivals(struct loop *loop, bool hold)
{
	loop->held = hold;
}

bool loop_holds_arrivals(const struct loop *loop)
{
	return loop->held;
}

void **loop_slot(struct loop *loop, enum loop_slot slot)
{
	return &loop->slots[slot];
}

/* ---- later ---- */

void task_post(struct loop *loop, struct task *task, void (*fn)(void *data), void *data)
{
	if (task->next)
		return;
	task->fn = fn;
	task->data = data;
	task->prev = loop->tasks.prev;
	task->next = &loop->tasks;
	task->prev->next = task->next->prev = task;
}

void task_cancel(struct task *task)
{
	if (!task->next)
		return;
	task->prev->next = task->next;
	task->next->prev = task->prev;
	task->prev = task->next = NULL;
}
