/* SPDX-License-Identifier: MIT */
/*
 * Who wants to know what happens at a hub. An observer may leave while it is told; the one that is
 * told next is remembered in the hub for that.
 */
#include "hub/hub-impl.h"

void hub_observers_init(struct hub *hub)
{
	list_init(&hub->observers);
	hub->next_observer = &hub->observers;
}

void hub_observers_done(struct hub *hub)
{
	while (hub->observers.next && !list_is_empty(&hub->observers)) {
		struct hub_observer *first =
			container_of(hub->observers.next, struct hub_observer, node);

		hub_unobserve(first);
		if (first->ops->on_gone)
			first->ops->on_gone(first->data);
	}
	task_cancel(&hub->output_task);
}

void hub_observe(struct chardev *chardev, struct hub_observer *observer)
{
	list_append(&hub_from(chardev)->observers, &observer->node);
	observer->hub = chardev;
}

void hub_unobserve(struct hub_observer *observer)
{
	struct hub *hub;

	if (!observer->hub)
		return;
	hub = hub_from(observer->hub);
	if (hub->next_observer == &observer->node)
		hub->next_observer = observer->node.next;
	list_remove(&observer->node);
	observer->hub = NULL;
}

/* Walk them; each may leave, or let others leave. */
#define for_each_observer(pos, of)                                                     \
	for (struct hub_observer *pos =                                                \
			container_of((of)->observers.next, struct hub_observer, node); \
		(of)->next_observer = pos->node.next, &pos->node != &(of)->observers;  \
		pos = container_of((of)->next_observer, struct hub_observer, node))

void hub_tell(struct hub *hub, const struct hub_event *event)
{
	for_each_observer(observer, hub) if (observer->ops->on_event)
		observer->ops->on_event(observer->data, &hub->base, event);
}

bool hub_hears_typed(const struct hub *hub)
{
	list_for_each (at, &hub->observers, struct hub_observer, node)
		if (at->ops->hears_typed && at->ops->hears_typed(at->data))
			return true;
	return false;
}

void hub_tell_typed(struct chardev *chardev, const struct hub_typed *typed)
{
	struct hub *hub = hub_from(chardev);

	for_each_observer(observer, hub) if (observer->ops->on_typed)
		observer->ops->on_typed(observer->data, chardev, typed);
}

void hub_tell_in_room(struct hub *hub)
{
	for_each_observer(observer, hub) if (observer->ops->on_in_room)
		observer->ops->on_in_room(observer->data, &hub->base);
}

static void output_task(void *data)
{
	struct hub *hub = data;

	for_each_observer(observer, hub) if (observer->ops->on_output)
		observer->ops->on_output(observer->data, &hub->base);
}

void hub_tell_output(struct hub *hub)
{
	list_for_each (at, &hub->observers, struct hub_observer, node)
		if (at->ops->on_output) {
			task_post(hub->base.loop, &hub->output_task, output_task, hub);
			return;
		}
}
