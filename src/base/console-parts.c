/* SPDX-License-Identifier: MIT */
#include "base/console-parts.h"

#include <stddef.h>
#include <string.h>

const char *const console_suffixes[] = { "", ".guest", ".listen", ".vc", ".journal", ".syslog",
	".null", ".record", ".device", NULL };

bool console_is_part(const char *id, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(id, name, len) != 0)
		return false;
	for (const char *const *suffix = console_suffixes; *suffix; suffix++)
		if (!strcmp(id + len, *suffix))
			return true;
	return false;
}
