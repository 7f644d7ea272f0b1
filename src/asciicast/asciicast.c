/* SPDX-License-Identifier: MIT */
/*
 * Bytes come as they were read, cut anywhere. A line holds whole characters only: the beginning of
 * one is held until the rest comes, and is part of the event that ends it.
 */
/* syscalls: clock_gettime */
#include "asciicast/asciicast.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { US = 1000000 };

#define EACH 0x0101010101010101U /* of eight bytes at once */

/* ---- strings of JSON ---- */

static bool is_plain(uint8_t byte)
{
	return byte >= ' ' && byte != '"' && byte != '\\' && byte < 0x7f;
}

/* Is any byte of the eight below @limit, 128 at most? Those above 127 are not looked at. */
static uint64_t below(uint64_t bytes, uint8_t limit)
{
	return (bytes - EACH * limit) & ~bytes & EACH << 7;
}

static bool are_plain(const uint8_t at[8])
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return !(below(bytes, ' ') | below(bytes ^ EACH * '"', 1) | below(bytes ^ EACH * '\\', 1) |
		 ((bytes + EACH) & EACH << 7) | (bytes & EACH << 7));
}

/* Return: how many of the bytes, from the first on, stand for themselves: whole characters. */
static size_t span(const uint8_t *at, size_t len)
{
	size_t n = 0;

	while (n < len) {
		int more = 1;

		if (len - n >= 8 && are_plain(at + n)) {
			n += 8;
			continue;
		}
		if (!is_plain(at[n]))
			more = at[n] < 0x80 ? 0 : utf8_character(at + n, len - n);
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	return n;
}

/* Return: the letter behind a backslash; 0: it has none. */
static char letter_of(uint8_t byte)
{
	switch (byte) {
	case '"':
	case '\\': return (char)byte;
	case '\r': return 'r';
	case '\n': return 'n';
	case '\t': return 't';
	default: return 0;
	}
}

/* An event may hold thousands: nothing is formatted for them. */
static void put_escape(struct strbuf *out, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	const char code[] = { '\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15] };
	const char pair[] = { '\\', letter_of(byte) };

	if (pair[1])
		strbuf_append(out, pair, sizeof(pair));
	else
		strbuf_append(out, code, sizeof(code));
}

/* Return: how many of the bytes are left: the beginning of a character. */
static size_t put_text(struct strbuf *out, const uint8_t *at, size_t len)
{
	for (;;) {
		size_t plain = span(at, len);

		strbuf_append(out, at, plain);
		at += plain;
		len -= plain;
		if (!len || utf8_character(at, len) < 0)
			return len;
		if (*at < 0x80)
			put_escape(out, *at);
		else
			strbuf_puts(out, "\\ufffd");
		at++;
		len--;
	}
}

static void put_whole_text(struct strbuf *out, const char *text)
{
	if (put_text(out, (const uint8_t *)text, strlen(text)))
		strbuf_puts(out, "\\ufffd");
}

/* ---- lines ---- */

void asciicast_begin(
	struct asciicast *cast, struct strbuf *out, const char *title, unsigned cols, unsigned rows)
{
	*cast = (struct asciicast){ .start_us = clock_us() };
	strbuf_printf(out, "{\"version\":2,\"width\":%u,\"height\":%u,\"timestamp\":%" PRId64, cols,
		rows, (int64_t)time(NULL));
	if (title) {
		strbuf_puts(out, ",\"title\":\"");
		put_whole_text(out, title);
		strbuf_puts(out, "\"");
	}
	strbuf_puts(out, ",\"env\":{\"TERM\":\"xterm-256color\"}}\n");
}

static void begin_event(const struct asciicast *cast, struct strbuf *out, uint64_t at_us, char kind)
{
	uint64_t us = at_us > cast->start_us ? at_us - cast->start_us : 0;

	strbuf_printf(out, "[%" PRIu64 ".%06" PRIu64 ", \"%c\", \"", us / US, us % US, kind);
}

static void end_event(struct strbuf *out)
{
	strbuf_puts(out, "\"]\n");
}

/*
 * What is held is told with the first of the bytes: those of its character, or that show that it is
 * none. Return: how many of them are told, or held too.
 */
static size_t put_held(struct asciicast *cast, struct strbuf *out, enum asciicast_stream stream,
	const uint8_t *bytes, size_t len)
{
	uint8_t *held = cast->held[stream], all[2 * ASCIICAST_HELD];
	size_t had = cast->held_len[stream];
	size_t more = len < ASCIICAST_HELD ? len : ASCIICAST_HELD;
	size_t left;

	if (!had)
		return 0;
	memcpy(all, held, had);
	memcpy(all + had, bytes, more);
	left = put_text(out, all, had + more);
	cast->held_len[stream] = 0;
	if (left <= more)
		return more - left;
	memcpy(held, all, left);
	cast->held_len[stream] = left;
	return more;
}

void asciicast_put(struct asciicast *cast, struct strbuf *out, enum asciicast_stream stream,
	uint64_t at_us, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t before = out->len, text, told, left;

	if (!len)
		return;
	begin_event(cast, out, at_us, stream == ASCIICAST_OUT ? 'o' : 'i');
	text = out->len;
	told = put_held(cast, out, stream, at, len);
	if (told < len) {
		left = put_text(out, at + told, len - told);
		cast->held_len[stream] = left;
		memcpy(cast->held[stream], at + len - left, left);
	}
	if (out->len > text)
		end_event(out);
	else if (!out->failed)
		strbuf_truncate(out, before);
}

void asciicast_end(struct asciicast *cast, struct strbuf *out, uint64_t at_us)
{
	for (int stream = 0; stream < ASCIICAST_STREAMS; stream++) {
		if (!cast->held_len[stream])
			continue;
		begin_event(cast, out, at_us, stream == ASCIICAST_OUT ? 'o' : 'i');
		strbuf_puts(out, "\\ufffd");
		end_event(out);
		cast->held_len[stream] = 0;
	}
}

void asciicast_resize(
	struct asciicast *cast, struct strbuf *out, uint64_t at_us, unsigned cols, unsigned rows)
{
	begin_event(cast, out, at_us, 'r');
	strbuf_printf(out, "%ux%u", cols, rows);
	end_event(out);
}

void asciicast_mark(struct asciicast *cast, struct strbuf *out, uint64_t at_us, const char *label)
{
	begin_event(cast, out, at_us, 'm');
	put_whole_text(out, label);
	end_event(out);
}
