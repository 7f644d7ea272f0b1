/* SPDX-License-Identifier: MIT */
/*
 * The guest gets as much room as the slowest member in good standing leaves in the window. When
 * that is next to nothing, the guest pauses until every such member has brought its backlog down to
 * half a window. Waiting for the half, not for the first free byte, makes the guest write in large
 * pieces.
 *
 * Who has more than half a window to read is a holder of the pause. Who has read all is waiting for
 * the holders as the guest is. A holder may hold
 *
 *	always		for `grace-ms` in one pause; so a lone reader, and readers that are all
 *			equally slow, lose nothing while they take half a window in that time
 *	while another	for as long as its credit lasts: `grace-ms` when it is full; it grows by
 *	reader waits	`grace-ms` in each `grace-every`, while the member keeps up. A reader that
 *			has just joined has none. A holder without credit loses its standing at once
 *
 * and loses its standing then: it is skipped, or closed. What all readers have spent is given back
 * to all of them: readers that now hold and now wait, as equals do that share a processor, owe each
 * other nothing. Chardevs that nobody reads (files, screens) are no readers: they never wait, and
 * have their credit from the start, since no stranger makes them join. A member that may only view
 * holds nobody.
 *
 * Only the time counts in which this process looked at its descriptors: while it is stopped, nobody
 * is late.
 *
 * A guest that cannot wait gets a larger window instead, up to `window-max`; then the members that
 * hold it are dealt with at once.
 *
 * All that is done for each piece that the guest writes, and for each that a member takes, costs
 * the same however many members there are, but for one walk a window and a few a pause.
 */
#include "hub/flow.h"

#include "base/log.h"

#include <errno.h>

/*
 * What is reserved is history no more, so tape_piece() is for a guest that writes much at a time:
 * STREAM_BYTES since it was asked last.
 */
enum { CALM_PIECE = 128 * 1024, STREAM_BYTES = 64 * 1024 };

static const struct histogram_bounds pause_bounds = { 12,
	{ 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000 } };

static uint64_t now(const struct flow *flow)
{
	return loop_awake_ms(flow->hub->loop);
}

/* ---- credit: in milliseconds of a pause, times `grace-every` ---- */

static uint64_t full_credit(const struct flow *flow)
{
	return flow->grace_ms * flow->grace_every_ms;
}

void flow_join(struct flow *flow, struct member *member)
{
	member->pause.spent = chardev_is_sink(member->link.chardev) ? 0 : full_credit(flow);
	member->pause.earns_from_ms = now(flow);
	member->pause.held_from = flow->others_ms;
}

/* What it has earned since: time in good standing in which it held nobody up. */
static void earn(struct flow *flow, struct member *member)
{
	struct member_pause *pause = &member->pause;
	uint64_t from = pause->earns_from_ms, earned;

	if (from < member->standing_since_ms)
		from = member->standing_since_ms;
	pause->earns_from_ms = now(flow);
	if (member->standing != HUB_MEMBER_GOOD)
		return;
	earned = (now(flow) - from) * flow->grace_ms;
	pause->spent -= earned < pause->spent ? earned : pause->spent;
}

/* What a holder has spent, with the present pause. */
static uint64_t spent(const struct flow *flow, const struct member *member)
{
	const struct member_pause *pause = &member->pause;
	uint64_t held = pause->holds ? flow->others_ms - pause->held_from : 0;

	return pause->spent + held * flow->grace_every_ms;
}

static bool is_reader(const struct member *member)
{
	return member->standing != HUB_MEMBER_OUT && !chardev_is_sink(member->link.chardev);
}

/* What all have spent nobody owes. */
static void give_back(struct flow *flow)
{
	uint64_t least = UINT64_MAX;

	for_each_member (member, flow->members)
		if (is_reader(member) && member->pause.spent < least)
			least = member->pause.spent;
	for_each_member (member, flow->members)
		if (is_reader(member))
			member->pause.spent -= least;
}

/* ---- who holds, who waits ---- */

static bool is_behind(const struct flow *flow, const struct member *member)
{
	return member->standing == HUB_MEMBER_GOOD &&
	       member_backlog(member) > tape_window(flow->tape) / 2;
}

static bool has_read_all(const struct flow *flow, const struct member *member)
{
	return member->standing == HUB_MEMBER_GOOD && is_reader(member) &&
	       tape_is_at_end(flow->tape, &member->mark);
}

/* Bring the time for which others have been waiting up to now. */
static void count_time(struct flow *flow)
{
	if (flow->n_holders && flow->n_waiting)
		flow->others_ms += now(flow) - flow->counted_at_ms;
	flow->counted_at_ms = now(flow);
}

static void set_holds(struct flow *flow, struct member *member, bool holds)
{
	struct member_pause *pause = &member->pause;

	if (holds == pause->holds)
		return;
	pause->spent = spent(flow, member);
	pause->held_from = flow->others_ms;
	pause->earns_from_ms = now(flow);
	pause->holds = holds;
	flow->n_holders += holds ? 1 : (size_t)-1;
}

static void set_waits(struct flow *flow, struct member *member, bool waits)
{
	if (waits == member->pause.waits)
		return;
	member->pause.waits = waits;
	flow->n_waiting += waits ? 1 : (size_t)-1;
}

static void look_at(struct flow *flow, struct member *member)
{
	set_holds(flow, member, flow->paused && is_behind(flow, member));
	set_waits(flow, member, flow->paused && has_read_all(flow, member));
}

static void lose_standing(struct flow *flow, struct member *member)
{
	const char *hub = flow->members->hub_id, *id = member_id(member);

	if (member->options.stall == HUB_STALL_CLOSE &&
		chardev_link_disconnect(&member->link, NULL) == 0) {
		log_warning("hub '%s': member '%s' stalled and is disconnected", hub, id);
		member_sent_away(member, NULL, "it does not keep up");
		member_leave(member);
	} else {
		log_info("hub '%s': member '%s' stalled and is skipped", hub, id);
		member_skip(member);
	}
	look_at(flow, member);
}

/* For how long may a holder still hold? */
static uint64_t patience_ms(const struct flow *flow, const struct member *member)
{
	uint64_t ends_ms = member->pause.grace_ends_ms, left, credit = full_credit(flow);

	if (member->access == HUB_ACCESS_VIEW)
		return 0;
	if (member->options.stall == HUB_STALL_WAIT)
		return UINT64_MAX;
	left = ends_ms > now(flow) ? ends_ms - now(flow) : 0;
	if (!flow->n_waiting)
		return left;
	credit = spent(flow, member) < credit ? credit - spent(flow, member) : 0;
	credit = (credit + flow->grace_every_ms - 1) / flow->grace_every_ms;
	return credit < left ? credit : left;
}

/* Judge all holders. Return: how long until it has to be done again; UINT64_MAX: no need. */
static uint64_t judge(struct flow *flow)
{
	uint64_t first = UINT64_MAX;

	for_each_member (member, flow->members) {
		uint64_t left;

		if (member->pause.holds)
			look_at(flow, member);
		left = member->pause.holds ? patience_ms(flow, member) : UINT64_MAX;
		if (!left)
			lose_standing(flow, member);
		else if (left < first)
			first = left;
	}
	return first;
}

static void arm_timer(struct flow *flow, uint64_t ms)
{
	if (ms == UINT64_MAX)
		timer_stop(flow->timer);
	else
		timer_start_awake(flow->timer, ms);
}

/* ---- the pause ---- */

static void end_pause(struct flow *flow)
{
	count_time(flow);
	flow->paused = false;
	log_debug("hub '%s': the guest goes on", flow->members->hub_id);
	for_each_member (member, flow->members)
		look_at(flow, member);
	arm_timer(flow, UINT64_MAX);
}

/* The same of one that the guest has noticed. */
static void end_real_pause(struct flow *flow)
{
	histogram_add(&flow->pauses, now(flow) - flow->paused_at_ms);
	end_pause(flow);
}

/* The window is full: who holds it, and may they? */
static void begin_pause(struct flow *flow)
{
	uint64_t left;

	flow->paused = true;
	flow->paused_at_ms = flow->counted_at_ms = now(flow);
	for_each_member (member, flow->members) {
		earn(flow, member);
		member->pause.grace_ends_ms = now(flow) + flow->grace_ms;
		look_at(flow, member);
	}
	give_back(flow);
	log_debug("hub '%s': the guest pauses; %zu members hold it, %zu wait",
		flow->members->hub_id, flow->n_holders, flow->n_waiting);
	left = judge(flow);
	if (flow->n_holders)
		arm_timer(flow, left);
	else
		end_pause(flow);
}

static void conclude(struct flow *flow)
{
	if (!flow->paused || flow->n_holders)
		return;
	end_real_pause(flow);
	flow->on_room(flow->hub);
}

/* ---- room ---- */

/* What the hub's own terminal has put off stays as well. */
static size_t room(const struct flow *flow)
{
	uint64_t needed = tape_needed_bytes(flow->tape);
	uint64_t backlog = flow->tape->journal.head - flow->oldest;
	size_t window = tape_window(flow->tape);

	if (backlog < needed)
		backlog = needed;
	return backlog < window ? window - (size_t)backlog : 0;
}

/* Is it worth while to let the guest write? */
static bool is_full(const struct flow *flow)
{
	return room(flow) < tape_window(flow->tape) / 8;
}

/* Has the guest written much since it was asked last? */
static void measure_piece(struct flow *flow)
{
	uint64_t head = flow->tape->journal.head, from = flow->piece_from;

	if (head != from)
		flow->streams = head > from && head - from >= STREAM_BYTES;
	flow->piece_from = head;
}

/* What is reserved at a time. */
static size_t largest_piece(const struct flow *flow)
{
	size_t most = tape_piece(flow->tape);

	return flow->streams || most < CALM_PIECE ? most : CALM_PIECE;
}

static void find_oldest(struct flow *flow)
{
	flow->oldest = flow->tape->readable;
	for_each_member (member, flow->members)
		if (member->standing == HUB_MEMBER_GOOD && member->mark.offset < flow->oldest)
			flow->oldest = member->mark.offset;
}

/* A window that had to grow goes back once nobody needs it. */
static void shrink_window(struct flow *flow)
{
	if (tape_window(flow->tape) <= flow->window)
		return;
	find_oldest(flow);
	if (flow->tape->journal.head - flow->oldest <= flow->window / 2 &&
		tape_needed_bytes(flow->tape) <= flow->window / 4 * 3)
		tape_set_window(flow->tape, flow->window);
}

/* The guest cannot wait: a larger window, or no more patience with who is far behind. */
static void make_room_now(struct flow *flow)
{
	size_t size = tape_window(flow->tape) * 2;

	if (size <= flow->window_max && tape_set_window(flow->tape, size) == 0)
		return;
	for_each_member (member, flow->members)
		if (is_behind(flow, member))
			lose_standing(flow, member);
}

size_t flow_room(struct flow *flow, bool can_wait)
{
	size_t most, bytes;

	measure_piece(flow);
	most = largest_piece(flow);
	if (room(flow) < most)
		find_oldest(flow);
	if (flow->paused && !is_full(flow))
		end_real_pause(flow);
	if (is_full(flow) && !flow->paused) {
		if (can_wait)
			begin_pause(flow);
		else
			make_room_now(flow);
		find_oldest(flow);
	}
	if (flow->paused)
		return 0;
	bytes = room(flow);
	return bytes < most ? bytes : most;
}

/* Members have been looked at. Where somebody waits now, the holders' credit counts. */
static void go_on(struct flow *flow, bool others_waited)
{
	if (flow->n_holders && flow->n_waiting && !others_waited)
		arm_timer(flow, judge(flow));
	shrink_window(flow);
	conclude(flow);
}

void flow_progress(struct flow *flow, struct member *member)
{
	bool others_waited = flow->n_waiting > 0;

	if (flow->paused) {
		count_time(flow);
		look_at(flow, member);
	}
	go_on(flow, others_waited);
}

void flow_review(struct flow *flow)
{
	if (flow->paused) {
		count_time(flow);
		for_each_member (member, flow->members)
			look_at(flow, member);
		arm_timer(flow, judge(flow));
	}
	go_on(flow, true);
}

void flow_forget(struct flow *flow, struct member *member)
{
	count_time(flow);
	set_holds(flow, member, false);
	set_waits(flow, member, false);
}

static void on_time(void *data)
{
	struct flow *flow = data;

	count_time(flow);
	arm_timer(flow, judge(flow));
	conclude(flow);
}

/* ---- life ---- */

int flow_init(struct flow *flow)
{
	flow->pauses.bounds = &pause_bounds;
	flow->timer = timer_new(flow->hub->loop, on_time, flow);
	return flow->timer ? 0 : -ENOMEM;
}

void flow_done(struct flow *flow)
{
	timer_free(flow->timer);
}
