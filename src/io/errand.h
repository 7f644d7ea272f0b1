/* SPDX-License-Identifier: MIT */
#ifndef IO_ERRAND_H
#define IO_ERRAND_H

#include "io/work-pool.h"

/*
 * What takes long and cannot be broken off, such as asking PAM who somebody is, is done by a thread
 * of a pool of its own, and the answer comes to the loop. Who asked may lose interest
 * meanwhile; the thread goes on, and nobody hears of it. So the pool has to outlive what it works
 * on: who keeps sending people on errands holds the pool, not the errand.
 */
struct errand;

/**
 * struct errand_job - what there is to do; a constant
 * @run:  in a thread: work on @task, which belongs to nobody else meanwhile. What it returns is the
 *        result
 * @free: give the task's memory back; from either side
 */
struct errand_job {
	int (*run)(void *task);
	void (*free)(void *task);
};

/**
 * errand_fn - what has become of it
 * @result: what run() returned
 * @task:   may hold more; borrowed
 *
 * The errand and its task are freed after the call.
 */
typedef void errand_fn(void *data, int result, void *task);

/**
 * errand_new() - let a thread do it
 * @pool: work_pool_get_answers()'s; outlives the errand
 * @task: the errand's from now on, also where this fails
 * @fn:   called once from the loop, not from here, unless errand_forget() comes first
 *
 * Return: 0; -ENOMEM.
 */
int errand_new(struct work_pool *pool, const struct errand_job *job, void *task, errand_fn *fn,
	void *data, struct errand **ret_errand);

/** errand_forget() - do not call back; NULL is fine */
void errand_forget(struct errand *errand);

#endif
