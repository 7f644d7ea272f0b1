/* SPDX-License-Identifier: MIT */
#ifndef HUB_INPUT_H
#define HUB_INPUT_H

#include "hub/member.h"

/* How much is taken at a time from who may not type, to drop it. */
enum { INPUT_DROP_BYTES = 65536 };

enum { INPUT_SCAN_LAST = 6, INPUT_SCAN_REST_MAX = 3 };

/** struct input_scan - what of an input stream is unfinished; see input.c */
struct input_scan {
	unsigned state, rest, length;
};

/**
 * struct input - who may type when
 * @hub:     where input goes
 * @on_free: a turn has ended: the next one, input_resume(); called after the dispatch
 * @turn:    the member whose unfinished sequence keeps the others' input back; NULL: none
 * @turn_began_ms: when its time began
 * @asked:   the hub itself waits for the turn's end
 * @timer:   ends a turn whose rest does not come
 * @typists: who was told that there is no room, longest first, by their @typist
 * @called:  who is called after the dispatch, whatever room there is, by the same
 */
struct input {
	struct chardev *hub;
	void (*on_free)(struct chardev *hub);
	struct member *turn;
	uint64_t turn_began_ms;
	bool asked;
	struct input_scan scan;
	struct timer *timer;
	struct task task;
	struct list typists, called;
};

/** input_init() - Return: 0, -ENOMEM */
int input_init(struct input *input, struct chardev *hub, void (*on_free)(struct chardev *hub));

/** input_done() - all members have been removed */
void input_done(struct input *input);

/** input_room() - how much may the member send now; at 0 it is called when there is room */
size_t input_room(struct input *input, struct member *member);

/**
 * input_take() - the member has sent bytes
 *
 * Return: true: they go to the guest; false: it may not type, they were counted.
 */
bool input_take(struct input *input, struct member *member, const void *buf, size_t len);

/** input_ask() - may the hub itself say something; false: @on_free comes when it may */
bool input_ask(struct input *input);

/** input_resume() - the guest may take input again: call those who wait */
void input_resume(struct input *input);

/** input_go_on() - in another program @member was in the middle of a sequence */
void input_go_on(struct input *input, struct member *member, const struct input_scan *scan);

/**
 * input_call_later() - what the member waited for may have changed: it is called after the dispatch
 *
 * Who may type no more has room for what is dropped: else it waited for a guest that takes nothing
 * of it, and its end behind what nobody reads.
 */
void input_call_later(struct input *input, struct member *member);

/** input_forget() - the member is going */
void input_forget(struct input *input, struct member *member);

#endif
