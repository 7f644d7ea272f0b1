/* SPDX-License-Identifier: MIT */
/*
 * An errand belongs to the loop's side. One that is forgotten while a thread runs it belongs to
 * that thread: @forgotten, under the pool's lock, says which.
 */
#include "io/errand.h"

#include <errno.h>
#include <stdlib.h>

struct errand {
	struct work work;
	struct work_pool *pool;
	const struct errand_job *job;
	void *task;
	int result;
	bool forgotten;
	errand_fn *fn;
	void *data;
};

static struct errand *errand_of(struct work *work)
{
	return container_of(work, struct errand, work);
}

static void release(struct errand *errand)
{
	errand->job->free(errand->task);
	free(errand);
}

/* In a thread. */
static enum work_result run(struct work *work)
{
	struct errand *errand = errand_of(work);
	struct work_pool *pool = errand->pool;

	work_pool_unlock(pool);
	errand->result = errand->job->run(errand->task);
	work_pool_lock(pool);
	if (!errand->forgotten)
		return WORK_TELLS;
	release(errand);
	return WORK_GONE;
}

static void done(struct work *work)
{
	struct errand *errand = errand_of(work);

	errand->fn(errand->data, errand->result, errand->task);
	release(errand);
}

int errand_new(struct work_pool *pool, const struct errand_job *job, void *task, errand_fn *fn,
	void *data, struct errand **ret_errand)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (!errand) {
		job->free(task);
		return -ENOMEM;
	}
	*errand = (struct errand){
		.work = { .run = run, .done = done },
		.pool = pool,
		.job = job,
		.task = task,
		.fn = fn,
		.data = data,
	};
	list_init(&errand->work.node);
	work_pool_lock(pool);
	work_submit(pool, &errand->work);
	work_pool_unlock(pool);
	*ret_errand = errand;
	return 0;
}

void errand_forget(struct errand *errand)
{
	struct work_pool *pool;
	bool ours;

	if (!errand)
		return;
	pool = errand->pool;
	work_pool_lock(pool);
	ours = work_withdraw(pool, &errand->work);
	errand->forgotten = !ours;
	work_pool_unlock(pool);
	if (ours)
		release(errand);
}
