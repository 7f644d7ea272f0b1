/* SPDX-License-Identifier: MIT */
/*
 * What hubs tell their observers, as events. Nothing is made of it where nobody listens.
 */
#include "control/hub-events.h"

#include "control/event-table.h"
#include "control/event.h"
#include "control/json-put.h"
#include "hub/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ear {
	struct hub_observer observer;
	struct chardev *hub;
	struct event_bus *bus;
};

/* Where he is who has come or gone, as far as that is known: of one who has gone it may not be. */
static void put_peer(json_t **data, const struct chardev *member)
{
	struct chardev_peer peer;

	if (!chardev_peer(member, &peer))
		return;
	json_put_text(data, "address", peer.address);
	if (!peer.pid)
		return;
	json_put_number(data, "pid", (uint64_t)peer.pid);
	json_put_number(data, "uid", peer.uid);
}

static void put_dropped(json_t **data, const struct chardev *hub, const struct hub_event *event)
{
	struct hub_info info;

	hub_info(hub, &info);
	json_put_number(data, "bytes", event->bytes);
	json_put_number(data, "lines", event->lines);
	json_put_number(data, "held-from", info.held_from);
}

static json_t *data_of(struct chardev *hub, const struct hub_event *event)
{
	json_t *data = json_pack("{s:s}", "hub", chardev_id(hub));

	json_put_text(&data, "member", event->member);
	json_put_text(&data, "identity", event->who);
	json_put_text(&data, "by", event->by);
	json_put_text(&data, "reason", event->reason);
	if (event->type == HUB_EVENT_OPENED || event->type == HUB_EVENT_CLOSED ||
		event->type == HUB_EVENT_REFUSED)
		put_peer(&data, event->chardev);
	if (event->type == HUB_EVENT_MISSED || event->type == HUB_EVENT_RESUMED)
		json_put_number(&data, "bytes", event->bytes);
	if (event->type == HUB_EVENT_FAILED)
		json_put_text(&data, "error", strerror(event->error));
	if (event->type == HUB_EVENT_RESIZED) {
		json_put_number(&data, "cols", event->cols);
		json_put_number(&data, "rows", event->rows);
	}
	if (event->type == HUB_EVENT_DROPPED)
		put_dropped(&data, hub, event);
	return data;
}

static void on_event(void *data, struct chardev *hub, const struct hub_event *event)
{
	static const struct event_desc *const descs[] = {
		[HUB_EVENT_JOINED] = &event_hub_member_joined,
		[HUB_EVENT_LEFT] = &event_hub_member_left,
		[HUB_EVENT_OPENED] = &event_hub_member_opened,
		[HUB_EVENT_CLOSED] = &event_hub_member_closed,
		[HUB_EVENT_REFUSED] = &event_hub_member_refused,
		[HUB_EVENT_SENT_AWAY] = &event_hub_member_sent_away,
		[HUB_EVENT_SKIPPED] = &event_hub_member_skipped,
		[HUB_EVENT_MISSED] = &event_hub_member_missed,
		[HUB_EVENT_RESUMED] = &event_hub_member_resumed,
		[HUB_EVENT_FAILED] = &event_hub_member_failed,
		[HUB_EVENT_TYPED] = &event_hub_member_typed,
		[HUB_EVENT_KEYBOARD] = &event_hub_keyboard,
		[HUB_EVENT_ASKED] = &event_hub_keyboard_asked,
		[HUB_EVENT_KEPT] = &event_hub_keyboard_kept,
		[HUB_EVENT_RESIZED] = &event_console_resized,
		[HUB_EVENT_DROPPED] = &event_hub_history_dropped,
	};
	const struct ear *ear = data;

	if (event_bus_is_heard(ear->bus))
		event_publish(ear->bus, descs[event->type], data_of(hub, event));
}

static bool hears_typed(void *data)
{
	const struct ear *ear = data;

	return event_bus_hears_typing(ear->bus);
}

static void on_typed(void *data, struct chardev *hub, const struct hub_typed *typed)
{
	const struct ear *ear = data;
	json_t *event;

	if (!event_bus_is_heard(ear->bus))
		return;
	event = json_pack("{s:s}", "hub", chardev_id(hub));
	json_put_text(&event, "member", typed->member);
	json_put_text(&event, "identity", typed->who);
	if (typed->text)
		json_put(&event, "text", json_of_bytes(typed->text, typed->len));
	else
		json_put_number(&event, "withheld", typed->withheld);
	event_publish(ear->bus, &event_console_typed, event);
}

static void tell_of_hub(const struct ear *ear, const struct event_desc *desc)
{
	if (event_bus_is_heard(ear->bus))
		event_publish(ear->bus, desc, json_pack("{s:s}", "hub", chardev_id(ear->hub)));
}

static void on_gone(void *data)
{
	tell_of_hub(data, &event_console_removed);
	free(data);
}

static const struct hub_observer_ops observer_ops = {
	.on_event = on_event, .hears_typed = hears_typed, .on_typed = on_typed, .on_gone = on_gone
};

int hub_events_start(struct chardev *hub, struct event_bus *bus, struct error **err)
{
	struct ear *ear = malloc(sizeof(*ear));

	if (!ear)
		return error_set(err, ENOMEM, "hub '%s': out of memory", chardev_id(hub));
	*ear = (struct ear){
		.observer = { .ops = &observer_ops, .data = ear }, .hub = hub, .bus = bus
	};
	tell_of_hub(ear, &event_console_added);
	hub_observe(hub, &ear->observer);
	return 0;
}
