/* SPDX-License-Identifier: MIT */
#ifndef VT_CELL_H
#define VT_CELL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What stands in one column of one row. All zero is a blank cell in default colours, so memset()
 * makes blank rows. Two cells look the same exactly when their 16 bytes are the same (as long as
 * both come from the same engine).
 */

/* Colours, 25 bits: 0 is "the default", then 256 indexed ones, then 24-bit ones. */
#define VT_COLOR_DEFAULT      0u
#define VT_COLOR_INDEX(i)     ((uint32_t)(i) + 1u)
#define VT_COLOR_RGB(r, g, b) (1u << 24 | (uint32_t)(r) << 16 | (uint32_t)(g) << 8 | (uint32_t)(b))
#define VT_COLOR_IS_INDEX(c)  ((c)-1u < 256u)
#define VT_COLOR_IS_RGB(c)    ((c) >> 24 != 0)
#define VT_COLOR_INDEX_OF(c)  ((c)-1u)
#define VT_COLOR_RGB_OF(c)    ((c)&0xffffffu)

/* struct vt_cell.ch: a Unicode scalar value, or with this bit the number of a grapheme cluster. */
#define VT_CH_CLUSTER (1u << 21)

/* struct vt_cell.width */
enum vt_width {
	VT_NARROW = 0,
	VT_WIDE = 1,	  /* the left half of a two-column character */
	VT_WIDE_TAIL = 2, /* its right half: same colours and attributes, ch == 0 */
};

/* struct vt_cell.attr */
enum vt_attr {
	VT_BOLD = 1 << 0,
	VT_FAINT = 1 << 1,
	VT_ITALIC = 1 << 2,
	VT_BLINK = 1 << 3,
	VT_INVERSE = 1 << 4,
	VT_INVISIBLE = 1 << 5,
	VT_STRIKE = 1 << 6,
	VT_OVERLINE = 1 << 7,
	VT_PROTECTED = 1 << 8, /* DECSCA: selective erase leaves it alone; not visible */
};

/* struct vt_cell.underline */
enum vt_underline {
	VT_UNDERLINE_NONE,
	VT_UNDERLINE_SINGLE,
	VT_UNDERLINE_DOUBLE,
	VT_UNDERLINE_CURLY,
	VT_UNDERLINE_DOTTED,
	VT_UNDERLINE_DASHED,
};

/**
 * struct vt_cell - one column
 * @ch:              character: 0: blank (never written or erased; only @bg is set then);
 *                   else a scalar value (U+0020 and up, no control characters); with
 *                   VT_CH_CLUSTER: see vt_cluster()
 * @width:           enum vt_width
 * @attr:            enum vt_attr bits
 * @underline:       enum vt_underline
 * @fg:              text colour, VT_COLOR_*
 * @bg:              background, VT_COLOR_*
 * @underline_color: VT_COLOR_*; default: as the text
 * @link:            0, or a hyperlink: see vt_link_uri()
 *
 * Colours are as the guest set them: VT_INVERSE, VT_INVISIBLE and bold-as-bright are not applied.
 * vt_resolve_cell() applies them.
 */
struct vt_cell {
	uint64_t ch : 22;
	uint64_t width : 2;
	uint64_t attr : 12;
	uint64_t underline : 3;
	uint64_t fg : 25;

	uint64_t bg : 25;
	uint64_t underline_color : 25;
	uint64_t link : 14;
};

_Static_assert(sizeof(struct vt_cell) == 16, "a cell is two words");

#endif
