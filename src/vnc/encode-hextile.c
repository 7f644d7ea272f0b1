/* SPDX-License-Identifier: MIT */
/*
 * Hextile [RFC 6143 7.7.4]: tiles of 16x16 as rectangles of a colour on a background. Kept for old
 * viewers, so nothing is remembered from tile to tile: each says its own colours.
 */
#include "vnc/encode.h"

#include <string.h>

enum {
	SIDE = 16,
	RAW = 1,
	BACKGROUND = 2,
	FOREGROUND = 4,
	SUBRECTS = 8,
	COLORED = 16,
	SUBRECTS_MAX = 255,
};

static unsigned most_used(const struct tile *tile)
{
	unsigned count[RASTER_COLORS_MAX] = { 0 }, best = 0;

	for (unsigned i = 0; i < tile->width * tile->height; i++)
		count[tile->px[i]]++;
	for (unsigned i = 1; i < tile->colors; i++)
		if (count[i] > count[best])
			best = i;
	return best;
}

/* Paint the largest wide rectangle of a colour whose corner is here over with @bg. */
static void take_subrect(
	struct tile *tile, unsigned x, unsigned y, unsigned bg, uint8_t ret_place[2])
{
	uint8_t *row = tile->px + y * tile->width, color = row[x];
	unsigned w = 1, h = 1;

	while (x + w < tile->width && row[x + w] == color)
		w++;
	for (; y + h < tile->height; h++) {
		const uint8_t *next = row + h * tile->width;

		for (unsigned i = 0; i < w; i++)
			if (next[x + i] != color)
				goto found;
	}
found:
	for (unsigned i = 0; i < h; i++)
		memset(row + i * tile->width + x, (int)bg, w);
	ret_place[0] = (uint8_t)(x << 4 | y);
	ret_place[1] = (uint8_t)((w - 1) << 4 | (h - 1));
}

/* Return: past the last byte, or NULL if the tile is better sent raw. */
static uint8_t *put_subrects(struct tile *tile, const struct pixel_format *format, uint8_t *out)
{
	unsigned bg, flags = BACKGROUND, count = 0;
	uint8_t *start = out, *number;
	const uint8_t *end = start + (size_t)tile->width * tile->height * format->bytes;

	tile_paint(tile);
	bg = most_used(tile);
	out = pixel_put(format, tile->palette[bg], out + 1);
	if (tile->colors == 2) {
		flags |= FOREGROUND;
		out = pixel_put(format, tile->palette[!bg], out);
	}
	number = out++;
	for (unsigned i = 0; i < tile->width * tile->height; i++) {
		if (tile->px[i] == bg)
			continue;
		if (count++ == SUBRECTS_MAX || out + format->bytes + 2 > end)
			return NULL;
		if (tile->colors > 2)
			out = pixel_put(format, tile->palette[tile->px[i]], out);
		take_subrect(tile, i % tile->width, i / tile->width, bg, out);
		out += 2;
	}
	*number = (uint8_t)count;
	if (!count)
		out = number;
	*start = (uint8_t)(flags | (count ? SUBRECTS : 0u) |
			   (count && tile->colors > 2 ? COLORED : 0u));
	return out;
}

static void encode_hextile(const struct raster *raster, const struct pixel_format *format,
	struct tile *tile, struct encoded *ret_encoded)
{
	unsigned width = raster_width_px(raster), height = raster_height_px(raster);
	uint8_t *out = ret_encoded->bytes;

	for (unsigned y = 0; y < height; y += SIDE)
		for (unsigned x = 0; x < width; x += SIDE) {
			unsigned w = width - x < SIDE ? width - x : SIDE;
			unsigned h = height - y < SIDE ? height - y : SIDE;
			uint8_t *after = NULL;

			if (tile_open(tile, raster, x, y, w, h))
				after = put_subrects(tile, format, out);
			if (!after) {
				*out = RAW;
				after = raster_put_pixels(
					raster, x, y, w, h, format, pixel_put, out + 1);
			}
			out = after;
		}
	ret_encoded->head = (size_t)(out - ret_encoded->bytes);
	ret_encoded->body = 0;
}

const struct encoding encoding_hextile = {
	.number = ENCODING_HEXTILE,
	.name = "hextile",
	.wrap = WRAP_NONE,
	.px_max = 65536,
	.rows_max = 4,
	.encode = encode_hextile,
};
