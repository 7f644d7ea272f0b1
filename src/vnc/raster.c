/* SPDX-License-Identifier: MIT */
/*
 * The hot loops of a redraw: eight pixels at a time from the bits of a glyph to palette indices,
 * and eight at a time from indices to packed bits.
 */
#include "vnc/raster.h"

#include <endian.h>
#include <string.h>

#define ONES	 0x0101010101010101u
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

/* The indices of a cell's colours; neighbours mostly have the same ones. */
struct inks {
	uint32_t rgb[3];
	uint8_t index[3]; /* bg, fg, line */
};

static void find_inks(struct tile *tile, const struct text_tile *cell, struct inks *inks)
{
	const uint32_t rgb[3] = { cell->bg, cell->is_solid ? cell->bg : cell->fg,
		cell->has_line ? cell->line : cell->bg };

	for (unsigned i = 0; i < 3; i++) {
		if (rgb[i] == inks->rgb[i])
			continue;
		inks->rgb[i] = rgb[i];
		inks->index[i] = (uint8_t)add_color(tile, rgb[i]);
	}
}

/* ---- one row of one cell ---- */

/* Byte i of the result, counted from the lowest, is 0xff where bit 7 - i is set. */
static uint64_t spread(uint8_t bits)
{
	uint64_t chosen = bits * ONES & 0x0102040810204080u;

	return ((chosen + 0x7f7f7f7f7f7f7f7fu) >> 7 & ONES) * 0xff;
}

static uint64_t blend(uint64_t mask, uint8_t on, uint64_t off)
{
	return (off & ~mask) | (on * ONES & mask);
}

static uint64_t cell_row(const struct text_tile *cell, const struct inks *inks, unsigned row)
{
	uint64_t px = inks->index[0] * ONES;

	if (!cell->is_solid)
		px = blend(spread(cell->bits[row]), inks->index[1], px);
	if (cell->has_line)
		px = blend(spread(cell->line_bits[row]), inks->index[2], px);
	return px;
}

/* The part of a cell's pixel row from @skip on, @count pixels, each @scale wide. */
static void put_row(uint64_t px, unsigned scale, unsigned skip, unsigned count, uint8_t *out)
{
	uint8_t wide[TEXT_CELL_WIDTH * TEXT_SCALE_MAX];
	uint8_t narrow[TEXT_CELL_WIDTH];

	px = htole64(px);
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

static unsigned at_least(unsigned value, unsigned min)
{
	return value < min ? min : value;
}

static unsigned at_most(unsigned value, unsigned max)
{
	return value > max ? max : value;
}

static void paint_cell(const struct text_tile *cell, const struct inks *inks, unsigned scale,
	const struct clip *clip, unsigned cell_x, unsigned cell_y, uint8_t *out, unsigned stride)
{
	uint64_t px = 0;

	for (unsigned y = clip->top; y < clip->bottom; y++, out += stride) {
		if (y == clip->top || (y - cell_y) % scale == 0)
			px = cell_row(cell, inks, (y - cell_y) / scale);
		put_row(px, scale, clip->left - cell_x, clip->right - clip->left, out);
	}
}

bool raster_paint(const struct raster *raster, unsigned x, unsigned y, unsigned width,
	unsigned height, struct tile *ret_tile)
{
	unsigned cell_w = TEXT_CELL_WIDTH * raster->scale;
	unsigned cell_h = TEXT_CELL_HEIGHT * raster->scale;
	struct inks inks = { .rgb = { NO_COLOR, NO_COLOR, NO_COLOR } };

	ret_tile->width = width;
	ret_tile->height = height;
	ret_tile->colors = 0;
	for (unsigned top = y / cell_h * cell_h; top < y + height; top += cell_h)
		for (unsigned left = x / cell_w * cell_w; left < x + width; left += cell_w) {
			const struct text_tile *cell =
				&raster->cells[top / cell_h * raster->cols + left / cell_w];
			struct clip clip = { at_least(left, x), at_most(left + cell_w, x + width),
				at_least(top, y), at_most(top + cell_h, y + height) };

			find_inks(ret_tile, cell, &inks);
			paint_cell(cell, &inks, raster->scale, &clip, left, top,
				ret_tile->px + (clip.top - y) * width + clip.left - x, width);
			if (ret_tile->colors > RASTER_COLORS_MAX)
				return false;
		}
	return true;
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
		unsigned first = at_least(left, x), after = at_most(left + cell_w, x + width);
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

/* Bit 0 of each of the eight bytes, as they lie in memory, the first in the highest bit. */
static uint8_t first_bits(uint64_t eight)
{
	return (uint8_t)(le64toh(eight) * 0x8040201008040201u >> 56);
}

static uint8_t *pack_bits_1(const uint8_t *px, unsigned count, uint8_t *out)
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

static uint8_t *pack_bits(const uint8_t *px, unsigned count, unsigned bits, uint8_t *out)
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

uint8_t *tile_pack(const struct tile *tile, unsigned bits, uint8_t *out)
{
	const uint8_t *px = tile->px;

	if (bits == 8) {
		memcpy(out, px, (size_t)tile->width * tile->height);
		return out + (size_t)tile->width * tile->height;
	}
	for (unsigned y = 0; y < tile->height; y++, px += tile->width)
		out = bits == 1 ? pack_bits_1(px, tile->width, out)
				: pack_bits(px, tile->width, bits, out);
	return out;
}
