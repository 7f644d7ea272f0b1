/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"
#include "vt/cursor.h"
#include "vt/engine.h"

#include <errno.h>

/*
 * A new size.
 *
 * The main screen and its scrollback are one long text. It goes, row after row, through a buffer of
 * the new width into the scrollback; then the newest rows are taken back out of there as the new
 * screen. Rows that were wrapped are joined again on the way. The cursor stays on its character.
 *
 * Guests and viewers may ask for another size as often as they like, so only the newest
 * REWRAPPED_BYTES of the scrollback take part. Older rows stay as they are: where they are longer
 * than the new width, their ends are seen again when it grows.
 *
 * What is taken back: the text stays where it is relative to the top, unless the old screen was
 * full to the bottom; then the bottom stays, and old lines come down into new rows. The cursor is
 * always on the screen.
 *
 * The alternate screen belongs to a program that will draw it anew: it is only cut or padded.
 */
enum { REWRAPPED_BYTES = 1024 * 1024 }; /* some 10,000 rows of text */

struct reflow {
	struct vt *vt;
	unsigned cols; /* new */
	struct vt_cell cells[VT_COLS_MAX];
	unsigned at;	/* columns of @cells that are filled */
	uint64_t count; /* rows that went out */

	/* where the place of the cursor has come to */
	bool seen;
	uint64_t cursor_row;
	unsigned cursor_col;
};

static void put_out(struct reflow *reflow, bool wrapped, uint32_t fill)
{
	struct row row = { .cells = reflow->cells,
		.used = (uint16_t)reflow->at,
		.fill = fill,
		.wrapped = wrapped };

	scrollback_push(reflow->vt, &row, row_rest(&row, reflow->cols));
	reflow->at = 0;
	reflow->count++;
}

static unsigned cell_width(const struct vt_cell *cell)
{
	return cell->width == VT_WIDE ? 2 : 1;
}

/* Add one character; @wrap: in the next row if this one is full. */
static void add(struct reflow *reflow, const struct vt_cell *cell, bool wrap)
{
	unsigned width = cell_width(cell);

	if (width > reflow->cols)
		return;
	if (reflow->at + width > reflow->cols) {
		struct vt_cell *last = &reflow->cells[reflow->cols - 1];

		if (!wrap)
			return;
		/* a row that goes on is full: what was skipped inside of the text becomes a space
		 */
		if (reflow->at == reflow->cols && !last->ch && last->width != VT_WIDE_TAIL)
			last->ch = ' ';
		put_out(reflow, true, VT_COLOR_DEFAULT);
	}
	memcpy(reflow->cells + reflow->at, cell, width * sizeof(*cell));
	reflow->at += width;
}

/* Columns up to the last one with a character in it. */
static unsigned text_len(const struct vt_cell *cells, unsigned n)
{
	while (n > 0 && !cells[n - 1].ch && cells[n - 1].width != VT_WIDE_TAIL)
		n--;
	return n;
}

static void note_cursor(struct reflow *reflow, unsigned col)
{
	reflow->seen = true;
	reflow->cursor_row = reflow->count;
	reflow->cursor_col = col < reflow->cols ? col : reflow->cols - 1;
}

/*
 * One old row of @n columns that are not plain blank. @cursor: the column in it that is looked for,
 * or UINT_MAX.
 */
static void take_row(struct reflow *reflow, const struct vt_cell *cells, unsigned n, bool wrapped,
	uint32_t fill, unsigned cursor)
{
	unsigned len = text_len(cells, n), x;

	for (x = 0; x < len; x += cell_width(&cells[x])) {
		unsigned width = cell_width(&cells[x]);

		add(reflow, &cells[x], true);
		if (cursor >= x && cursor < x + width)
			note_cursor(reflow, reflow->at - width + cursor - x);
	}
	if (cursor != UINT32_MAX && cursor >= len)
		note_cursor(reflow, reflow->at + cursor - len);
	if (wrapped)
		return;
	for (; x < n; x++)
		add(reflow, &cells[x], false);
	put_out(reflow, false, fill);
}

static void take_scrollback(struct reflow *reflow, struct scrollback *old)
{
	struct vt *vt = reflow->vt;
	struct scrollback new = vt->scrollback;
	struct vt_cell cells[VT_COLS_MAX];

	for (unsigned age = old->count; age-- > 0;) {
		bool wrapped = false;
		uint32_t fill = VT_COLOR_DEFAULT;
		int len;

		/* reading and writing both go by vt->scrollback */
		vt->scrollback = *old;
		len = scrollback_read(vt, age, cells, VT_COLS_MAX, &wrapped, &fill);
		vt->scrollback = new;
		if (len >= 0)
			take_row(reflow, cells, (unsigned)len, wrapped, fill, UINT32_MAX);
		new = vt->scrollback;
	}
}

/* The last row that is worth keeping: with text, or with the cursor. */
static unsigned last_row(const struct vt *vt, unsigned cursor_y)
{
	unsigned y = vt->rows - 1;

	while (y > cursor_y && text_len(vt->main.line[y]->cells, vt->main.line[y]->used) == 0)
		y--;
	return y;
}

/* Which of the rows that went out is to be the first one on the screen. */
static uint64_t choose_top(
	const struct reflow *reflow, uint64_t old_top, bool was_full, unsigned rows)
{
	uint64_t oldest = reflow->count - reflow->vt->scrollback.count;
	uint64_t bottom_up = reflow->count > rows ? reflow->count - rows : 0;
	uint64_t top = was_full || old_top < bottom_up ? bottom_up : old_top;

	if (top > reflow->cursor_row)
		top = reflow->cursor_row;
	return top > oldest ? top : oldest;
}

/* Move rows from the scrollback to @screen, the row number @top first. */
static void take_back(struct reflow *reflow, struct screen *screen, unsigned rows, uint64_t top)
{
	struct vt *vt = reflow->vt;
	unsigned count = (unsigned)(reflow->count - top);
	unsigned shown = count < rows ? count : rows;

	for (unsigned y = 0; y < shown; y++) {
		struct row *row = screen->line[y];
		uint32_t fill = VT_COLOR_DEFAULT;
		bool wrapped = false;
		int len = scrollback_read(
			vt, count - 1 - y, row->cells, reflow->cols, &wrapped, &fill);

		row->used = (uint16_t)(len < 0 ? 0 : len);
		row->fill = fill;
		row->wrapped = wrapped && y + 1 < rows;
	}
	scrollback_drop_newest(&vt->scrollback, count);
}

/* Wrap the main screen anew into @screen; @x, @y: the cursor, in and out. */
static void reflow_main(struct vt *vt, struct screen *screen, unsigned cols, unsigned rows,
	unsigned *x, unsigned *y)
{
	struct reflow reflow = { .vt = vt, .cols = cols };
	struct scrollback old;
	unsigned last = last_row(vt, *y);
	uint64_t top;

	scrollback_split(&vt->scrollback, cols != vt->cols ? REWRAPPED_BYTES : 0, &old);
	vt->scrollback.max_lines = UINT32_MAX;
	vt->scrollback.max_bytes = SIZE_MAX;
	reflow.count = vt->scrollback.count;
	take_scrollback(&reflow, &old);
	top = reflow.count;
	for (unsigned row = 0; row <= last; row++) {
		const struct row *from = vt->main.line[row];

		take_row(&reflow, from->cells, from->used, from->wrapped, row_rest(from, vt->cols),
			row == *y ? *x : UINT32_MAX);
	}
	if (reflow.at)
		put_out(&reflow, false, VT_COLOR_DEFAULT);
	top = choose_top(&reflow, top, last == vt->rows - 1, rows);
	take_back(&reflow, screen, rows, top);
	scrollback_clear(&old);
	scrollback_trim(&vt->scrollback, old.max_lines, old.max_bytes);
	vt->scrollback.pushed = old.pushed;
	*x = reflow.cursor_col;
	*y = (unsigned)(reflow.cursor_row - top);
	if (*y >= rows)
		*y = rows - 1;
}

/* Copy what fits of the alternate screen; Return: rows that were cut off at the top. */
static unsigned copy_alternate(
	const struct vt *vt, struct screen *screen, unsigned cols, unsigned rows)
{
	unsigned cut = vt->screen == &vt->alt && vt->y >= rows ? vt->y - (rows - 1) : 0;

	for (unsigned y = 0; y < rows && y + cut < vt->rows; y++) {
		const struct row *from = vt->alt.line[y + cut];
		struct row *to = screen->line[y];

		to->used = (uint16_t)(from->used < cols ? from->used : cols);
		to->fill = row_rest(from, vt->cols);
		memcpy(to->cells, from->cells, to->used * sizeof(*to->cells));
		if (to->used && to->cells[to->used - 1].width == VT_WIDE)
			to->cells[to->used - 1] = blank_cell((uint32_t)to->cells[to->used - 1].bg);
	}
	return cut;
}

static void clamp_saved(struct saved_cursor *saved, unsigned cols, unsigned rows)
{
	if (saved->x >= cols)
		saved->x = cols - 1;
	if (saved->y >= rows)
		saved->y = rows - 1;
	saved->wrap_pending = false;
}

/* The main screen's cursor is the saved one while the other screen is shown. */
static void resize_main(struct vt *vt, struct screen *screen, unsigned cols, unsigned rows)
{
	bool shown = vt->screen == &vt->main;
	unsigned x = shown ? vt->x : vt->main.saved.x, y = shown ? vt->y : vt->main.saved.y;

	reflow_main(vt, screen, cols, rows, &x, &y);
	if (shown) {
		/* behind the last character, and there is room now */
		if (vt->wrap_pending && x + 1 < cols) {
			vt->wrap_pending = false;
			x++;
		}
		vt->x = x;
		vt->y = y;
	} else {
		vt->main.saved.x = x;
		vt->main.saved.y = y;
	}
}

static void adopt(struct screen *screen, struct screen *from)
{
	from->saved = screen->saved;
	screen_done(screen);
	*screen = *from;
}

int vt_resize(struct vt *vt, unsigned cols, unsigned rows)
{
	struct screen main, alt;
	unsigned cut;

	if (cols < 1 || rows < 1 || cols > VT_COLS_MAX || rows > VT_ROWS_MAX)
		return -ERANGE;
	if (cols == vt->cols && rows == vt->rows)
		return 0;
	vt->work += cols * rows;
	if (screen_init(&main, cols, rows) < 0)
		return -ENOMEM;
	if (screen_init(&alt, cols, rows) < 0) {
		screen_done(&main);
		return -ENOMEM;
	}
	cut = copy_alternate(vt, &alt, cols, rows);
	resize_main(vt, &main, cols, rows);
	adopt(&vt->main, &main);
	adopt(&vt->alt, &alt);
	clamp_saved(&vt->main.saved, cols, rows);
	clamp_saved(&vt->alt.saved, cols, rows);
	if (vt->screen == &vt->alt) {
		vt->y -= cut;
		vt->x = vt->x < cols ? vt->x : cols - 1;
		vt->y = vt->y < rows ? vt->y : rows - 1;
		vt->wrap_pending = false;
	}
	if (cols > vt->cols)
		engine_reset_tabs(vt, vt->cols);
	vt->cols = cols;
	vt->rows = rows;
	if (cols != COLUMNS_WIDE)
		vt->modes &= ~MODE_BIT(MODE_COLUMNS_132);
	engine_reset_margins(vt);
	vt->wrap_pending = vt->wrap_pending && vt->x == cols - 1;
	vt->repeatable = false;
	cursor_check_wrap(vt);
	damage_all(vt);
	return 0;
}
