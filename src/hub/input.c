/* SPDX-License-Identifier: MIT */
/*
 * Several people type on one line to the guest. A key may be several bytes (an escape sequence, a
 * UTF-8 character); when one member's chunk ends in the middle of one, the others have no room
 * until the rest has come, or a few milliseconds have passed: a lone Escape is a key too.
 */
#include "hub/input.h"

#include "base/log.h"

#include <errno.h>

enum {
	TURN_MS = 10,		 /* how long an unfinished sequence keeps others back */
	SEQUENCE_BYTES = 64,	 /* what is longer than this is not a key */
	VIEW_ROOM_BYTES = 65536, /* how much to take from who may not type, to drop it */
};

enum scan_state { SCAN_GROUND, SCAN_ESC, SCAN_CSI, SCAN_SS3 };

static unsigned char utf8_rest(unsigned char c)
{
	return c >= 0xf0 && c < 0xf8   ? 3
	       : c >= 0xe0 && c < 0xf0 ? 2
	       : c >= 0xc2 && c < 0xe0 ? 1
				       : 0;
}

static void scan_ground(struct input_scan *scan, unsigned char c)
{
	scan->length = 0;
	if (c == 0x1b)
		scan->state = SCAN_ESC;
	else if (scan->utf8_left && (c & 0xc0) == 0x80)
		scan->utf8_left--;
	else
		scan->utf8_left = utf8_rest(c);
}

static void scan_byte(struct input_scan *scan, unsigned char c)
{
	if (scan->state == SCAN_GROUND) {
		scan_ground(scan, c);
		return;
	}
	if (++scan->length > SEQUENCE_BYTES) {
		scan->state = SCAN_GROUND;
		return;
	}
	if (scan->state == SCAN_ESC)
		scan->state = c == '['	  ? SCAN_CSI
			      : c == 'O'  ? SCAN_SS3
			      : c == 0x1b ? SCAN_ESC
					  : SCAN_GROUND;
	else if (scan->state == SCAN_SS3 || (c >= 0x40 && c <= 0x7e))
		scan->state = SCAN_GROUND;
}

static bool scan_is_unfinished(const struct input_scan *scan)
{
	return scan->state != SCAN_GROUND || scan->utf8_left;
}

static void scan_bytes(struct input_scan *scan, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		scan_byte(scan, bytes[i]);
}

bool input_is_free(const struct input *input)
{
	return !input->turn;
}

size_t input_room(struct input *input, struct member *member)
{
	size_t room;

	if (member->options.access == HUB_ACCESS_VIEW)
		return VIEW_ROOM_BYTES;
	room = input->turn && input->turn != member ? 0 : chardev_in_room(input->hub);
	if (!room && list_is_empty(&member->typist))
		list_append(&input->typists, &member->typist);
	return room;
}

static void call(struct member *member)
{
	list_remove(&member->typist);
	chardev_link_in_resume(&member->link);
}

/*
 * Who has waited longest is first, and who finds no room goes to the end: all take turns. Each call
 * leaves the queue shorter, or no room.
 */
void input_resume(struct input *input)
{
	if (input->turn && !list_is_empty(&input->turn->typist))
		call(input->turn);
	while (!input->turn && !list_is_empty(&input->typists) && chardev_in_room(input->hub))
		call(container_of(input->typists.next, struct member, typist));
}

static void resume_others(void *data)
{
	struct input *input = data;

	input->on_free(input->hub);
}

static void end_turn(struct input *input)
{
	if (!input->turn)
		return;
	input->turn = NULL;
	timer_stop(input->timer);
	task_post(input->hub->loop, &input->task, resume_others, input);
}

static void end_turn_late(void *data)
{
	end_turn(data);
}

static void refuse(struct member *member, size_t len)
{
	if (!member->refused_bytes)
		log_info("hub '%s': member '%s' may only view; its input is dropped",
			member->all->hub_id, member_id(member));
	member->refused_bytes += len;
}

bool input_take(struct input *input, struct member *member, const void *buf, size_t len)
{
	if (member->options.access == HUB_ACCESS_VIEW) {
		refuse(member, len);
		return false;
	}
	if (input->turn != member)
		input->scan = (struct input_scan){ 0 };
	scan_bytes(&input->scan, buf, len);
	if (scan_is_unfinished(&input->scan)) {
		input->turn = member;
		timer_start(input->timer, TURN_MS);
	} else {
		end_turn(input);
	}
	return true;
}

void input_forget(struct input *input, struct member *member)
{
	list_remove(&member->typist);
	if (input->turn == member)
		end_turn(input);
}

int input_init(struct input *input, struct chardev *hub, void (*on_free)(struct chardev *hub))
{
	*input = (struct input){ .hub = hub, .on_free = on_free };
	list_init(&input->typists);
	input->timer = timer_new(hub->loop, end_turn_late, input);
	return input->timer ? 0 : -ENOMEM;
}

void input_done(struct input *input)
{
	task_cancel(&input->task);
	timer_free(input->timer);
}
