/* SPDX-License-Identifier: MIT */
/*
 * The hot loops of a redraw. A row of a cell is eight pixels, made at once out of a byte of its
 * glyph: numbers into the palette of 1, 2, 4 or 8 bits each, the leftmost in the highest.
 */
#include "vnc/raster.h"

#include "base/minmax.h"

#include <endian.h>
#include <string.h>

#define NO_COLOR (~0u)

/* ---- palette ---- */

static unsigned add_color(struct tile *tile, uint32_t rgb)
{
	for (unsigned i = 0; i < tile->colors; i++)
		if (tile->palette[i] == rgb)
			return i;
	if (tile->colors < RASTER_COLORS_MAX)
		tile->palette[tile->colors] = rgb;
	return tile->colors++;
}

/* What was found last: neighbours mostly have the same colours. A blank shows only one of them. */
struct found {
	uint32_t bg, fg, line;
	struct inks inks;
};

static void find_inks(struct tile *tile, const struct text_tile *cell, struct found *found)
{
	uint32_t fg = cell->is_solid ? cell->bg : cell->fg;
	uint32_t line = cell->has_line ? cell->line : cell->bg;

	if (cell->bg == found->bg && (cell->is_solid || (fg == found->fg && line == found->line)))
		return;
	found->bg = cell->bg;
	found->fg = fg;
	found->line = line;
	found->inks.bg = (uint8_t)add_color(tile, cell->bg);
	found->inks.fg = (uint8_t)add_color(tile, fg);
	found->inks.line = (uint8_t)add_color(tile, line);
}

/* ---- one row of one cell ---- */

/* Eight pixels of 1 in @bits each. */
static const uint64_t ones[] = {
	[1] = 0xff, [2] = 0x5555, [4] = 0x11111111, [8] = 0x0101010101010101
};

/* Each bit of a glyph's row @bits times. */
static uint64_t spread(uint64_t row, unsigned bits)
{
	switch (bits) {
	case 1: return row;
	case 2:
		row = (row | row << 4) & 0x0f0f;
		row = (row | row << 2) & 0x3333;
		return ((row | row << 1) & 0x5555) * 3;
	case 4:
		row = (row | row << 12) & 0x000f000f;
		row = (row | row << 6) & 0x03030303;
		return ((row | row << 3) & 0x11111111) * 15;
	default:
		row = (row | row << 28) & 0x0000000f0000000f;
		row = (row | row << 14) & 0x0003000300030003;
		return ((row | row << 7) & 0x0101010101010101) * 255;
	}
}

static uint64_t cell_row(
	const struct text_tile *cell, const struct inks *inks, unsigned row, unsigned bits)
{
	uint64_t bg = inks->bg * ones[bits], fg = inks->fg * ones[bits];
	uint64_t line = inks->line * ones[bits];
	uint64_t px = bg ^ ((bg ^ fg) & spread(cell->bits[row], bits));

	return px ^ ((px ^ line) & spread(cell->line_bits[row], bits));
}

/* The part of a cell's pixel row from @skip on, @count pixels, each @scale wide. */
static void put_row(uint64_t px, unsigned scale, unsigned skip, unsigned count, uint8_t *out)
{
	uint8_t wide[TEXT_CELL_WIDTH * TEXT_SCALE_MAX];
	uint8_t narrow[TEXT_CELL_WIDTH];

	px = htobe64(px);
	if (scale == 1 && count == TEXT_CELL_WIDTH) {
		memcpy(out, &px, sizeof(px));
		return;
	}
	memcpy(narrow, &px, sizeof(px));
	for (unsigned i = 0; i < TEXT_CELL_WIDTH; i++)
		memset(wide + i * scale, narrow[i], scale);
	memcpy(out, wide + skip, count);
}

/* ---- a rectangle ---- */

/* What of a cell lies in the rectangle, in pixels of the raster. */
struct clip {
	unsigned left, right, top, bottom;
};

static void paint_cell(const struct text_tile *cell, const struct inks *inks, unsigned scale,
	const struct clip *clip, unsigned cell_x, unsigned cell_y, uint8_t *out, unsigned stride)
{
	uint64_t px = 0;

	for (unsigned y = clip->top; y < clip->bottom; y++, out += stride) {
		if (y == clip->top || (y - cell_y) % scale == 0)
			px = cell_row(cell, inks, (y - cell_y) / scale, 8);
		put_row(px, scale, clip->left - cell_x, clip->right - clip->left, out);
	}
}

/* The cells that a tile is made of. */
struct span {
	unsigned col, row, end_col, end_row;
};

static struct span cells_of(const struct tile *tile)
{
	unsigned cell_w = TEXT_CELL_WIDTH * tile->raster->scale;
	unsigned cell_h = TEXT_CELL_HEIGHT * tile->raster->scale;

	return (struct span){ tile->x / cell_w, tile->y / cell_h,
		(tile->x + tile->width + cell_w - 1) / cell_w,
		(tile->y + tile->height + cell_h - 1) / cell_h };
}

bool tile_open(struct tile *tile, const struct raster *raster, unsigned x, unsigned y,
	unsigned width, unsigned height)
{
	struct found found = { .bg = NO_COLOR };
	struct inks *inks = tile->inks;
	struct span span;

	tile->raster = raster;
	tile->x = x;
	tile->y = y;
	tile->width = width;
	tile->height = height;
	tile->colors = 0;
	span = cells_of(tile);
	for (unsigned row = span.row; row < span.end_row; row++)
		for (unsigned col = span.col; col < span.end_col; col++) {
			find_inks(tile, &raster->cells[row * raster->cols + col], &found);
			*inks++ = found.inks;
			if (tile->colors > RASTER_COLORS_MAX)
				return false;
		}
	return true;
}

void tile_paint(struct tile *tile)
{
	const struct raster *raster = tile->raster;
	unsigned cell_w = TEXT_CELL_WIDTH * raster->scale, x = tile->x;
	unsigned cell_h = TEXT_CELL_HEIGHT * raster->scale, y = tile->y;
	const struct inks *inks = tile->inks;
	struct span span = cells_of(tile);

	for (unsigned row = span.row; row < span.end_row; row++)
		for (unsigned col = span.col; col < span.end_col; col++) {
			unsigned left = col * cell_w, top = row * cell_h;
			struct clip clip = { larger(left, x),
				smaller(left + cell_w, x + tile->width), larger(top, y),
				smaller(top + cell_h, y + tile->height) };

			paint_cell(&raster->cells[row * raster->cols + col], inks++, raster->scale,
				&clip, left, top,
				tile->px + (clip.top - y) * tile->width + clip.left - x,
				tile->width);
		}
}

/* ---- pixels without a palette ---- */

struct pixel_bytes {
	uint8_t bytes[3][4]; /* bg, fg, line */
	unsigned size;
};

static void make_pixels(const struct text_tile *cell, const struct pixel_format *format,
	pixel_put_fn *put, struct pixel_bytes *ret_pixels)
{
	const uint32_t rgb[3] = { cell->bg, cell->fg, cell->line };

	for (unsigned i = 0; i < 3; i++)
		ret_pixels->size = (unsigned)(put(format, rgb[i], ret_pixels->bytes[i]) -
					      ret_pixels->bytes[i]);
}

static unsigned ink_at(const struct text_tile *cell, unsigned x, unsigned y)
{
	unsigned bit = 0x80u >> x;

	if (cell->has_line && (cell->line_bits[y] & bit))
		return 2;
	return cell->bits[y] & bit ? 1 : 0;
}

uint8_t *raster_put_pixels(const struct raster *raster, unsigned x, unsigned y, unsigned width,
	unsigned height, const struct pixel_format *format, pixel_put_fn *put, uint8_t *out)
{
	unsigned cell_w = TEXT_CELL_WIDTH * raster->scale;
	unsigned cell_h = TEXT_CELL_HEIGHT * raster->scale;
	struct pixel_bytes pixels = { .size = 1 };
	uint8_t *end = out;

	for (unsigned left = x / cell_w * cell_w; left < x + width; left += cell_w) {
		unsigned first = larger(left, x), after = smaller(left + cell_w, x + width);
		const struct text_tile *cell = NULL;

		for (unsigned py = y; py < y + height; py++) {
			const struct text_tile *here =
				&raster->cells[py / cell_h * raster->cols + left / cell_w];
			uint8_t *at;

			if (here != cell)
				make_pixels(here, format, put, &pixels);
			cell = here;
			at = out + ((size_t)(py - y) * width + first - x) * pixels.size;
			for (unsigned px = first; px < after; px++, at += pixels.size)
				memcpy(at,
					pixels.bytes[ink_at(cell, (px - left) / raster->scale,
						py % cell_h / raster->scale)],
					pixels.size);
			end = at > end ? at : end;
		}
	}
	return end;
}

/* ---- packing ---- */

/* All rows of a cell at one bit a pixel: a byte each, the glyph's own but for its colours. */
static inline void make_bytes(
	const struct text_tile *cell, struct inks inks, uint8_t bytes[TEXT_CELL_HEIGHT])
{
	uint8_t bg = inks.bg ? 0xff : 0, ink = (uint8_t)(bg ^ (inks.fg ? 0xff : 0));

	for (unsigned row = 0; row < TEXT_CELL_HEIGHT; row++)
		bytes[row] = (uint8_t)(bg ^ (ink & cell->bits[row]));
	if (!cell->has_line)
		return;
	for (unsigned row = 0; row < TEXT_CELL_HEIGHT; row++)
		bytes[row] = (uint8_t)(inks.line ? bytes[row] | cell->line_bits[row]
						 : bytes[row] & ~cell->line_bits[row]);
}

/*
 * @bits bytes in each row of a cell. One bit is the usual case by far: its rows are made side by
 * side, where nothing that is written could be what is read.
 */
static inline void pack_cell(
	const struct text_tile *cell, struct inks inks, unsigned bits, uint8_t *out, size_t stride)
{
	uint8_t bytes[TEXT_CELL_HEIGHT];
	uint64_t px;

	if (bits == 1)
		make_bytes(cell, inks, bytes);
	for (unsigned row = 0; row < TEXT_CELL_HEIGHT; row++, out += stride) {
		if (bits == 1) {
			*out = bytes[row];
			continue;
		}
		px = htobe64(cell_row(cell, &inks, row, bits) << (64 - 8 * bits));
		memcpy(out, &px, bits);
	}
}

/* Always inlined with a constant number of bits: the hottest loop of all has no choice in it. */
static inline __attribute__((always_inline)) uint8_t *pack_cells(
	const struct tile *tile, unsigned bits, uint8_t *out)
{
	const struct raster *raster = tile->raster;
	const struct inks *inks = tile->inks;
	struct span span = cells_of(tile);
	size_t stride = (size_t)(span.end_col - span.col) * bits;

	for (unsigned row = span.row; row < span.end_row; row++, out += TEXT_CELL_HEIGHT * stride)
		for (unsigned col = span.col; col < span.end_col; col++)
			pack_cell(&raster->cells[row * raster->cols + col], *inks++, bits,
				out + (col - span.col) * bits, stride);
	return out;
}

/* Bit 0 of each of the eight bytes, as they lie in memory, the first in the highest bit. */
static uint8_t first_bits(uint64_t eight)
{
	return (uint8_t)(le64toh(eight) * 0x8040201008040201u >> 56);
}

static uint8_t *pack_px_1(const uint8_t *px, unsigned count, uint8_t *out)
{
	uint64_t eight;

	for (; count >= 8; count -= 8, px += 8) {
		memcpy(&eight, px, sizeof(eight));
		*out++ = first_bits(eight);
	}
	if (count) {
		eight = 0;
		memcpy(&eight, px, count);
		*out++ = first_bits(eight);
	}
	return out;
}

static uint8_t *pack_px(const uint8_t *px, unsigned count, unsigned bits, uint8_t *out)
{
	unsigned per_byte = 8 / bits;

	for (unsigned i = 0; i < count; i += per_byte) {
		unsigned byte = 0;

		for (unsigned j = 0; j < per_byte; j++)
			byte = byte << bits | (i + j < count ? px[i + j] : 0u);
		*out++ = (uint8_t)byte;
	}
	return out;
}

static uint8_t *pack_painted(const struct tile *tile, unsigned bits, uint8_t *out)
{
	const uint8_t *px = tile->px;

	if (bits == 8) {
		memcpy(out, px, (size_t)tile->width * tile->height);
		return out + (size_t)tile->width * tile->height;
	}
	for (unsigned y = 0; y < tile->height; y++, px += tile->width)
		out = bits == 1 ? pack_px_1(px, tile->width, out)
				: pack_px(px, tile->width, bits, out);
	return out;
}

uint8_t *tile_pack(struct tile *tile, unsigned bits, uint8_t *out)
{
	if (tile->raster->scale != 1) {
		tile_paint(tile);
		return pack_painted(tile, bits, out);
	}
	switch (bits) {
	case 1: return pack_cells(tile, 1, out);
	case 2: return pack_cells(tile, 2, out);
	case 4: return pack_cells(tile, 4, out);
	default: return pack_cells(tile, 8, out);
	}
}
