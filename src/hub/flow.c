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
#include "hub/flow.h"

#include "base/log.h"

#include <errno.h>

/*
 * The most that is reserved at a time: what is reserved is history no more. Also at most a quarter
 * of the window.
 */
enum { RESERVE_BYTES = 128 * 1024 };

static uint64_t largest_backlog(const struct flow *flow)
{
	uint64_t largest = 0;

	for_each_member (member, flow->members)
		if (member->standing == HUB_MEMBER_GOOD && member_backlog(member) > largest)
			largest = member_backlog(member);
	return largest;
}

static void lose_standing(struct member *member)
{
	const char *hub = member->all->hub_id, *id = member_id(member);

	if (member->options.stall == HUB_STALL_CLOSE &&
		chardev_link_disconnect(&member->link) == 0) {
		log_warning("hub '%s': member '%s' stalled and is disconnected", hub, id);
		member_leave(member);
		return;
	}
	log_info("hub '%s': member '%s' stalled and is skipped", hub, id);
	member_skip(member);
}

static void arm_timer(struct flow *flow)
{
	uint64_t first = 0, now = loop_now_ms(flow->hub->loop);

	for_each_member (member, flow->members)
		if (member->stall_ends_ms && (!first || member->stall_ends_ms < first))
			first = member->stall_ends_ms;
	if (!first)
		timer_stop(flow->timer);
	else
		timer_start(flow->timer, first > now ? first - now : 0);
}

static bool holds_up(const struct flow *flow, const struct member *member)
{
	return member->standing == HUB_MEMBER_GOOD &&
	       member_backlog(member) > tape_window(flow->tape) / 2;
}

static void start_grace(struct flow *flow)
{
	for_each_member (member, flow->members)
		if (holds_up(flow, member) && member->options.stall != HUB_STALL_WAIT &&
			!member->stall_ends_ms)
			member->stall_ends_ms = loop_now_ms(flow->hub->loop) + flow->grace_ms;
	arm_timer(flow);
}

static void end_grace(void *data)
{
	struct flow *flow = data;
	uint64_t now = loop_now_ms(flow->hub->loop);

	for_each_member (member, flow->members)
		if (member->stall_ends_ms && member->stall_ends_ms <= now)
			lose_standing(member);
	flow_progress(flow);
}

/* The guest cannot wait: a larger window, or no more patience with who is far behind. */
static void make_room_now(struct flow *flow)
{
	size_t size = tape_window(flow->tape) * 2;

	if (size <= flow->window_max && tape_set_window(flow->tape, size) == 0)
		return;
	for_each_member (member, flow->members)
		if (holds_up(flow, member))
			lose_standing(member);
}

static size_t room(const struct flow *flow)
{
	uint64_t backlog = largest_backlog(flow);
	size_t window = tape_window(flow->tape);

	return backlog < window ? window - (size_t)backlog : 0;
}

/* Is it worth while to let the guest write? */
static bool is_full(const struct flow *flow)
{
	return room(flow) < tape_window(flow->tape) / 8;
}

/* What is reserved at a time. */
static size_t largest_piece(const struct flow *flow)
{
	size_t most = tape_window(flow->tape) / 4;

	return most < RESERVE_BYTES ? most : RESERVE_BYTES;
}

size_t flow_room(struct flow *flow, bool can_wait)
{
	size_t most = largest_piece(flow), bytes;

	if (is_full(flow) && !can_wait)
		make_room_now(flow);
	flow->full = is_full(flow);
	if (flow->full) {
		start_grace(flow);
		return 0;
	}
	bytes = room(flow);
	return bytes < most ? bytes : most;
}

/* A window that had to grow goes back once nobody needs it. */
static void shrink_window(struct flow *flow)
{
	if (tape_window(flow->tape) > flow->window && largest_backlog(flow) <= flow->window / 2)
		tape_set_window(flow->tape, flow->window);
}

/* Is there anything that a member's progress could change? */
static bool is_waited_for(const struct flow *flow)
{
	return flow->full || timer_is_running(flow->timer) ||
	       tape_window(flow->tape) > flow->window;
}

void flow_progress(struct flow *flow)
{
	if (!is_waited_for(flow))
		return;
	for_each_member (member, flow->members)
		if (member->stall_ends_ms && !holds_up(flow, member))
			member->stall_ends_ms = 0;
	if (timer_is_running(flow->timer))
		arm_timer(flow);
	shrink_window(flow);
	if (flow->full && largest_backlog(flow) <= tape_window(flow->tape) / 2) {
		flow->full = false;
		flow->on_room(flow->hub);
	}
}

int flow_init(struct flow *flow)
{
	flow->timer = timer_new(flow->hub->loop, end_grace, flow);
	return flow->timer ? 0 : -ENOMEM;
}

void flow_done(struct flow *flow)
{
	timer_free(flow->timer);
}
