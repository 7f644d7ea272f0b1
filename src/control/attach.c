/* SPDX-License-Identifier: MIT */
/*
 * The state is what lies between the two sides:
 *
 *	owed	frames that the connection has not taken. Output is taken from the hub only while
 *		nothing is owed, so that it is one frame and a few short ones at most; while there
 *		is more than that nothing is read from the client, who could ask for more of them.
 *	input	what the client typed and the guest has not taken: never more than the credit that
 *		the client was given, so that the connection is read whatever the guest does.
 *
 * Credit is told along with output, or once a part of it is used up, or where the client asks for
 * it by an INPUT without bytes: a key costs no frame of its own.
 *
 * A hostile client costs one frame's memory each way and the credit, and is dismissed at the first
 * frame that breaks a rule; the hub treats it as any other member.
 */
#include "control/attach.h"

#include "attach/frame.h"
#include "base/cleanup.h"
#include "base/copy.h"
#include "base/list.h"
#include "base/log.h"
#include "chardev/chardev-impl.h"
#include "chardev/log.h"
#include "control/command.h"
#include "hub/hub.h"
#include "io/byte-queue.h"

#include <errno.h>
#include <string.h>

enum {
	OUTPUT_MAX = ATTACH_PAYLOAD_MAX - ATTACH_OFFSET,
	OUTPUT_HEADER = ATTACH_HEADER + ATTACH_OFFSET,
	SMALL_FRAME = 16,
	OWED_MAX = 2 * ATTACH_PAYLOAD_MAX,
	IN_ROOM = ATTACH_HEADER + ATTACH_TO_DAEMON_MAX,
	CREDIT_TOLD_AT = ATTACH_CREDIT_START / 4,
};

/* For a connection that comes once an answer has been sent; either may go before. */
struct attach_ticket {
	struct chardev *attach;
};

/**
 * struct attach - the chardev
 * @hub:     of which it is a member
 * @connection: NULL: none yet, or gone
 * @peer:    where the client is, while there is no connection; its @address is owned
 * @ticket:  for the connection that is to come; NULL: none is
 * @credit:  bytes that the client may still send
 * @taken:   bytes that the guest took and the client was not told of
 * @begun:   the first frame has begun
 * @ask:     the client wants to know once all its input has been taken
 * @ended:   it sends no more; @lost: it has gone. Either is told once its last words have been
 * @leaving: no frame goes any more; @dismissed: nor is the client heard; @gone: the holder knows
 */
struct attach {
	struct chardev base;
	struct chardev *hub, *connection;
	struct chardev_link below;
	char *who, *address;
	struct chardev_peer peer;
	struct attach_ticket *ticket;
	struct attach_decoder decoder;
	struct byte_queue owed, input;
	uint32_t credit, taken;
	bool begun, ask, size_due, ended, lost, leaving, dismissed, gone;
	unsigned cols, rows;
	struct task hang_up;
};

static struct attach *attach_of(struct chardev *chardev)
{
	return container_of(chardev, struct attach, base);
}

/* ---- frames to the client ---- */

static void hang_up(void *data)
{
	struct attach *attach = data;

	attach->leaving = attach->dismissed = true;
	if (attach->gone)
		return;
	attach->gone = true;
	chardev_hang_up(&attach->base);
}

/* What goes wrong in here ends the attachment, after the dispatch. */
static void give_up(struct attach *attach)
{
	attach->leaving = attach->dismissed = true;
	task_post(attach->base.loop, &attach->hang_up, hang_up, attach);
}

static void owe(struct attach *attach, const void *bytes, size_t len)
{
	if (!attach->leaving && byte_queue_push(&attach->owed, bytes, len) < 0) {
		log_warning("attach '%s': out of memory", attach->base.id);
		give_up(attach);
	}
}

static void owe_credit(struct attach *attach)
{
	uint8_t frame[SMALL_FRAME];

	owe(attach, frame, (size_t)(attach_put_credit(frame, attach->taken) - frame));
	attach->taken = 0;
}

static void owe_size(struct attach *attach)
{
	uint8_t frame[SMALL_FRAME];

	owe(attach, frame, (size_t)(attach_put_size(frame, attach->cols, attach->rows) - frame));
	attach->size_due = false;
}

static bool credit_is_due(const struct attach *attach)
{
	return attach->taken >= CREDIT_TOLD_AT || (attach->ask && !attach->input.len);
}

/* Of news that can wait only the last counts: they become frames when nothing else is owed. */
static void owe_news(struct attach *attach)
{
	if (attach->size_due)
		owe_size(attach);
	if (credit_is_due(attach)) {
		owe_credit(attach);
		attach->ask = false;
	}
}

/* Return: false: the connection takes no more for now. */
static bool flush(struct attach *attach)
{
	while (attach->connection && !attach->leaving) {
		ssize_t taken;

		if (!attach->owed.len)
			owe_news(attach);
		if (!attach->owed.len)
			return true;
		taken = chardev_link_out(
			&attach->below, byte_queue_data(&attach->owed), attach->owed.len);
		if (taken < 0) {
			/* It hangs up, once its last words are here. */
			attach->leaving = true;
			chardev_link_in_resume(&attach->below);
			return false;
		}
		byte_queue_pop(&attach->owed, (size_t)taken);
		if (attach->owed.len)
			return false;
	}
	return false;
}

static void owe_text(struct attach *attach, const uint8_t *head, size_t head_len, const char *text)
{
	owe(attach, head, head_len);
	owe(attach, text, strnlen(text, ATTACH_TEXT_MAX));
}

static void leave(struct attach *attach, enum attach_reason reason, const char *text)
{
	uint8_t head[SMALL_FRAME];
	uint8_t *end = attach_put_notice(
		head, ATTACH_GONE, (uint8_t)reason, strnlen(text, ATTACH_TEXT_MAX));

	owe_text(attach, head, (size_t)(end - head), text);
	flush(attach);
	attach->leaving = attach->dismissed = true;
	if (chardev_link_disconnect(&attach->below, NULL) < 0)
		give_up(attach);
}

/* Who does not read may miss it. */
static void put_notice(struct attach *attach, const struct chardev_event *event)
{
	static const enum attach_notice kinds[] = {
		[CHARDEV_NOTICE_OTHER] = ATTACH_NOTICE_OTHER,
		[CHARDEV_NOTICE_REFUSED] = ATTACH_NOTICE_REFUSED,
		[CHARDEV_NOTICE_YOURS] = ATTACH_NOTICE_YOURS,
		[CHARDEV_NOTICE_LOST] = ATTACH_NOTICE_LOST,
		[CHARDEV_NOTICE_ASKED] = ATTACH_NOTICE_ASKED,
	};
	uint8_t head[SMALL_FRAME], *end;

	if (attach->owed.len >= OWED_MAX)
		return;
	end = attach_put_notice(head, ATTACH_NOTICE, (uint8_t)kinds[event->notice],
		strnlen(event->text, ATTACH_TEXT_MAX));
	owe_text(attach, head, (size_t)(end - head), event->text);
	flush(attach);
}

static void reply(struct attach *attach, uint8_t number, int error, const char *text)
{
	uint8_t head[SMALL_FRAME];
	uint8_t *end = attach_put_request(
		head, ATTACH_REPLY, number, (uint8_t)error, strnlen(text, ATTACH_TEXT_MAX));

	owe_text(attach, head, (size_t)(end - head), text);
	flush(attach);
}

/* ---- output ---- */

static void owe_output(struct attach *attach, enum attach_type type, uint64_t offset,
	const void *bytes, size_t len)
{
	uint8_t head[OUTPUT_HEADER];

	if (attach->taken)
		owe_credit(attach);
	attach_put_output(head, type, offset, len);
	owe(attach, head, sizeof(head));
	owe(attach, bytes, len);
}

/* @before: bytes of this offer that were taken. Return: how many of these @len were. */
static size_t put_out(struct attach *attach, const char *bytes, size_t len, size_t before)
{
	uint64_t offset;
	bool counted = chardev_out_offset(&attach->base, &offset);
	size_t done = 0;

	while (done < len && flush(attach)) {
		size_t part = len - done < OUTPUT_MAX ? len - done : OUTPUT_MAX;

		owe_output(attach, counted ? ATTACH_DATA : ATTACH_SHOWN,
			counted ? offset + before + done : offset, bytes + done, part);
		done += part;
	}
	return done;
}

static ssize_t attach_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct attach *attach = attach_of(chardev);
	size_t done = 0;

	for (int i = 0; i < n && !attach->leaving; i++) {
		size_t part = put_out(attach, iov[i].iov_base, iov[i].iov_len, done);

		done += part;
		if (part < iov[i].iov_len)
			break;
	}
	flush(attach);
	return attach->leaving ? -EPIPE : (ssize_t)done;
}

/* ---- input ---- */

/* Return: how many bytes the guest took now. */
static size_t deliver(struct attach *attach, const uint8_t *bytes, size_t len)
{
	size_t done = 0;

	while (done < len && !attach->base.closing) {
		size_t room = chardev_in_room(&attach->base), part = len - done;

		if (!room)
			break;
		part = part < room ? part : room;
		chardev_in(&attach->base, bytes + done, part);
		done += part;
	}
	attach->credit += (uint32_t)done;
	attach->taken += (uint32_t)done;
	return done;
}

/* Last words come before the end. */
static void tell_end(struct attach *attach)
{
	if (attach->input.len)
		return;
	if (attach->lost)
		hang_up(attach);
	else if (attach->ended)
		chardev_set_open(&attach->base, false);
}

static void attach_in_resume(struct chardev *chardev)
{
	struct attach *attach = attach_of(chardev);

	while (attach->input.len) {
		size_t done = deliver(attach, (const uint8_t *)byte_queue_data(&attach->input),
			attach->input.len);

		if (!done || chardev->closing)
			break;
		byte_queue_pop(&attach->input, done);
	}
	if (!chardev->closing && !attach->owed.len)
		flush(attach);
	if (!chardev->closing)
		tell_end(attach);
}

static int take_input(struct attach *attach, const struct attach_frame *frame)
{
	size_t done;

	if (frame->len > attach->credit)
		return -EPROTO;
	attach->ask |= !frame->len;
	attach->credit -= (uint32_t)frame->len;
	done = attach->input.len ? 0 : deliver(attach, frame->payload, frame->len);
	if (attach->base.closing || done == frame->len)
		return 0;
	return byte_queue_push(&attach->input, frame->payload + done, frame->len - done);
}

static int take_size(struct attach *attach, const struct attach_frame *frame)
{
	struct chardev_event event = { .type = CHARDEV_RESIZE };

	if (attach_get_size(frame, &event.cols, &event.rows) < 0 || !event.cols || !event.rows ||
		event.cols > ATTACH_TERMINAL_MAX || event.rows > ATTACH_TERMINAL_MAX)
		return -EPROTO;
	chardev_event(&attach->base, &event);
	return 0;
}

static int take_show(struct attach *attach, const struct attach_frame *frame)
{
	if (frame->len)
		return -EPROTO;
	hub_show_member(attach->hub, attach->base.id, NULL);
	return 0;
}

static int take_break(struct attach *attach, const struct attach_frame *frame)
{
	struct chardev_event event = { .type = CHARDEV_BREAK };

	if (frame->len)
		return -EPROTO;
	chardev_event(&attach->base, &event);
	return 0;
}

/* Return: as hub_keyboard_take(); -EINVAL: no such wish. */
static int fulfil(
	struct attach *attach, enum attach_wish wish, const char *member, struct error **err)
{
	const char *id = attach->base.id, *by = attach->who ? attach->who : id;

	switch (wish) {
	case ATTACH_WISH_TAKE: return hub_keyboard_take(attach->hub, id, by, err);
	case ATTACH_WISH_GIVE: return hub_keyboard_give(attach->hub, member, by, err);
	case ATTACH_WISH_REQUEST: return hub_keyboard_request(attach->hub, id, err);
	case ATTACH_WISH_REFUSE: return hub_keyboard_refuse(attach->hub, err);
	default: return error_set(err, EINVAL, "no wish has the number %u", (unsigned)wish);
	}
}

/* Of the keyboard disposes who has it; anybody may ask, and force by his right to type. */
static int check_wish(struct attach *attach, enum attach_wish wish, struct error **err)
{
	struct hub_member_info me;
	int r = hub_member_find(attach->hub, attach->base.id, &me, err);

	if (r == 0 && !me.has_keyboard && (wish == ATTACH_WISH_GIVE || wish == ATTACH_WISH_REFUSE))
		r = error_set(err, EPERM, "you do not have the keyboard of '%s'", attach->hub->id);
	return r;
}

static int take_request(struct attach *attach, const struct attach_frame *frame)
{
	AUTO_ERROR struct error *err = NULL;
	AUTO_FREE char *member = NULL;
	struct attach_text text;
	int r;

	if (attach_get_text(frame, &text) < 0)
		return -EPROTO;
	member = text.len ? strndup(text.text, text.len) : NULL;
	if (text.len && !member)
		return -ENOMEM;
	r = check_wish(attach, (enum attach_wish)text.what, &err);
	if (r == 0)
		r = fulfil(attach, (enum attach_wish)text.what, member, &err);
	reply(attach, text.number, -r, r < 0 ? error_message(err) : "");
	return 0;
}

static const struct {
	enum attach_type type;
	int (*take)(struct attach *attach, const struct attach_frame *frame);
} takers[] = {
	{ ATTACH_INPUT, take_input },
	{ ATTACH_SIZE, take_size },
	{ ATTACH_BREAK, take_break },
	{ ATTACH_SHOWN, take_show },
	{ ATTACH_REQUEST, take_request },
};

/* Return: 0; -EPROTO, -ENOMEM: the client cannot stay. */
static int take_frame(struct attach *attach, const struct attach_frame *frame)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
		if (takers[i].type == frame->type)
			return takers[i].take(attach, frame);
	return frame->type >= 'a' && frame->type <= 'z' ? 0 : -EPROTO;
}

/* ---- the connection ---- */

static size_t connection_in_room(void *holder)
{
	const struct attach *attach = holder;

	return attach->dismissed || (!attach->leaving && attach->owed.len > OWED_MAX) ? 0 : IN_ROOM;
}

/* White space in front of the first frame ends the line in which the client asked to attach. */
static size_t skip_line_end(struct attach *attach, const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	while (!attach->begun && n < len &&
		(bytes[n] == '\r' || bytes[n] == '\n' || bytes[n] == ' '))
		n++;
	attach->begun |= n < len;
	return n;
}

static void on_connection_in(void *holder, const void *buf, size_t len)
{
	struct attach *attach = holder;
	const uint8_t *at = buf;
	size_t skipped = skip_line_end(attach, at, len);

	at += skipped;
	len -= skipped;
	while (len && !attach->dismissed && !attach->base.closing) {
		struct attach_frame frame;
		ssize_t taken = attach_decode(&attach->decoder, at, len, &frame);
		int r = taken < 0 ? (int)taken : 0;

		if (frame.type)
			r = take_frame(attach, &frame);
		if (attach->base.closing)
			return;
		if (r < 0) {
			log_info("attach '%s': the client is sent away: %s", attach->base.id,
				strerror(-r));
			leave(attach, ATTACH_REASON_PROTOCOL, strerror(-r));
			return;
		}
		at += taken;
		len -= (size_t)taken;
	}
	if (!attach->base.closing && !attach->owed.len)
		flush(attach);
}

static void on_connection_room(void *holder)
{
	struct attach *attach = holder;

	if (!flush(attach))
		return;
	chardev_link_in_resume(&attach->below);
	if (!attach->base.closing)
		chardev_room(&attach->base);
}

static void on_connection_event(void *holder, const struct chardev_event *event)
{
	struct attach *attach = holder;

	if (event->type != CHARDEV_CLOSED && event->type != CHARDEV_HANGUP)
		return;
	if (attach->dismissed) /* nobody wants what is left of its words */
		byte_queue_clear(&attach->input);
	attach->ended = true;
	attach->lost |= event->type == CHARDEV_HANGUP;
	attach->leaving |= attach->lost;
	tell_end(attach);
}

static void on_connection_removed(void *holder)
{
	struct attach *attach = holder;

	attach->connection = NULL;
	give_up(attach);
}

static const struct chardev_holder_ops connection_ops = {
	.in_room = connection_in_room,
	.on_in = on_connection_in,
	.on_room = on_connection_room,
	.on_event = on_connection_event,
	.on_removed = on_connection_removed,
};

/* ---- the chardev ---- */

static int attach_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct attach *attach = attach_of(chardev);

	if (event->type == CHARDEV_NOTICE) {
		put_notice(attach, event);
		return 0;
	}
	if (event->type != CHARDEV_RESIZE)
		return -ENOTSUP;
	attach->cols = event->cols;
	attach->rows = event->rows;
	attach->size_due = true;
	if (!attach->owed.len)
		flush(attach);
	return 0;
}

static int attach_disconnect(struct chardev *chardev, const char *reason)
{
	struct attach *attach = attach_of(chardev);

	if (!attach->dismissed)
		leave(attach, ATTACH_REASON_SENT_AWAY, reason ? reason : "sent away");
	return 0;
}

static const char *attach_identity(const struct chardev *chardev)
{
	return ((const struct attach *)chardev)->who;
}

static bool attach_peer(const struct chardev *chardev, struct chardev_peer *ret_peer)
{
	const struct attach *attach = (const struct attach *)chardev;

	if (attach->connection)
		return chardev_peer(attach->connection, ret_peer);
	*ret_peer = attach->peer;
	return attach->peer.address;
}

static struct chardev *attach_child(const struct chardev *chardev, size_t index)
{
	return index ? NULL : ((const struct attach *)chardev)->connection;
}

static char *attach_describe(const struct chardev *chardev)
{
	const struct attach *attach = (const struct attach *)chardev;

	return attach->connection ? chardev_describe(attach->connection) : strdup("attach");
}

static void attach_close(struct chardev *chardev)
{
	struct attach *attach = attach_of(chardev);

	task_cancel(&attach->hang_up);
	chardev_link_detach(&attach->below);
	chardev_free(attach->connection);
	attach_decoder_done(&attach->decoder);
	byte_queue_clear(&attach->owed);
	byte_queue_clear(&attach->input);
	if (attach->ticket)
		attach->ticket->attach = NULL;
	free(attach->address);
	free(attach->who);
	attach->who = NULL;
}

static const struct chardev_class attach_class = {
	.name = "attach",
	.summary = "a client of the attach protocol",
	.size = sizeof(struct attach),
	.close = attach_close,
	.out = attach_out,
	.in_resume = attach_in_resume,
	.event = attach_event,
	.disconnect = attach_disconnect,
	.identity = attach_identity,
	.peer = attach_peer,
	.describe = attach_describe,
	.child = attach_child,
};

void attach_set_peer(struct chardev *chardev, const struct chardev_peer *peer)
{
	struct attach *attach = attach_of(chardev);

	attach->address = strdup(peer->address);
	attach->peer = *peer;
	attach->peer.address = attach->address;
}

struct chardev *attach_new(struct chardev *hub, const char *id, const char *who)
{
	struct chardev *chardev = chardev_new_peer(hub, &attach_class, id);
	struct attach *attach;

	if (!chardev)
		return NULL;
	/* The hub's file has what is printed and typed already. */
	chardev_log_unref(TAKE_PTR(chardev->log), chardev);
	attach = attach_of(chardev);
	attach->hub = hub;
	attach_decoder_init(&attach->decoder, ATTACH_TO_DAEMON_MAX);
	attach->credit = ATTACH_CREDIT_START;
	if (copy_text(who, &attach->who) < 0) {
		chardev_free(chardev);
		return NULL;
	}
	chardev_set_open(chardev, true);
	return chardev;
}

bool attach_is_refused(const struct chardev *chardev)
{
	return ((const struct attach *)chardev)->dismissed;
}

void attach_start(
	struct chardev *chardev, struct chardev *connection, const void *bytes, size_t len)
{
	struct attach *attach = attach_of(chardev);

	if (connection && chardev_link_attach(&attach->below, connection, 0, &connection_ops,
				  attach, NULL) == 0)
		attach->connection = connection;
	else
		chardev_free(connection);
	if (!attach->connection || !chardev_is_open(connection)) {
		give_up(attach);
		return;
	}
	if (flush(attach))
		chardev_room(chardev);
	if (len && !chardev->closing)
		on_connection_in(attach, bytes, len);
}

/* ---- from an answer to the connection ---- */

static void redeem(void *data, struct chardev *connection, const void *bytes, size_t len)
{
	struct attach_ticket *ticket = data;
	struct chardev *chardev = ticket->attach;

	free(ticket);
	if (!chardev) {
		chardev_free(connection);
		return;
	}
	attach_of(chardev)->ticket = NULL;
	attach_start(chardev, connection, bytes, len);
}

int attach_follow(struct chardev *chardev, struct caller *caller, struct error **err)
{
	struct attach_ticket *ticket = malloc(sizeof(*ticket));
	int r;

	if (!ticket)
		return error_set(err, ENOMEM, "out of memory");
	ticket->attach = chardev;
	r = caller->ops->hand_over(caller->data, redeem, ticket);
	if (r < 0) {
		free(ticket);
		return error_set(err, -r, "this monitor cannot be attached to a console");
	}
	attach_of(chardev)->ticket = ticket;
	return 0;
}
