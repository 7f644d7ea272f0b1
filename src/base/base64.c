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

int base64_decode(struct strbuf *bytes, const char *text)
{
	uint32_t bits = 0;
	unsigned n = 0;

	for (; *text && *text != '='; text++) {
		const char *digit = strchr(digits, *text);

		if (strchr(" \t\r\n", *text))
			continue;
		if (!digit)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)(digit - digits);
		n += 6;
		if (n < 8)
			continue;
		n -= 8;
		strbuf_putc(bytes, (char)(bits >> n & 0xff));
	}
	return text[strspn(text, "= \t\r\n")] ? -EINVAL : 0;
}
