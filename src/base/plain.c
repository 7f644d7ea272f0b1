/* SPDX-License-Identifier: MIT */
#include "base/plain.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

/* Where in a control function it is [ECMA-48 5.3 to 5.6]. */
enum { TEXT, ESCAPE, INTERMEDIATE, SEQUENCE, STRING, STRING_ESCAPE };

enum {
	PARAM_MAX = 1000,
	PADDED_MAX = 4096,	/* a line that is longer is not padded */
	STRING_MAX = 64 * 1024, /* one that is longer was none: it would swallow all that comes */
	CAN = 0x18,
	SUB = 0x1a,
};

/* ---- the line ---- */

static size_t line_start(const struct strbuf *out)
{
	const char *newline = out->len ? memrchr(out->data, '\n', out->len) : NULL;

	return newline ? (size_t)(newline - out->data) + 1 : 0;
}

/* Return: one character on from @at, which is not the end. */
static size_t next(const struct strbuf *out, size_t at)
{
	do
		at++;
	while (at < out->len && utf8_is_inside(out->data[at]));
	return at;
}

static void cut(struct strbuf *out, size_t from, size_t to)
{
	memmove(out->data + from, out->data + to, out->len - to);
	strbuf_truncate(out, out->len - (to - from));
}

static void insert(struct strbuf *out, size_t at, char c)
{
	size_t len = out->len;

	strbuf_putc(out, c);
	if (out->failed)
		return;
	memmove(out->data + at + 1, out->data + at, len - at);
	out->data[at] = c;
}

/* What the cursor leaves behind it where it goes back over blanks is not seen. */
static void drop_blanks(struct plain *plain, struct strbuf *out)
{
	size_t at = out->len - plain->behind;

	if (plain->behind && strspn(out->data + at, " ") == plain->behind) {
		strbuf_truncate(out, at);
		plain->behind = 0;
	}
}

static void move_back(struct plain *plain, struct strbuf *out, unsigned n)
{
	size_t start = line_start(out), at = out->len - plain->behind;

	while (n-- && at > start)
		do
			at--;
		while (at > start && utf8_is_inside(out->data[at]));
	plain->behind = out->len - at;
}

static void move_on(struct plain *plain, struct strbuf *out, unsigned n)
{
	size_t at = out->len - plain->behind;

	while (n && at < out->len) {
		at = next(out, at);
		n--;
	}
	plain->behind = out->len - at;
	if (plain->behind)
		return;
	for (size_t len = out->len - line_start(out); n && len < PADDED_MAX; n--, len++)
		strbuf_putc(out, ' ');
}

static void move_to_start(struct plain *plain, struct strbuf *out)
{
	plain->behind = out->len - line_start(out);
}

static void put_over(struct plain *plain, struct strbuf *out, char c)
{
	size_t at = out->len - plain->behind;

	if (plain->behind && !((c | out->data[at]) & 0x80)) {
		out->data[at] = c;
		plain->behind--;
		return;
	}
	if (plain->behind && !utf8_is_inside(c))
		cut(out, at, next(out, at));
	insert(out, at, c);
	plain->behind = out->failed ? 0 : out->len - at - 1;
}

/* ---- control functions ---- */

static void erase_in_line(struct plain *plain, struct strbuf *out)
{
	size_t start = line_start(out), at = out->len - plain->behind;

	if (plain->param == 1) {
		memset(out->data + start, ' ', at - start);
		return;
	}
	strbuf_truncate(out, at);
	plain->behind = 0;
	if (plain->param == 2 && at > start)
		memset(out->data + start, ' ', at - start);
}

static void delete (struct plain *plain, struct strbuf *out, unsigned n)
{
	size_t from = out->len - plain->behind, to = from;

	while (n-- && to < out->len)
		to = next(out, to);
	cut(out, from, to);
	plain->behind = out->len - from;
}

static void end_sequence(struct plain *plain, struct strbuf *out, char c)
{
	unsigned n = plain->param ? plain->param : 1;

	if (!out->data)
		return;
	switch (c) {
	case 'C': move_on(plain, out, n); break;
	case 'D': move_back(plain, out, n); break;
	case 'G':
		move_to_start(plain, out);
		move_on(plain, out, n - 1);
		break;
	case 'K': erase_in_line(plain, out); break;
	case 'P': delete (plain, out, n); break;
	default: break;
	}
}

static int feed_sequence(struct plain *plain, char c, struct strbuf *out)
{
	if (c >= '0' && c <= '9' && plain->param < PARAM_MAX) {
		plain->param = plain->param * 10 + (unsigned)(c - '0');
		return SEQUENCE;
	}
	if (c < '@' || c > '~')
		return SEQUENCE;
	end_sequence(plain, out, c);
	return TEXT;
}

static int after_escape(struct plain *plain, char c)
{
	plain->param = 0;
	if (c == '[')
		return SEQUENCE;
	if (c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X')
		return STRING;
	return c >= ' ' && c <= '/' ? INTERMEDIATE : TEXT;
}

static void put_text(struct plain *plain, char c, struct strbuf *out)
{
	if (c == '\n') {
		strbuf_putc(out, c);
		plain->behind = 0;
	} else if (c == '\t' || (unsigned char)c >= ' ') {
		put_over(plain, out, c);
	} else if (out->len && c == '\b') {
		move_back(plain, out, 1);
		drop_blanks(plain, out);
	} else if (out->len && c == '\r') {
		move_to_start(plain, out);
	}
}

static int feed_string(struct plain *plain, char c)
{
	return c == '\a' || ++plain->param > STRING_MAX ? TEXT : STRING;
}

/* A control character in the midst of a sequence is as good as before it. */
static bool is_amid(const struct plain *plain, char c)
{
	return (unsigned char)c < ' ' &&
	       (plain->state == ESCAPE || plain->state == INTERMEDIATE || plain->state == SEQUENCE);
}

static int feed_byte(struct plain *plain, char c, struct strbuf *out)
{
	if (c == '\033')
		return plain->state == STRING ? STRING_ESCAPE : ESCAPE;
	if (c == CAN || c == SUB)
		return TEXT;
	if (is_amid(plain, c)) {
		put_text(plain, c, out);
		return plain->state;
	}
	switch (plain->state) {
	case ESCAPE: return after_escape(plain, c);
	case INTERMEDIATE: return c >= ' ' && c <= '/' ? INTERMEDIATE : TEXT;
	case SEQUENCE: return feed_sequence(plain, c, out);
	case STRING: return feed_string(plain, c);
	case STRING_ESCAPE: return c == '\\' ? TEXT : after_escape(plain, c);
	default: put_text(plain, c, out); return TEXT;
	}
}

/* Return: how many of the next bytes are text that follows what is there. */
static size_t plain_run(const struct plain *plain, const char *bytes, size_t len)
{
	size_t n = 0;

	while (plain->state == TEXT && !plain->behind && n < len && (unsigned char)bytes[n] >= ' ')
		n++;
	return n;
}

void plain_feed(struct plain *plain, const void *bytes, size_t len, struct strbuf *out)
{
	const char *at = bytes, *end = at + len;

	if (plain->behind > out->len - line_start(out))
		plain->behind = out->len - line_start(out);
	while (at < end && !out->failed) {
		size_t n = plain_run(plain, at, (size_t)(end - at));

		if (n)
			strbuf_append(out, at, n);
		else
			plain->state = feed_byte(plain, at[n++], out);
		at += n;
	}
}

void plain_text(const char *bytes, size_t len, struct strbuf *out)
{
	struct plain plain = { 0 };

	plain_feed(&plain, bytes, len, out);
}
