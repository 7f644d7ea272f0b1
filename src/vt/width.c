/* SPDX-License-Identifier: MIT */
#include "vt/width.h"

#include <utf8proc.h>

/*
 * As wcwidth() of glibc, on the data of utf8proc. The blocks that make up most of real text are
 * answered without a look at the tables.
 */

static int format_control_width(uint32_t c)
{
	if (c == 0x200c || c == 0x200d || (c >= 0xe0020 && c <= 0xe007f))
		return 0;
	if ((c >= 0x600 && c <= 0x605) || c == 0x6dd || c == 0x70f || c == 0x8e2 || c == 0xad)
		return 1;
	return -1;
}

static int table_width(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME: return 0;
	case UTF8PROC_CATEGORY_CF: return format_control_width(c);
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP: return -1;
	default: return utf8proc_charwidth((utf8proc_int32_t)c) == 2 ? 2 : 1;
	}
}

int width_of(uint32_t c)
{
	if (width_is_one(c))
		return 1;
	if ((c >= 0x3400 && c < 0x4dc0) || (c >= 0x4e00 && c < 0xa000) ||
		(c >= 0xac00 && c < 0xd7a4) || (c >= 0x3041 && c < 0x3097))
		return 2;
	if ((c >= 0x1160 && c < 0x1200) || (c >= 0xd7b0 && c < 0xd800))
		return 0;
	return table_width(c);
}
