/* SPDX-License-Identifier: MIT */
#include "vt/engine.h"

/*
 * What plain text leaves behind. It changes cells, the cursor, and whether a wrap is pending or REP
 * has something to repeat, and nothing else; a CR and a line feed at its end leave the cursor in
 * the first column. Which row that is does not matter once the text that follows has scrolled it,
 * and all others, off the screen and out of the scrollback: the rows that are shown at first, their
 * sizes and what stands in them, are gone after as many line feeds as there are rows to move down
 * and rows to scroll away, and lines that are kept.
 *
 * That the scrollback keeps its full number of lines is only certain while bytes do not limit it.
 */

/* A line of the scrollback that was plain text: its heads and style, and a byte for each column. */
enum { LINE_BYTES = 48 };

static bool is_scrollback_ample(const struct vt *vt)
{
	const struct scrollback *sb = &vt->scrollback;

	return (uint64_t)sb->max_lines * (LINE_BYTES + vt->cols) <= sb->max_bytes / 2;
}

static bool has_margins(const struct vt *vt)
{
	return vt->top != 0 || vt->bottom != vt->rows - 1 || vt->left != 0 ||
	       vt->right != vt->cols - 1;
}

bool vt_may_put_off(const struct vt *vt)
{
	const struct parser *parser = &vt->parser;

	return parser->state == STATE_GROUND && !parser->utf8_need && !parser->utf8_off &&
	       !has_margins(vt) && !vt_mode(vt, MODE_INSERT);
}

uint64_t vt_skip_after(const struct vt *vt)
{
	if (vt->slow_print || !vt_may_put_off(vt))
		return UINT64_MAX;
	if (vt->screen == &vt->alt)
		return 2 * vt->rows;
	return is_scrollback_ample(vt) ? 2 * vt->rows + vt->scrollback.max_lines : UINT64_MAX;
}

void vt_skip(struct vt *vt, uint64_t len)
{
	vt->x = 0;
	vt->wrap_pending = vt->repeatable = false;
	vt->parser.offset += len;
	vt->parser.settled = vt->parser.offset;
}
