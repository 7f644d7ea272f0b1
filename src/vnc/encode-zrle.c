/* SPDX-License-Identifier: MIT */
/*
 * ZRLE [RFC 6143 7.7.6] in tiles of 64x64: of text nearly all are one colour or a palette of two to
 * four, packed. Run lengths are for tiles of more than 16 colours only (block graphics): zlib finds
 * the runs of the others.
 */
#include "vnc/encode.h"

#include "base/minmax.h"

#include <string.h>

enum { SIDE = 64, PACKED_MAX = 16, RLE_COLORS_MAX = 127, RLE = 128, RUN = 128, RUN_BYTE_MAX = 255 };

static uint8_t *put_runs(struct tile *tile, uint8_t *out)
{
	unsigned count = tile->width * tile->height;

	tile_paint(tile);
	for (unsigned i = 0, end; i < count; i = end) {
		unsigned more;

		for (end = i + 1; end < count && tile->px[end] == tile->px[i]; end++)
			;
		more = end - i - 1;
		*out++ = (uint8_t)(tile->px[i] | (more ? RUN : 0));
		for (; more >= RUN_BYTE_MAX; more -= RUN_BYTE_MAX)
			*out++ = RUN_BYTE_MAX;
		if (end - i > 1)
			*out++ = (uint8_t)more;
	}
	return out;
}

static uint8_t *put_tile(struct tile *tile, const struct pixel_format *format, uint8_t *out)
{
	unsigned bits = tile->colors <= 2 ? 1 : tile->colors <= 4 ? 2 : 4;

	*out = (uint8_t)(tile->colors > PACKED_MAX ? RLE + tile->colors : tile->colors);
	out = encode_palette(tile, format, cpixel_put, out + 1);
	if (tile->colors > PACKED_MAX)
		return put_runs(tile, out);
	return tile->colors == 1 ? out : tile_pack(tile, bits, out);
}

static void encode_zrle(const struct raster *raster, const struct pixel_format *format,
	struct tile *tile, struct encoded *ret_encoded)
{
	unsigned width = raster_width_px(raster), height = raster_height_px(raster);
	uint8_t *out = ret_encoded->bytes;

	for (unsigned y = 0; y < height; y += SIDE)
		for (unsigned x = 0; x < width; x += SIDE) {
			unsigned w = smaller(width - x, SIDE), h = smaller(height - y, SIDE);

			if (tile_open(tile, raster, x, y, w, h) && tile->colors <= RLE_COLORS_MAX) {
				out = put_tile(tile, format, out);
				continue;
			}
			*out++ = 0; /* raw */
			out = raster_put_pixels(raster, x, y, w, h, format, cpixel_put, out);
		}
	ret_encoded->head = 0;
	ret_encoded->body = (size_t)(out - ret_encoded->bytes);
}

const struct encoding encoding_zrle = {
	.number = ENCODING_ZRLE,
	.name = "zrle",
	.wrap = WRAP_ZRLE,
	.px_max = RASTER_PX_MAX,
	.rows_max = 4,
	.encode = encode_zrle,
};
