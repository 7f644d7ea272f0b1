/* SPDX-License-Identifier: MIT */
#include "display/plain.h"

#include "vt/width.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

enum { ELLIPSIS = 0x2026, REPLACEMENT = 0xfffd };

uint32_t plain_next(const char **at)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t used =
		utf8proc_iterate((const utf8proc_uint8_t *)*at, (utf8proc_ssize_t)strlen(*at), &c);

	*at += used > 0 ? used : 1;
	return used > 0 ? (uint32_t)c : REPLACEMENT;
}

static bool is_control(uint32_t c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0);
}

static unsigned cells_of(uint32_t c)
{
	int width = is_control(c) ? 1 : width_of(c);

	return width > 0 ? (unsigned)width : 0;
}

static void put(struct strbuf *out, uint32_t c)
{
	utf8proc_uint8_t bytes[4];

	if (is_control(c))
		strbuf_putc(out, '?');
	else
		strbuf_append(out, bytes, (size_t)utf8proc_encode_char((utf8proc_int32_t)c, bytes));
}

void plain_cut(struct strbuf *out, const char *text, unsigned cols)
{
	unsigned left = cols;
	size_t fits = out->len; /* so much leaves a cell for the ellipsis */

	while (*text) {
		uint32_t c = plain_next(&text);
		unsigned cells = cells_of(c);

		if (cells > left) {
			strbuf_truncate(out, fits);
			if (cols)
				put(out, ELLIPSIS);
			return;
		}
		left -= cells;
		put(out, c);
		if (left)
			fits = out->len;
	}
}
