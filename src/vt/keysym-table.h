/* SPDX-License-Identifier: MIT */
#ifndef VT_KEYSYM_TABLE_H
#define VT_KEYSYM_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* The keysyms @first..@first + @count - 1 stand for @unicode and the characters after it. */
struct keysym_run {
	uint16_t first, count, unicode;
};

extern const struct keysym_run keysym_runs[];
extern const size_t keysym_run_count;

#endif
