/* SPDX-License-Identifier: MIT */
#include "control/json-text.h"

#include "base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

/* How many bytes follow a first one; -1: it is none. */
static int followers(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first < 0xc2 || first > 0xf4)
		return -1;
	return first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

/* Longer than needed, half of a pair, or beyond Unicode: the second byte tells. */
static bool fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0: return second >= 0xa0;
	case 0xed: return second < 0xa0;
	case 0xf0: return second >= 0x90;
	case 0xf4: return second < 0x90;
	default: return true;
	}
}

/* Return: the length of the character, or of what was begun of one, at @at. */
static size_t measure(const unsigned char *at, size_t len, bool *ret_valid)
{
	int more = followers(at[0]);
	size_t n = 1;

	*ret_valid = false;
	if (more < 0)
		return 1;
	while (n <= (size_t)more && n < len && (at[n] & 0xc0) == 0x80)
		n++;
	*ret_valid = n == (size_t)more + 1 && (n < 2 || fits(at[0], at[1]));
	return n;
}

json_t *json_of_bytes(const char *bytes, size_t len)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	size_t at = 0;

	while (at < len) {
		bool valid;
		size_t n = measure((const unsigned char *)bytes + at, len - at, &valid);

		if (valid)
			strbuf_append(&text, bytes + at, n);
		else
			strbuf_puts(&text, "\xef\xbf\xbd");
		at += n;
	}
	return text.failed ? NULL : json_stringn(text.data ? text.data : "", text.len);
}
