/* SPDX-License-Identifier: MIT */
#include "client/history.h"

#include "base/base64.h"
#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { PIECE = 256 * 1024, TRIES = 64 };

/* ---- from the daemon ---- */

static int read_piece(struct session *session, json_t *args, struct strbuf *out, json_int_t *at,
	json_int_t *end, struct error **err)
{
	AUTO_JSON json_t *piece = NULL;
	int r = session_call(session, "console-history", args, &piece, err);

	if (r < 0)
		return r;
	if (base64_decode(out, json_text(piece, "data")) < 0)
		return error_set(err, EPROTO, "what the daemon sends is no base64");
	*at = json_number(piece, "next");
	*end = json_number(piece, "end");
	return out->failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

/* The oldest that is held in one piece with the newest. */
static int find_start(
	struct session *session, const char *console, json_int_t *ret_at, struct error **err)
{
	AUTO_JSON json_t *hub = NULL;
	int r = session_hub(session, console, &hub, err);

	if (r < 0)
		return r;
	*ret_at = json_number(hub, "held-from");
	if (*ret_at <= json_number(hub, "kept"))
		*ret_at = 0;
	return 0;
}

/* Return: 0, or the error of the first piece that could not be had. */
static int read_from(struct session *session, const char *console, json_t *first,
	struct strbuf *out, json_int_t *at, struct error **err)
{
	json_int_t end = 0;
	int r;

	json_object_set_new(first, "console", json_string(console));
	json_object_set_new(first, "size", json_integer(PIECE));
	json_object_set_new(first, "format", json_string("base64"));
	r = read_piece(session, first, out, at, &end, err);
	while (r == 0 && *at < end) {
		json_int_t before = *at;

		r = read_piece(session,
			json_pack("{s:s,s:I,s:i,s:s}", "console", console, "offset", *at, "size",
				PIECE, "format", "base64"),
			out, at, &end, err);
		if (*at == before)
			break;
	}
	return r;
}

/*
 * All that is held. Of a console that prints faster than it can be read, a piece of the newest:
 * begun again until one comes, and not gone on with, since what follows has gone meanwhile.
 */
static int read_held(struct session *session, const char *console, struct strbuf *out,
	json_int_t *at, struct error **err)
{
	size_t before = out->len;
	int r = 0;

	for (int i = 0; i < TRIES; i++) {
		AUTO_ERROR struct error *why = NULL;

		strbuf_truncate(out, before);
		r = find_start(session, console, at, err);
		if (r < 0)
			return r;
		r = read_from(session, console, json_pack("{s:I}", "offset", *at), out, at, &why);
		if (r == 0 || out->len > before)
			return 0;
		if (i == TRIES - 1)
			return error_set(err, error_code(why), "%s", error_message(why));
	}
	return r;
}

int history_read(struct session *session, const char *console, const json_t *range,
	struct strbuf *out, uint64_t *ret_end, struct error **err)
{
	json_int_t at = 0;
	int r = range ? read_from(session, console, json_copy((json_t *)(uintptr_t)range), out, &at,
				err)
		      : read_held(session, console, out, &at, err);

	if (r == 0 && ret_end)
		*ret_end = (uint64_t)at;
	return r;
}

/* ---- as text ---- */

/* Where in a control function it is [ECMA-48 5.3 to 5.6]. */
enum { TEXT, ESCAPE, INTERMEDIATE, SEQUENCE, STRING, STRING_ESCAPE };

static int after_escape(char c)
{
	if (c == '[')
		return SEQUENCE;
	if (c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X')
		return STRING;
	return c >= ' ' && c <= '/' ? INTERMEDIATE : TEXT;
}

static void put_text(char c, struct strbuf *out)
{
	if (c == '\b' && out->len && out->data[out->len - 1] != '\n')
		strbuf_truncate(out, out->len - 1);
	else if (c == '\n' || c == '\t' || (unsigned char)c >= ' ')
		strbuf_putc(out, c);
}

static int feed_byte(int state, char c, struct strbuf *out)
{
	if (c == '\033')
		return state == STRING ? STRING_ESCAPE : ESCAPE;
	switch (state) {
	case ESCAPE: return after_escape(c);
	case INTERMEDIATE: return c >= ' ' && c <= '/' ? INTERMEDIATE : TEXT;
	case SEQUENCE: return c >= '@' && c <= '~' ? TEXT : SEQUENCE;
	case STRING: return c == '\a' ? TEXT : STRING;
	case STRING_ESCAPE: return c == '\\' ? TEXT : after_escape(c);
	default: put_text(c, out); return TEXT;
	}
}

void plain_feed(struct plain *plain, const void *bytes, size_t len, struct strbuf *out)
{
	const char *at = bytes;

	for (size_t i = 0; i < len; i++)
		plain->state = feed_byte(plain->state, at[i], out);
}

void history_plain(const char *bytes, size_t len, struct strbuf *out)
{
	struct plain plain = { 0 };

	plain_feed(&plain, bytes, len, out);
}
