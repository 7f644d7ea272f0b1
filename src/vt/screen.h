/* SPDX-License-Identifier: MIT */
#ifndef VT_SCREEN_H
#define VT_SCREEN_H

#include "vt/cell.h"

#include <stddef.h>
#include <string.h>

struct vt;

/*
 * A row keeps only what was written to it: columns from @used on are blank in the colour @fill, and
 * @cells holds garbage there. So a fresh row costs nothing, however wide it is.
 *
 * A VT_WIDE cell always has its VT_WIDE_TAIL to the right of it, in the same style, and no tail is
 * without its head; whoever overwrites one half blanks the other.
 *
 * Damage: the columns @first..@end-1 changed in generation @age, @old_first..@old_end-1 in
 * @old_age, anything in @older_age and before. See damage.c.
 */
struct row {
	struct vt_cell *cells;
	uint32_t fill;
	uint16_t used;
	bool wrapped; /* the text goes on in the next row */
	uint8_t size; /* enum vt_line_size; of a double row half of the columns are seen */

	uint16_t first, end, old_first, old_end;
	uint64_t age, old_age, older_age;
};

/* Cursor and what DECSC saves with it. */
struct charsets {
	uint8_t g[4];	/* enum charset of G0..G3 */
	uint8_t gl;	/* which of them is in GL */
	uint8_t single; /* 0, or 2 or 3: for one character */
};

struct saved_cursor {
	unsigned x, y;
	bool wrap_pending;
	bool origin;
	struct vt_cell pen;
	struct charsets charsets;
};

/*
 * One of the two screens. @line[0..rows-1] are the rows from the top. @line slides along @slots, so
 * that scrolling by one line moves a pointer and nothing else.
 */
struct screen {
	struct row **line;
	struct row **slots;
	size_t slot_count;
	struct row *pool;
	struct vt_cell *store;
	struct saved_cursor saved;
};

/** screen_init() - Return: 0, -ENOMEM */
int screen_init(struct screen *screen, unsigned cols, unsigned rows);
void screen_done(struct screen *screen);

/** row_clear() - all blank in @fill, nothing wrapped; without damage */
void row_clear(struct row *row, uint32_t fill);

/**
 * row_open() - make columns @first..@end-1 ready to be overwritten, and count them as damaged
 *
 * Halves of wide characters that would be left over at the borders become blank.
 *
 * Return: the cell of column @first.
 */
struct vt_cell *row_open(struct vt *vt, struct row *row, unsigned first, unsigned end);

/** row_fill_up() - give the columns up to @end real cells, without damage */
void row_fill_up(struct row *row, unsigned end);

/** row_erase() - blank columns @first..@end-1 in background @bg */
void row_erase(struct vt *vt, struct row *row, unsigned first, unsigned end, uint32_t bg);

/** blank_cell() - nothing, on a background */
static inline struct vt_cell blank_cell(uint32_t bg)
{
	return (struct vt_cell){ .bg = bg & 0x1ffffff };
}

/** row_get() - the cell of a column, also beyond @used */
static inline struct vt_cell row_get(const struct row *row, unsigned col)
{
	if (col < row->used)
		return row->cells[col];
	return blank_cell(row->fill);
}

/**
 * row_rest() - the background of columns that come behind the last one, and of scrollback lines
 *
 * That of the blanks that it ends with, however they came there: what is seen says all.
 */
uint32_t row_rest(const struct row *row, unsigned cols);

/**
 * row_move() - move columns inside a row, as ICH and DCH do
 * @first, @end: the part of the row that takes part
 * @by: > 0: to the right, blanks come in at @first; < 0: to the left, blanks come in at the end
 */
void row_move(struct vt *vt, struct row *row, unsigned first, unsigned end, int by, uint32_t bg);

/**
 * screen_scroll() - scroll the rows @top..@bottom (inclusive) over the full width
 * @by: > 0: up, < 0: down
 *
 * Lines that leave the top of the main screen go to the scrollback.
 */
void screen_scroll(struct vt *vt, unsigned top, unsigned bottom, int by);

/** screen_end_line_above() - the text above row @y does not go on in it */
void screen_end_line_above(struct vt *vt, unsigned y);

/** screen_scroll_box() - the same between two columns (@right inclusive); moves cells if it must */
void screen_scroll_box(
	struct vt *vt, unsigned top, unsigned bottom, unsigned left, unsigned right, int by);

/** screen_copy_cells() - copy a box onto another place of the screen, which may overlap */
void screen_copy_cells(struct vt *vt, unsigned top, unsigned left, unsigned rows, unsigned cols,
	unsigned to_top, unsigned to_left);

#endif
