/* SPDX-License-Identifier: MIT */
#include "client/attachment.h"

#include "base/cleanup.h"
#include "client/daemons.h"
#include "client/session.h"
#include "client/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { READ_BYTES = 64 * 1024 };

void attachment_init(struct attachment *attachment, const struct daemon *daemon,
	const char *console, const struct attachment_ops *ops, void *data)
{
	*attachment = (struct attachment){
		.daemon = daemon,
		.console = console,
		.ops = ops,
		.data = data,
		.connection = { .fd = -1 },
	};
	attach_decoder_init(&attachment->decoder, ATTACH_PAYLOAD_MAX);
}

void attachment_close(struct attachment *attachment)
{
	connection_close(&attachment->connection);
	attach_decoder_done(&attachment->decoder);
	strbuf_done(&attachment->to_send);
	attachment->to_send = (struct strbuf){ 0 };
}

void attachment_done(struct attachment *attachment)
{
	attachment_close(attachment);
	free(attachment->gone);
	attachment->gone = NULL;
}

/* ---- frames from the daemon ---- */

void attachment_know(struct attachment *attachment, uint64_t offset)
{
	if (offset > attachment->offset)
		attachment->offset = offset;
	attachment->begun = true;
}

/* Return: how much of the output at @offset was known before. */
static size_t known_part(const struct attachment *attachment, uint64_t offset, size_t len)
{
	uint64_t known = attachment->offset > offset ? attachment->offset - offset : 0;

	return known < len ? (size_t)known : len;
}

static int take_output(struct attachment *attachment, const struct attach_frame *frame)
{
	const struct attachment_ops *ops = attachment->ops;
	bool printed = frame->type == ATTACH_DATA;
	const uint8_t *bytes;
	uint64_t offset;
	size_t len, known;
	int r = attach_get_output(frame, &offset, &bytes, &len);

	if (r < 0)
		return r;
	/* What the first one leaves out was told by attachment_open(). */
	if (attachment->begun && offset > attachment->offset && ops->on_missed)
		ops->on_missed(attachment->data, offset - attachment->offset);
	known = printed ? known_part(attachment, offset, len) : 0;
	attachment_know(attachment, offset + (printed ? len : 0));
	if (ops->on_output && (known < len || !len))
		ops->on_output(
			attachment->data, printed, offset + known, bytes + known, len - known);
	return 0;
}

static int take_size(struct attachment *attachment, const struct attach_frame *frame)
{
	unsigned cols, rows;
	int r = attach_get_size(frame, &cols, &rows);

	if (r == 0 && attachment->ops->on_size)
		attachment->ops->on_size(attachment->data, cols, rows);
	return r;
}

static int take_credit(struct attachment *attachment, const struct attach_frame *frame)
{
	uint32_t bytes;
	int r = attach_get_credit(frame, &bytes);

	if (r == 0)
		attachment->credit += bytes;
	return r;
}

static int take_words(struct attachment *attachment, const struct attach_frame *frame)
{
	const struct attachment_ops *ops = attachment->ops;
	AUTO_FREE char *text = NULL;
	struct attach_text words;
	int r = attach_get_text(frame, &words);

	if (r < 0)
		return r;
	text = words_clean(words.text, words.len);
	if (!text)
		return -ENOMEM;
	if (frame->type == ATTACH_GONE) {
		free(attachment->gone);
		attachment->gone = TAKE_PTR(text);
	} else if (frame->type == ATTACH_NOTICE && ops->on_notice) {
		ops->on_notice(attachment->data, (enum attach_notice)words.what, text);
	} else if (frame->type == ATTACH_REPLY && ops->on_reply) {
		ops->on_reply(attachment->data, words.what, text);
	}
	return 0;
}

static int take_frame(struct attachment *attachment, const struct attach_frame *frame)
{
	switch (frame->type) {
	case ATTACH_DATA:
	case ATTACH_SHOWN: return take_output(attachment, frame);
	case ATTACH_SIZE: return take_size(attachment, frame);
	case ATTACH_CREDIT: return take_credit(attachment, frame);
	case ATTACH_NOTICE:
	case ATTACH_REPLY:
	case ATTACH_GONE: return take_words(attachment, frame);
	default: return frame->type >= 'a' && frame->type <= 'z' ? 0 : -EPROTO;
	}
}

static int feed(struct attachment *attachment, const char *bytes, size_t len)
{
	while (len) {
		struct attach_frame frame;
		ssize_t taken = attach_decode(&attachment->decoder, bytes, len, &frame);
		int r;

		if (taken < 0)
			return (int)taken;
		r = frame.type ? take_frame(attachment, &frame) : 0;
		if (r < 0)
			return r;
		bytes += taken;
		len -= (size_t)taken;
	}
	return 0;
}

int attachment_read(struct attachment *attachment)
{
	static char bytes[READ_BYTES];
	ssize_t n = recv(attachment->connection.fd, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -EPIPE;
	return feed(attachment, bytes, (size_t)n);
}

/* ---- attaching ---- */

/* Has the terminal a size that can be told? */
static bool is_size(unsigned cols, unsigned rows)
{
	return cols && rows && cols <= ATTACH_TERMINAL_MAX && rows <= ATTACH_TERMINAL_MAX;
}

static json_t *make_args(const struct attachment *attachment)
{
	json_t *args = json_pack("{s:s,s:i,s:b}", "console", attachment->console, "version",
		ATTACH_VERSION, "view", attachment->view);

	if (args && is_size(attachment->cols, attachment->rows)) {
		json_object_set_new(args, "cols", json_integer(attachment->cols));
		json_object_set_new(args, "rows", json_integer(attachment->rows));
	}
	if (args && *attachment->instance) {
		json_object_set_new(args, "instance", json_string(attachment->instance));
		json_object_set_new(args, "offset", json_integer((json_int_t)attachment->offset));
	}
	return args;
}

static void learn(struct attachment *attachment, const json_t *answer)
{
	const char *instance = json_text(answer, "instance");
	uint64_t offset = (uint64_t)json_number(answer, "offset");
	bool same = !strcmp(instance, attachment->instance);

	attachment->begun = false;
	attachment->again = *attachment->instance;
	attachment->restarted = attachment->again && !same;
	attachment->missed = same && offset > attachment->offset ? offset - attachment->offset : 0;
	attachment->offset = offset;
	snprintf(attachment->instance, sizeof(attachment->instance), "%s", instance);
	snprintf(attachment->member, sizeof(attachment->member), "%s", json_text(answer, "member"));
	attachment->may_type = strcmp(json_text(answer, "access"), "view") != 0;
	attachment->is_screen = json_flag(answer, "screen");
	attachment->credit = ATTACH_CREDIT_START;
}

/* The connection of the session, and what came behind the answer. */
static int take_over(struct attachment *attachment, struct session *session)
{
	attachment->connection = session->connection;
	session->connection = (struct connection){ .fd = -1 };
	return feed(attachment, session->held.data + session->held_at,
		session->held.len - session->held_at);
}

int attachment_open(struct attachment *attachment, struct error **err)
{
	AUTO_SESSION struct session session = SESSION_CLOSED;
	AUTO_JSON json_t *answer = NULL;
	int r = session_open(attachment->daemon, &session, err);

	if (r == 0)
		r = session_call(&session, "attach", make_args(attachment), &answer, err);
	if (r < 0)
		return r;
	learn(attachment, answer);
	if (attachment->ops->on_open)
		attachment->ops->on_open(attachment->data);
	r = take_over(attachment, &session);
	return r < 0 ? error_set(err, -r, "what the daemon sends is no attachment") : 0;
}

int attachment_come_back(
	struct attachment *attachment, bool (*wait)(void *data), void *data, struct error **err)
{
	attachment_close(attachment);
	do {
		AUTO_ERROR struct error *why = NULL;
		int r = attachment_open(attachment, &why);

		if (r == -EREMOTE)
			return error_move(err, &why);
		if (r == 0)
			return 0;
	} while (wait(data));
	return -EINTR;
}

const char *attachment_tell_missed(const struct attachment *attachment, char text[96])
{
	if (attachment->restarted)
		snprintf(text, 96,
			"back; the daemon was restarted: what was printed meanwhile may "
			"be missing");
	else if (attachment->missed)
		snprintf(text, 96, "back; %" PRIu64 " bytes missed", attachment->missed);
	else
		snprintf(text, 96, "back; nothing missed");
	return text;
}

/* ---- frames to the daemon ---- */

static void put(
	struct attachment *attachment, enum attach_type type, const void *payload, size_t len)
{
	uint8_t header[ATTACH_HEADER];

	attach_put_header(header, type, len);
	strbuf_append(&attachment->to_send, header, sizeof(header));
	strbuf_append(&attachment->to_send, payload, len);
}

size_t attachment_type(struct attachment *attachment, const void *bytes, size_t len)
{
	const char *at = bytes;
	size_t done = 0;

	while (done < len && attachment->credit) {
		size_t part = len - done;

		if (part > attachment->credit)
			part = attachment->credit;
		if (part > ATTACH_TO_DAEMON_MAX)
			part = ATTACH_TO_DAEMON_MAX;
		put(attachment, ATTACH_INPUT, at + done, part);
		attachment->credit -= part;
		done += part;
	}
	return done;
}

void attachment_ask_credit(struct attachment *attachment)
{
	put(attachment, ATTACH_INPUT, "", 0);
}

bool attachment_all_taken(const struct attachment *attachment)
{
	return attachment->credit == ATTACH_CREDIT_START;
}

void attachment_break(struct attachment *attachment)
{
	put(attachment, ATTACH_BREAK, "", 0);
}

void attachment_show(struct attachment *attachment)
{
	put(attachment, ATTACH_SHOWN, "", 0);
}

void attachment_resize(struct attachment *attachment, unsigned cols, unsigned rows)
{
	uint8_t frame[16];

	attachment->cols = cols;
	attachment->rows = rows;
	if (is_size(cols, rows))
		strbuf_append(&attachment->to_send, frame,
			(size_t)(attach_put_size(frame, cols, rows) - frame));
}

void attachment_wish(struct attachment *attachment, enum attach_wish wish, const char *text)
{
	uint8_t header[16];
	size_t len = text ? strnlen(text, ATTACH_TEXT_MAX) : 0;
	uint8_t *end = attach_put_request(header, ATTACH_REQUEST, 0, (uint8_t)wish, len);

	strbuf_append(&attachment->to_send, header, (size_t)(end - header));
	strbuf_append(&attachment->to_send, text ? text : "", len);
}

int attachment_send(struct attachment *attachment)
{
	struct strbuf *out = &attachment->to_send;
	ssize_t n;

	if (out->failed)
		return -ENOMEM;
	if (!out->len)
		return 0;
	n = send(attachment->connection.fd, out->data, out->len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	strbuf_drop(out, (size_t)n);
	return 0;
}
