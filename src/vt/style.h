/* SPDX-License-Identifier: MIT */
#ifndef VT_STYLE_H
#define VT_STYLE_H

#include "vt/cell.h"

#include <string.h>

/** style_of_cell() - the cell without what stands in it */
static inline struct vt_cell style_of_cell(struct vt_cell cell)
{
	cell.ch = 0;
	cell.width = VT_NARROW;
	return cell;
}

/** cells_are_equal() - same character in the same style */
static inline bool cells_are_equal(struct vt_cell a, struct vt_cell b)
{
	return !memcmp(&a, &b, sizeof(a));
}

/** utf8_encode() - Return: bytes in @out */
static inline unsigned utf8_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

#endif
