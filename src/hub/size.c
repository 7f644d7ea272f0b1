/* SPDX-License-Identifier: MIT */
/*
 * The console has one size. Members tell theirs; what comes out of it by the policy goes to the
 * guest when it changes. Members hear of it too, but what they do with it never counts as their
 * telling a size: nobody can make two viewers bounce.
 */
#include "hub/hub-internal.h"

static bool has_size(const struct member *member)
{
	return member->cols && member->rows;
}

static void limit(unsigned *size, unsigned other, enum hub_size_policy policy)
{
	if (policy == HUB_SIZE_SMALLEST ? other < *size : other > *size)
		*size = other;
}

/* Return: false if no member has told a size. */
static bool wanted_size(struct hub *hub, unsigned *ret_cols, unsigned *ret_rows)
{
	uint64_t newest = 0;
	bool any = false;

	for_each_member (member, hub) {
		if (!has_size(member))
			continue;
		if (!any ||
			(hub->size_policy == HUB_SIZE_WRITER && member->size_told_at > newest)) {
			*ret_cols = member->cols;
			*ret_rows = member->rows;
			newest = member->size_told_at;
		} else if (hub->size_policy != HUB_SIZE_WRITER) {
			limit(ret_cols, member->cols, hub->size_policy);
			limit(ret_rows, member->rows, hub->size_policy);
		}
		any = true;
	}
	return any;
}

static void tell_holder(void *data)
{
	struct hub *hub = data;
	struct chardev_event event = {
		.type = CHARDEV_RESIZE, .cols = hub->cols, .rows = hub->rows
	};

	chardev_event(&hub->base, &event);
}

void size_announce(struct hub *hub)
{
	if (hub->size_known)
		task_post(hub->base.loop, &hub->size_task, tell_holder, hub);
}

/* For members that show the screen, or have a window size to set; none of them answers. */
static void tell_members(struct hub *hub)
{
	struct chardev_event event = {
		.type = CHARDEV_RESIZE, .cols = hub->cols, .rows = hub->rows
	};

	for_each_member (member, hub)
		chardev_link_event(&member->link, &event);
}

static void size_update(struct hub *hub)
{
	unsigned cols, rows;

	if (hub->size_policy == HUB_SIZE_FIXED || !wanted_size(hub, &cols, &rows))
		return;
	if (hub->size_known && cols == hub->cols && rows == hub->rows)
		return;
	hub->size_known = true;
	hub->cols = cols;
	hub->rows = rows;
	screen_resize(hub);
	tell_members(hub);
	tell_holder(hub);
}

void size_told(struct member *member, unsigned cols, unsigned rows)
{
	if (member->access != HUB_ACCESS_TYPE)
		return;
	member->cols = cols;
	member->rows = rows;
	if (!member->size_told_at)
		member->size_told_at = ++member->hub->size_clock;
	size_update(member->hub);
}

void size_typed(struct member *member)
{
	if (!has_size(member) || member->size_told_at == member->hub->size_clock)
		return;
	member->size_told_at = ++member->hub->size_clock;
	size_update(member->hub);
}

void size_forget(struct member *member)
{
	if (!has_size(member))
		return;
	member->cols = member->rows = 0;
	member->size_told_at = 0;
	size_update(member->hub);
}
