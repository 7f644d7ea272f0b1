/* SPDX-License-Identifier: MIT */
/*
 * What a view shows, and how that differs from what its viewer has.
 *
 * The engine says what changed on its screen. To that comes what is the view's own: it may be
 * scrolled back, part of it may be selected, the cursor is drawn into the cells, and some of them
 * blink. A notice may be over the last row. struct shown is the picture that the viewer has; all
 * changes are found by comparing with it, so that nothing has to be noted when it happens.
 *
 * When a part of the screen scrolls, the viewer moves pixels: also those of the cursor, of a notice
 * and of the selection. The first two are therefore looked for where the scroll took them. A
 * selection moves along if its text does; otherwise it is dropped and everything is drawn anew.
 */
#include "display/display-internal.h"

#include <string.h>

struct vt_cursor view_cursor(const struct display_view *view)
{
	struct vt_cursor cursor = vt_cursor(view->console->vt);

	if (!cursor.visible || view->back || (cursor.blink && !view->lit) ||
		notice_covers(view, cursor.row))
		return (struct vt_cursor){ 0 };
	return cursor;
}

static bool same_cursor(const struct vt_cursor *a, const struct vt_cursor *b)
{
	return a->visible == b->visible && a->col == b->col && a->row == b->row &&
	       a->shape == b->shape;
}

/* A row of the picture, without cursor and selection. Return: how large it is shown. */
static enum vt_line_size read_row(
	const struct display_view *view, unsigned row, struct vt_cell *cells)
{
	struct vt *vt = view->console->vt;
	int line = (int)row - (int)view->back;

	if (notice_covers(view, row)) {
		notice_read(notice_of(view), vt_cols(vt), cells);
		return VT_LINE_SINGLE;
	}
	vt_read_line(vt, line, cells, NULL);
	return vt_line_size(vt, line);
}

static void span_row(struct display_update *update, unsigned row)
{
	update->spans[row] = (struct vt_span){ 0, (uint16_t)update->cols };
}

/* Add the columns @first..@end-1; halves of wide characters at the borders come along. */
static void span_cols(struct display_view *view, struct display_update *update, unsigned row,
	unsigned first, unsigned end)
{
	struct vt_span *span = &update->spans[row];
	struct vt_cell cells[VT_COLS_MAX];

	if (read_row(view, row, cells) != VT_LINE_SINGLE) {
		span_row(update, row);
		return;
	}
	if (first > 0 && cells[first].width == VT_WIDE_TAIL)
		first--;
	if (end < update->cols && cells[end].width == VT_WIDE_TAIL)
		end++;
	if (span->first == span->end) {
		*span = (struct vt_span){ (uint16_t)first, (uint16_t)end };
		return;
	}
	if (first < span->first)
		span->first = (uint16_t)first;
	if (end > span->end)
		span->end = (uint16_t)end;
}

static void span_cursor(
	struct display_view *view, struct display_update *update, const struct vt_cursor *cursor)
{
	if (cursor->visible && cursor->row < update->rows && cursor->col < update->cols)
		span_cols(view, update, cursor->row, cursor->col, cursor->col + 1);
}

static void all_is_new(struct display_update *update)
{
	update->all = true;
	update->scroll_lines = 0;
	for (unsigned row = 0; row < update->rows; row++)
		span_row(update, row);
}

/* Where the pixels of row @row are after the update's scroll; -1: overwritten. */
static int scrolled_row(const struct display_update *update, unsigned row)
{
	int moved = (int)row - update->scroll_lines;

	if (!update->scroll_lines || row < update->scroll_top || row >= update->scroll_bottom)
		return (int)row;
	if (moved < (int)update->scroll_top || moved >= (int)update->scroll_bottom)
		return -1;
	return moved;
}

static void compare_cursor(struct display_view *view, struct display_update *update)
{
	struct vt_cursor old = view->shown.cursor, new = view_cursor(view);

	if (old.visible && old.row < update->rows) {
		int row = scrolled_row(update, old.row);

		if (row < 0)
			old = (struct vt_cursor){ 0 };
		else
			old.row = (unsigned)row;
	}
	if (same_cursor(&old, &new))
		return;
	span_cursor(view, update, &old);
	span_cursor(view, update, &new);
}

static bool has_spans(const struct vt_span *spans, unsigned rows)
{
	for (unsigned row = 0; row < rows; row++)
		if (spans[row].first < spans[row].end)
			return true;
	return false;
}

static void compare_live(struct display_update *update, const struct vt_damage *damage)
{
	update->scroll_lines = damage->scroll_lines;
	update->scroll_top = damage->scroll_top;
	update->scroll_bottom = damage->scroll_bottom;
	memcpy(update->spans, damage->spans, update->rows * sizeof(*update->spans));
}

/*
 * The view is, or was, scrolled back. Its text moved by @shift rows; what was the live screen's
 * part of the old picture may have changed in any way if the screen did.
 */
static void compare_scrolled_back(
	struct display_view *view, struct display_update *update, const struct vt_damage *damage)
{
	int64_t rows = update->rows, shift = view->shown.top - view->top, stale = rows;

	if (shift <= -rows || shift >= rows) {
		for (unsigned row = 0; row < update->rows; row++)
			span_row(update, row);
		return;
	}
	if (shift) {
		update->scroll_lines = (int)-shift;
		update->scroll_top = 0;
		update->scroll_bottom = update->rows;
	}
	if (damage->scroll_lines || has_spans(damage->spans, update->rows))
		stale = view->shown.back + shift;
	for (int64_t row = 0; row < rows; row++)
		if (row < shift || row >= rows + shift || row >= stale)
			span_row(update, (unsigned)row);
}

/* Does what the engine did leave the selected text where its places say that it is? */
static bool selection_survives(const struct display_view *view, const struct selection *selection,
	const struct vt_damage *damage, const struct display_update *update)
{
	int64_t base = view_base(view);

	if (base - view->shown.base != damage->scroll_lines)
		return false;
	if (damage->scroll_lines &&
		(damage->scroll_top > 0 || damage->scroll_bottom < update->rows))
		return false;
	for (unsigned row = 0; row < update->rows; row++)
		if (damage->spans[row].first < damage->spans[row].end &&
			selection_touches(selection, base + row))
			return false;
	return true;
}

static void compare_selection(struct display_view *view, struct display_update *update)
{
	if (selections_equal(&view->selection, &view->shown.selection))
		return;
	for (unsigned row = 0; row < update->rows; row++)
		if (selection_touches(&view->selection, view->top + row) ||
			selection_touches(&view->shown.selection, view->top + row))
			span_row(update, row);
}

/* The phase changed: find the cells that blink, or that there are none any more. */
static void compare_blink(struct display_view *view, struct display_update *update)
{
	struct vt_cell cells[VT_COLS_MAX];
	bool any = false;

	if (view->lit == view->shown.lit || !view->console->blinks || view->back)
		return;
	for (unsigned row = 0; row < update->rows; row++) {
		unsigned first = update->cols, end = 0;

		read_row(view, row, cells);
		for (unsigned col = 0; col < update->cols; col++) {
			if (!(cells[col].attr & VT_BLINK))
				continue;
			first = col < first ? col : first;
			end = col + 1;
		}
		if (end)
			span_cols(view, update, row, first, end);
		any |= end > 0;
	}
	view->console->blinks = any;
}

/*
 * The row below a notice is drawn whole: what the engine says of it is true of the text, not of
 * the notice.
 */
static void compare_notice(struct display_view *view, struct display_update *update)
{
	uint64_t old = view->shown.notice, new = notice_serial(notice_of(view));
	unsigned last = update->rows - 1;
	int moved = old ? scrolled_row(update, last) : -1;

	if (moved >= 0 && moved != (int)last)
		span_row(update, (unsigned)moved);
	if (old != new || (new && (moved != (int)last || has_spans(&update->spans[last], 1))))
		span_row(update, last);
}

static void compare(
	struct display_view *view, const struct vt_damage *damage, struct display_update *update)
{
	struct shown *shown = &view->shown;
	bool was_back = shown->back, is_back = view->back;

	if (view->selection.exists && !selection_survives(view, &view->selection, damage, update))
		view->selection.exists = false;
	if (view->all || damage->all ||
		(shown->selection.exists &&
			!selection_survives(view, &shown->selection, damage, update)) ||
		(view->console->blinks && was_back != is_back && !(view->lit && shown->lit))) {
		all_is_new(update);
		return;
	}
	if (was_back || is_back)
		compare_scrolled_back(view, update, damage);
	else
		compare_live(update, damage);
	compare_cursor(view, update);
	compare_selection(view, update);
	compare_blink(view, update);
	compare_notice(view, update);
}

static void remember(struct display_view *view, uint64_t name)
{
	view->shown = (struct shown){
		.name = name,
		.top = view->top,
		.base = view_base(view),
		.back = view->back,
		.lit = view->lit,
		.offset = vt_offset(view->console->vt),
		.cursor = view_cursor(view),
		.selection = view->selection,
		.notice = notice_serial(notice_of(view)),
	};
	view->all = view->pending = view->notified = false;
}

bool display_view_has_change(const struct display_view *view)
{
	const struct vt *vt = view->console->vt;

	return view->pending || vt_offset(vt) != view->shown.offset ||
	       vt_has_damage(vt, &view->reader);
}

bool display_view_collect(struct display_view *view, struct display_update *ret_update)
{
	struct display_console *console = view->console;
	struct display_update *update = ret_update;
	uint64_t picture = console_picture(console);
	struct vt_damage damage;

	view_settle(view);
	if (!vt_collect_damage(console->vt, &view->reader, &damage))
		memset(&damage, 0, sizeof(damage));
	update->cols = vt_cols(console->vt);
	update->rows = vt_rows(console->vt);
	update->all = false;
	update->scroll_lines = 0;
	update->scroll_top = update->scroll_bottom = 0;
	memset(update->spans, 0, update->rows * sizeof(*update->spans));
	compare(view, &damage, update);
	update->to = 0;
	if (!view->back && !view->selection.exists && !view->notice)
		update->to = picture << 1 | view->lit;
	update->from = update->to ? view->shown.name : 0;
	remember(view, update->to);
	return update->scroll_lines || has_spans(update->spans, update->rows);
}

static void draw_cursor(const struct vt *vt, struct text_cell *cell, enum vt_cursor_shape shape)
{
	uint32_t color = vt_palette(vt, VT_SLOT_CURSOR);

	if (color == cell->bg)
		color = cell->fg;
	if (shape == VT_CURSOR_BLOCK) {
		cell->fg = cell->line = cell->bg;
		cell->bg = color;
		return;
	}
	cell->line = color;
	cell->cursor = TEXT_CURSOR_UNDERLINE;
	if (shape == VT_CURSOR_BAR)
		cell->cursor = cell->half == TEXT_RIGHT ? TEXT_CURSOR_NONE : TEXT_CURSOR_BAR;
}

/* The cursor covers all of a wide character. */
static bool is_under(const struct vt_cursor *cursor, const struct vt_cell *cells, unsigned col)
{
	return col == cursor->col || (cells[col].width == VT_WIDE && cursor->col == col + 1) ||
	       (cells[col].width == VT_WIDE_TAIL && cursor->col + 1 == col);
}

/* What is the view's own, on top of a row that shows @line of the text. */
static void decorate(struct display_view *view, unsigned row, unsigned first, unsigned end,
	const struct vt_cell *from, struct text_cell *cells)
{
	const struct vt *vt = view->console->vt;
	struct vt_cursor cursor = view_cursor(view);
	bool selects = view->selection.exists && !notice_covers(view, row);

	for (unsigned col = first; col < end; col++) {
		struct text_cell *cell = &cells[col];

		if (from[col].attr & VT_BLINK) {
			view->console->blinks = true;
			if (!view->lit && !view->back) {
				cell->ch = 0;
				cell->style = cell->underline = 0;
			}
		}
		if (selects && selection_has(&view->selection, view->top + row, col))
			text_cell_invert(cell);
		if (cursor.visible && cursor.row == row && is_under(&cursor, from, col))
			draw_cursor(vt, cell, cursor.shape);
	}
}

void display_view_read(struct display_view *view, unsigned row, unsigned first, unsigned end,
	struct text_cell *cells)
{
	struct vt *vt = view->console->vt;
	unsigned cols = vt_cols(vt), stop = end < cols ? end : cols;
	struct vt_cell from[VT_COLS_MAX];
	struct text_cell look[VT_COLS_MAX];
	enum vt_line_size size;
	struct text_cell blank = { .fg = vt_palette(vt, VT_SLOT_FG),
		.bg = vt_palette(vt, VT_SLOT_BG) };

	blank.line = blank.fg;
	if (row >= vt_rows(vt) || first >= stop)
		stop = first;
	for (unsigned col = stop; col < end; col++)
		cells[col - first] = blank;
	if (stop == first)
		return;
	size = read_row(view, row, from);
	text_cell_from_vt(vt, from, stop, look);
	decorate(view, row, size ? 0 : first, stop, from, look);
	text_cell_zoom(look, stop, size);
	memcpy(cells, look + first, (stop - first) * sizeof(*cells));
}

bool display_view_wants_blink(const struct display_view *view)
{
	struct vt_cursor cursor = vt_cursor(view->console->vt);

	return !view->back && ((cursor.visible && cursor.blink) || view->console->blinks);
}

void display_view_blink(struct display_view *view, bool lit)
{
	if (view->lit == lit)
		return;
	view->lit = lit;
	view->pending = true;
}
