/* SPDX-License-Identifier: MIT */
#include "base/patterns.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

bool patterns_fit(const char *patterns, const char *text)
{
	char pattern[PATTERN_MAX + 1];

	while (*(patterns += strspn(patterns, " "))) {
		size_t len = strcspn(patterns, " ");

		snprintf(pattern, sizeof(pattern), "%.*s", (int)len, patterns);
		if (!fnmatch(pattern, text, 0))
			return true;
		patterns += len;
	}
	return false;
}

bool patterns_is_name(const char *patterns)
{
	size_t len = strcspn(patterns, " *?[\\");

	return len > 0 && len <= PATTERN_MAX && !patterns[len];
}
