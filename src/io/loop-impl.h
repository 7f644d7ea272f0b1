/* SPDX-License-Identifier: MIT */
#ifndef IO_LOOP_IMPL_H
#define IO_LOOP_IMPL_H

#include "io/loop.h"

#include <stddef.h>

/* What the loop's own files share: loop.c (rounds, tasks), watch.c, timer.c. */

/**
 * struct timer_heap - the running timers of one clock, the next one first
 * @now_ms: what that clock says, as of the start of the present dispatch
 */
struct timer_heap {
	struct timer **timers;
	size_t len, size;
	uint64_t now_ms;
};

/* What a module shares among all its users on one loop. */
enum loop_slot {
	LOOP_SLOT_OPENS,
	LOOP_SLOT_FILES,
	LOOP_SLOT_ANSWERS,
	LOOP_SLOT_PACKER,
	LOOP_SLOT_STORE_LIMIT,
	LOOP_SLOT_BUDGET,
	LOOP_SLOT_REST,
	LOOP_SLOT_SPAWNER,
	LOOP_SLOT_SPARE_FD,
	LOOP_SLOT_MOUNTS,
	LOOP_SLOTS
};

/**
 * struct loop
 * @epoll:    its descriptor
 * @stopped:  loop_run() is to return
 * @fake:     the clocks stand still but for loop_advance() and loop_fake_stop()
 * @held:     loop_hold_arrivals()
 * @outside_ms: how long somebody else may be waiting for @epoll; see loop_wait_ms()
 * @tasks:    head of those that are pending
 * @changed:  watches whose wishes the kernel has not been told
 * @dead:     watches that were freed while events were handed out
 * @watching: how many watches wait for something
 * @depth:    of handing out events
 * @dispatches: how many calls were made for events, timers and tasks, that one included
 * @clock, @awake: the timers of loop_now_ms() and of loop_awake_ms()
 * @timer_count: that exist, running or not
 * @timers_started: ever; among those due at the same time the first one started comes first
 * @rounds:   loop_measure()'s; @woken_ns: when the present round woke up
 * @slots:    loop_slot()'s
 */
struct loop {
	int epoll;
	bool stopped, fake, held;
	int outside_ms;
	struct task tasks;
	struct watch *changed, *dead;
	size_t watching;
	unsigned depth;
	uint32_t dispatches;
	struct timer_heap clock, awake;
	size_t timer_count;
	uint64_t timers_started;
	struct histogram *rounds;
	uint64_t woken_ns;
	void *slots[LOOP_SLOTS];
};

/** watch_dispatch() - wait at most @timeout_ms (-1: for ever) and hand out what has happened */
void watch_dispatch(struct loop *loop, int timeout_ms);

/** watch_tell() - tell the kernel what is wished for now, before somebody else waits */
void watch_tell(struct loop *loop);

/** timer_wait_ms() - how long the loop may sleep for the sake of timers; -1: for ever */
int timer_wait_ms(const struct loop *loop);

/** timer_look() - see what time it is, after a wait of at most @waited_ms (-1: of any time) */
void timer_look(struct loop *loop, int waited_ms);

/** timer_run_due() - call what is due */
void timer_run_due(struct loop *loop);

/** timer_done() - free the memory for timers */
void timer_done(struct loop *loop);

/** loop_slot() - where a module keeps that; NULL at the start */
void **loop_slot(struct loop *loop, enum loop_slot slot);

#endif
