/* SPDX-License-Identifier: MIT */
#include "control/json-text.h"

#include "base/strbuf.h"
#include "base/utf8.h"

/* Return: the length of what was begun of a character at @at, and is none. */
static size_t broken_len(const unsigned char *at, size_t len)
{
	int wanted = utf8_wanted(at[0]);
	size_t n = 1;

	while ((int)n < wanted && n < len && (at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

json_t *json_of_bytes(const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	size_t at = 0;

	while (at < len) {
		const unsigned char *from = (const unsigned char *)bytes + at;
		int n = utf8_character(from, len - at);

		if (n > 0)
			strbuf_append(&text, from, (size_t)n);
		else
			strbuf_puts(&text, "\xef\xbf\xbd");
		at += n > 0 ? (size_t)n : broken_len(from, len - at);
	}
	return text.failed ? NULL : json_stringn(text.data ? text.data : "", text.len);
}
