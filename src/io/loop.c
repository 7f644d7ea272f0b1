/* SPDX-License-Identifier: MIT */
/*
 * libuv frees nothing itself and a handle's memory must outlive uv_close() by one round: watches
 * and timers are therefore heap objects that free themselves in the close callback. libuv makes
 * every fd it polls non-blocking; an fd may be shared with a process that relies on it being
 * blocking (a guest's eventfd, the operator's terminal), so the flag is put back.
 *
 * Tasks run from an idle handle that is only started while there are any, so that a loop without
 * work sleeps in the kernel until a file descriptor or a timer wakes it.
 */
#include <charhub/loop.h>

#include "io/loop-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <uv.h>

enum { NS_A_MS = 1000000 };

struct loop {
	uv_loop_t uv;
	uv_idle_t idle;
	struct task tasks;   /* head */
	struct timer *faked; /* started timers while the clock is fake, unsorted */
	bool fake_clock;
	uint64_t fake_now_ms;
	void *opens; /* io/open-watch.c's */
};

struct watch {
	uv_poll_t uv;
	watch_fn *fn;
	void *data;
	unsigned events;
};

struct timer {
	uv_timer_t uv;
	struct loop *loop;
	timer_fn *fn;
	void *data;
	uint64_t due_ms; /* fake clock only */
	struct timer *next_faked;
	bool running;
};

static void run_tasks(uv_idle_t *idle)
{
	struct loop *loop = idle->data;
	struct task batch, *task;

	if (loop->tasks.next == &loop->tasks) {
		uv_idle_stop(idle);
		return;
	}
	/* What a task posts runs in the next round: file descriptors get their turn between. */
	batch.next = loop->tasks.next;
	batch.prev = loop->tasks.prev;
	batch.next->prev = batch.prev->next = &batch;
	loop->tasks.next = loop->tasks.prev = &loop->tasks;
	while ((task = batch.next) != &batch) {
		task_cancel(task);
		task->fn(task->data);
	}
	if (loop->tasks.next == &loop->tasks)
		uv_idle_stop(idle);
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	if (uv_loop_init(&loop->uv) < 0) {
		free(loop);
		return NULL;
	}
	uv_idle_init(&loop->uv, &loop->idle);
	loop->idle.data = loop;
	loop->tasks.next = loop->tasks.prev = &loop->tasks;
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->tasks.next != &loop->tasks)
		run_tasks(&loop->idle);
	uv_close((uv_handle_t *)&loop->idle, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	uv_loop_close(&loop->uv);
	free(loop);
}

void loop_run(struct loop *loop)
{
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

void loop_step(struct loop *loop, bool wait)
{
	uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void **loop_opens_slot(struct loop *loop)
{
	return &loop->opens;
}

uv_loop_t *loop_uv(struct loop *loop)
{
	return &loop->uv;
}

uint64_t loop_now_ms(const struct loop *loop)
{
	return loop->fake_clock ? loop->fake_now_ms : uv_now(&loop->uv);
}

uint64_t loop_clock_ns(const struct loop *loop)
{
	return loop->fake_clock ? loop->fake_now_ms * NS_A_MS : uv_hrtime();
}

/* ---- file descriptors ---- */

/*
 * epoll tells EPOLLHUP whatever was asked for, and libuv turns a lone one into all that was asked
 * for. To ask for "exceptional data", which streams do not have, is to ask for nothing but that.
 */
static unsigned uv_from_watch(unsigned events)
{
	return (events & WATCH_READ ? UV_READABLE : 0u) |
	       (events & WATCH_WRITE ? UV_WRITABLE : 0u) |
	       (events & WATCH_HANGUP ? UV_DISCONNECT : 0u) |
	       (events & WATCH_GONE ? UV_PRIORITIZED : 0u);
}

static void on_poll(uv_poll_t *handle, int status, int uv_events)
{
	struct watch *watch = handle->data;
	unsigned uv = (unsigned)uv_events;
	unsigned events =
		(uv & UV_READABLE ? WATCH_READ : 0u) | (uv & UV_WRITABLE ? WATCH_WRITE : 0u) |
		(uv & UV_DISCONNECT ? WATCH_HANGUP : 0u) | (uv & UV_PRIORITIZED ? WATCH_GONE : 0u);

	if (status < 0) /* EPOLLERR alone: libuv has stopped the handle */
		events = WATCH_HANGUP | (watch->events & ~(unsigned)WATCH_HANGUP);
	watch->fn(watch->data, events);
}

int watch_new(struct loop *loop, int fd, watch_fn *fn, void *data, struct watch **ret_watch)
{
	int flags = fcntl(fd, F_GETFL);
	struct watch *watch;
	int r;

	if (flags < 0)
		return -errno;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return -ENOMEM;
	r = uv_poll_init(&loop->uv, &watch->uv, fd);
	if (r < 0) {
		free(watch);
		return r;
	}
	if (!(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags);
	watch->uv.data = watch;
	watch->fn = fn;
	watch->data = data;
	*ret_watch = watch;
	return 0;
}

void watch_set(struct watch *watch, unsigned events)
{
	if (events == watch->events && uv_is_active((uv_handle_t *)&watch->uv))
		return;
	watch->events = events;
	if (events)
		uv_poll_start(&watch->uv, (int)uv_from_watch(events), on_poll);
	else
		uv_poll_stop(&watch->uv);
}

static void free_handle_data(uv_handle_t *handle)
{
	free(handle->data);
}

void watch_free(struct watch *watch)
{
	if (watch)
		uv_close((uv_handle_t *)&watch->uv, free_handle_data);
}

/* ---- time ---- */

static void on_uv_timer(uv_timer_t *handle)
{
	struct timer *timer = handle->data;

	timer->running = false;
	timer->fn(timer->data);
}

struct timer *timer_new(struct loop *loop, timer_fn *fn, void *data)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	uv_timer_init(&loop->uv, &timer->uv);
	timer->uv.data = timer;
	timer->loop = loop;
	timer->fn = fn;
	timer->data = data;
	return timer;
}

void timer_start(struct timer *timer, uint64_t ms)
{
	struct loop *loop = timer->loop;

	timer_stop(timer);
	timer->running = true;
	if (loop->fake_clock) {
		timer->due_ms = loop->fake_now_ms + ms;
		timer->next_faked = loop->faked;
		loop->faked = timer;
		return;
	}
	uv_timer_start(&timer->uv, on_uv_timer, ms, 0);
}

void timer_stop(struct timer *timer)
{
	struct timer **at = &timer->loop->faked;

	if (!timer->running)
		return;
	timer->running = false;
	if (!timer->loop->fake_clock) {
		uv_timer_stop(&timer->uv);
		return;
	}
	while (*at != timer)
		at = &(*at)->next_faked;
	*at = timer->next_faked;
}

bool timer_is_running(const struct timer *timer)
{
	return timer->running;
}

void timer_free(struct timer *timer)
{
	if (!timer)
		return;
	timer_stop(timer);
	uv_close((uv_handle_t *)&timer->uv, free_handle_data);
}

void loop_fake_clock(struct loop *loop)
{
	loop->fake_clock = true;
	loop->fake_now_ms = 1;
}

void loop_advance(struct loop *loop, uint64_t ms)
{
	uint64_t end_ms = loop->fake_now_ms + ms;

	for (;;) {
		struct timer *first = NULL;

		for (struct timer *timer = loop->faked; timer; timer = timer->next_faked)
			if (timer->due_ms <= end_ms && (!first || timer->due_ms < first->due_ms))
				first = timer;
		if (!first)
			break;
		loop->fake_now_ms = first->due_ms;
		timer_stop(first);
		first->fn(first->data);
	}
	loop->fake_now_ms = end_ms;
}

/* ---- later ---- */

void task_post(struct loop *loop, struct task *task, void (*fn)(void *data), void *data)
{
	if (task->next)
		return;
	if (loop->tasks.next == &loop->tasks)
		uv_idle_start(&loop->idle, run_tasks);
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
