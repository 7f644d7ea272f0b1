/* SPDX-License-Identifier: MIT */
/*
 * Who was used waits in a list. Once in REST_MS all take their turn, one a round: who was used
 * since the last time waits on, who was not rests. What all of them share goes when nobody waits.
 */
#include "io/rest.h"

#include "io/loop-impl.h"

#include <stdlib.h>

/**
 * struct resting_place - of a loop
 * @turn:    those that have yet to be looked at
 * @in_turn: one of them is being told
 */
struct resting_place {
	struct loop *loop;
	struct timer *timer;
	struct task task;
	struct list waiting, turn;
	bool in_turn;
};

static void end(struct resting_place *place)
{
	*loop_slot(place->loop, LOOP_SLOT_REST) = NULL;
	task_cancel(&place->task);
	timer_free(place->timer);
	free(place);
}

static bool is_empty(const struct resting_place *place)
{
	return list_is_empty(&place->waiting) && list_is_empty(&place->turn);
}

static void look_at(struct resting_place *place, struct rest *rest)
{
	list_remove(&rest->node);
	if (rest->used) {
		rest->used = false;
		list_append(&place->waiting, &rest->node);
		return;
	}
	rest->waits = false;
	place->in_turn = true;
	rest->fn(rest->data);
	place->in_turn = false;
}

static void take_turn(void *data)
{
	struct resting_place *place = data;

	if (!list_is_empty(&place->turn))
		look_at(place, container_of(place->turn.next, struct rest, node));
	if (!list_is_empty(&place->turn))
		task_post(place->loop, &place->task, take_turn, place);
	else if (!list_is_empty(&place->waiting))
		timer_start(place->timer, REST_MS);
	else
		end(place);
}

static void on_time(void *data)
{
	struct resting_place *place = data;

	while (!list_is_empty(&place->waiting)) {
		struct list *first = place->waiting.next;

		list_remove(first);
		list_append(&place->turn, first);
	}
	task_post(place->loop, &place->task, take_turn, place);
}

static struct resting_place *place_of(struct loop *loop)
{
	void **slot = loop_slot(loop, LOOP_SLOT_REST);
	struct resting_place *place = *slot;

	if (place)
		return place;
	place = calloc(1, sizeof(*place));
	if (!place)
		return NULL;
	place->loop = loop;
	place->timer = timer_new(loop, on_time, place);
	if (!place->timer) {
		free(place);
		return NULL;
	}
	list_init(&place->waiting);
	list_init(&place->turn);
	timer_start(place->timer, REST_MS);
	*slot = place;
	return place;
}

void rest_init(struct rest *rest, struct loop *loop, void (*fn)(void *data), void *data)
{
	*rest = (struct rest){ .loop = loop, .fn = fn, .data = data };
}

void rest_use(struct rest *rest)
{
	struct resting_place *place;

	rest->used = true;
	if (rest->waits)
		return;
	place = place_of(rest->loop);
	if (!place)
		return;
	rest->waits = true;
	list_append(&place->waiting, &rest->node);
}

void rest_done(struct rest *rest)
{
	struct resting_place *place;

	if (!rest->waits)
		return;
	rest->waits = false;
	list_remove(&rest->node);
	place = *loop_slot(rest->loop, LOOP_SLOT_REST);
	if (is_empty(place) && !place->in_turn)
		end(place);
}
