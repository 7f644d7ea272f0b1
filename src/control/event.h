/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_EVENT_H
#define CONTROL_EVENT_H

#include "base/list.h"
#include "io/loop.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

/*
 * What happens, for whoever listens: monitors, clients, logs. Events lie in one ring; a listener
 * has a place in it and takes them at its own pace. One that does not take them costs nobody
 * anything and learns how many it has missed, of whatever kind. A witness misses none.
 */
struct event_bus;
struct event_listener;
struct field;

enum {
	EVENTS_HELD = 4096,
	EVENT_LINES_HELD = 1 << 20, /* at least so many bytes of the newest lines */
};

/**
 * struct event_desc - a kind of event
 * @name:  as QMP writes it: "VSERPORT_CHANGE"
 * @help:  when it comes, one line without a full stop
 * @by_name: sessions are told of it that have subscribed to it by its name, and no others
 * @data:  members of its data (control/type.h); ends with a NULL name; NULL: it has none
 */
struct event_desc {
	const char *name;
	const char *help;
	bool by_name;
	const struct field *data;
};

/**
 * struct event - one of them
 * @data: an object, or NULL
 * @line_at, @line_len: as QMP writes it, in the bus's lines; 0 bytes: it is not there
 */
struct event {
	const struct event_desc *desc;
	struct timeval when;
	json_t *data;
	uint64_t line_at;
	size_t line_len;
};

/** event_json() - as QMP has it; NULL if memory ran out */
json_t *event_json(const struct event *event);

/** event_bus_new() - NULL if memory ran out */
struct event_bus *event_bus_new(struct loop *loop);

/** event_bus_free() - all listeners have gone; NULL is fine */
void event_bus_free(struct event_bus *bus);

/** event_bus_is_heard() - does anybody listen: if not, there is no need to make an event */
bool event_bus_is_heard(const struct event_bus *bus);

/**
 * event_bus_hear_typing() - one more, or one less, wants to know what is typed (CONSOLE_TYPED)
 *
 * Which is not looked at as long as nobody does.
 */
void event_bus_hear_typing(struct event_bus *bus, bool hear);

/** event_bus_hears_typing() - does anybody */
bool event_bus_hears_typing(const struct event_bus *bus);

/**
 * event_publish() - tell all who listen, after this dispatch; a crowd at its pace, see event.c
 * @desc: static
 * @data: the bus's from now on; NULL: none, or memory ran out: then it is told without
 */
void event_publish(struct event_bus *bus, const struct event_desc *desc, json_t *data);

/**
 * event_listen() - hear what happens from now on
 * @on_events: there is something to take that was not there when event_take() last gave nothing;
 *             may free the listener, and any other
 *
 * Return: NULL if memory ran out.
 */
struct event_listener *event_listen(
	struct event_bus *bus, void (*on_events)(void *data), void *data);

/** event_unlisten() - NULL is fine */
void event_unlisten(struct event_listener *listener);

/**
 * struct event_witness - who is told of each event there and then
 * @on_event: must not publish one, nor free what others may have; may be called from anywhere
 */
struct event_witness {
	struct list node;
	void (*on_event)(void *data, const struct event *event);
	void *data;
};

/** event_bus_let_witness() - from now on; the witness stays the caller's */
void event_bus_let_witness(struct event_bus *bus, struct event_witness *witness);

/** event_witness_leave() - no-op for a zeroed one */
void event_witness_leave(struct event_witness *witness);

/**
 * event_take() - the oldest that was not taken yet
 * @ret_lost: how many before it have been missed since the last call
 *
 * Return: valid until the next event is published; NULL: no more, on_events() will come.
 */
const struct event *event_take(struct event_listener *listener, uint64_t *ret_lost);

/**
 * event_line() - the event as QMP writes it, of @event->line_len bytes
 *
 * Return: valid until the next event is published; NULL: it is not held.
 */
const char *event_line(const struct event_bus *bus, const struct event *event);

/**
 * event_lines() - all that were not taken yet as QMP writes them, in one piece
 *
 * Return: bytes at *@ret_lines, valid until the next event is published; 0: event_take() says what
 *         there is.
 */
size_t event_lines(const struct event_listener *listener, const char **ret_lines);

/**
 * event_lines_taken() - so many bytes of them were taken
 *
 * Return: how many of those behind them are the rest of a line that has begun: the event counts as
 *         taken, and the rest is the caller's to keep.
 */
size_t event_lines_taken(struct event_listener *listener, size_t len);

#endif
