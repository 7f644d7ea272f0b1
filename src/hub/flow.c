/* SPDX-License-Identifier: MIT */
/*
 * The guest gets as much room as the slowest member in good standing leaves in the window. When
 * that is next to nothing, the guest waits until every such member has brought its backlog down to
 * half a window, which is also what each of them has `grace-ms` for. Waiting for the half, not for
 * the first free byte, makes the guest write in large pieces, and it lets a member that reads as
 * fast as it can never run into the end of its grace.
 *
 * A guest that cannot wait gets a larger window instead, up to `window-max`; then the members that
 * hold it are dealt with at once.
 */
#include "hub/hub-internal.h"

#include "base/log.h"

/*
 * The most that is reserved at a time: what is reserved is history no more. Also at most a quarter
 * of the window.
 */
enum { RESERVE_BYTES = 128 * 1024 };

static uint64_t largest_backlog(const struct hub *hub)
{
	uint64_t largest = 0;

	for_each_member (member, hub)
		if (member->standing == HUB_MEMBER_GOOD && member_backlog(member) > largest)
			largest = member_backlog(member);
	return largest;
}

static void lose_standing(struct member *member)
{
	const char *hub = member->hub->base.id, *id = chardev_id(member->link.chardev);

	if (member->stall == HUB_STALL_CLOSE && chardev_link_disconnect(&member->link) == 0) {
		log_warning("hub '%s': member '%s' stalled and is disconnected", hub, id);
		member_leave(member);
		return;
	}
	log_info("hub '%s': member '%s' stalled and is skipped", hub, id);
	member_skip(member);
}

static void arm_timer(struct hub *hub)
{
	uint64_t first = 0, now = loop_now_ms(hub->base.loop);

	for_each_member (member, hub)
		if (member->stall_ends_ms && (!first || member->stall_ends_ms < first))
			first = member->stall_ends_ms;
	if (!first)
		timer_stop(hub->stall_timer);
	else
		timer_start(hub->stall_timer, first > now ? first - now : 0);
}

static bool holds_up(const struct member *member, size_t window)
{
	return member->standing == HUB_MEMBER_GOOD && member_backlog(member) > window / 2;
}

static void start_grace(struct hub *hub)
{
	for_each_member (member, hub)
		if (holds_up(member, hub->journal.size) && member->stall != HUB_STALL_WAIT &&
			!member->stall_ends_ms)
			member->stall_ends_ms = loop_now_ms(hub->base.loop) + hub->grace_ms;
	arm_timer(hub);
}

void flow_timer(void *data)
{
	struct hub *hub = data;
	uint64_t now = loop_now_ms(hub->base.loop);

	for_each_member (member, hub)
		if (member->stall_ends_ms && member->stall_ends_ms <= now)
			lose_standing(member);
	flow_progress(hub);
}

/* The guest cannot wait: a larger window, or no more patience with who is far behind. */
static void make_room_now(struct hub *hub)
{
	size_t size = hub->journal.size * 2;

	if (size <= hub->window_max && journal_resize(&hub->journal, size) == 0)
		return;
	for_each_member (member, hub)
		if (holds_up(member, hub->journal.size))
			lose_standing(member);
}

static size_t room(const struct hub *hub)
{
	uint64_t backlog = largest_backlog(hub);

	return backlog < hub->journal.size ? hub->journal.size - (size_t)backlog : 0;
}

/* Is it worth while to let the guest write? */
static bool is_full(const struct hub *hub)
{
	return room(hub) < hub->journal.size / 8;
}

/* What is reserved at a time. */
static size_t largest_piece(const struct hub *hub, size_t appetite)
{
	size_t most = hub->journal.size / 4;

	if (most > RESERVE_BYTES)
		most = RESERVE_BYTES;
	return most < appetite ? most : appetite;
}

size_t flow_room(struct hub *hub)
{
	size_t appetite = hub_never_waits(hub) ? SIZE_MAX : screen_appetite(hub);
	size_t bytes, most = largest_piece(hub, appetite);

	if (!appetite) {
		hub_pump_later(hub);
		return 0;
	}
	if (is_full(hub) && hub_never_waits(hub))
		make_room_now(hub);
	if (is_full(hub)) {
		start_grace(hub);
		return 0;
	}
	bytes = room(hub);
	return bytes < most ? bytes : most;
}

/* A window that had to grow goes back once nobody needs it. */
static void shrink_window(struct hub *hub)
{
	if (hub->journal.size > hub->window && largest_backlog(hub) <= hub->window / 2)
		journal_resize(&hub->journal, hub->window);
}

/* Is there anything that a member's progress could change? */
static bool is_waited_for(const struct hub *hub)
{
	return chardev_holder_waits(&hub->base) || timer_is_running(hub->stall_timer) ||
	       hub->journal.size > hub->window;
}

void flow_progress(struct hub *hub)
{
	if (!is_waited_for(hub))
		return;
	for_each_member (member, hub)
		if (member->stall_ends_ms && !holds_up(member, hub->journal.size))
			member->stall_ends_ms = 0;
	if (timer_is_running(hub->stall_timer))
		arm_timer(hub);
	shrink_window(hub);
	if (largest_backlog(hub) <= hub->journal.size / 2)
		chardev_room(&hub->base);
}
