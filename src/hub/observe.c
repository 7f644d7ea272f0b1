/* SPDX-License-Identifier: MIT */
/*
 * Who wants to know what happens at a hub. An observer may leave while it is told; the one that is
 * told next is remembered in the hub for that.
 */
#include "hub/hub-impl.h"

void hub_observers_init(struct hub *hub)
{
	hub->observers.prev = hub->observers.next = &hub->observers;
	hub->next_observer = &hub->observers;
}

void hub_observers_done(struct hub *hub)
{
	while (hub->observers.next && hub->observers.next != &hub->observers) {
		struct hub_observer *first = hub->observers.next;

		hub_unobserve(first);
		if (first->on_gone)
			first->on_gone(first->data);
	}
	task_cancel(&hub->output_task);
}

void hub_observe(struct chardev *chardev, struct hub_observer *observer)
{
	struct hub_observer *head = &hub_from(chardev)->observers;

	observer->prev = head->prev;
	observer->next = head;
	observer->prev->next = head->prev = observer;
	observer->hub = chardev;
}

void hub_unobserve(struct hub_observer *observer)
{
	struct hub *hub;

	if (!observer->hub)
		return;
	hub = hub_from(observer->hub);
	if (hub->next_observer == observer)
		hub->next_observer = observer->next;
	observer->prev->next = observer->next;
	observer->next->prev = observer->prev;
	observer->hub = NULL;
}

/* Walk them; each may leave, or let others leave. */
#define for_each_observer(pos, of)                                        \
	for (struct hub_observer *pos = (of)->observers.next;             \
		(of)->next_observer = pos->next, pos != &(of)->observers; \
		pos = (of)->next_observer)

void hub_tell(struct hub *hub, const struct hub_event *event)
{
	for_each_observer(observer, hub) if (observer->on_event)
		observer->on_event(observer->data, &hub->base, event);
}

bool hub_hears_typed(const struct hub *hub)
{
	const struct hub_observer *head = &hub->observers;

	for (const struct hub_observer *at = head->next; at != head; at = at->next)
		if (at->hears_typed && at->hears_typed(at->data))
			return true;
	return false;
}

void hub_tell_typed(struct chardev *chardev, const struct hub_typed *typed)
{
	struct hub *hub = hub_from(chardev);

	for_each_observer(observer, hub) if (observer->on_typed)
		observer->on_typed(observer->data, chardev, typed);
}

void hub_tell_in_room(struct hub *hub)
{
	for_each_observer(observer, hub) if (observer->on_in_room)
		observer->on_in_room(observer->data, &hub->base);
}

static void output_task(void *data)
{
	struct hub *hub = data;

	for_each_observer(observer, hub) if (observer->on_output)
		observer->on_output(observer->data, &hub->base);
}

void hub_tell_output(struct hub *hub)
{
	const struct hub_observer *head = &hub->observers;

	for (const struct hub_observer *at = head->next; at != head; at = at->next)
		if (at->on_output) {
			task_post(hub->base.loop, &hub->output_task, output_task, hub);
			return;
		}
}
