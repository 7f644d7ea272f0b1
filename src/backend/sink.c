/* SPDX-License-Identifier: MIT */
/*
 * bytes --> lines --> queue of entries --> message --> outlet
 *
 * The server is a file that others keep, and it is treated as one. What it does not take at once
 * waits in the queue. When that is full, a server that is slow is a slow reader: the holder keeps
 * the rest. One that is away, with a holder that would have to wait for it, costs lines: they are
 * counted, and an entry in their place says how many they were.
 *
 * That a datagram of UDP did not arrive is heard of only where the receiver's system says so, and
 * then of the last one. What tells of it goes before all that follows, which waits until it was not
 * refused.
 *
 * Nothing is a hostile peer's: what the server sends is forgotten. A hostile guest can make no line
 * longer than lines.h says, nor have more work done in a dispatch than OUT_BYTES are worth.
 */
/* syscalls: close */
#include "backend/sink.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/stamp.h"
#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OUT_BYTES = 64 * 1024, /* are made lines of in a dispatch */
	ENTRIES_A_DISPATCH = 256,
};

/** struct entry_head - in front of each text in the queue; it goes to other programs as it is */
struct entry_head {
	uint64_t at_ms; /* since 1970 */
	uint32_t len, kind, lines, reserved;
};

const char *sink_kind_name(enum sink_kind kind)
{
	static const char *const names[] = { "line", "part", "note" };

	return names[kind];
}

const char *sink_console(const struct sink *sink)
{
	const char *holder = chardev_console(&sink->base);

	if (sink->console)
		return sink->console;
	return holder ? holder : sink->base.id;
}

/* ---- the queue ---- */

/* Would a holder have to wait for a server that is away? */
static bool takes_all(const struct sink *sink)
{
	return !outlet_is_up(&sink->outlet) &&
	       !(chardev_holder_flags(&sink->base) & CHARDEV_LINK_PATIENT);
}

static bool has_room(const struct sink *sink)
{
	return sink->queue.len < SINK_QUEUE_BYTES;
}

static void lose(struct sink *sink, uint64_t *count, uint64_t lines)
{
	*count += lines;
	sink->lost += lines;
}

/* What was sent is lost: of a note those lines are missing still. */
static void lose_sent(struct sink *sink, unsigned lines, bool is_note)
{
	sink->gone += lines;
	sink->lost += is_note ? 0 : lines;
}

static int push(
	struct sink *sink, enum sink_kind kind, unsigned lines, const char *text, size_t len)
{
	const struct entry_head head = {
		.at_ms = stamp_now_ms(), .len = (uint32_t)len, .kind = kind, .lines = lines
	};
	int r = byte_queue_push(&sink->queue, &head, sizeof(head));

	if (r < 0)
		return r;
	r = byte_queue_push(&sink->queue, text, len);
	if (r < 0)
		sink->queue.len -= sizeof(head);
	return r;
}

/* A line for people. */
struct note {
	char text[64];
};

static struct note note_of(uint64_t lines)
{
	struct note note;

	snprintf(note.text, sizeof(note.text), "[charhub: %" PRIu64 " lines are missing here]",
		lines);
	return note;
}

/* What is missing is told where there is room again. */
static void note_missing(struct sink *sink)
{
	unsigned lines = sink->missing < UINT32_MAX ? (unsigned)sink->missing : UINT32_MAX;
	struct note note = note_of(lines);

	if (sink->queue.len <= SINK_QUEUE_BYTES / 2)
		sink->drops = false;
	if (lines && !sink->drops &&
		push(sink, SINK_NOTE, lines, note.text, strlen(note.text)) == 0)
		sink->missing -= lines;
}

static void count_lines_lost(struct sink *sink)
{
	lose(sink, &sink->missing, sink->lines.lost);
	sink->lines.lost = 0;
}

static bool add_entry(void *data, const char *text, size_t len, bool whole)
{
	struct sink *sink = data;

	count_lines_lost(sink);
	note_missing(sink);
	sink->drops |= takes_all(sink) && !has_room(sink);
	if (sink->drops || push(sink, whole ? SINK_LINE : SINK_PART, 1, text, len) < 0)
		lose(sink, &sink->missing, 1);
	return has_room(sink) || takes_all(sink);
}

/* ---- trouble ---- */

static void tell_trouble(struct sink *sink, const char *why)
{
	if (!sink->troubled)
		log_warning("chardev '%s': lines wait: %s", sink->base.id, why);
	sink->troubled = true;
}

static bool is_udp(const struct sink *sink)
{
	const struct address *address = &sink->outlet.options.address;

	return address->datagram && address->kind == ADDRESS_INET;
}

/* A message has been taken: after one that was not refused, of UDP. */
static void tell_calm(struct sink *sink)
{
	if (!sink->troubled || (is_udp(sink) && !sink->last))
		return;
	sink->troubled = false;
	log_info("chardev '%s': lines get through again; lost so far: %" PRIu64, sink->base.id,
		sink->lost);
}

static void tell_room(void *data)
{
	struct sink *sink = data;

	if (!has_room(sink) && !takes_all(sink))
		return;
	sink->is_short = false;
	chardev_room(&sink->base);
}

static void look_for_room(struct sink *sink)
{
	if (sink->is_short && (takes_all(sink) || sink->queue.len <= SINK_QUEUE_BYTES / 2))
		task_post(sink->base.loop, &sink->room, tell_room, sink);
}

/* The connection has ended: a message that it has had in part is sent again as a whole. */
static void end_connection(struct sink *sink, int code)
{
	sink->message.sent = 0;
	timer_stop(sink->busy);
	if (code == ECONNREFUSED && is_udp(sink))
		lose_sent(sink, sink->last, sink->last_is_note);
	sink->last = 0;
	if (sink->outlet.unheard)
		log_warning("chardev '%s': bytes that may not have arrived: %u", sink->base.id,
			sink->outlet.unheard);
	tell_trouble(sink, code ? strerror(code) : "the connection was closed");
	look_for_room(sink);
}

/* ---- sending ---- */

static void clear_message(struct sink *sink)
{
	strbuf_done(&sink->message.bytes);
	sink->message = (struct sink_message){ 0 };
}

/* The message has gone, or is lost. */
static void finish_message(struct sink *sink)
{
	struct entry_head head;

	if (sink->message.queued) {
		memcpy(&head, byte_queue_data(&sink->queue), sizeof(head));
		byte_queue_pop(&sink->queue, sizeof(head) + head.len);
	} else {
		sink->gone -= sink->message.lines;
	}
	clear_message(sink);
	note_missing(sink);
}

static void lose_message(struct sink *sink)
{
	struct sink_message message = sink->message;

	finish_message(sink);
	lose_sent(sink, message.lines, message.is_note);
}

static void frame(struct sink *sink, const struct entry_head *head, const char *text)
{
	const struct sink_entry entry = {
		.kind = (enum sink_kind)head->kind,
		.at = { .tv_sec = (time_t)(head->at_ms / 1000),
			.tv_nsec = (long)(head->at_ms % 1000) * 1000000 },
		.text = text,
		.len = head->len,
	};

	sink->message.lines = head->lines;
	sink->message.is_note = head->kind == SINK_NOTE;
	sink->class->frame(sink, &entry, &sink->message.bytes);
}

static void frame_gone(struct sink *sink)
{
	unsigned lines = sink->gone < UINT32_MAX ? (unsigned)sink->gone : UINT32_MAX;
	struct note note = note_of(lines);
	struct entry_head head = { .at_ms = stamp_now_ms(),
		.len = (uint32_t)strlen(note.text),
		.kind = SINK_NOTE,
		.lines = lines };

	frame(sink, &head, note.text);
}

static void frame_queued(struct sink *sink)
{
	const char *at = byte_queue_data(&sink->queue);
	struct entry_head head;

	memcpy(&head, at, sizeof(head));
	frame(sink, &head, at + sizeof(head));
	sink->message.queued = true;
}

/* Return: 0; -ENOENT: there is nothing to send; -ENOBUFS: no memory for now. */
static int make_message(struct sink *sink)
{
	if (sink->message.bytes.len)
		return 0;
	if (sink->gone)
		frame_gone(sink);
	else if (sink->queue.len)
		frame_queued(sink);
	else
		return -ENOENT;
	if (!sink->message.bytes.failed)
		return 0;
	clear_message(sink);
	return -ENOBUFS;
}

static ssize_t offer_message(struct sink *sink)
{
	const struct sink_message *message = &sink->message;
	ssize_t r = outlet_send(&sink->outlet, message->bytes.data + message->sent,
		message->bytes.len - message->sent);

	if (r == -EMSGSIZE && sink->class->send_large)
		r = sink->class->send_large(outlet_fd(&sink->outlet), &message->bytes);
	return r == 0 ? (ssize_t)message->bytes.len : r;
}

/* Return: true: there may be more to send at once. */
static bool send_some(struct sink *sink)
{
	struct sink_message *message = &sink->message;
	ssize_t r = make_message(sink);

	if (r == 0)
		r = offer_message(sink);
	if (r > 0) {
		message->sent += (size_t)r;
		if (message->sent < message->bytes.len)
			return true;
		tell_calm(sink);
		sink->last = message->lines;
		sink->last_is_note = message->is_note;
		if (!message->queued && is_udp(sink))
			timer_start(sink->busy, SINK_PROBE_MS);
		finish_message(sink);
		return true;
	}
	if (r == -EMSGSIZE)
		lose_message(sink);
	else if (r == -ENOBUFS)
		timer_start(sink->busy, SINK_BUSY_MS);
	else if (r != -EAGAIN && r != -ENOENT && r != -ENOTCONN)
		end_connection(sink, (int)-r);
	return r == -EMSGSIZE;
}

static void send_all(void *data)
{
	struct sink *sink = data;
	int n = 0;

	if ((sink->queue.len || sink->gone) && outlet_look(&sink->outlet) < 0)
		end_connection(sink, 0);
	while (n < ENTRIES_A_DISPATCH && outlet_is_up(&sink->outlet) &&
		!timer_is_running(sink->busy) && send_some(sink))
		n++;
	if (n == ENTRIES_A_DISPATCH)
		task_post(sink->base.loop, &sink->again, send_all, sink);
	look_for_room(sink);
}

static void on_up(void *data)
{
	send_all(data);
}

static void on_down(void *data, int code)
{
	end_connection(data, code);
}

static void on_refused(void *data, const char *why)
{
	struct sink *sink = data;

	tell_trouble(sink, why);
	look_for_room(sink);
}

static const struct outlet_ops outlet_ops = {
	.on_up = on_up,
	.on_down = on_down,
	.on_refused = on_refused,
	.on_room = send_all,
};

/* ---- what the guest prints ---- */

static void on_quiet(void *data)
{
	struct sink *sink = data;

	lines_give_part(&sink->lines, add_entry, sink);
	send_all(sink);
}

static void expect_quiet(struct sink *sink)
{
	if (lines_has_part(&sink->lines))
		timer_start(sink->quiet, SINK_QUIET_MS);
	else
		timer_stop(sink->quiet);
}

ssize_t sink_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct sink *sink = sink_of(chardev);
	size_t done = 0, wanted = 0;

	for (int i = 0; i < n; i++) {
		size_t len = iov[i].iov_len < OUT_BYTES - done ? iov[i].iov_len : OUT_BYTES - done;

		if (done == wanted && (has_room(sink) || takes_all(sink)))
			done += lines_feed(&sink->lines, iov[i].iov_base, len, add_entry, sink);
		wanted += iov[i].iov_len;
	}
	count_lines_lost(sink);
	expect_quiet(sink);
	sink->is_short = done < wanted;
	send_all(sink);
	if (sink->is_short && done)
		task_post(chardev->loop, &sink->room, tell_room, sink);
	return (ssize_t)done;
}

bool sink_owes(const struct chardev *chardev)
{
	const struct sink *sink = (const struct sink *)chardev;

	return outlet_is_up(&sink->outlet) && sink->queue.len;
}

uint64_t sink_lost_lines(const struct chardev *chardev)
{
	return ((const struct sink *)chardev)->lost;
}

/* ---- options ---- */

int sink_check_word(const char *key, const char *value, size_t max, struct error **err)
{
	size_t len = strlen(value), n = 0;

	while (value[n] > ' ' && value[n] <= '~')
		n++;
	if (len && len <= max && n == len)
		return 0;
	return error_set(err, EINVAL,
		"Parameter '%s' expects 1 to %zu printable characters of ASCII without a blank, "
		"not '%s'",
		key, max, value);
}

static bool is_name(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return *text && strlen(text) <= SINK_CONSOLE_MAX && utf8_is_valid(text, strlen(text));
}

int sink_set_console(struct sink *sink, const char *name, struct error **err)
{
	char *copy = name ? strdup(name) : NULL;

	if (name && !is_name(name)) {
		free(copy);
		return error_set(err, EINVAL,
			"Parameter 'console' expects a name of 1 to %d bytes, not '%s'",
			SINK_CONSOLE_MAX, name);
	}
	if (name && !copy)
		return error_set(err, ENOMEM, "chardev '%s': out of memory", sink->base.id);
	free(sink->console);
	sink->console = copy;
	return 0;
}

/* ---- in another program's place ---- */

#define FIELD(...) SNAPSHOT_FIELD(struct sink_state, __VA_ARGS__)

const struct snapshot_field sink_fields[] = {
	FIELD(fd, 1, SNAPSHOT_FILE),
	FIELD(queue, 2, SNAPSHOT_BLOB),
	FIELD(message, 3, SNAPSHOT_BLOB),
	FIELD(sent, 4, SNAPSHOT_U64),
	FIELD(lines, 5, SNAPSHOT_U32),
	FIELD(queued, 6, SNAPSHOT_BOOL),
	FIELD(is_note, 16, SNAPSHOT_BOOL),
	FIELD(text, 7, SNAPSHOT_BLOB),
	FIELD(state, 8, SNAPSHOT_U32, .max = INT32_MAX),
	FIELD(param, 9, SNAPSHOT_U32),
	FIELD(behind, 10, SNAPSHOT_U64),
	FIELD(missing, 11, SNAPSHOT_U64),
	FIELD(gone, 12, SNAPSHOT_U64),
	FIELD(lost, 13, SNAPSHOT_U64),
	FIELD(drops, 14, SNAPSHOT_BOOL),
	FIELD(troubled, 15, SNAPSHOT_BOOL),
	{ 0 },
};

static const char tls_session[] = "its TLS session";

void sink_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct sink *sink = sink_of(chardev);
	const struct lines *lines = &sink->lines;
	bool goes = outlet_is_up(&sink->outlet) && !sink->outlet.options.filters.tls;
	struct sink_state state = {
		.fd = goes ? outlet_fd(&sink->outlet) : -1,
		.queue = { byte_queue_data(&sink->queue), sink->queue.len },
		.text = { lines->text.data, lines->text.len },
		.state = (unsigned)lines->plain.state,
		.param = lines->plain.param,
		.behind = lines->plain.behind,
		.missing = sink->missing,
		.gone = sink->gone,
		.lost = sink->lost,
		.drops = sink->drops,
		.troubled = sink->troubled,
	};

	if (goes && sink->message.sent) {
		state.message = (struct snapshot_bytes){ sink->message.bytes.data,
			sink->message.bytes.len };
		state.sent = sink->message.sent;
		state.lines = sink->message.lines;
		state.queued = sink->message.queued;
		state.is_note = sink->message.is_note;
	}
	snapshot_put(&to->writer, sink_fields, &state);
	if (outlet_is_up(&sink->outlet) && !goes)
		chardev_leave_out(to, chardev, tls_session);
}

void sink_part(struct chardev *chardev, const char *reason)
{
	(void)reason;
	outlet_part(&sink_of(chardev)->outlet);
}

static bool is_queue(const struct snapshot_bytes *bytes)
{
	const char *at = bytes->data;
	struct entry_head head;
	size_t left = bytes->len;

	while (left) {
		if (left < sizeof(head))
			return false;
		memcpy(&head, at, sizeof(head));
		if (head.kind > SINK_NOTE || head.len > left - sizeof(head))
			return false;
		at += sizeof(head) + head.len;
		left -= sizeof(head) + head.len;
	}
	return true;
}

/* Would the rest of it be sent as it was begun? */
static bool is_message(const struct sink_state *state)
{
	return state->message.len > state->sent && state->sent &&
	       (state->queued ? state->queue.len > 0 : state->gone >= state->lines);
}

static int take_state(struct sink *sink, const struct sink_state *state)
{
	struct sink_message *message = &sink->message;
	struct strbuf *text = &sink->lines.text;

	if (!is_queue(&state->queue))
		return -EBADMSG;
	sink->lines.plain = (struct plain){
		.state = (int)state->state, .param = state->param, .behind = (size_t)state->behind
	};
	strbuf_append(text, state->text.data, state->text.len);
	sink->missing = state->missing;
	sink->gone = state->gone;
	sink->lost = state->lost;
	sink->drops = state->drops;
	sink->troubled = state->troubled;
	if (state->fd >= 0 && is_message(state)) {
		strbuf_append(&message->bytes, state->message.data, state->message.len);
		message->sent = (size_t)state->sent;
		message->lines = state->lines;
		message->queued = state->queued;
		message->is_note = state->is_note;
	}
	if (text->failed || message->bytes.failed)
		return -ENOMEM;
	return state->queue.len ? byte_queue_push(&sink->queue, state->queue.data, state->queue.len)
				: 0;
}

/* What was connected goes on; else, and where that fails, it is connected anew. */
static void go_on(struct sink *sink, const struct sink_state *left)
{
	if (left && left->fd >= 0 && outlet_go_on(&sink->outlet, left->fd) == 0) {
		task_post(sink->base.loop, &sink->again, send_all, sink);
		return;
	}
	sink->message.sent = 0;
	outlet_start(&sink->outlet);
}

/* ---- beginning and end ---- */

static int begin(struct sink *sink, struct outlet_options *options, const struct sink_state *left)
{
	struct loop *loop = sink->base.loop;
	int r = outlet_init(&sink->outlet, loop, options, &outlet_ops, sink);

	if (r < 0)
		return r;
	sink->quiet = timer_new(loop, on_quiet, sink);
	sink->busy = timer_new(loop, send_all, sink);
	if (!sink->quiet || !sink->busy)
		return -ENOMEM;
	return left ? take_state(sink, left) : 0;
}

static void release(struct sink *sink)
{
	task_cancel(&sink->again);
	task_cancel(&sink->room);
	outlet_close(&sink->outlet);
	timer_free(sink->quiet);
	timer_free(sink->busy);
	clear_message(sink);
	byte_queue_clear(&sink->queue);
	lines_done(&sink->lines);
	free(sink->console);
}

int sink_open(struct sink *sink, struct outlet_options *options, size_t line_max,
	const struct sink_state *left, struct error **err)
{
	int r = begin(sink, options, left);

	sink->lines.max = line_max;
	if (r < 0) {
		if (left && left->fd >= 0)
			close(left->fd);
		release(sink);
		return error_set(err, -r, "chardev '%s': %s", sink->base.id, strerror(-r));
	}
	go_on(sink, left);
	expect_quiet(sink);
	chardev_set_open(&sink->base, true);
	return 0;
}

static uint64_t count_queued(const struct sink *sink)
{
	const char *at = byte_queue_data(&sink->queue);
	struct entry_head head;
	uint64_t n = sink->gone + sink->missing;

	for (size_t left = sink->queue.len; left; left -= sizeof(head) + head.len) {
		memcpy(&head, at, sizeof(head));
		at += sizeof(head) + head.len;
		n += head.lines;
	}
	return n;
}

void sink_close(struct chardev *chardev)
{
	struct sink *sink = sink_of(chardev);
	uint64_t left;

	on_quiet(sink);
	left = count_queued(sink);
	if (left)
		log_warning(
			"chardev '%s': lines that have not been sent: %" PRIu64, chardev->id, left);
	release(sink);
}

char *sink_describe(const struct chardev *chardev)
{
	const struct sink *sink = (const struct sink *)chardev;
	AUTO_FREE char *where = address_text(&sink->outlet.options.address);
	char *text;

	if (!where || asprintf(&text, "%s%s:%s", outlet_is_up(&sink->outlet) ? "" : "disconnected:",
			      chardev->class->name, where) < 0)
		return NULL;
	return text;
}
