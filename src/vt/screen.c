/* SPDX-License-Identifier: MIT */
#include "vt/screen.h"
#include "vt/engine.h"
#include "vt/style.h"

#include <errno.h>
#include <stdlib.h>

/*
 * Rows and how they scroll.
 *
 * The window @line slides along an array of row pointers with room for SLIDE screens: a line feed
 * at the bottom takes the top row out, puts it behind the last one and moves the window by one.
 * Only when the window reaches the end of the array are the pointers copied back. A part of the
 * screen scrolls by turning the pointers of that part. Cells are moved only where left and right
 * margins make it necessary.
 *
 * Nothing here allocates after screen_init().
 */
#define SLIDE 16u

int screen_init(struct screen *screen, unsigned cols, unsigned rows)
{
	*screen = (struct screen){ .slot_count = (size_t)rows * SLIDE };
	screen->slots = calloc(screen->slot_count, sizeof(*screen->slots));
	screen->pool = calloc(rows, sizeof(*screen->pool));
	screen->store = calloc((size_t)rows * cols, sizeof(*screen->store));
	if (!screen->slots || !screen->pool || !screen->store) {
		screen_done(screen);
		return -ENOMEM;
	}
	screen->line = screen->slots;
	for (unsigned y = 0; y < rows; y++) {
		screen->pool[y].cells = screen->store + (size_t)y * cols;
		screen->line[y] = &screen->pool[y];
	}
	return 0;
}

void screen_done(struct screen *screen)
{
	free(screen->slots);
	free(screen->pool);
	free(screen->store);
	*screen = (struct screen){ 0 };
}

void row_clear(struct row *row, uint32_t fill)
{
	row->used = 0;
	row->fill = fill;
	row->wrapped = false;
	row->size = VT_LINE_SINGLE;
}

static inline void row_touch(struct vt *vt, struct row *row, unsigned first, unsigned end)
{
	if (row->age != vt->damage.generation) {
		damage_new_age(vt, row, first, end);
		return;
	}
	if (first < row->first)
		row->first = (uint16_t)first;
	if (end > row->end)
		row->end = (uint16_t)end;
}

void row_fill_up(struct row *row, unsigned end)
{
	struct vt_cell blank = blank_cell(row->fill);

	for (unsigned x = row->used; x < end; x++)
		row->cells[x] = blank;
	if (end > row->used)
		row->used = (uint16_t)end;
}

/* Blank the half of a wide character that would stay behind when column @x gets something else. */
static void blank_other_half(struct vt *vt, struct row *row, unsigned x)
{
	unsigned other;

	if (row->cells[x].width == VT_NARROW)
		return;
	other = row->cells[x].width == VT_WIDE ? x + 1 : x - 1;
	row->cells[other] = blank_cell((uint32_t)row->cells[other].bg);
	row_touch(vt, row, other, other + 1);
}

/* Only a tail at the first column and a head at the last one have a half outside. */
static inline void cut_wide(struct vt *vt, struct row *row, unsigned first, unsigned end)
{
	if (first < row->used && row->cells[first].width == VT_WIDE_TAIL)
		blank_other_half(vt, row, first);
	if (end <= row->used && row->cells[end - 1].width == VT_WIDE)
		blank_other_half(vt, row, end - 1);
}

struct vt_cell *row_open(struct vt *vt, struct row *row, unsigned first, unsigned end)
{
	cut_wide(vt, row, first, end);
	row_touch(vt, row, first, end);
	vt->work += end - first;
	if (first > row->used) {
		vt->work += first - row->used;
		row_fill_up(row, first);
	}
	if (end > row->used)
		row->used = (uint16_t)end;
	return row->cells + first;
}

void row_erase(struct vt *vt, struct row *row, unsigned first, unsigned end, uint32_t bg)
{
	struct vt_cell blank = blank_cell(bg), *cells;

	if (first >= end)
		return;
	vt->work += WORK_ROW;
	if (end == vt->cols) {
		row->wrapped = false;
		cut_wide(vt, row, first, end);
		row_touch(vt, row, first, end);
		if (first > row->used && row->fill != bg) {
			vt->work += first - row->used;
			row_fill_up(row, first);
		}
		if (first < row->used)
			row->used = (uint16_t)first;
		row->fill = bg;
		return;
	}
	if (first >= row->used && row->fill == bg)
		return;
	cells = row_open(vt, row, first, end);
	for (unsigned i = 0; i < end - first; i++)
		cells[i] = blank;
}

uint32_t row_rest(const struct row *row, unsigned cols)
{
	struct vt_cell last;

	if (row->used < cols)
		return row->fill;
	last = row->cells[cols - 1];
	return cells_are_equal(last, blank_cell((uint32_t)last.bg)) ? (uint32_t)last.bg
								    : VT_COLOR_DEFAULT;
}

void row_move(struct vt *vt, struct row *row, unsigned first, unsigned end, int by, uint32_t bg)
{
	unsigned width = end - first, n = (unsigned)(by < 0 ? -by : by);
	struct vt_cell *cells;

	if (n >= width) {
		row_erase(vt, row, first, end, bg);
		return;
	}
	vt->work += end;
	row_fill_up(row, end);
	/* a wide character that is torn where the moved part begins or ends is no more */
	cut_wide(vt, row, first, end);
	if (row->cells[first].width == VT_WIDE_TAIL)
		row->cells[first] = blank_cell((uint32_t)row->cells[first].bg);
	if (row->cells[end - 1].width == VT_WIDE)
		row->cells[end - 1] = blank_cell((uint32_t)row->cells[end - 1].bg);
	if (by > 0) {
		row_erase(vt, row, end - n, end, bg);
		row_fill_up(row, end);
	} else {
		row_erase(vt, row, first, first + n, bg);
	}
	cells = row->cells + first;
	row_touch(vt, row, first, end);
	if (by > 0) {
		memmove(cells + n, cells, (width - n) * sizeof(*cells));
		for (unsigned i = 0; i < n; i++)
			cells[i] = blank_cell(bg);
	} else {
		memmove(cells, cells + n, (width - n) * sizeof(*cells));
		for (unsigned i = width - n; i < width; i++)
			cells[i] = blank_cell(bg);
	}
	if (end == vt->cols)
		row->wrapped = false;
}

/* Turn the row pointers of @top..@bottom so that the first @n come last. */
static void turn_up(struct row **line, unsigned top, unsigned bottom, unsigned n)
{
	struct row *out[VT_ROWS_MAX];
	unsigned height = bottom - top + 1;

	memcpy(out, line + top, n * sizeof(*out));
	memmove(line + top, line + top + n, (height - n) * sizeof(*line));
	memcpy(line + bottom + 1 - n, out, n * sizeof(*out));
}

/* The same for the whole screen: the window slides. */
static void slide_up(struct vt *vt, struct screen *screen, unsigned n)
{
	if (screen->line + vt->rows + n > screen->slots + screen->slot_count) {
		memmove(screen->slots, screen->line, vt->rows * sizeof(*screen->line));
		screen->line = screen->slots;
	}
	memcpy(screen->line + vt->rows, screen->line, n * sizeof(*screen->line));
	screen->line += n;
}

static void scroll_up(struct vt *vt, unsigned top, unsigned bottom, unsigned n)
{
	struct screen *screen = vt->screen;
	bool whole = top == 0 && bottom == vt->rows - 1;

	if (top == 0 && screen == &vt->main && !vt->scrollback_off)
		for (unsigned y = 0; y < n; y++)
			scrollback_push(vt, screen->line[y], row_rest(screen->line[y], vt->cols));
	if (whole)
		slide_up(vt, screen, n);
	else
		turn_up(screen->line, top, bottom, n);
	for (unsigned y = bottom + 1 - n; y <= bottom; y++) {
		row_clear(screen->line[y], vt->pen.bg);
		damage_fresh_row(vt, screen->line[y]);
	}
}

static void scroll_down(struct vt *vt, unsigned top, unsigned bottom, unsigned n)
{
	struct row **line = vt->screen->line;

	turn_up(line, top, bottom, bottom - top + 1 - n);
	for (unsigned y = top; y < top + n; y++) {
		row_clear(line[y], vt->pen.bg);
		damage_fresh_row(vt, line[y]);
	}
}

void screen_scroll(struct vt *vt, unsigned top, unsigned bottom, int by)
{
	unsigned height = bottom - top + 1, n = (unsigned)(by < 0 ? -by : by);

	if (n > height)
		n = height;
	if (n == 0)
		return;
	vt->work += n * WORK_ROW + (height == vt->rows ? 0 : height / 4);
	damage_scroll(vt, top, bottom, by < 0 ? -(int)n : (int)n);
	/* The row above, and the last one, lose the row that they go on in. */
	if (by > 0) {
		vt->screen->line[bottom]->wrapped = false;
		scroll_up(vt, top, bottom, n);
	} else {
		scroll_down(vt, top, bottom, n);
		vt->screen->line[bottom]->wrapped = false;
	}
	if (top > 0 || by < 0)
		screen_end_line_above(vt, top);
}

void screen_end_line_above(struct vt *vt, unsigned y)
{
	if (y > 0)
		vt->screen->line[y - 1]->wrapped = false;
	else if (vt->screen == &vt->main)
		scrollback_end_line(&vt->scrollback);
}

void screen_scroll_box(
	struct vt *vt, unsigned top, unsigned bottom, unsigned left, unsigned right, int by)
{
	unsigned height = bottom - top + 1, n = (unsigned)(by < 0 ? -by : by);

	if (left == 0 && right == vt->cols - 1) {
		screen_scroll(vt, top, bottom, by);
		return;
	}
	if (n > height)
		n = height;
	if (n == 0)
		return;
	if (by > 0) {
		screen_copy_cells(vt, top + n, left, height - n, right - left + 1, top, left);
		top = bottom + 1 - n;
	} else {
		screen_copy_cells(vt, top, left, height - n, right - left + 1, top + n, left);
	}
	for (unsigned y = top; y < top + n; y++)
		row_erase(vt, vt->screen->line[y], left, right + 1, vt->pen.bg);
}

/* Copy part of a row; what is cut off of a wide character becomes blank. */
static void copy_part(struct vt *vt, const struct row *from, unsigned left, unsigned cols,
	struct row *to, unsigned to_left)
{
	struct vt_cell part[VT_COLS_MAX], *cells;
	unsigned there = 0;

	vt->work += WORK_ROW + cols;
	if (from->used > left)
		there = from->used - left < cols ? from->used - left : cols;
	memcpy(part, from->cells + left, there * sizeof(*part));
	for (unsigned i = there; i < cols; i++)
		part[i] = blank_cell(from->fill);
	if (part[0].width == VT_WIDE_TAIL)
		part[0] = blank_cell((uint32_t)part[0].bg);
	if (part[cols - 1].width == VT_WIDE)
		part[cols - 1] = blank_cell((uint32_t)part[cols - 1].bg);
	cells = row_open(vt, to, to_left, to_left + cols);
	memcpy(cells, part, cols * sizeof(*cells));
	if (to_left + cols == vt->cols)
		to->wrapped = false;
}

void screen_copy_cells(struct vt *vt, unsigned top, unsigned left, unsigned rows, unsigned cols,
	unsigned to_top, unsigned to_left)
{
	struct row **line = vt->screen->line;

	if (cols == 0)
		return;
	for (unsigned i = 0; i < rows; i++) {
		unsigned y = to_top <= top ? i : rows - 1 - i;

		copy_part(vt, line[top + y], left, cols, line[to_top + y], to_left);
	}
}
