/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct strbuf *text, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)at[i] << 16;
		char out[4] = { '=', '=', '=', '=' };

		bits |= n > 1 ? (uint32_t)at[i + 1] << 8 : 0;
		bits |= n > 2 ? at[i + 2] : 0u;
		for (size_t j = 0; j <= n; j++)
			out[j] = digits[bits >> (18 - 6 * j) & 0x3f];
		strbuf_append(text, out, sizeof(out));
	}
}

/* What a character is worth; NONE: nothing, as those that are not named. */
enum { SPACE = 0x40, PADDING, NONE };

static unsigned worth(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	switch (c) {
	case '+': return 62;
	case '/': return 63;
	case '=': return PADDING;
	case ' ':
	case '\t':
	case '\r':
	case '\n': return SPACE;
	default: return NONE;
	}
}

ssize_t base64_decode_in_place(void *text, size_t len)
{
	uint8_t *bytes = text, *out = bytes;
	uint32_t bits = 0;
	unsigned n = 0;
	bool padded = false;

	for (size_t i = 0; i < len; i++) {
		unsigned value = worth(bytes[i]);

		if (value == NONE || (padded && value < SPACE))
			return -EINVAL;
		padded |= value == PADDING;
		if (value >= SPACE)
			continue;
		bits = bits << 6 | value;
		n += 6;
		if (n < 8)
			continue;
		n -= 8;
		*out++ = (uint8_t)(bits >> n);
	}
	return out - bytes;
}

int base64_decode(struct strbuf *bytes, const char *text)
{
	size_t start = bytes->len;
	ssize_t len;

	strbuf_puts(bytes, text);
	if (bytes->failed)
		return 0;
	len = base64_decode_in_place(bytes->data + start, bytes->len - start);
	strbuf_truncate(bytes, start + (len < 0 ? 0 : (size_t)len));
	return len < 0 ? (int)len : 0;
}
