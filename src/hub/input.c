/* SPDX-License-Identifier: MIT */
/*
 * Several people type on one line to the guest. What a terminal sends for one key, one move of the
 * mouse or as the answer to a question may be several bytes. When one member's chunk ends in the
 * middle of such a sequence it has the turn: the others, and the hub's own answers, have no room
 * until the rest has come or the turn is over. A lone Escape is a key too, and a sequence may never
 * end, so the turn has a time that begins with the first byte of the sequence; while others wait,
 * with the first byte of the turn, however many sequences it has held since.
 *
 *	a UTF-8 character; SS3 x; CSI ... final, at most SEQUENCE_BYTES
 *	CSI [ x				a function key of the Linux console
 *	CSI M b x y			a mouse report of X10 and 1000
 *	OSC, DCS, APC, PM, SOS ... ST	at most STRING_BYTES, STRING_MS. BEL ends it as ST does
 */
#include "hub/input.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>

enum {
	TURN_MS = 10,	      /* how long an unfinished sequence keeps others back */
	STRING_MS = 100,      /* the same for a string */
	SEQUENCE_BYTES = 64,  /* what is longer than this is not a key */
	STRING_BYTES = 65536, /* what is longer than this is not an answer */
	MOUSE_BYTES = 3,      /* behind CSI M */
};

enum scan_state {
	SCAN_GROUND,
	SCAN_UTF8, /* @rest bytes of a character */
	SCAN_REST, /* @rest bytes, whatever they are */
	SCAN_ESC,
	SCAN_CSI,
	SCAN_STRING,
	SCAN_STRING_ESC,
};

static unsigned utf8_rest(unsigned char c)
{
	return c >= 0xf0 && c < 0xf8   ? 3
	       : c >= 0xe0 && c < 0xf0 ? 2
	       : c >= 0xc2 && c < 0xe0 ? 1
				       : 0;
}

static void expect(struct input_scan *scan, enum scan_state what, unsigned bytes)
{
	scan->state = bytes ? what : SCAN_GROUND;
	scan->rest = bytes;
}

static void scan_ground(struct input_scan *scan, unsigned char c)
{
	scan->length = 0;
	if (c == 0x1b)
		scan->state = SCAN_ESC;
	else
		expect(scan, SCAN_UTF8, utf8_rest(c));
}

static void scan_utf8(struct input_scan *scan, unsigned char c)
{
	if ((c & 0xc0) == 0x80)
		expect(scan, SCAN_UTF8, scan->rest - 1);
	else
		scan_ground(scan, c);
}

static void scan_escape(struct input_scan *scan, unsigned char c)
{
	switch (c) {
	case '[': scan->state = SCAN_CSI; break;
	case 'O': expect(scan, SCAN_REST, 1); break;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_': scan->state = SCAN_STRING; break;
	case 0x1b: break;
	default: scan->state = SCAN_GROUND;
	}
}

static void scan_csi(struct input_scan *scan, unsigned char c)
{
	bool is_first = scan->length == 2;

	if (is_first && c == 'M')
		expect(scan, SCAN_REST, MOUSE_BYTES);
	else if (is_first && c == '[')
		expect(scan, SCAN_REST, 1);
	else if (c >= 0x40 && c <= 0x7e)
		scan->state = SCAN_GROUND;
}

static void scan_string(struct input_scan *scan, unsigned char c)
{
	enum { BEL = 0x07, CAN = 0x18, SUB = 0x1a };

	if (c == 0x1b)
		scan->state = SCAN_STRING_ESC;
	else if (c == BEL || c == CAN || c == SUB)
		scan->state = SCAN_GROUND;
}

static void scan_byte(struct input_scan *scan, unsigned char c)
{
	bool is_string = scan->state == SCAN_STRING || scan->state == SCAN_STRING_ESC;

	if (scan->state != SCAN_GROUND &&
		++scan->length > (is_string ? STRING_BYTES : SEQUENCE_BYTES))
		scan->state = SCAN_GROUND;
	switch ((enum scan_state)scan->state) {
	case SCAN_GROUND: scan_ground(scan, c); break;
	case SCAN_UTF8: scan_utf8(scan, c); break;
	case SCAN_REST: expect(scan, SCAN_REST, scan->rest - 1); break;
	case SCAN_ESC: scan_escape(scan, c); break;
	case SCAN_CSI: scan_csi(scan, c); break;
	case SCAN_STRING: scan_string(scan, c); break;
	case SCAN_STRING_ESC:
		scan->state = SCAN_GROUND;
		if (c != '\\') {
			scan->length = 1;
			scan_escape(scan, c);
		}
		break;
	}
}

/* Return: does a sequence that is unfinished begin in these bytes? */
static bool scan_bytes(struct input_scan *scan, const unsigned char *bytes, size_t len)
{
	bool begins = scan->state == SCAN_GROUND;

	for (size_t i = 0; i < len; i++) {
		scan_byte(scan, bytes[i]);
		begins |= scan->state == SCAN_GROUND;
	}
	return begins && scan->state != SCAN_GROUND;
}

bool input_ask(struct input *input)
{
	input->asked |= input->turn != NULL;
	return !input->turn;
}

size_t input_room(struct input *input, struct member *member)
{
	size_t room;

	if (member->access != HUB_ACCESS_TYPE)
		return INPUT_DROP_BYTES;
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

	while (!list_is_empty(&input->called))
		call(container_of(input->called.next, struct member, typist));
	if (!input->hub->closing)
		input->on_free(input->hub);
}

static void resume_later(struct input *input)
{
	task_post(input->hub->loop, &input->task, resume_others, input);
}

static void end_turn(struct input *input)
{
	if (!input->turn)
		return;
	input->turn = NULL;
	input->asked = false;
	timer_stop(input->timer);
	resume_later(input);
}

/* Does anybody wait but the one who has the turn? */
static bool others_wait(const struct input *input)
{
	const struct list *own = &input->turn->typist, *first = input->typists.next;

	if (first == own)
		first = own->next;
	return input->asked || first != &input->typists;
}

static void go_on_with_turn(struct input *input, struct member *member, bool begins)
{
	uint64_t now = loop_now_ms(input->hub->loop), ends;
	bool is_string = input->scan.state == SCAN_STRING || input->scan.state == SCAN_STRING_ESC;

	if (input->turn != member || (begins && !others_wait(input)))
		input->turn_began_ms = now;
	input->turn = member;
	ends = input->turn_began_ms + (is_string ? STRING_MS : TURN_MS);
	timer_start(input->timer, ends > now ? ends - now : 0);
}

static void end_turn_late(void *data)
{
	end_turn(data);
}

static void refuse(struct member *member, size_t len)
{
	if (!member->refused_bytes)
		log_info("hub '%s': member '%s' may not type; its input is dropped",
			member->all->hub_id, member_id(member));
	member->refused_bytes += len;
}

bool input_take(struct input *input, struct member *member, const void *buf, size_t len)
{
	bool begins;

	if (member->access != HUB_ACCESS_TYPE) {
		refuse(member, len);
		return false;
	}
	if (input->turn != member)
		input->scan = (struct input_scan){ 0 };
	begins = scan_bytes(&input->scan, buf, len);
	if (input->scan.state == SCAN_GROUND)
		end_turn(input);
	else
		go_on_with_turn(input, member, begins);
	return true;
}

void input_go_on(struct input *input, struct member *member, const struct input_scan *scan)
{
	static_assert((int)SCAN_STRING_ESC == (int)INPUT_SCAN_LAST, "what a snapshot may say");
	input->scan = *scan;
	if (scan->state != SCAN_GROUND)
		go_on_with_turn(input, member, true);
}

void input_call_later(struct input *input, struct member *member)
{
	list_remove(&member->typist);
	list_append(&input->called, &member->typist);
	resume_later(input);
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
	list_init(&input->called);
	input->timer = timer_new(hub->loop, end_turn_late, input);
	return input->timer ? 0 : -ENOMEM;
}

void input_done(struct input *input)
{
	task_cancel(&input->task);
	timer_free(input->timer);
}
