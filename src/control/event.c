/* SPDX-License-Identifier: MIT */
/*
 * A ring of the last EVENTS_HELD events, numbered from 0 on. A listener has the number of the next
 * one that it will take. Who has taken all is called when there is a new one, in turn:
 * CALLS_AT_ONCE of them, and CALLS_A_MS from then on. To write to a client costs some microseconds,
 * to write more to him hardly more: so a few clients hear of each event at once, and of a thousand
 * each hears of all that happened in half a second, where much happens.
 *
 * What QMP writes is the same for all. It is made once, into one piece of memory, the newest line
 * behind the one before it: a listener's events are a range of bytes, that goes to its client as it
 * is. When the memory is twice what is to be held the newer half moves to its start.
 */
#include "control/event.h"

#include "base/strbuf.h"
#include "control/json-writer.h"

#include <stdlib.h>

enum { CALLS_AT_ONCE = 32, CALLS_A_MS = 2 };

/**
 * struct event_bus
 * @next:  number of the next event
 * @lines: as QMP writes them; @lines_at: where they begin, counted from the first line ever
 * @typing: how many want to know what is typed
 * @witnesses: are told at once
 * @idle:  listeners that have taken all; @called: those that were called or still have some
 * @due:   those of @idle that are to be called, one by one
 * @paid:  by then, in CALLS_A_MS-ths of a millisecond, the calls until now have had their time
 * @pause: until calls go on
 */
struct event_bus {
	struct loop *loop;
	struct event ring[EVENTS_HELD];
	uint64_t next;
	struct strbuf lines;
	uint64_t lines_at;
	unsigned typing;
	struct list witnesses;
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
	list_init(&bus->witnesses);
	list_init(&bus->idle);
	list_init(&bus->due);
	list_init(&bus->called);
	bus->pause = timer_new(loop, call_due, bus);
	if (bus->pause)
		return bus;
	free(bus);
	return NULL;
}

void event_bus_free(struct event_bus *bus)
{
	if (!bus)
		return;
	task_cancel(&bus->task);
	timer_free(bus->pause);
	for (size_t i = 0; i < EVENTS_HELD; i++)
		json_decref(bus->ring[i].data);
	strbuf_done(&bus->lines);
	free(bus);
}

bool event_bus_is_heard(const struct event_bus *bus)
{
	return !list_is_empty(&bus->witnesses) || !list_is_empty(&bus->idle) ||
	       !list_is_empty(&bus->due) || !list_is_empty(&bus->called);
}

void event_bus_hear_typing(struct event_bus *bus, bool hear)
{
	bus->typing += hear ? 1 : -1u;
}

bool event_bus_hears_typing(const struct event_bus *bus)
{
	return bus->typing;
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

static uint64_t lines_end(const struct event_bus *bus)
{
	return bus->lines_at + bus->lines.len;
}

/* A line of which only the end is left is not held. */
static void drop_old_lines(struct event_bus *bus)
{
	if (bus->lines.len < 2 * EVENT_LINES_HELD)
		return;
	bus->lines_at += bus->lines.len - EVENT_LINES_HELD;
	strbuf_drop(&bus->lines, bus->lines.len - EVENT_LINES_HELD);
}

/* Without memory for it all lines go: who wants them makes his own. */
static void write_line(struct event_bus *bus, struct event *event)
{
	json_t *json = event_json(event);

	drop_old_lines(bus);
	event->line_at = lines_end(bus);
	if (json)
		json_write_line(&bus->lines, json, false);
	if (!json || bus->lines.failed) {
		bus->lines_at = event->line_at;
		strbuf_done(&bus->lines);
		bus->lines = (struct strbuf){ 0 };
	}
	json_decref(json);
	event->line_len = (size_t)(lines_end(bus) - event->line_at);
}

const char *event_line(const struct event_bus *bus, const struct event *event)
{
	if (!event->line_len || event->line_at < bus->lines_at)
		return NULL;
	return bus->lines.data + (event->line_at - bus->lines_at);
}

void event_publish(struct event_bus *bus, const struct event_desc *desc, json_t *data)
{
	struct event *event = &bus->ring[bus->next % EVENTS_HELD];

	json_decref(event->data);
	*event = (struct event){ .desc = desc, .data = data };
	gettimeofday(&event->when, NULL);
	if (!desc->by_name)
		write_line(bus, event);
	bus->next++;
	list_for_each (witness, &bus->witnesses, struct event_witness, node)
		witness->on_event(witness->data, event);
	call_idle(bus);
}

void event_bus_let_witness(struct event_bus *bus, struct event_witness *witness)
{
	list_append(&bus->witnesses, &witness->node);
}

void event_witness_leave(struct event_witness *witness)
{
	if (witness->node.next)
		list_remove(&witness->node);
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

static uint64_t oldest(const struct event_bus *bus)
{
	return bus->next < EVENTS_HELD ? 0 : bus->next - EVENTS_HELD;
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
	if (listener->at < oldest(bus)) {
		*ret_lost = oldest(bus) - listener->at;
		listener->at = oldest(bus);
	}
	return &bus->ring[listener->at++ % EVENTS_HELD];
}

size_t event_lines(const struct event_listener *listener, const char **ret_lines)
{
	const struct event_bus *bus = listener->bus;
	const struct event *first = &bus->ring[listener->at % EVENTS_HELD];
	const char *lines = NULL;

	if (listener->at < bus->next && listener->at >= oldest(bus))
		lines = event_line(bus, first);
	if (!lines)
		return 0;
	*ret_lines = lines;
	return (size_t)(lines_end(bus) - first->line_at);
}

size_t event_lines_taken(struct event_listener *listener, size_t len)
{
	const struct event_bus *bus = listener->bus;

	while (len) {
		const struct event *event = &bus->ring[listener->at++ % EVENTS_HELD];

		if (event->line_len > len)
			return event->line_len - len;
		len -= event->line_len;
	}
	return 0;
}
