/* SPDX-License-Identifier: MIT */
/*
 * Tiles to pixels of 32 bits. Four pixels at a time are chosen between two colours by a mask from a
 * table, which compilers turn into vector instructions where there are any.
 */
#include "text/glyph.h"

#include <string.h>

typedef uint32_t pixels4 __attribute__((vector_size(16)));

#define ON 0xffffffffu

static const pixels4 masks[16] = {
	{ 0, 0, 0, 0 },
	{ 0, 0, 0, ON },
	{ 0, 0, ON, 0 },
	{ 0, 0, ON, ON },
	{ 0, ON, 0, 0 },
	{ 0, ON, 0, ON },
	{ 0, ON, ON, 0 },
	{ 0, ON, ON, ON },
	{ ON, 0, 0, 0 },
	{ ON, 0, 0, ON },
	{ ON, 0, ON, 0 },
	{ ON, 0, ON, ON },
	{ ON, ON, 0, 0 },
	{ ON, ON, 0, ON },
	{ ON, ON, ON, 0 },
	{ ON, ON, ON, ON },
};

/* What is needed to make a row: background and what turns it into the other colours. */
struct paint {
	pixels4 bg, fg_change, line;
};

static struct paint paint_of(const struct text_tile *tile)
{
	uint32_t bg = tile->bg, change = tile->bg ^ tile->fg, line = tile->line;

	return (struct paint){
		.bg = { bg, bg, bg, bg },
		.fg_change = { change, change, change, change },
		.line = { line, line, line, line },
	};
}

static void make_row(const struct text_tile *tile, const struct paint *paint, unsigned y,
	uint32_t row[TEXT_CELL_WIDTH])
{
	unsigned bits = tile->bits[y], line = tile->line_bits[y];
	pixels4 left = paint->bg ^ (paint->fg_change & masks[bits >> 4]);
	pixels4 right = paint->bg ^ (paint->fg_change & masks[bits & 15]);

	if (line) {
		left = (left & ~masks[line >> 4]) | (paint->line & masks[line >> 4]);
		right = (right & ~masks[line & 15]) | (paint->line & masks[line & 15]);
	}
	memcpy(row, &left, sizeof(left));
	memcpy(row + 4, &right, sizeof(right));
}

static void widen_row(const uint32_t row[TEXT_CELL_WIDTH], uint32_t *to, unsigned scale)
{
	for (unsigned x = 0; x < TEXT_CELL_WIDTH; x++)
		for (unsigned i = 0; i < scale; i++)
			*to++ = row[x];
}

static void render_scaled(const struct text_tile *tile, const struct paint *paint, uint32_t *pixels,
	size_t stride, unsigned scale)
{
	uint32_t row[TEXT_CELL_WIDTH], *first = pixels;
	size_t width = TEXT_CELL_WIDTH * (size_t)scale;

	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++) {
		make_row(tile, paint, y, row);
		widen_row(row, first, scale);
		for (unsigned i = 1; i < scale; i++)
			memcpy(first + i * stride, first, width * sizeof(*first));
		first += scale * stride;
	}
}

void text_render_tile(const struct text_tile *tile, uint32_t *pixels, size_t stride, unsigned scale)
{
	struct paint paint = paint_of(tile);

	if (scale > 1) {
		render_scaled(tile, &paint, pixels, stride, scale);
		return;
	}
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		make_row(tile, &paint, y, pixels + y * stride);
}

void text_render_cells(struct font *font, const struct vt *vt, const struct text_cell *cells,
	unsigned count, uint32_t *pixels, size_t stride, unsigned scale)
{
	struct text_tile tile;

	for (unsigned i = 0; i < count; i++) {
		text_tile(font, vt, &cells[i], &tile);
		text_render_tile(
			&tile, pixels + (size_t)i * TEXT_CELL_WIDTH * scale, stride, scale);
	}
}
