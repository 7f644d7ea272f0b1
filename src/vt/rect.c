/* SPDX-License-Identifier: MIT */
#include "vt/rect.h"
#include "vt/edit.h"
#include "vt/engine.h"
#include "vt/report.h"
#include "vt/sgr.h"
#include "vt/style.h"
#include "vt/width.h"

/*
 * Rectangles [VT510 manual: DECCRA, DECFRA, DECERA, DECSERA, DECCARA, DECRARA, DECSACE, DECRQCRA].
 * Coordinates count from the margins in origin mode and are cut to them, else to the screen. A wide
 * character that a border cuts loses its other half.
 */
struct rect {
	unsigned top, left, end_row, end_col; /* the ends are exclusive */
};

struct area {
	unsigned top, left, rows, cols;
};

/* Where coordinates may lie. */
static struct area allowed(const struct vt *vt)
{
	if (!vt_mode(vt, MODE_ORIGIN))
		return (struct area){ 0, 0, vt->rows, vt->cols };
	return (struct area){ vt->top, vt->left, vt->bottom - vt->top + 1,
		vt->right - vt->left + 1 };
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Four parameters from @i on: top, left, bottom, right. False: there is nothing inside. */
static bool read_rect(const struct vt *vt, const struct csi *csi, unsigned i, struct rect *ret_rect)
{
	struct area area = allowed(vt);
	unsigned top = (unsigned)csi_param(csi, i, 1), left = (unsigned)csi_param(csi, i + 1, 1);
	unsigned bottom = (unsigned)csi_param(csi, i + 2, (int)area.rows);
	unsigned right = (unsigned)csi_param(csi, i + 3, (int)area.cols);

	bottom = least(bottom, area.rows);
	right = least(right, area.cols);
	if (top > bottom || left > right)
		return false;
	*ret_rect = (struct rect){ area.top + top - 1, area.left + left - 1, area.top + bottom,
		area.left + right };
	return true;
}

void handle_deccra(struct vt *vt, const struct csi *csi)
{
	struct area area = allowed(vt);
	unsigned top = (unsigned)csi_param(csi, 5, 1), left = (unsigned)csi_param(csi, 6, 1);
	struct rect from;

	if (!read_rect(vt, csi, 0, &from) || top > area.rows || left > area.cols)
		return;
	screen_copy_cells(vt, from.top, from.left,
		least(from.end_row - from.top, area.rows - top + 1),
		least(from.end_col - from.left, area.cols - left + 1), area.top + top - 1,
		area.left + left - 1);
}

void handle_decfra(struct vt *vt, const struct csi *csi)
{
	struct vt_cell cell = vt->pen, *cells;
	int c = csi_param(csi, 0, ' ');
	struct rect rect;

	if (c < 0x20 || c == 0x7f || (c > 0x7e && c < 0xa0) || c > 0xff ||
		!read_rect(vt, csi, 1, &rect))
		return;
	cell.ch = (unsigned)c & 0xff;
	for (unsigned y = rect.top; y < rect.end_row; y++) {
		cells = row_open(vt, vt->screen->line[y], rect.left, rect.end_col);
		for (unsigned x = 0; x < rect.end_col - rect.left; x++)
			cells[x] = cell;
	}
}

void handle_decera(struct vt *vt, const struct csi *csi)
{
	struct rect rect;

	if (!read_rect(vt, csi, 0, &rect))
		return;
	for (unsigned y = rect.top; y < rect.end_row; y++)
		row_erase(vt, vt->screen->line[y], rect.left, rect.end_col, vt->pen.bg);
}

void handle_decsera(struct vt *vt, const struct csi *csi)
{
	struct rect rect;

	if (!read_rect(vt, csi, 0, &rect))
		return;
	for (unsigned y = rect.top; y < rect.end_row; y++)
		if (vt->erase_protects)
			row_erase(vt, vt->screen->line[y], rect.left, rect.end_col, vt->pen.bg);
		else
			edit_erase_selective(vt, y, rect.left, rect.end_col);
}

/* ---- attributes of what is there ---- */

/*
 * What happens to each cell, worked out once: there may be a million of them. Bits of @keep stay,
 * those of @set are on, then those of @flip turn. @underlines: how often the underline turns.
 */
struct change {
	struct vt_cell keep, set, flip;
	unsigned underlines;
};

/* DECCARA: SGR parameters, which set bits or leave them; none: all attributes off. */
static struct change change_of(const struct csi *csi)
{
	const struct vt_cell all = { .attr = 0xfff,
		.underline = 7,
		.fg = 0x1ffffff,
		.bg = 0x1ffffff,
		.underline_color = 0x1ffffff };
	struct change change = { .keep = all };

	if (csi->count <= 4)
		change.keep = change.set;
	sgr_apply(&change.keep, csi, 4);
	sgr_apply(&change.set, csi, 4);
	change.set.attr &= ~VT_PROTECTED & 0xfff;
	change.keep.attr |= VT_PROTECTED;
	change.keep.ch = VT_CH_CLUSTER * 2 - 1;
	change.keep.width = 3;
	change.keep.link = 0x3fff;
	return change;
}

/* DECRARA: attributes by the numbers that SGR has for them; 0: all of them. */
static struct change reversal_of(const struct csi *csi)
{
	static const unsigned bits[] = {
		[1] = VT_BOLD, [5] = VT_BLINK, [7] = VT_INVERSE, [8] = VT_INVISIBLE
	};
	struct change change = { 0 };

	memset(&change.keep, 0xff, sizeof(change.keep));
	for (unsigned i = 4; i < csi->count; i++) {
		int v = csi->params[i];

		if (v == 0)
			change.flip.attr ^= VT_BOLD | VT_BLINK | VT_INVERSE;
		if (v == 0 || v == 4)
			change.underlines++;
		if (v > 0 && v <= 8)
			change.flip.attr = (change.flip.attr ^ bits[v]) & 0xfffu;
	}
	return change;
}

static void change_cell(struct vt_cell *cell, const struct change *change)
{
	uint64_t bits[2], keep[2], set[2], flip[2];

	memcpy(bits, cell, sizeof(bits));
	memcpy(keep, &change->keep, sizeof(keep));
	memcpy(set, &change->set, sizeof(set));
	memcpy(flip, &change->flip, sizeof(flip));
	for (int i = 0; i < 2; i++)
		bits[i] = ((bits[i] & keep[i]) | set[i]) ^ flip[i];
	memcpy(cell, bits, sizeof(bits));
	if (change->underlines)
		cell->underline = (cell->underline != 0) != (change->underlines % 2 != 0)
					  ? VT_UNDERLINE_SINGLE
					  : VT_UNDERLINE_NONE;
}

/* Blank cells have no attributes but a background, and are left alone. */
static void change_row(
	struct vt *vt, unsigned y, unsigned first, unsigned end, const struct change *change)
{
	struct row *row = vt->screen->line[y];

	if (end > row->used)
		end = row->used;
	if (first >= end)
		return;
	if (row->cells[first].width == VT_WIDE_TAIL)
		first--;
	if (row->cells[end - 1].width == VT_WIDE)
		end++;
	row_open(vt, row, first, end);
	for (unsigned x = first; x < end; x++)
		if (row->cells[x].ch || row->cells[x].width == VT_WIDE_TAIL)
			change_cell(&row->cells[x], change);
}

static void change_area(struct vt *vt, const struct csi *csi, struct change change)
{
	struct area area = allowed(vt);
	struct rect rect;

	if (!read_rect(vt, csi, 0, &rect))
		return;
	vt->work += (rect.end_row - rect.top) * WORK_ROW;
	for (unsigned y = rect.top; y < rect.end_row; y++) {
		bool stream = !vt->rectangle_extent;
		unsigned first = stream && y > rect.top ? area.left : rect.left;
		unsigned end =
			stream && y < rect.end_row - 1 ? area.left + area.cols : rect.end_col;

		change_row(vt, y, first, end, &change);
	}
}

void handle_deccara(struct vt *vt, const struct csi *csi)
{
	change_area(vt, csi, change_of(csi));
}

void handle_decrara(struct vt *vt, const struct csi *csi)
{
	change_area(vt, csi, reversal_of(csi));
}

void handle_decsace(struct vt *vt, const struct csi *csi)
{
	int extent = csi_param(csi, 0, 1);

	vt->touched |= TOUCHED_RARE;
	if (extent <= 2)
		vt->rectangle_extent = extent == 2;
}

/* ---- the checksum ---- */

static unsigned cell_sum(const struct vt *vt, const struct vt_cell *cell)
{
	uint32_t chars[VT_CLUSTER_MAX];
	unsigned n, sum = cell->ch ? (unsigned)cell->ch : ' ';

	if (cell->ch & VT_CH_CLUSTER) {
		n = vt_cluster(vt, (uint32_t)cell->ch, chars);
		sum = 0;
		for (unsigned i = 0; i < n; i++)
			sum += chars[i];
	}
	sum += cell->attr & VT_PROTECTED ? 0x04 : 0;
	sum += cell->attr & VT_INVISIBLE ? 0x08 : 0;
	sum += cell->underline ? 0x10 : 0;
	sum += cell->attr & VT_INVERSE ? 0x20 : 0;
	sum += cell->attr & VT_BLINK ? 0x40 : 0;
	sum += cell->attr & VT_BOLD ? 0x80 : 0;
	return sum;
}

void handle_decrqcra(struct vt *vt, const struct csi *csi)
{
	unsigned sum = 0;
	struct rect rect;

	if (read_rect(vt, csi, 2, &rect)) {
		vt->work += (uint64_t)(rect.end_row - rect.top) * (rect.end_col - rect.left);
		for (unsigned y = rect.top; y < rect.end_row; y++)
			for (unsigned x = rect.left; x < rect.end_col; x++) {
				struct vt_cell cell = row_get(vt->screen->line[y], x);

				if (cell.width != VT_WIDE_TAIL)
					sum += cell_sum(vt, &cell);
			}
	}
	report(vt, "\033P%d!~%04X\033\\", csi_param(csi, 0, 0), (0u - sum) & 0xffff);
}
