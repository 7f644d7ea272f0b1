/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <stdbool.h>

/* The first two bytes allow each other [Unicode 15, table 3-7]. */
static bool begins_well(const uint8_t *at)
{
	return !((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
		 (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f));
}

int utf8_wanted(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

int utf8_character(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	int wanted = utf8_wanted(at[0]);

	for (int i = 1; i < wanted; i++) {
		if ((size_t)i >= len)
			return -1;
		if ((at[i] & 0xc0) != 0x80 || (i == 1 && !begins_well(at)))
			return 0;
	}
	return wanted;
}

bool utf8_is_valid(const char *bytes, size_t len)
{
	while (len) {
		int n = utf8_character(bytes, len);

		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}
