/* SPDX-License-Identifier: MIT */
/* syscalls: clock_gettime */
#include "base/stamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MS = 1000, NS_A_MS = 1000000 };

uint64_t stamp_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * MS + (uint64_t)now.tv_nsec / NS_A_MS;
}

size_t stamp_utc(char text[STAMP_BYTES], const struct timespec *at)
{
	char day[STAMP_BYTES - 8];
	struct tm tm;

	gmtime_r(&at->tv_sec, &tm);
	if (!strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
		day[0] = 0; /* a clock that is out of its mind */
	return (size_t)snprintf(
		text, STAMP_BYTES, "%s.%03uZ ", day, (unsigned)(at->tv_nsec / NS_A_MS) % MS);
}

size_t stamp_elapsed(char text[STAMP_BYTES], uint64_t ms)
{
	return (size_t)snprintf(text, STAMP_BYTES, "[%02" PRIu64 ":%02u:%02u.%03u] ", ms / 3600000,
		(unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000));
}

void stamp_lines(
	struct strbuf *out, bool *at_start, const char *stamp, const char *bytes, size_t len)
{
	while (len) {
		const char *newline = memchr(bytes, '\n', len);
		size_t line = newline ? (size_t)(newline - bytes) + 1 : len;

		if (*at_start)
			strbuf_puts(out, stamp);
		strbuf_append(out, bytes, line);
		*at_start = newline != NULL;
		bytes += line;
		len -= line;
	}
}
