/* SPDX-License-Identifier: MIT */
#ifndef HUB_FLOW_H
#define HUB_FLOW_H

#include "hub/member.h"

/**
 * struct flow - how much room the guest has, and what a stalled member costs
 * @on_room:  there is room again after flow_room() said that there is none
 * @window:   what the tape's window is; @window_max: how far it may grow
 * @grace_ms: how long the guest waits for a member
 * @full:     the guest was told that there is no room
 * @timer:    the first end of a grace
 */
struct flow {
	struct chardev *hub;
	struct members *members;
	struct tape *tape;
	void (*on_room)(struct chardev *hub);
	size_t window, window_max;
	uint64_t grace_ms;
	bool full;
	struct timer *timer;
};

/** flow_init() - all but @timer is filled in already. Return: 0, -ENOMEM */
int flow_init(struct flow *flow);

/** flow_done() */
void flow_done(struct flow *flow);

/**
 * flow_room() - bytes that the guest may write in one piece now; 0: wait for @on_room
 * @can_wait: else the window grows, and members are dealt with at once
 */
size_t flow_room(struct flow *flow, bool can_wait);

/** flow_progress() - members have taken bytes or left: does that make room? */
void flow_progress(struct flow *flow);

#endif
