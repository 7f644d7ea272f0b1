/* SPDX-License-Identifier: MIT */
#ifndef BASE_STAMP_H
#define BASE_STAMP_H

#include "base/strbuf.h"

#include <stdint.h>
#include <time.h>

/* The time in front of lines. */

enum { STAMP_BYTES = 32 };

/** stamp_now_ms() - since 1970 */
uint64_t stamp_now_ms(void);

/** stamp_utc() - "2026-11-29T18:03:22.417Z ", ISO 8601. Return: its length */
size_t stamp_utc(char text[STAMP_BYTES], const struct timespec *at);

/** stamp_elapsed() - "[00:01:02.003] ", hours and on. Return: its length */
size_t stamp_elapsed(char text[STAMP_BYTES], uint64_t ms);

/**
 * stamp_lines() - append bytes, with a stamp in front of each line
 * @at_start: is the first byte that of a line? Afterwards: is the next one
 */
void stamp_lines(
	struct strbuf *out, bool *at_start, const char *stamp, const char *bytes, size_t len);

#endif
