/* SPDX-License-Identifier: MIT */
/* Cells to tiles: colours, then the glyph's half, then lines through, under and over it. */
#include "text/glyph.h"

#include <string.h>

enum { OVERLINE_ROW = 0, STRIKE_ROW = 8, UNDERLINE_ROW = 13 };

/* Rows 13..15; all patterns go on over the border of two cells. */
static const uint8_t underlines[][3] = {
	[VT_UNDERLINE_NONE] = { 0, 0, 0 },
	[VT_UNDERLINE_SINGLE] = { 0, 0xff, 0 },
	[VT_UNDERLINE_DOUBLE] = { 0xff, 0, 0xff },
	[VT_UNDERLINE_CURLY] = { 0x60, 0x99, 0x06 },
	[VT_UNDERLINE_DOTTED] = { 0, 0xaa, 0 },
	[VT_UNDERLINE_DASHED] = { 0, 0xee, 0 },
};

static uint8_t style_of(unsigned attr)
{
	return (uint8_t)((attr & VT_BOLD ? TEXT_BOLD : 0) | (attr & VT_ITALIC ? TEXT_ITALIC : 0) |
			 (attr & VT_STRIKE ? TEXT_STRIKE : 0) |
			 (attr & VT_OVERLINE ? TEXT_OVERLINE : 0));
}

/* Whether vt_resolve_cell() says the same of both. */
static bool have_same_colors(const struct vt_cell *a, const struct vt_cell *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr &&
	       a->underline_color == b->underline_color;
}

void text_cell_from_vt(const struct vt *vt, const struct vt_cell *cells, unsigned count,
	struct text_cell *ret_cells)
{
	struct vt_colors colors;

	for (unsigned i = 0; i < count; i++) {
		const struct vt_cell *from = &cells[i];
		bool invisible = from->attr & VT_INVISIBLE;
		struct text_cell *to = &ret_cells[i];

		if (i == 0 || !have_same_colors(from, from - 1))
			colors = vt_resolve_cell(vt, from);
		*to = (struct text_cell){
			.ch = invisible ? 0 : (uint32_t)from->ch,
			.fg = colors.fg,
			.bg = colors.bg,
			.line = colors.underline,
			.style = invisible ? 0 : style_of(from->attr),
			.underline = invisible ? VT_UNDERLINE_NONE : from->underline,
		};
		if (from->width == VT_WIDE) {
			to->half = TEXT_LEFT;
		} else if (from->width == VT_WIDE_TAIL && i > 0) {
			to->half = TEXT_RIGHT;
			to->ch = ret_cells[i - 1].ch;
		}
	}
}

void text_cell_zoom(struct text_cell *cells, unsigned count, enum vt_line_size size)
{
	unsigned height = size == VT_LINE_DOUBLE_TOP	  ? TEXT_ZOOM_TOP
			  : size == VT_LINE_DOUBLE_BOTTOM ? TEXT_ZOOM_BOTTOM
							  : 0;

	if (size == VT_LINE_SINGLE)
		return;
	for (unsigned i = count; i-- > 0;) {
		unsigned zoom = height | (i % 2 ? TEXT_ZOOM_RIGHT : TEXT_ZOOM_LEFT);

		cells[i] = cells[i / 2];
		cells[i].zoom = zoom & 15;
	}
}

void text_cell_invert(struct text_cell *cell)
{
	uint32_t fg = cell->fg;

	if (cell->line == fg)
		cell->line = cell->bg;
	cell->fg = cell->bg;
	cell->bg = fg;
}

static void put_glyph(struct font *font, const struct vt *vt, const struct text_cell *cell,
	struct text_tile *tile)
{
	unsigned shift = cell->half == TEXT_LEFT ? 8 : 0;
	struct glyph glyph;

	text_glyph(font, vt, cell->ch, cell->half != TEXT_NARROW, cell->style, &glyph);
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		tile->bits[y] = (uint8_t)(glyph.rows[y] >> shift);
}

static void put_lines(const struct text_cell *cell, struct text_tile *tile)
{
	bool own_color = cell->line != cell->fg && !cell->cursor;
	uint8_t *rows = own_color ? tile->line_bits : tile->bits;

	if (cell->style & TEXT_STRIKE)
		tile->bits[STRIKE_ROW] = 0xff;
	if (cell->style & TEXT_OVERLINE)
		tile->bits[OVERLINE_ROW] = 0xff;
	for (unsigned i = 0; i < 3; i++)
		rows[UNDERLINE_ROW + i] |= underlines[cell->underline % 6][i];
	tile->has_line = own_color && cell->underline;
}

static void put_cursor(const struct text_cell *cell, struct text_tile *tile)
{
	bool bar = cell->cursor == TEXT_CURSOR_BAR;

	for (unsigned y = bar ? 0 : TEXT_CELL_HEIGHT - 2; y < TEXT_CELL_HEIGHT; y++)
		tile->line_bits[y] = bar ? 0xc0 : 0xff;
	tile->has_line = true;
}

/* Four pixels to eight. */
static uint8_t stretch(unsigned bits)
{
	unsigned out = 0;

	for (unsigned x = 0; x < 4; x++)
		if (bits >> x & 1)
			out |= 3u << 2 * x;
	return (uint8_t)out;
}

static void zoom_rows(uint8_t rows[TEXT_CELL_HEIGHT], unsigned zoom)
{
	unsigned shift = zoom & TEXT_ZOOM_LEFT ? 4 : 0;
	unsigned top = zoom & TEXT_ZOOM_BOTTOM ? TEXT_CELL_HEIGHT / 2 : 0;
	bool high = zoom & (TEXT_ZOOM_TOP | TEXT_ZOOM_BOTTOM);
	uint8_t from[TEXT_CELL_HEIGHT];

	memcpy(from, rows, sizeof(from));
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		rows[y] = stretch(from[high ? top + y / 2 : y] >> shift & 15);
}

static bool is_blank(const uint8_t rows[TEXT_CELL_HEIGHT])
{
	static const uint8_t blank[TEXT_CELL_HEIGHT];

	return !memcmp(rows, blank, TEXT_CELL_HEIGHT);
}

void text_tile(struct font *font, const struct vt *vt, const struct text_cell *cell,
	struct text_tile *ret_tile)
{
	*ret_tile = (struct text_tile){ .fg = cell->fg, .bg = cell->bg, .line = cell->line };
	if (cell->ch > ' ')
		put_glyph(font, vt, cell, ret_tile);
	if (cell->style || cell->underline)
		put_lines(cell, ret_tile);
	if (cell->cursor)
		put_cursor(cell, ret_tile);
	if (cell->zoom) {
		zoom_rows(ret_tile->bits, cell->zoom);
		zoom_rows(ret_tile->line_bits, cell->zoom);
	}
	ret_tile->is_solid = !ret_tile->has_line && is_blank(ret_tile->bits);
}
