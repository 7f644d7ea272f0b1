/* SPDX-License-Identifier: MIT */
#ifndef VT_WIDTH_H
#define VT_WIDTH_H

#include <stdbool.h>
#include <stdint.h>

/** width_of() - columns of a character: 1, 2; 0: joins the one before; -1: not shown at all */
int width_of(uint32_t c);

/** width_is_one() - whether that is known at once; for most of text that is not CJK */
static inline bool width_is_one(uint32_t c)
{
	return c < 0x300 || (c >= 0x370 && c < 0x483) || (c >= 0x48a && c < 0x591) ||
	       (c >= 0x2500 && c < 0x2600) || c == 0xfffd;
}

#endif
