/* SPDX-License-Identifier: MIT */
#ifndef HUB_FLOW_H
#define HUB_FLOW_H

#include "base/histogram.h"
#include "hub/member.h"

/**
 * struct flow - how much room the guest has, and what a pause costs whom; see flow.c
 * @on_room:  there is room again after flow_room() said that there is none
 * @window:   what the tape's window is; @window_max: how far it may grow
 * @grace_ms: how long the guest waits for a member in one pause
 * @grace_every_ms: and in such a time in all, while others wait too
 * @oldest:   no member in good standing has read less than this
 * @streams:  the guest's last piece was a large one; it began at @piece_from
 * @paused:   the guest was told that there is no room
 * @n_holders, @n_waiting: members in the present pause
 * @others_ms: how long holders have kept others waiting, in all pauses
 * @counted_at_ms: up to when @others_ms is known
 * @pauses: how many milliseconds they took; @paused_at_ms: when the present one began
 * @timer:    looks who has held the guest for too long
 */
struct flow {
	struct chardev *hub;
	struct members *members;
	struct tape *tape;
	void (*on_room)(struct chardev *hub);
	size_t window, window_max;
	uint64_t grace_ms, grace_every_ms;
	uint64_t oldest;
	uint64_t piece_from;
	bool streams, paused;
	size_t n_holders, n_waiting;
	uint64_t others_ms, counted_at_ms;
	uint64_t paused_at_ms;
	struct histogram pauses;
	struct timer *timer;
};

/** flow_init() - what is above @oldest is filled in already. Return: 0, -ENOMEM */
int flow_init(struct flow *flow);

/** flow_done() */
void flow_done(struct flow *flow);

/** flow_join() - a member's peer has come: a reader has yet to show that it keeps up */
void flow_join(struct flow *flow, struct member *member);

/**
 * flow_room() - bytes that the guest may write in one piece now; 0: wait for @on_room
 * @can_wait: else the window grows, and members are dealt with at once
 */
size_t flow_room(struct flow *flow, bool can_wait);

/** flow_progress() - a member has taken bytes or left: does that make room? */
void flow_progress(struct flow *flow, struct member *member);

/** flow_review() - the same for all of them, judged by the rules that hold now */
void flow_review(struct flow *flow);

/** flow_forget() - the member is being removed; flow_progress() or flow_review() follows */
void flow_forget(struct flow *flow, struct member *member);

#endif
