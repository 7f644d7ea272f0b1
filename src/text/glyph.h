/* SPDX-License-Identifier: MIT */
#ifndef TEXT_GLYPH_H
#define TEXT_GLYPH_H

#include "text/font.h"
#include "vt/vt.h"

#include <stddef.h>

/*
 * Cells to pixels. A cell goes three steps: vt_cell (what the guest wrote) -> text_cell (what is to
 * be seen: colours resolved, selection and cursor in) -> text_tile (8x16 bits and the colours of 0
 * and 1) or pixels. Encoders that know about cells stop at the tile: no pixel need be looked at.
 */

/* struct text_cell.half: which part of the character stands in this column */
enum text_half { TEXT_NARROW, TEXT_LEFT, TEXT_RIGHT };

/* struct text_cell.zoom: twice as wide, of which this is the left or right half; also as high */
enum text_zoom {
	TEXT_ZOOM_LEFT = 1 << 0,
	TEXT_ZOOM_RIGHT = 1 << 1,
	TEXT_ZOOM_TOP = 1 << 2,
	TEXT_ZOOM_BOTTOM = 1 << 3,
};

/* struct text_cell.style */
enum text_style {
	TEXT_BOLD = 1 << 0,
	TEXT_ITALIC = 1 << 1,
	TEXT_STRIKE = 1 << 2,
	TEXT_OVERLINE = 1 << 3,
};

/* struct text_cell.cursor: a block needs none of these, its colours are in the cell */
enum text_cursor { TEXT_CURSOR_NONE, TEXT_CURSOR_UNDERLINE, TEXT_CURSOR_BAR };

/**
 * struct text_cell - one column as it is to be seen
 * @ch:         as in struct vt_cell; 0: blank. Of a wide character both columns have it
 * @fg, @bg:    0xRRGGBB
 * @line:       colour of the underline, or of the cursor's line where @cursor is set
 * @half:       enum text_half
 * @zoom:       enum text_zoom bits
 * @style:      enum text_style bits
 * @underline:  enum vt_underline
 * @cursor:     enum text_cursor
 *
 * There is no padding: two cells of the same engine look the same exactly if memcmp() says so.
 */
struct text_cell {
	uint32_t ch;
	uint32_t fg, bg, line;
	uint8_t half : 4, zoom : 4, style, underline, cursor;
};

_Static_assert(sizeof(struct text_cell) == 20, "no padding: compared by memcmp()");

/**
 * struct text_tile - the picture of one column in two colours, seldom three
 * @bits:       16 rows, leftmost pixel in bit 7; 1: @fg, 0: @bg
 * @fg, @bg:    0xRRGGBB
 * @has_line:   there is a third colour, where @line_bits are set (over fg and bg); else they are 0
 * @is_solid:   all pixels are @bg, @bits are 0
 */
struct text_tile {
	uint8_t bits[TEXT_CELL_HEIGHT];
	uint8_t line_bits[TEXT_CELL_HEIGHT];
	uint32_t fg, bg, line;
	bool has_line, is_solid;
};

/**
 * text_cell_from_vt() - resolve colours and attributes of @count cells of a row
 * @cells: a wide character's two columns both among them, as vt_read_line() gives a whole row
 */
void text_cell_from_vt(const struct vt *vt, const struct vt_cell *cells, unsigned count,
	struct text_cell *ret_cells);

/**
 * text_cell_zoom() - make a row as large as the guest wants it: the first half of the cells takes
 *                    the whole width
 */
void text_cell_zoom(struct text_cell *cells, unsigned count, enum vt_line_size size);

/** text_cell_invert() - exchange text and background: selection, block cursor */
void text_cell_invert(struct text_cell *cell);

/**
 * text_tile() - the picture of one column
 * @vt: whose grapheme clusters @cell->ch may be the number of
 */
void text_tile(struct font *font, const struct vt *vt, const struct text_cell *cell,
	struct text_tile *ret_tile);

/**
 * text_glyph() - the picture of a character or cluster in its style, without lines or colours
 * @ch:     as in struct vt_cell
 * @wide:   the columns that the engine gave it; the picture is made to fit
 * @style:  enum text_style bits; BOLD and ITALIC count
 */
void text_glyph(struct font *font, const struct vt *vt, uint32_t ch, bool wide, unsigned style,
	struct glyph *ret_glyph);

/**
 * text_render_tile() - one column to pixels
 * @pixels: 0x00RRGGBB; TEXT_CELL_WIDTH x TEXT_CELL_HEIGHT times @scale
 * @stride: pixels from one row to the next
 * @scale:  1..TEXT_SCALE_MAX: each pixel becomes a square of that size
 */
void text_render_tile(
	const struct text_tile *tile, uint32_t *pixels, size_t stride, unsigned scale);

/** text_render_cells() - @count columns side by side; as text_tile() and text_render_tile() */
void text_render_cells(struct font *font, const struct vt *vt, const struct text_cell *cells,
	unsigned count, uint32_t *pixels, size_t stride, unsigned scale);

#define TEXT_SCALE_MAX 8u

#endif
