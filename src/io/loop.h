/* SPDX-License-Identifier: MIT */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct histogram;

/**
 * struct loop - the one event loop of a program
 *
 * Everything runs in the thread that calls loop_run(). An object may be freed inside its own
 * callback: the callback is not called again, the memory goes after the dispatch.
 */
struct loop;

/** loop_new() - Return: a loop, or NULL if memory or file descriptors ran out */
struct loop *loop_new(void);

/** loop_free() - every watch and timer must have been freed; tasks that are pending run first */
void loop_free(struct loop *loop);

/** loop_run() - dispatch until loop_stop() */
void loop_run(struct loop *loop);

/**
 * loop_hold_arrivals() - listeners of this loop let nobody in, or do so again
 *
 * Who comes waits in the kernel meanwhile: for a moment, at the end of which another program may go
 * on with the sockets.
 */
void loop_hold_arrivals(struct loop *loop, bool hold);

/** loop_holds_arrivals() */
bool loop_holds_arrivals(const struct loop *loop);

/** loop_stop() - make loop_run() return after the present dispatch */
void loop_stop(struct loop *loop);

/** loop_step() - one round: wait for something to do (with @wait), do it, return */
void loop_step(struct loop *loop, bool wait);

/**
 * loop_fd() - for who waits himself, in a loop of his own: becomes readable when there is something
 * to do by loop_step(), which then does not wait
 *
 * It can be waited for by epoll, poll and select, and belongs to the loop.
 */
int loop_fd(const struct loop *loop);

/**
 * loop_wait_ms() - how long he may wait for it at most; to be asked before each wait
 *
 * Return: milliseconds; 0: not at all; -1: for ever.
 */
int loop_wait_ms(struct loop *loop);

/**
 * loop_measure() - count how many microseconds each round takes, from its wake-up to its end
 * @rounds: outlives the loop, or the next call; NULL: no more
 */
void loop_measure(struct loop *loop, struct histogram *rounds);

/** loop_now_ms() - monotonic time in milliseconds, as of the start of the present dispatch */
uint64_t loop_now_ms(const struct loop *loop);

/** How long a round of the loop may take before it counts as a time in which nobody ran. */
enum { LOOP_LATE_MS = 100 };

/**
 * loop_awake_ms() - the same without the time in which this process did not run
 *
 * For what peers are judged by: while the process is stopped (SIGSTOP, a frozen virtual machine or
 * control group) nobody can be late. The difference of two calls is the time in which descriptors
 * were looked at; of each time that the process was stopped it has LOOP_LATE_MS at most if a timer
 * of timer_start_awake() runs, and otherwise no more than the loop was to sleep anyhow.
 */
uint64_t loop_awake_ms(const struct loop *loop);

/** loop_clock_ns() - monotonic time in nanoseconds, as of this very moment */
uint64_t loop_clock_ns(const struct loop *loop);

/**
 * loop_fake_clock() - for tests: from now on time stands still except for loop_advance()
 *
 * To be called before the first timer is started.
 */
void loop_fake_clock(struct loop *loop);

/** loop_advance() - let @ms of fake time pass; the timers that fall due run in order */
void loop_advance(struct loop *loop, uint64_t ms);

/**
 * loop_fake_stop() - let @ms of fake time pass in which the process is stopped
 *
 * One round of the loop follows: descriptors are looked at, then the timers run that are late. Of
 * the time loop_awake_ms() sees LOOP_LATE_MS.
 */
void loop_fake_stop(struct loop *loop, uint64_t ms);

/* ---- file descriptors ---- */

enum watch_events {
	WATCH_READ = 1,
	WATCH_WRITE = 2,
	/* The peer shut down its sending side (half-close), or hung up, or the fd is in error.
	 * Reported with the others too, whenever it is so. */
	WATCH_HANGUP = 4,
	/* The peer hung up altogether, or the fd is in error; half-close does not count. For an fd
	 * whose half-close is known. */
	WATCH_GONE = 8,
};

struct watch;
typedef void watch_fn(void *data, unsigned events);

/**
 * watch_new() - watch a file descriptor
 * @fd:   stays the caller's; at most one watch an fd; not made non-blocking
 * @fn:   called with the WATCH_* that hold; level triggered
 *
 * Nothing is watched until watch_set().
 *
 * Return: 0; -EPERM: @fd cannot be waited for (a regular file: it is always ready); -EEXIST: has
 * a watch already; -ENOMEM, -ENOSPC (fs.epoll.max_user_watches), -EBADF.
 */
int watch_new(struct loop *loop, int fd, watch_fn *fn, void *data, struct watch **ret_watch);

/**
 * watch_set() - which of WATCH_* to report from now on; 0: none
 *
 * Cannot fail. When the peer has hung up, or the fd is in error, all of them are reported.
 */
void watch_set(struct watch *watch, unsigned events);

/** watch_free() - to be called before the fd is closed; NULL is fine */
void watch_free(struct watch *watch);

/* ---- time ---- */

/* Timers run after the descriptors that were ready: one that is late has the latest news. */
struct timer;
typedef void timer_fn(void *data);

/** timer_new() - a one-shot timer, not started; NULL if memory ran out */
struct timer *timer_new(struct loop *loop, timer_fn *fn, void *data);

/** timer_start() - call once in @ms milliseconds; a running timer is set anew */
void timer_start(struct timer *timer, uint64_t ms);

/**
 * timer_start_awake() - the same on the clock of loop_awake_ms(): @ms in which this process ran
 *
 * While such a timer runs the loop wakes up every LOOP_LATE_MS: not for long times.
 */
void timer_start_awake(struct timer *timer, uint64_t ms);

/** timer_stop() - no-op where it does not run */
void timer_stop(struct timer *timer);

bool timer_is_running(const struct timer *timer);

/** timer_free() - NULL is fine */
void timer_free(struct timer *timer);

/* ---- later ---- */

/**
 * struct task - a call that is made once the present dispatch is over
 *
 * Lives in the caller's object; zeroed before first use. All members are the loop's.
 */
struct task {
	struct task *prev, *next;
	void (*fn)(void *data);
	void *data;
};

/** task_post() - call @fn(@data) after the present dispatch; a pending task keeps its place */
void task_post(struct loop *loop, struct task *task, void (*fn)(void *data), void *data);

/** task_cancel() - no-op where it is not pending */
void task_cancel(struct task *task);

#endif
