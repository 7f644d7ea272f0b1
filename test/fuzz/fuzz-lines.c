/* SPDX-License-Identifier: MIT */
/*
 * What a guest prints, in pieces whose length the first byte says, is cut into lines. Whatever it
 * is, a line has no control character but the tab, is not blank, and is not longer than was said.
 */
#include "backend/lines.h"

#include <assert.h>
#include <string.h>

enum { LINE_MAX_BYTES = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool take(void *data, const char *text, size_t len, bool whole)
{
	size_t blanks = 0;

	assert(len >= 1 && len <= LINE_MAX_BYTES);
	for (size_t i = 0; i < len; i++) {
		assert(text[i] == '\t' || (unsigned char)text[i] >= ' ');
		blanks += text[i] == '\t' || text[i] == ' ';
	}
	assert(blanks < len);
	(void)data;
	(void)whole;
	return len % 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct lines lines = { .max = LINE_MAX_BYTES };
	size_t piece = len ? bytes[0] + 1u : 1;

	for (size_t at = 1; at < len;) {
		size_t n = len - at < piece ? len - at : piece;
		size_t taken = lines_feed(&lines, (const char *)bytes + at, n, take, NULL);

		assert(taken >= 1 && taken <= n);
		at += taken;
	}
	lines_give_part(&lines, take, NULL);
	lines_done(&lines);
	return 0;
}
