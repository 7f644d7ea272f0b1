/* SPDX-License-Identifier: MIT */
/*
 * A piece of work is in one of four states:
 *
 *	RESTING	its owner's alone
 *	WAITING	in the list of what is to be run
 *	RUNNING	a thread has it
 *	TOLD	in the list of what the loop's thread is to hear of
 *
 * It moves on under the lock only, and run() decides about its end under the same lock under which
 * the owner adds to it: nothing that is added is overlooked.
 *
 * A thread that hangs in the kernel cannot be ended. The pool therefore lives as long as the loop's
 * side or any thread does; whoever is the last frees it.
 */
/* syscalls: clock_gettime close eventfd2 read write */
#include "io/work-pool.h"

#include "io/loop-impl.h"
#include "io/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { MS_A_S = 1000, NS_A_MS = 1000000 };

/* What a loop has one pool each for. */
enum work_kind { WORK_FILES, WORK_ANSWERS };

static const struct {
	enum loop_slot slot;
	unsigned threads_max;
} kinds[] = {
	[WORK_FILES] = { LOOP_SLOT_FILES, WORK_FILES_MAX },
	[WORK_ANSWERS] = { LOOP_SLOT_ANSWERS, WORK_ANSWERS_MAX },
};

/**
 * struct work_pool
 * @refs:   of the loop's side; 0: nobody submits or hears any more
 * @told:   what the loop's thread is to hear of; @fd is its bell
 * @runs:   how many run() calls have ended
 * @seen_runs: as of the last look of @grow_timer
 * @calls:  a thread that is idle is to be woken when the lock is given up, so that it finds it free
 * @called: one was in this round of the loop; @call: at the end of it
 */
struct work_pool {
	struct loop *loop;
	enum work_kind kind;
	unsigned refs;
	int fd;
	struct watch *watch;
	struct timer *grow_timer;
	pthread_mutex_t lock;
	pthread_cond_t work_came, calmed;
	struct list waiting, told;
	unsigned n_waiting, threads, idle;
	uint64_t runs, seen_runs;
	bool calls, called;
	struct task call;
};

static struct work *work_of(struct list *node)
{
	return container_of(node, struct work, node);
}

void work_pool_lock(struct work_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
}

void work_pool_unlock(struct work_pool *pool)
{
	bool calls = pool->calls;

	pool->calls = false;
	pthread_mutex_unlock(&pool->lock);
	if (calls) /* in the loop's thread, whose side is there */
		pthread_cond_signal(&pool->work_came);
}

static struct timespec in_ms(uint64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (time_t)(ms / MS_A_S);
	at.tv_nsec += (long)(ms % MS_A_S) * NS_A_MS;
	if (at.tv_nsec >= MS_A_S * NS_A_MS) {
		at.tv_sec++;
		at.tv_nsec -= MS_A_S * NS_A_MS;
	}
	return at;
}

/* ---- in a thread ---- */

static void tell(struct work_pool *pool, struct work *work)
{
	const uint64_t one = 1;
	bool first = list_is_empty(&pool->told);

	work->state = WORK_TOLD;
	list_append(&pool->told, &work->node);
	if (first && pool->refs && write(pool->fd, &one, sizeof(one)) < 0)
		(void)0; /* cannot be: the counter is far from its end */
}

static void wait_its_turn(struct work_pool *pool, struct work *work)
{
	work->state = WORK_WAITING;
	list_append(&pool->waiting, &work->node);
	pool->n_waiting++;
}

static void run_next(struct work_pool *pool)
{
	struct work *work = work_of(pool->waiting.next);
	enum work_result result;

	list_remove(&work->node);
	pool->n_waiting--;
	work->state = WORK_RUNNING;
	result = work->run(work);
	pool->runs++;
	if (result == WORK_GONE)
		return;
	if (result == WORK_TELLS) {
		tell(pool, work);
	} else if (result == WORK_AGAIN) {
		wait_its_turn(pool, work);
	} else {
		work->state = WORK_RESTING;
	}
}

/* Return: false when there was nothing to do for long, or will be nothing any more. */
static bool wait_for_work(struct work_pool *pool)
{
	struct timespec end = in_ms(WORK_LINGER_MS);
	int r = 0;

	pool->idle++;
	pthread_cond_signal(&pool->calmed);
	while (list_is_empty(&pool->waiting) && pool->refs && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&pool->work_came, &pool->lock, &end);
	pool->idle--;
	return !list_is_empty(&pool->waiting);
}

static void pool_free(struct work_pool *pool)
{
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->work_came);
	pthread_cond_destroy(&pool->calmed);
	free(pool);
}

static void *thread_main(void *data)
{
	struct work_pool *pool = data;
	bool last;

	work_pool_lock(pool);
	do {
		while (!list_is_empty(&pool->waiting))
			run_next(pool);
	} while (wait_for_work(pool));
	pool->threads--;
	last = !pool->threads && !pool->loop;
	pthread_cond_signal(&pool->calmed);
	work_pool_unlock(pool);
	if (last)
		pool_free(pool);
	return NULL;
}

/* ---- in the loop's thread ---- */

static void add_thread(struct work_pool *pool)
{
	if (thread_start(thread_main, pool) == 0)
		pool->threads++;
}

/* Work waits: one more thread is to do it if none has got on since the last look. */
static void grow(struct work_pool *pool)
{
	if (pool->runs == pool->seen_runs) {
		if (pool->idle)
			pthread_cond_signal(&pool->work_came);
		else if (pool->threads < kinds[pool->kind].threads_max)
			add_thread(pool);
	}
	pool->seen_runs = pool->runs;
}

static void on_grow_timer(void *data)
{
	struct work_pool *pool = data;

	work_pool_lock(pool);
	if (!list_is_empty(&pool->waiting)) {
		grow(pool);
		timer_start(pool->grow_timer, WORK_STUCK_MS);
	}
	work_pool_unlock(pool);
}

static void call(void *data)
{
	struct work_pool *pool = data;

	work_pool_lock(pool);
	pool->called = false;
	pool->calls = pool->n_waiting && pool->idle;
	work_pool_unlock(pool);
}

/*
 * To wake a thread costs more than to write some kilobytes. It is woken for the first piece of work
 * in a round of the loop, so that it does not wait, and if it slept again meanwhile, for WORK_BATCH
 * of them, and for what there is at the end of the round.
 */
static void call_thread(struct work_pool *pool)
{
	pool->calls |= !pool->called || pool->n_waiting >= WORK_BATCH;
	pool->called = true;
	task_post(pool->loop, &pool->call, call, pool);
}

void work_submit(struct work_pool *pool, struct work *work)
{
	if (work->state != WORK_RESTING)
		return;
	wait_its_turn(pool, work);
	if (pool->idle)
		call_thread(pool);
	if (pool->idle && pool->n_waiting == 1)
		return; /* that thread takes it */
	if (!pool->threads)
		add_thread(pool);
	if (!timer_is_running(pool->grow_timer)) {
		pool->seen_runs = pool->runs;
		timer_start(pool->grow_timer, WORK_STUCK_MS);
	}
}

void work_untell(struct work *work)
{
	if (work->state != WORK_TOLD)
		return;
	list_remove(&work->node);
	work->state = WORK_RESTING;
}

bool work_withdraw(struct work_pool *pool, struct work *work)
{
	work_untell(work);
	if (work->state == WORK_WAITING) {
		list_remove(&work->node);
		pool->n_waiting--;
		work->state = WORK_RESTING;
	}
	return work->state == WORK_RESTING;
}

static struct work *next_told(struct work_pool *pool)
{
	struct work *work = NULL;

	work_pool_lock(pool);
	if (!list_is_empty(&pool->told)) {
		work = work_of(pool->told.next);
		work_untell(work);
	}
	work_pool_unlock(pool);
	return work;
}

static void on_told(void *data, unsigned events)
{
	struct work_pool *pool = data;
	struct work *work;
	uint64_t count;

	(void)events;
	if (read(pool->fd, &count, sizeof(count)) < 0)
		return;
	work_pool_lock(pool);
	pool->refs++; /* done() may give the last one back */
	work_pool_unlock(pool);
	while ((work = next_told(pool)))
		work->done(work);
	work_pool_put(pool);
}

static int init_locks(struct work_pool *pool)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work_came, &attr);
	pthread_cond_init(&pool->calmed, &attr);
	pthread_condattr_destroy(&attr);
	pool->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return pool->fd < 0 ? -errno : 0;
}

static int pool_new(struct loop *loop, enum work_kind kind, struct work_pool **ret_pool)
{
	struct work_pool *pool = calloc(1, sizeof(*pool));
	int r;

	if (!pool)
		return -ENOMEM;
	list_init(&pool->waiting);
	list_init(&pool->told);
	r = init_locks(pool);
	if (r == 0)
		r = watch_new(loop, pool->fd, on_told, pool, &pool->watch);
	if (r == 0) {
		pool->grow_timer = timer_new(loop, on_grow_timer, pool);
		r = pool->grow_timer ? 0 : -ENOMEM;
	}
	if (r < 0) {
		watch_free(pool->watch);
		if (pool->fd >= 0)
			close(pool->fd);
		pool_free(pool);
		return r;
	}
	watch_set(pool->watch, WATCH_READ);
	pool->loop = loop;
	pool->kind = kind;
	*ret_pool = pool;
	return 0;
}

static int get(struct loop *loop, enum work_kind kind, struct work_pool **ret_pool)
{
	void **slot = loop_slot(loop, kinds[kind].slot);
	struct work_pool *pool = *slot;
	int r = pool ? 0 : pool_new(loop, kind, &pool);

	if (r < 0)
		return r;
	work_pool_lock(pool);
	pool->refs++;
	work_pool_unlock(pool);
	*slot = *ret_pool = pool;
	return 0;
}

int work_pool_get(struct loop *loop, struct work_pool **ret_pool)
{
	return get(loop, WORK_FILES, ret_pool);
}

int work_pool_get_answers(struct loop *loop, struct work_pool **ret_pool)
{
	return get(loop, WORK_ANSWERS, ret_pool);
}

/* Return: is nothing under way? One that hangs does not hold up what is behind it. */
static bool get_on(struct work_pool *pool)
{
	if (pool->n_waiting)
		grow(pool);
	return !pool->n_waiting && pool->threads == pool->idle;
}

unsigned work_pool_settle(struct work_pool *pool, int max_ms)
{
	unsigned left;

	work_pool_lock(pool);
	pthread_cond_signal(&pool->work_came); /* the loop's round does not end now */
	for (int ms = 0; ms < max_ms && !get_on(pool); ms += WORK_STUCK_MS) {
		struct timespec end = in_ms(WORK_STUCK_MS);

		pthread_cond_timedwait(&pool->calmed, &pool->lock, &end);
	}
	left = pool->n_waiting + pool->threads - pool->idle;
	work_pool_unlock(pool);
	return left;
}

static uint64_t runs_of(struct work_pool *pool)
{
	uint64_t runs;

	work_pool_lock(pool);
	runs = pool->runs;
	work_pool_unlock(pool);
	return runs;
}

unsigned work_pool_drain(struct work_pool *pool)
{
	uint64_t runs;
	unsigned left;

	do {
		runs = runs_of(pool);
		left = work_pool_settle(pool, WORK_DRAIN_MS);
	} while (left && runs_of(pool) != runs);
	return left;
}

/* Those that hang stay, and free the pool. */
static void dismiss_threads(struct work_pool *pool)
{
	pthread_cond_broadcast(&pool->work_came);
	while (pool->idle)
		pthread_cond_wait(&pool->calmed, &pool->lock);
}

void work_pool_put(struct work_pool *pool)
{
	bool last;

	if (!pool)
		return;
	if (pool->refs == 1 && pool->kind == WORK_FILES)
		work_pool_drain(pool);
	work_pool_lock(pool);
	if (--pool->refs) {
		work_pool_unlock(pool);
		return;
	}
	dismiss_threads(pool);
	*loop_slot(pool->loop, kinds[pool->kind].slot) = NULL;
	watch_free(pool->watch);
	timer_free(pool->grow_timer);
	task_cancel(&pool->call);
	close(pool->fd);
	pool->loop = NULL;
	last = !pool->threads;
	work_pool_unlock(pool);
	if (last)
		pool_free(pool);
}
