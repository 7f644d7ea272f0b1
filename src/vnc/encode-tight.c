/* SPDX-License-Identifier: MIT */
/*
 * Tight (community protocol description, "Tight Encoding") without JPEG: a filled rectangle, two
 * colours at one bit a pixel, a palette at one byte a pixel, or all pixels. Each row of cells is a
 * rectangle of its own, since a single row seldom has more than two colours. All of a viewer's
 * rectangles go through zlib stream 0, so that a viewer costs the memory of one.
 */
#include "vnc/encode.h"

enum { EXPLICIT_FILTER = 0x40, FILTER_PALETTE = 1, PX_MAX = 65536 };

uint8_t *tight_put_length(size_t len, uint8_t *out)
{
	for (unsigned i = 0; i < 2 && len > 0x7f; i++, len >>= 7)
		*out++ = (uint8_t)(len | 0x80);
	*out++ = (uint8_t)len;
	return out;
}

bool tight_encode_fill(
	const struct tile *tile, const struct pixel_format *format, struct encoded *ret_encoded)
{
	if (tile->colors != 1)
		return false;
	ret_encoded->bytes[0] = TIGHT_FILL;
	ret_encoded->head = (size_t)(tpixel_put(format, tile->palette[0], ret_encoded->bytes + 1) -
				     ret_encoded->bytes);
	ret_encoded->body = 0;
	return true;
}

static void encode_all_pixels(
	const struct raster *raster, const struct pixel_format *format, struct encoded *ret_encoded)
{
	uint8_t *out = ret_encoded->bytes;

	*out++ = 0;
	ret_encoded->head = 1;
	ret_encoded->body = (size_t)(raster_put_pixels(raster, 0, 0, raster_width_px(raster),
					     raster_height_px(raster), format, tpixel_put, out) -
				     out);
}

static void encode_tight(const struct raster *raster, const struct pixel_format *format,
	struct tile *tile, struct encoded *ret_encoded)
{
	uint8_t *out = ret_encoded->bytes, *body;

	if (!tile_open(tile, raster, 0, 0, raster_width_px(raster), raster_height_px(raster))) {
		encode_all_pixels(raster, format, ret_encoded);
		return;
	}
	if (tight_encode_fill(tile, format, ret_encoded))
		return;
	*out++ = EXPLICIT_FILTER;
	*out++ = FILTER_PALETTE;
	*out++ = (uint8_t)(tile->colors - 1);
	body = encode_palette(tile, format, tpixel_put, out);
	ret_encoded->head = (size_t)(body - ret_encoded->bytes);
	out = tile_pack(tile, tile->colors == 2 ? 1 : 8, body);
	ret_encoded->body = (size_t)(out - body);
}

const struct encoding encoding_tight = {
	.number = ENCODING_TIGHT,
	.name = "tight",
	.wrap = WRAP_TIGHT,
	.px_max = PX_MAX,
	.rows_max = 1,
	.encode = encode_tight,
};
