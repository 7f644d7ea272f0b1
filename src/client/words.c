/* SPDX-License-Identifier: MIT */
#include "client/words.h"

#include "base/utf8.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* C0, DEL, and C1 in UTF-8. */
static bool is_control(const uint8_t *at)
{
	return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

char *words_clean(const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text;
	char *clean = malloc(len + 1), *end = clean;

	if (!clean)
		return NULL;
	while (len) {
		int found = utf8_character(at, len);
		size_t n = found > 0 ? (size_t)found : 1;

		if (found > 0 && !is_control(at)) {
			memcpy(end, at, n);
			end += n;
		} else {
			*end++ = '?';
		}
		at += n;
		len -= n;
	}
	*end = '\0';
	return clean;
}

enum words_fit words_match(const char *pattern, const char *name)
{
	if (!strcmp(pattern, name))
		return WORDS_EXACT;
	if (strpbrk(pattern, "*?["))
		return fnmatch(pattern, name, 0) ? WORDS_NO_FIT : WORDS_GLOB;
	return strncmp(pattern, name, strlen(pattern)) ? WORDS_NO_FIT : WORDS_PREFIX;
}

int words_thousandths(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0, unit = 0;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text; text++) {
		if (*text == '.' && !unit) {
			unit = 1000;
			continue;
		}
		if (*text < '0' || *text > '9' || unit == 1)
			return -EINVAL;
		value = value * 10 + (uint64_t)(*text - '0');
		unit /= 10;
		if (value > max)
			return -ERANGE;
	}
	value *= unit ? unit : 1000;
	if (value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}
