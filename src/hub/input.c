/* SPDX-License-Identifier: MIT */
/*
 * Several people type on one line to the guest. A key may be several bytes (an escape sequence, a
 * UTF-8 character); when one member's chunk ends in the middle of one, the others have no room
 * until the rest has come, or a few milliseconds have passed: a lone Escape is a key too.
 */
#include "hub/hub-internal.h"

#include "base/log.h"

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

size_t input_room(struct member *member)
{
	struct hub *hub = member->hub;

	if (member->access == HUB_ACCESS_VIEW)
		return VIEW_ROOM_BYTES;
	if (hub->turn && hub->turn != member)
		return 0;
	return chardev_in_room(&hub->base);
}

static void resume_others(void *data)
{
	input_resume(data);
}

static void end_turn(struct hub *hub)
{
	if (!hub->turn)
		return;
	hub->turn = NULL;
	timer_stop(hub->turn_timer);
	task_post(hub->base.loop, &hub->turn_task, resume_others, hub);
}

static void refuse(struct member *member, size_t len)
{
	if (!member->refused_bytes)
		log_info("hub '%s': member '%s' may only view; its input is dropped",
			member->hub->base.id, chardev_id(member->link.chardev));
	member->refused_bytes += len;
}

void input_deliver(struct member *member, const void *buf, size_t len)
{
	struct hub *hub = member->hub;

	if (member->access == HUB_ACCESS_VIEW) {
		refuse(member, len);
		return;
	}
	if (hub->turn != member)
		hub->scan = (struct input_scan){ 0 };
	scan_bytes(&hub->scan, buf, len);
	if (scan_is_unfinished(&hub->scan)) {
		hub->turn = member;
		timer_start(hub->turn_timer, TURN_MS);
	} else {
		end_turn(hub);
	}
	size_typed(member);
	chardev_in(&hub->base, buf, len);
}

/* Who is asked first takes most: begin with another member each time. */
void input_resume(struct hub *hub)
{
	size_t first = hub->n_members ? hub->rotation++ % hub->n_members : 0, index = 0;

	screen_answer(hub);
	for_each_member (late, hub)
		if (index++ >= first)
			chardev_link_in_resume(&late->link);
	index = 0;
	for_each_member (early, hub)
		if (index++ < first)
			chardev_link_in_resume(&early->link);
}

void input_forget(struct member *member)
{
	if (member->hub->turn == member)
		end_turn(member->hub);
}

void input_timer(void *data)
{
	end_turn(data);
}
