/* SPDX-License-Identifier: MIT */
/*
 * Each share is in one of three lists, the one that was used the longest time ago first:
 *
 *	ready	may have something to spare
 *	spent	has given what it could spare; is asked for what is dear when nobody is ready
 *	empty	has given that, too
 *
 * What is dear is more work: it is asked for once a dispatch.
 *
 * It is always the first of a list that is asked, and it leaves the list when it has no more: to
 * find who gives costs the same however many there are. A share that is used is ready again. One
 * that has no more for now may have some later (somebody has read it), so all are ready again after
 * BUDGET_RETRY_MS; that timer runs only while more is taken than may be.
 *
 * It also gives packing its time. To give is dear, too: of what a hub drops, a screen at which
 * nobody looks has to read all before. But who prints on and on shall have no patience each time:
 * it takes a long time in which nobody was asked to have some again.
 */
#include "io/budget.h"

#include "io/loop-impl.h"
#include "io/store.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * struct budget - of a loop, while it is bounded or has shares
 * @limit:  of the stores; @limit.bytes: SIZE_MAX: any
 * @givers: have something to tell when the time of shortage is over
 * @calm_ms: from then on the time is a calm one, if nobody is asked before
 */
struct budget {
	struct loop *loop;
	struct store_limit limit;
	struct list ready, spent, empty, givers;
	struct timer *retry_timer, *tell_timer;
	struct task task;
	size_t n_shares;
	uint64_t calm_ms;
};

static struct budget_share *first_of(const struct list *list)
{
	return container_of(list->next, struct budget_share, node);
}

static void move_to(struct list *list, struct budget_share *share)
{
	list_remove(&share->node);
	list_append(list, &share->node);
}

/* ---- a shortage ---- */

/* Return: false: nobody has anything. */
static bool ask_one(struct budget *budget, bool is_dear)
{
	struct list *from = is_dear ? &budget->spent : &budget->ready;
	struct budget_share *share = first_of(from);

	if (list_is_empty(from))
		return false;
	if (!share->ops->give(share, is_dear ? BUDGET_DEAR : BUDGET_SPARE))
		move_to(is_dear ? &budget->empty : &budget->spent, share);
	return true;
}

static void ask(void *data);

static void ask_soon(struct budget *budget)
{
	task_post(budget->loop, &budget->task, ask, budget);
}

static void ask(void *data)
{
	struct budget *budget = data;
	bool is_dear = false;

	for (int i = 0; i < BUDGET_CALLS && !is_dear; i++) {
		if (!store_is_over(budget->loop))
			return;
		budget->calm_ms = loop_now_ms(budget->loop) + BUDGET_CALM_MS;
		is_dear = list_is_empty(&budget->ready);
		if (ask_one(budget, is_dear))
			continue;
		if (!timer_is_running(budget->retry_timer))
			timer_start(budget->retry_timer, BUDGET_RETRY_MS);
		return;
	}
	ask_soon(budget);
}

static void on_passed(void *data)
{
	struct budget *budget = data;

	if (loop_now_ms(budget->loop) < budget->calm_ms)
		ask_soon(budget);
	else if (!timer_is_running(budget->retry_timer))
		timer_start(budget->retry_timer, BUDGET_PATIENCE_MS);
}

/* In their order: who is used meanwhile goes behind them. */
static void join_lists(struct list *to, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

static void make_ready(struct budget *budget)
{
	join_lists(&budget->spent, &budget->ready);
	join_lists(&budget->empty, &budget->spent);
	join_lists(&budget->ready, &budget->empty);
}

static void on_retry(void *data)
{
	struct budget *budget = data;

	if (!store_is_over(budget->loop))
		return;
	make_ready(budget);
	ask_soon(budget);
}

static void on_tell(void *data)
{
	struct budget *budget = data;

	for (int i = 0; i < BUDGET_CALLS && !list_is_empty(&budget->givers); i++) {
		struct budget_share *share =
			container_of(budget->givers.next, struct budget_share, giver);

		list_remove(&share->giver);
		share->ops->tell(share);
	}
	if (list_is_empty(&budget->givers))
		store_give_back_freed();
	else
		timer_start(budget->tell_timer, 0);
}

void budget_gave(struct budget_share *share)
{
	struct budget *budget = share->budget;

	if (list_is_empty(&share->giver))
		list_append(&budget->givers, &share->giver);
	if (!timer_is_running(budget->tell_timer))
		timer_start(budget->tell_timer, BUDGET_SHORTAGE_MS);
}

/* ---- life ---- */

static void free_budget(struct budget *budget)
{
	task_cancel(&budget->task);
	timer_free(budget->retry_timer);
	timer_free(budget->tell_timer);
	free(budget);
}

static struct budget *new_budget(struct loop *loop)
{
	struct budget *budget = calloc(1, sizeof(*budget));

	if (!budget)
		return NULL;
	budget->loop = loop;
	budget->limit = (struct store_limit){ SIZE_MAX, on_passed, budget };
	list_init(&budget->ready);
	list_init(&budget->spent);
	list_init(&budget->empty);
	list_init(&budget->givers);
	budget->retry_timer = timer_new(loop, on_retry, budget);
	budget->tell_timer = timer_new(loop, on_tell, budget);
	if (budget->retry_timer && budget->tell_timer)
		return budget;
	free_budget(budget);
	return NULL;
}

static struct budget *get_budget(struct loop *loop)
{
	void **slot = loop_slot(loop, LOOP_SLOT_BUDGET);

	if (!*slot)
		*slot = new_budget(loop);
	return *slot;
}

static void put_budget(struct budget *budget)
{
	if (budget->n_shares || budget->limit.bytes != SIZE_MAX)
		return;
	*loop_slot(budget->loop, LOOP_SLOT_BUDGET) = NULL;
	free_budget(budget);
}

int budget_set(struct loop *loop, size_t bytes)
{
	struct budget *budget = bytes ? get_budget(loop) : *loop_slot(loop, LOOP_SLOT_BUDGET);

	if (!budget)
		return bytes ? -ENOMEM : 0;
	budget->limit.bytes = bytes ? bytes : SIZE_MAX;
	store_set_limit(loop, bytes ? &budget->limit : NULL);
	make_ready(budget);
	if (bytes)
		ask_soon(budget);
	put_budget(budget);
	return 0;
}

size_t budget_get(struct loop *loop)
{
	const struct budget *budget = *loop_slot(loop, LOOP_SLOT_BUDGET);

	return budget && budget->limit.bytes != SIZE_MAX ? budget->limit.bytes : 0;
}

int budget_join(struct loop *loop, struct budget_share *share, const struct budget_ops *ops)
{
	struct budget *budget = get_budget(loop);

	if (!budget)
		return -ENOMEM;
	*share = (struct budget_share){ .budget = budget, .ops = ops };
	list_init(&share->giver);
	list_init(&share->node);
	list_append(&budget->ready, &share->node);
	budget->n_shares++;
	return 0;
}

void budget_use(struct budget_share *share)
{
	if (share->budget->ready.prev != &share->node)
		move_to(&share->budget->ready, share);
}

void budget_leave(struct budget_share *share)
{
	struct budget *budget = share->budget;

	if (!budget)
		return;
	list_remove(&share->node);
	list_remove(&share->giver);
	share->budget = NULL;
	budget->n_shares--;
	put_budget(budget);
}
