/* SPDX-License-Identifier: MIT */
/*
 * A ring of the last EVENTS_HELD events, numbered from 0 on. A listener has the number of the next
 * one that it will take. Who has taken all is called when there is a new one, LISTENERS_A_ROUND in
 * one round of the loop, so that a thousand of them hold up no console.
 */
#include "control/event.h"

#include "base/list.h"

#include <stdlib.h>

enum { LISTENERS_A_ROUND = 32 };

/**
 * struct event_bus
 * @next:  number of the next event
 * @idle:  listeners that have taken all; @called: those that were called or still have some
 * @due:   of @idle: to be called, one by one
 */
struct event_bus {
	struct loop *loop;
	struct event ring[EVENTS_HELD];
	uint64_t next;
	struct list idle, due, called;
	struct task task;
};

struct event_listener {
	struct event_bus *bus;
	struct list node;
	void (*on_events)(void *data);
	void *data;
	uint64_t at;
};

struct event_bus *event_bus_new(struct loop *loop)
{
	struct event_bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return NULL;
	bus->loop = loop;
	list_init(&bus->idle);
	list_init(&bus->due);
	list_init(&bus->called);
	return bus;
}

void event_bus_free(struct event_bus *bus)
{
	if (!bus)
		return;
	task_cancel(&bus->task);
	for (size_t i = 0; i < EVENTS_HELD; i++)
		json_decref(bus->ring[i].data);
	free(bus);
}

bool event_bus_is_heard(const struct event_bus *bus)
{
	return !list_is_empty(&bus->idle) || !list_is_empty(&bus->due) ||
	       !list_is_empty(&bus->called);
}

static void call_due(void *data)
{
	struct event_bus *bus = data;

	for (size_t i = 0; i < LISTENERS_A_ROUND && !list_is_empty(&bus->due); i++) {
		struct event_listener *listener =
			container_of(bus->due.next, struct event_listener, node);

		list_remove(&listener->node);
		list_append(&bus->called, &listener->node);
		listener->on_events(listener->data);
	}
	if (!list_is_empty(&bus->due))
		task_post(bus->loop, &bus->task, call_due, bus);
}

static void call_idle(struct event_bus *bus)
{
	while (!list_is_empty(&bus->idle)) {
		struct list *node = bus->idle.next;

		list_remove(node);
		list_append(&bus->due, node);
	}
	if (!list_is_empty(&bus->due))
		task_post(bus->loop, &bus->task, call_due, bus);
}

void event_publish(struct event_bus *bus, const struct event_desc *desc, json_t *data)
{
	struct event *event = &bus->ring[bus->next % EVENTS_HELD];

	json_decref(event->data);
	*event = (struct event){ .desc = desc, .data = data };
	gettimeofday(&event->when, NULL);
	bus->next++;
	call_idle(bus);
}

struct event_listener *event_listen(
	struct event_bus *bus, void (*on_events)(void *data), void *data)
{
	struct event_listener *listener = malloc(sizeof(*listener));

	if (!listener)
		return NULL;
	*listener = (struct event_listener){
		.bus = bus, .on_events = on_events, .data = data, .at = bus->next
	};
	list_append(&bus->idle, &listener->node);
	return listener;
}

void event_unlisten(struct event_listener *listener)
{
	if (!listener)
		return;
	list_remove(&listener->node);
	free(listener);
}

const struct event *event_take(struct event_listener *listener, uint64_t *ret_lost)
{
	struct event_bus *bus = listener->bus;

	*ret_lost = 0;
	if (listener->at == bus->next) {
		list_remove(&listener->node);
		list_append(&bus->idle, &listener->node);
		return NULL;
	}
	if (bus->next - listener->at > EVENTS_HELD) {
		*ret_lost = bus->next - EVENTS_HELD - listener->at;
		listener->at = bus->next - EVENTS_HELD;
	}
	return &bus->ring[listener->at++ % EVENTS_HELD];
}
