/* SPDX-License-Identifier: MIT */
#include "backend/lines.h"

#include "base/utf8.h"

#include <string.h>

enum {
	PIECE_BYTES = 1024, /* fed at once: one line at most, of a bounded length, comes of it */
	CHARACTER_MAX = 4,
};

static bool is_blank(const char *text, size_t len)
{
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return !len;
}

/* Return: how many bytes at the end are the beginning of a character. */
static size_t half_character(const char *text, size_t len)
{
	for (size_t n = 1; n < CHARACTER_MAX && n <= len; n++)
		if (!utf8_is_inside(text[len - n]))
			return utf8_character(text + len - n, n) < 0 ? n : 0;
	return 0;
}

/* Return: where to cut a text that is longer than @max, between characters where there are any. */
static size_t cut_at(const char *text, size_t max)
{
	for (size_t n = 0; n < CHARACTER_MAX && n < max; n++)
		if (!utf8_is_inside(text[max - n]))
			return max - n;
	return max;
}

static bool give(const char *text, size_t len, bool whole, lines_fn *fn, void *data)
{
	return is_blank(text, len) || fn(data, text, len, whole);
}

/* The first @len bytes, in parts where they are too many; the last one only if it is @whole. */
static bool give_long(
	struct lines *lines, size_t len, bool whole, size_t *ret_given, lines_fn *fn, void *data)
{
	const char *text = lines->text.data;
	bool more = true;
	size_t at = 0;

	while (len - at > lines->max) {
		size_t part = cut_at(text + at, lines->max);

		more &= give(text + at, part, false, fn, data);
		at += part;
	}
	if (whole) {
		more &= give(text + at, len - at, true, fn, data);
		at = len;
	}
	*ret_given = at;
	return more;
}

/* What there is to give of the text. Return: as lines_fn. */
static bool give_text(struct lines *lines, lines_fn *fn, void *data)
{
	struct strbuf *text = &lines->text;
	const char *newline;
	size_t given;
	bool more;

	if (text->failed) {
		lines->lost++;
		strbuf_done(text);
	}
	if (!text->len)
		return true;
	newline = memchr(text->data, '\n', text->len);
	more = give_long(lines, newline ? (size_t)(newline - text->data) : text->len,
		newline != NULL, &given, fn, data);
	strbuf_drop(text, given + (newline != NULL));
	return more;
}

static size_t piece_of(const char *bytes, size_t len)
{
	size_t most = len < PIECE_BYTES ? len : PIECE_BYTES;
	const char *newline = memchr(bytes, '\n', most);

	return newline ? (size_t)(newline - bytes) + 1 : most;
}

size_t lines_feed(struct lines *lines, const char *bytes, size_t len, lines_fn *fn, void *data)
{
	size_t at = 0;
	bool more = true;

	while (at < len && more) {
		size_t piece = piece_of(bytes + at, len - at);

		plain_feed(&lines->plain, bytes + at, piece, &lines->text);
		more = give_text(lines, fn, data);
		at += piece;
	}
	return at;
}

void lines_give_part(struct lines *lines, lines_fn *fn, void *data)
{
	struct strbuf *text = &lines->text;
	size_t len = text->len - (text->len ? half_character(text->data, text->len) : 0);

	if (!len)
		return;
	give(text->data, len, false, fn, data);
	strbuf_drop(text, len);
}

bool lines_has_part(const struct lines *lines)
{
	return lines->text.len && !is_blank(lines->text.data, lines->text.len);
}

void lines_done(struct lines *lines)
{
	strbuf_done(&lines->text);
}
