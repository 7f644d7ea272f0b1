/* SPDX-License-Identifier: MIT */
#ifndef IO_WORK_POOL_H
#define IO_WORK_POOL_H

#include "base/list.h"
#include "io/loop.h"

#include <stdbool.h>

/*
 * Threads for what may wait for ever. A piece of work is run by one thread at a time. There are no
 * threads while there is nothing to do; one does what comes; when it has not got on for
 * WORK_STUCK_MS while others wait (a file system hangs), another one is woken, or started, up to a
 * limit.
 *
 * One lock guards the lists of the pool and whatever the users share with their work.
 */
struct work_pool;

enum {
	WORK_FILES_MAX = 64,   /* threads */
	WORK_ANSWERS_MAX = 16, /* threads */
	WORK_STUCK_MS = 10,
	WORK_BATCH = 8,	       /* a thread that sleeps is woken for so many */
	WORK_LINGER_MS = 2000, /* a thread without work waits so long for more */
	WORK_DRAIN_MS = 10000, /* the end waits so long for what does not get on */
};

enum work_state { WORK_RESTING, WORK_WAITING, WORK_RUNNING, WORK_TOLD };

enum work_result {
	WORK_RESTS, /* until it is submitted again */
	WORK_AGAIN, /* there is more to do, after what waits by now */
	WORK_TELLS, /* done() is to be called; rests then */
	WORK_GONE,  /* its memory is no more */
};

/**
 * struct work - part of its owner's object; zeroed before first use
 * @run:  called in a thread with the lock held, which it gives up while it waits for the kernel
 * @done: called in the loop's thread without the lock
 */
struct work {
	struct list node;
	enum work_state state;
	enum work_result (*run)(struct work *work);
	void (*done)(struct work *work);
};

/**
 * work_pool_get() - the loop's pool for writing, opening and closing files, or a new one
 *
 * Return: 0, a reference; -ENOMEM, -EMFILE and the like.
 */
int work_pool_get(struct loop *loop, struct work_pool **ret_pool);

/**
 * work_pool_get_answers() - the same for what somebody else is asked for (io/errand.h)
 *
 * It keeps no file waiting, and the end does not wait for it.
 */
int work_pool_get_answers(struct loop *loop, struct work_pool **ret_pool);

/**
 * work_pool_drain() - wait until nothing is under way, or nothing has got on for WORK_DRAIN_MS
 *
 * Return: how many pieces of work are not done; they are left to their threads.
 */
unsigned work_pool_drain(struct work_pool *pool);

/** work_pool_settle() - the same, @max_ms in all */
unsigned work_pool_settle(struct work_pool *pool, int max_ms);

/**
 * work_pool_put() - give a reference back; NULL is fine
 *
 * The last one drains a pool for files. Who must not wait holds a reference until the end of
 * the program.
 */
void work_pool_put(struct work_pool *pool);

/** work_pool_lock() */
void work_pool_lock(struct work_pool *pool);

/** work_pool_unlock() */
void work_pool_unlock(struct work_pool *pool);

/** work_submit() - let a thread run it, unless that is under way; with the lock held */
void work_submit(struct work_pool *pool, struct work *work);

/** work_untell() - its done() is not called any more; with the lock held */
void work_untell(struct work *work);

/**
 * work_withdraw() - it is not to be run, nor is its done() to be called; with the lock held
 *
 * Return: false: a thread runs it.
 */
bool work_withdraw(struct work_pool *pool, struct work *work);

#endif
