/* SPDX-License-Identifier: MIT */
/*
 * TightPNG: Tight whose rectangles are PNG pictures, which a browser decodes by itself. A picture
 * has its own zlib stream, so the bytes are the same for all viewers. They have a palette of one to
 * eight bits a pixel; a row of cells with more colours is cut to true colour.
 */
#include "vnc/encode.h"

#include "base/wire.h"

#include <string.h>
#include <zlib.h>

enum { PX_MAX = 16384, PNG_PALETTE = 3, PNG_RGB = 2 };

/* A chunk's length and checksum around the data that are already at @start + 8 [PNG 5.3]. */
static uint8_t *close_chunk(const char *type, uint8_t *start, size_t len)
{
	put_be32(start, (uint32_t)len);
	memcpy(start + 4, type, 4);
	return put_be32(start + 8 + len, (uint32_t)crc32(0, start + 4, (uInt)len + 4));
}

static uint8_t *put_header(
	unsigned width, unsigned height, unsigned bits, unsigned type, uint8_t *out)
{
	uint8_t *data = put_be32(put_be32(out + 8, width), height);
	const uint8_t rest[5] = { (uint8_t)bits, (uint8_t)type };

	memcpy(data, rest, sizeof(rest));
	return close_chunk("IHDR", out, 13);
}

static uint8_t *put_rgb(const struct pixel_format *format, uint32_t rgb, uint8_t *out)
{
	(void)format;
	out[0] = (uint8_t)(rgb >> 16);
	out[1] = (uint8_t)(rgb >> 8);
	out[2] = (uint8_t)rgb;
	return out + 3;
}

/*
 * Rows of @row_bytes each, a filter byte of 0 before each. Return: past the chunk, NULL: no
 * memory
 */
static uint8_t *put_image(
	const uint8_t *rows, size_t row_bytes, unsigned height, uint8_t *out, const uint8_t *end)
{
	static const uint8_t no_filter;
	z_stream z = { .next_out = out + 8, .avail_out = (uInt)(end - out - 12) };

	if (deflateInit2(&z, 1, Z_DEFLATED, 12, 5, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	for (unsigned y = 0; y < height; y++) {
		z.next_in = (z_const Bytef *)(uintptr_t)&no_filter;
		z.avail_in = 1;
		deflate(&z, Z_NO_FLUSH);
		z.next_in = (z_const Bytef *)(uintptr_t)(rows + y * row_bytes);
		z.avail_in = (uInt)row_bytes;
		deflate(&z, y + 1 == height ? Z_FINISH : Z_NO_FLUSH);
	}
	out = close_chunk("IDAT", out, z.total_out);
	deflateEnd(&z);
	return out;
}

/* The picture; @scratch is where its rows are laid out. Return: past it, or NULL */
static uint8_t *put_png(const struct raster *raster, struct tile *tile, bool has_palette,
	uint8_t *scratch, uint8_t *out, const uint8_t *end)
{
	static const uint8_t magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	unsigned width = tile->width, height = tile->height;
	unsigned bits = tile->colors <= 2 ? 1 : tile->colors <= 4 ? 2 : tile->colors <= 16 ? 4 : 8;
	size_t row_bytes = has_palette ? (width * bits + 7) / 8 : (size_t)width * 3;

	memcpy(out, magic, sizeof(magic));
	if (has_palette) {
		out = put_header(width, height, bits, PNG_PALETTE, out + sizeof(magic));
		encode_palette(tile, NULL, put_rgb, out + 8);
		out = close_chunk("PLTE", out, 3u * tile->colors);
		tile_pack(tile, bits, scratch);
	} else {
		out = put_header(width, height, 8, PNG_RGB, out + sizeof(magic));
		raster_put_pixels(raster, 0, 0, width, height, NULL, put_rgb, scratch);
	}
	out = put_image(scratch, row_bytes, height, out, end);
	return out ? close_chunk("IEND", out, 0) : NULL;
}

static void encode_png(const struct raster *raster, const struct pixel_format *format,
	struct tile *tile, struct encoded *ret_encoded)
{
	unsigned width = raster_width_px(raster), height = raster_height_px(raster);
	bool has_palette = tile_open(tile, raster, 0, 0, width, height);
	uint8_t *bytes = ret_encoded->bytes, *middle = bytes + ENCODE_BYTES_MAX / 2, *end, *at;
	size_t len;

	if (has_palette && tight_encode_fill(tile, format, ret_encoded))
		return;
	end = put_png(raster, tile, has_palette, bytes, middle, bytes + ENCODE_BYTES_MAX);
	len = end ? (size_t)(end - middle) : 0;
	bytes[0] = TIGHT_PNG;
	at = tight_put_length(len, bytes + 1);
	memmove(at, middle, len);
	ret_encoded->head = (size_t)(at - bytes) + len;
	ret_encoded->body = 0;
}

const struct encoding encoding_tight_png = {
	.number = ENCODING_TIGHT_PNG,
	.name = "tight-png",
	.wrap = WRAP_NONE,
	.px_max = PX_MAX,
	.rows_max = 1,
	.encode = encode_png,
};
