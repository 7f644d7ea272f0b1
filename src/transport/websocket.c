/* SPDX-License-Identifier: MIT */
/*
 * In: what the peer sends is read into a buffer and decoded from there, unmasked straight into the
 * user's memory. Payload that the user has no room for stays in the buffer, and while it does,
 * nothing more is read. As long as there is none, the filter reads by itself: the handshake goes on
 * and pings are answered, whether the user listens or not.
 *
 * Out: a frame is its header and the user's memory, written in one call. What the kernel does not
 * take of it is kept, so that a frame once begun is always finished: a browser sees a message only
 * when it is whole.
 *
 * Bounds: one buffer each way. Of pings that come faster than the answers go, the newest is
 * answered [RFC 6455 5.5.3]. A frame may claim to be 2^63 bytes long: its length is only counted
 * down. One call reads at most READS_A_CALL times. Text messages are passed on like binary ones:
 * they are not checked to be UTF-8, since a console takes any bytes.
 */
#include "transport/websocket.h"

#include "base/list.h"
#include "base/log.h"
#include "base/wire.h"
#include "snapshot/reader.h"
#include "transport/transport-impl.h"
#include "transport/websocket-handshake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum opcode {
	OP_CONTINUATION = 0x0,
	OP_TEXT = 0x1,
	OP_BINARY = 0x2,
	OP_CLOSE = 0x8,
	OP_PING = 0x9,
	OP_PONG = 0xa,
};

enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, CONTROL = 0x08, MASKED = 0x80 };

enum close_code { CLOSE_NORMAL = 1000, CLOSE_PROTOCOL = 1002, CLOSE_NO_CODE = 1005 };

enum {
	HEADER_MAX = 14,
	CONTROL_MAX = 125,
	PAYLOAD_MAX = 16384, /* of a frame of ours */
	FRAMES_A_WRITE = 12, /* about what a socket takes */
	RAW_BYTES = 16384,   /* at least a request */
	READS_A_CALL = 8,
};

/* Each is entered from those above it. */
enum state {
	HANDSHAKE, /* no payload travels yet */
	OPEN,
	CLOSED, /* the peer has said goodbye: it gets ours, and that is all */
	FAILED, /* it broke the rules: the same, but an error for the user */
};

/* A frame that comes in. */
struct frame {
	uint8_t header[HEADER_MAX]; /* as far as it has arrived */
	uint8_t header_len;
	bool in_payload;
	bool in_message; /* a fragmented message has begun */
	uint64_t left;	 /* bytes of the payload that are still to come */
	uint64_t done;	 /* and those that have come */
	uint8_t control[CONTROL_MAX];
	uint8_t control_len;
};

/**
 * struct websocket
 * @error:     -errno of a write that failed for ever
 * @raw:       bytes of the peer from @raw_at to @raw_end
 * @eof:       the lower transport has no more
 * @out:       bytes for the peer that wait for room, from @out_at to @out_end
 * @pong:      the answer that is due, where @pong_due
 * @close_due: code of the close frame that is due; 0: none
 * @said_bye:  a close frame has gone to @out, which is the last of all
 */
struct websocket {
	struct transport base;
	const char *origin;
	enum state state;
	int error;
	struct frame frame;
	uint8_t raw[RAW_BYTES];
	size_t raw_at, raw_end;
	bool eof;
	uint8_t out[HEADER_MAX + PAYLOAD_MAX];
	size_t out_at, out_end;
	uint8_t pong[CONTROL_MAX], pong_len;
	bool pong_due;
	char path[WEBSOCKET_PATH_MAX];
	uint16_t close_due;
	bool said_bye;
};

static struct websocket *websocket_of(struct transport *transport)
{
	return container_of(transport, struct websocket, base);
}

/* ---- out ---- */

static size_t make_header(enum opcode opcode, size_t len, uint8_t header[HEADER_MAX])
{
	unsigned bytes = len < 126 ? 0 : len <= 0xffff ? 2 : 8;

	header[0] = (uint8_t)(FIN | (unsigned)opcode);
	header[1] = (uint8_t)(bytes == 0 ? len : bytes == 2 ? 126 : 127);
	for (unsigned i = 0; i < bytes; i++)
		header[2 + i] = (uint8_t)((uint64_t)len >> 8 * (bytes - 1 - i));
	return 2 + bytes;
}

static bool has_out(const struct websocket *ws)
{
	return ws->out_at < ws->out_end || ws->pong_due || ws->close_due;
}

/* Only where @out is empty. */
static void keep(struct websocket *ws, const void *bytes, size_t len)
{
	memcpy(ws->out + ws->out_end, bytes, len);
	ws->out_end += len;
}

static void keep_control(struct websocket *ws, enum opcode opcode, const uint8_t *bytes, size_t len)
{
	uint8_t header[HEADER_MAX];

	keep(ws, header, make_header(opcode, len, header));
	keep(ws, bytes, len);
}

/* Between two frames: what is due comes before the user's next one. */
static void keep_what_is_due(struct websocket *ws)
{
	uint8_t code[2];

	put_be16(code, ws->close_due);
	ws->out_at = ws->out_end = 0;
	if (ws->pong_due)
		keep_control(ws, OP_PONG, ws->pong, ws->pong_len);
	if (ws->close_due)
		keep_control(ws, OP_CLOSE, code, ws->close_due == CLOSE_NO_CODE ? 0 : 2);
	ws->said_bye |= ws->close_due != 0;
	ws->pong_due = false;
	ws->close_due = 0;
}

/* Write what waits. Return: 0: all of it; -EAGAIN: not all; another -errno: it broke. */
static int flush(struct websocket *ws)
{
	while (has_out(ws)) {
		struct iovec iov;
		ssize_t n;

		if (ws->out_at == ws->out_end)
			keep_what_is_due(ws);
		iov = (struct iovec){ ws->out + ws->out_at, ws->out_end - ws->out_at };
		n = transport_writev(ws->base.lower, &iov, 1);
		if (n == -EAGAIN)
			return -EAGAIN;
		if (n < 0) {
			ws->out_at = ws->out_end = 0;
			ws->pong_due = false;
			ws->close_due = 0;
			ws->error = (int)n;
			return (int)n;
		}
		ws->out_at += (size_t)n;
	}
	return 0;
}

static void say_bye(struct websocket *ws, uint16_t code)
{
	if (!ws->said_bye && !ws->close_due)
		ws->close_due = code;
}

/* What of the user's segments has not been put into a frame; @at is the place in the first one. */
struct cursor {
	const struct iovec *iov;
	int n;
	size_t at;
};

/**
 * struct batch - frames that are written at once, since one alone is little for a system call
 * @first: of @iov, by frame, up to the one behind the last; each begins with its header
 */
struct batch {
	uint8_t headers[FRAMES_A_WRITE][HEADER_MAX];
	struct iovec iov[TRANSPORT_IOV_MAX];
	int first[FRAMES_A_WRITE + 1];
	size_t payload[FRAMES_A_WRITE];
	int frames;
};

/* Up to a frame's size. Return: payload bytes. */
static size_t put_payload(struct cursor *cursor, struct iovec *to, int room, int *ret_n)
{
	size_t len = 0;
	int count = 0;

	while (cursor->n && len < PAYLOAD_MAX && count < room) {
		size_t left = cursor->iov->iov_len - cursor->at;
		size_t part = left < PAYLOAD_MAX - len ? left : PAYLOAD_MAX - len;

		if (part)
			to[count++] =
				(struct iovec){ (char *)cursor->iov->iov_base + cursor->at, part };
		len += part;
		cursor->at += part;
		if (part == left) {
			cursor->iov++;
			cursor->n--;
			cursor->at = 0;
		}
	}
	*ret_n = count;
	return len;
}

static void put_frames(struct batch *batch, const struct iovec *iov, int n)
{
	struct cursor cursor = { iov, n, 0 };
	int at = 0;

	while (batch->frames < FRAMES_A_WRITE && at + 1 < TRANSPORT_IOV_MAX) {
		uint8_t *header = batch->headers[batch->frames];
		int count, room = TRANSPORT_IOV_MAX - at - 1;
		size_t len = put_payload(&cursor, &batch->iov[at + 1], room, &count);

		if (!len)
			break;
		batch->iov[at] = (struct iovec){ header, make_header(OP_BINARY, len, header) };
		batch->payload[batch->frames++] = len;
		at += 1 + count;
		batch->first[batch->frames] = at;
	}
}

/* Behind the first @skip bytes. */
static void keep_rest(struct websocket *ws, const struct iovec *iov, int n, size_t skip)
{
	ws->out_at = ws->out_end = 0;
	for (int i = 0; i < n; i++) {
		size_t part = skip < iov[i].iov_len ? skip : iov[i].iov_len;

		keep(ws, (const char *)iov[i].iov_base + part, iov[i].iov_len - part);
		skip -= part;
	}
}

/* Of @written bytes. A frame that has begun is to be ended. Return: how much payload is ours. */
static size_t take_frames(struct websocket *ws, const struct batch *batch, size_t written)
{
	size_t taken = 0;

	for (int i = 0; i < batch->frames && written; i++) {
		const struct iovec *iov = &batch->iov[batch->first[i]];
		size_t size = iov->iov_len + batch->payload[i];

		taken += batch->payload[i];
		if (written < size) {
			keep_rest(ws, iov, batch->first[i + 1] - batch->first[i], written);
			break;
		}
		written -= size;
	}
	return taken;
}

static int write_error(const struct websocket *ws)
{
	if (ws->error)
		return ws->error;
	if (ws->state > OPEN || ws->said_bye || ws->close_due)
		return -EPIPE;
	return ws->state == HANDSHAKE ? -EAGAIN : 0;
}

static void watch_lower(struct transport *transport);

static ssize_t write_frames(struct transport *transport, const struct iovec *iov, int n)
{
	struct websocket *ws = websocket_of(transport);
	struct batch batch = { .frames = 0 };
	ssize_t r = write_error(ws);

	if (r == 0)
		r = flush(ws);
	if (r < 0)
		return r;
	put_frames(&batch, iov, n);
	r = transport_writev(transport->lower, batch.iov, batch.first[batch.frames]);
	if (r < 0)
		return r;
	r = (ssize_t)take_frames(ws, &batch, (size_t)r);
	watch_lower(transport);
	return r;
}

/* ---- in: the handshake ---- */

static void take_handshake(struct websocket *ws)
{
	char *text = (char *)ws->raw + ws->raw_at, answer[WEBSOCKET_ANSWER_MAX];
	size_t len = ws->raw_end - ws->raw_at, size = websocket_request_size(text, len);

	if (!size && len <= WEBSOCKET_REQUEST_MAX)
		return;
	if (websocket_answer(text, size ? size : len, ws->origin, answer)) {
		ws->state = OPEN;
		websocket_path(text, size, ws->path);
		ws->base.path = ws->path;
		transport_set_ready(&ws->base);
		log_debug("websocket on socket %d: open", ws->base.fd);
	} else {
		ws->state = FAILED;
		ws->said_bye = true; /* in HTTP */
		log_debug("websocket on socket %d: refused: %.*s", ws->base.fd,
			(int)strcspn(answer, "\r"), answer);
	}
	ws->raw_at += size ? size : len;
	keep(ws, answer, strlen(answer));
}

/* ---- in: frames [RFC 6455 5.2] ---- */

static void fail(struct websocket *ws)
{
	log_debug("websocket on socket %d: the peer broke the rules", ws->base.fd);
	say_bye(ws, CLOSE_PROTOCOL);
	ws->state = FAILED;
}

static unsigned header_size(const struct frame *frame)
{
	unsigned len = frame->header[1] & 0x7fu;

	if (frame->header_len < 2)
		return 2;
	return 2 + (len == 126 ? 2 : len == 127 ? 8 : 0) + 4;
}

/*
 * The first two bytes: are they those of a frame that a client may send now? Who is not a client
 * may send no more than these, and wait for an answer.
 */
static bool header_begins_well(const struct frame *frame)
{
	unsigned opcode = frame->header[0] & OPCODE;
	bool fin = frame->header[0] & FIN;

	if ((frame->header[0] & RESERVED) || !(frame->header[1] & MASKED))
		return false;
	if (opcode & CONTROL)
		return opcode <= OP_PONG && fin && (frame->header[1] & 0x7fu) <= CONTROL_MAX;
	if (opcode == OP_CONTINUATION)
		return frame->in_message;
	return opcode <= OP_BINARY && !frame->in_message;
}

/* The header is complete. Return: false: it is of a length that no frame may have. */
static bool start_payload(struct frame *frame)
{
	unsigned short_len = frame->header[1] & 0x7fu;
	unsigned bytes = short_len == 126 ? 2 : short_len == 127 ? 8 : 0;

	frame->left = bytes ? 0 : short_len;
	for (unsigned i = 0; i < bytes; i++)
		frame->left = frame->left << 8 | frame->header[2 + i];
	if (frame->left >> 63)
		return false;
	if (!(frame->header[0] & CONTROL))
		frame->in_message = !(frame->header[0] & FIN);
	frame->done = 0;
	frame->control_len = 0;
	frame->in_payload = true;
	return true;
}

static void unmask(struct frame *frame, uint8_t *to, const uint8_t *from, size_t len)
{
	const uint8_t *mask = frame->header + frame->header_len - 4;

	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ^ mask[(frame->done + i) % 4];
	frame->done += len;
	frame->left -= len;
}

/* [RFC 6455 7.4]: 0: not a code that an endpoint may send. */
static uint16_t close_code(const struct frame *frame)
{
	unsigned code = get_be16(frame->control);

	if (frame->control_len == 0)
		return CLOSE_NO_CODE;
	if (frame->control_len == 1 || code < CLOSE_NORMAL || code > 4999)
		return 0;
	return (code >= 1004 && code <= 1006) || (code > 1014 && code < 3000) ? 0 : (uint16_t)code;
}

static void finish_frame(struct websocket *ws)
{
	struct frame *frame = &ws->frame;
	unsigned opcode = frame->header[0] & OPCODE;

	frame->in_payload = false;
	frame->header_len = 0;
	if (opcode == OP_PING) {
		memcpy(ws->pong, frame->control, frame->control_len);
		ws->pong_len = frame->control_len;
		ws->pong_due = true;
	} else if (opcode == OP_CLOSE && !close_code(frame)) {
		fail(ws);
	} else if (opcode == OP_CLOSE) {
		log_debug("websocket on socket %d: closed by the peer, code %u", ws->base.fd,
			close_code(frame));
		say_bye(ws, close_code(frame));
		ws->state = CLOSED;
	}
}

/* The user's memory, as far as it is not filled yet. */
struct room {
	const struct iovec *iov;
	int n;
	size_t at;   /* in the first of them */
	size_t done; /* bytes in all */
};

/* Return: false: no room for it now. */
static bool take_payload(struct websocket *ws, struct room *room)
{
	struct frame *frame = &ws->frame;
	size_t len = ws->raw_end - ws->raw_at;
	uint8_t *to = frame->control + frame->control_len;

	if (len > frame->left)
		len = (size_t)frame->left;
	if (!(frame->header[0] & CONTROL)) {
		while (room->n && room->at == room->iov->iov_len)
			room->iov++, room->n--, room->at = 0;
		if (!room->n)
			return false;
		if (len > room->iov->iov_len - room->at)
			len = room->iov->iov_len - room->at;
		to = (uint8_t *)room->iov->iov_base + room->at;
		room->at += len;
		room->done += len;
	} else {
		frame->control_len = (uint8_t)(frame->control_len + len);
	}
	unmask(frame, to, ws->raw + ws->raw_at, len);
	ws->raw_at += len;
	return true;
}

static void take_header_byte(struct websocket *ws)
{
	struct frame *frame = &ws->frame;

	frame->header[frame->header_len++] = ws->raw[ws->raw_at++];
	if (frame->header_len == 2 && !header_begins_well(frame))
		fail(ws);
	else if (frame->header_len == header_size(frame) && !start_payload(frame))
		fail(ws);
}

/* What has been read, until the user's room or the bytes end. */
static void decode(struct websocket *ws, struct room *room)
{
	struct frame *frame = &ws->frame;

	if (ws->state == HANDSHAKE)
		take_handshake(ws);
	while (ws->state == OPEN && ws->raw_at < ws->raw_end) {
		if (!frame->in_payload) {
			take_header_byte(ws);
		} else if (frame->left && !take_payload(ws, room)) {
			break;
		}
		if (frame->in_payload && !frame->left)
			finish_frame(ws);
	}
	if (ws->state > OPEN)
		ws->raw_at = ws->raw_end; /* nothing after the end counts */
}

/* Payload lies in the buffer that nobody has taken: nothing more is read until somebody does. */
static bool has_payload(const struct websocket *ws)
{
	return ws->state == OPEN && ws->raw_at < ws->raw_end;
}

/* Return: bytes; 0: no more; -EAGAIN; -errno. */
static ssize_t fill(struct websocket *ws)
{
	struct iovec iov;
	ssize_t n;

	if (ws->raw_at == ws->raw_end)
		ws->raw_at = ws->raw_end = 0;
	iov = (struct iovec){ ws->raw + ws->raw_end, RAW_BYTES - ws->raw_end };
	n = transport_readv(ws->base.lower, &iov, 1);
	if (n > 0)
		ws->raw_end += (size_t)n;
	ws->eof |= n == 0;
	return n;
}

/* @n is 0 where only the filter's own affairs are to go on. */
static ssize_t read_payload(struct websocket *ws, const struct iovec *iov, int n)
{
	struct room room = { .iov = iov, .n = n };
	ssize_t r = 1;

	/* What was read is decoded, also what was read last: the lower one tells nothing of it. */
	for (int i = 0; r > 0 && i <= READS_A_CALL; i++) {
		decode(ws, &room);
		if (room.done || ws->state > OPEN || has_payload(ws) || i == READS_A_CALL)
			break;
		r = fill(ws);
	}
	flush(ws); /* should it fail, what the peer has sent is still to be read */
	if (room.done)
		return (ssize_t)room.done;
	if (ws->state > OPEN)
		return ws->state == FAILED ? -EPROTO : 0;
	return r > 0 ? -EAGAIN : r;
}

static ssize_t read_websocket(struct transport *transport, const struct iovec *iov, int n)
{
	ssize_t r = read_payload(websocket_of(transport), iov, n);

	watch_lower(transport);
	return r;
}

/* ---- events ---- */

static void watch_lower(struct transport *transport)
{
	struct websocket *ws = websocket_of(transport);
	unsigned wanted = transport->wanted, lower = wanted & (WATCH_HANGUP | WATCH_GONE);

	if (ws->state <= OPEN && !ws->eof && ((wanted & WATCH_READ) || !has_payload(ws)))
		lower |= WATCH_READ;
	if (has_out(ws) || ((wanted & WATCH_WRITE) && ws->state != HANDSHAKE))
		lower |= WATCH_WRITE;
	transport_watch(transport->lower, lower);
	if (has_payload(ws) || ws->state > OPEN || ws->eof)
		transport_kick(transport, wanted & WATCH_READ);
	if (ws->state > OPEN)
		transport_kick(transport, wanted & (WATCH_HANGUP | WATCH_GONE));
}

static void on_lower(struct transport *transport, unsigned events)
{
	struct websocket *ws = websocket_of(transport);

	if (events & WATCH_WRITE)
		flush(ws);
	if ((events & ~(unsigned)WATCH_WRITE) && !(transport->wanted & WATCH_READ))
		read_payload(ws, NULL, 0);
	if (has_out(ws))
		events &= ~(unsigned)WATCH_WRITE;
	transport_tell(transport, events & ~(unsigned)TRANSPORT_READY);
	if (!transport->freed)
		watch_lower(transport);
}

static unsigned look_at_websocket(struct transport *transport)
{
	struct websocket *ws = websocket_of(transport);
	unsigned seen = transport_look(transport->lower);

	if (ws->state > OPEN)
		return seen | WATCH_READ | WATCH_HANGUP | WATCH_GONE;
	return seen | (has_payload(ws) ? WATCH_READ : 0u);
}

static bool websocket_has_unread(struct transport *transport)
{
	struct websocket *ws = websocket_of(transport);

	return has_payload(ws) || (ws->state == OPEN && transport_has_unread(transport->lower));
}

/* ---- the end ---- */

/* There is none in this protocol: after a close frame we send nothing, but still listen. */
static int half_close_websocket(struct transport *transport)
{
	struct websocket *ws = websocket_of(transport);
	int r;

	say_bye(ws, CLOSE_NORMAL);
	r = flush(ws);
	watch_lower(transport);
	return r == -EAGAIN ? 0 : r;
}

static void say_goodbye(struct transport *transport)
{
	struct websocket *ws = websocket_of(transport);

	if (ws->state == OPEN)
		half_close_websocket(transport);
}

static void close_websocket(struct transport *transport)
{
	(void)transport;
}

/* ---- in another program's place ---- */

static const char *websocket_obstacle(const struct transport *transport)
{
	const struct websocket *ws = (const struct websocket *)transport;

	return ws->state != OPEN || ws->error || ws->close_due || ws->said_bye ? "its websocket"
									       : NULL;
}

#define FIELD(...) SNAPSHOT_FIELD(struct websocket_state, __VA_ARGS__)

const struct snapshot_field websocket_fields[] = {
	FIELD(header, 1, SNAPSHOT_BLOB),
	FIELD(control, 2, SNAPSHOT_BLOB),
	FIELD(raw, 3, SNAPSHOT_BLOB),
	FIELD(out, 4, SNAPSHOT_BLOB),
	FIELD(pong, 5, SNAPSHOT_BLOB),
	FIELD(in_payload, 6, SNAPSHOT_BOOL),
	FIELD(in_message, 7, SNAPSHOT_BOOL),
	FIELD(pong_due, 8, SNAPSHOT_BOOL),
	FIELD(eof, 9, SNAPSHOT_BOOL),
	FIELD(left, 10, SNAPSHOT_U64),
	FIELD(done, 11, SNAPSHOT_U64),
	FIELD(path, 12, SNAPSHOT_STRING, .needed = true),
	{ 0 },
};

static void save_websocket(const struct transport *transport, struct snapshot_writer *writer)
{
	const struct websocket *ws = (const struct websocket *)transport;
	const struct frame *frame = &ws->frame;
	const struct websocket_state state = { .header = { frame->header, frame->header_len },
		.control = { frame->control, frame->control_len },
		.raw = { ws->raw + ws->raw_at, ws->raw_end - ws->raw_at },
		.out = { ws->out + ws->out_at, ws->out_end - ws->out_at },
		.pong = { ws->pong, ws->pong_len },
		.in_payload = frame->in_payload,
		.in_message = frame->in_message,
		.pong_due = ws->pong_due,
		.eof = ws->eof,
		.left = frame->left,
		.done = frame->done,
		.path = ws->path };

	snapshot_put_group(writer, TRANSPORT_TAG_WEBSOCKET, websocket_fields, &state);
}

static const struct transport_ops websocket_ops = {
	.readv = read_websocket,
	.writev = write_frames,
	.watch = watch_lower,
	.look = look_at_websocket,
	.has_unread = websocket_has_unread,
	.half_close = half_close_websocket,
	.goodbye = say_goodbye,
	.obstacle = websocket_obstacle,
	.save = save_websocket,
	.close = close_websocket,
	.on_lower = on_lower,
};

int websocket_new(struct transport *lower, const char *origin, struct transport **ret_transport)
{
	struct websocket *ws = calloc(1, sizeof(*ws));

	if (!ws)
		return -ENOMEM;
	ws->origin = origin;
	transport_init_filter(&ws->base, &websocket_ops, lower);
	*ret_transport = &ws->base;
	watch_lower(&ws->base);
	return 0;
}

static bool is_sound(const struct websocket_state *state)
{
	return state->header.len <= HEADER_MAX && state->control.len <= CONTROL_MAX &&
	       state->raw.len <= RAW_BYTES && state->pong.len <= CONTROL_MAX &&
	       state->out.len <= HEADER_MAX + PAYLOAD_MAX &&
	       strlen(state->path) < WEBSOCKET_PATH_MAX;
}

static size_t take_bytes(uint8_t *into, const struct snapshot_bytes *bytes)
{
	if (bytes->len)
		memcpy(into, bytes->data, bytes->len);
	return bytes->len;
}

static void go_on(struct websocket *ws, const struct websocket_state *state)
{
	struct frame *frame = &ws->frame;

	ws->state = OPEN;
	frame->header_len = (uint8_t)take_bytes(frame->header, &state->header);
	frame->control_len = (uint8_t)take_bytes(frame->control, &state->control);
	frame->in_payload = state->in_payload;
	frame->in_message = state->in_message;
	frame->left = state->left;
	frame->done = state->done;
	ws->raw_end = take_bytes(ws->raw, &state->raw);
	ws->out_end = take_bytes(ws->out, &state->out);
	ws->pong_len = (uint8_t)take_bytes(ws->pong, &state->pong);
	ws->pong_due = state->pong_due;
	ws->eof = state->eof;
	snprintf(ws->path, sizeof(ws->path), "%s", state->path);
}

int websocket_load(
	struct transport *lower, struct snapshot_groups left, struct transport **ret_transport)
{
	struct websocket_state state;
	struct snapshot_part part;
	struct websocket *ws;

	if (!snapshot_next_group(&left, &part) ||
		snapshot_get(&part, websocket_fields, &state, NULL) < 0 || !is_sound(&state))
		return -EBADMSG;
	ws = calloc(1, sizeof(*ws));
	if (!ws)
		return -ENOMEM;
	go_on(ws, &state);
	transport_init_filter(&ws->base, &websocket_ops, lower);
	ws->base.path = ws->path;
	ws->base.ready = true;
	*ret_transport = &ws->base;
	watch_lower(&ws->base);
	return 0;
}
