/* SPDX-License-Identifier: MIT */
/*
 * A ring of the last EVENTS_HELD events, numbered from 0 on. A listener has the number of the next
 * one that it will take. Who has taken all is called when there is a new one, in turn:
 * CALLS_AT_ONCE of them, and CALLS_A_MS from then on. To write to a client costs some microseconds,
 * to write more to him hardly more: so a few clients hear of each event at once, and of a thousand
 * each hears of all that happened in half a second, where much happens.
 */
#include "control/event.h"

#include "base/list.h"
#include "control/json-writer.h"

#include <stdlib.h>

enum { CALLS_AT_ONCE = 32, CALLS_A_MS = 2 };

/**
 * struct event_bus
 * @next:  number of the next event
 * @idle:  listeners that have taken all; @called: those that were called or still have some
 * @due:   those of @idle that are to be called, one by one
 * @paid:  by then, in CALLS_A_MS-ths of a millisecond, the calls until now have had their time
 * @pause: until calls go on
 */
struct event_bus {
	struct loop *loop;
	struct event ring[EVENTS_HELD];
	uint64_t next;
	struct list idle, due, called;
	struct task task;
	uint64_t paid;
	struct timer *pause;
};

struct event_listener {
	struct event_bus *bus;
	struct list node;
	void (*on_events)(void *data);
	void *data;
	uint64_t at;
};

static void call_due(void *data);

struct event_bus *event_bus_new(struct loop *loop)
{
	struct event_bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return NULL;
	bus->loop = loop;
	list_init(&bus->idle);
	list_init(&bus->due);
	list_init(&bus->called);
	bus->pause = timer_new(loop, call_due, bus);
	if (bus->pause)
		return bus;
	free(bus);
	return NULL;
}

static void forget(struct event *event)
{
	json_decref(event->data);
	strbuf_done(&event->line);
}

void event_bus_free(struct event_bus *bus)
{
	if (!bus)
		return;
	task_cancel(&bus->task);
	timer_free(bus->pause);
	for (size_t i = 0; i < EVENTS_HELD; i++)
		forget(&bus->ring[i]);
	free(bus);
}

bool event_bus_is_heard(const struct event_bus *bus)
{
	return !list_is_empty(&bus->idle) || !list_is_empty(&bus->due) ||
	       !list_is_empty(&bus->called);
}

static void call_first(struct event_bus *bus)
{
	struct event_listener *listener = container_of(bus->due.next, struct event_listener, node);

	list_remove(&listener->node);
	list_append(&bus->called, &listener->node);
	listener->on_events(listener->data);
}

static void call_due(void *data)
{
	struct event_bus *bus = data;
	uint64_t now = loop_now_ms(bus->loop) * CALLS_A_MS;

	if (bus->paid < now)
		bus->paid = now;
	for (; bus->paid < now + CALLS_AT_ONCE && !list_is_empty(&bus->due); bus->paid++)
		call_first(bus);
	if (!list_is_empty(&bus->due))
		timer_start(bus->pause, CALLS_AT_ONCE / CALLS_A_MS);
}

static void call_idle(struct event_bus *bus)
{
	while (!list_is_empty(&bus->idle)) {
		struct list *node = bus->idle.next;

		list_remove(node);
		list_append(&bus->due, node);
	}
	if (!list_is_empty(&bus->due) && !timer_is_running(bus->pause))
		task_post(bus->loop, &bus->task, call_due, bus);
}

json_t *event_json(const struct event *event)
{
	return json_pack("{s:{s:I,s:I},s:s,s:O*}", "timestamp", "seconds",
		(json_int_t)event->when.tv_sec, "microseconds", (json_int_t)event->when.tv_usec,
		"event", event->desc->name, "data", event->data);
}

static void write_line(struct event *event)
{
	json_t *json = event_json(event);

	if (json)
		json_write_line(&event->line, json, false);
	json_decref(json);
	if (event->line.failed)
		strbuf_done(&event->line);
}

void event_publish(struct event_bus *bus, const struct event_desc *desc, json_t *data)
{
	struct event *event = &bus->ring[bus->next % EVENTS_HELD];

	forget(event);
	*event = (struct event){ .desc = desc, .data = data };
	gettimeofday(&event->when, NULL);
	write_line(event);
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
