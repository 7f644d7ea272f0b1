/* SPDX-License-Identifier: MIT */
/*
 * Colours as the viewer wants them. A format that a viewer asks for is checked so that every colour
 * fits its pixel; after that nothing here can fail.
 *
 * Viewers with a colour map get xterm's 256 colours as their map, so that indexed colours are
 * exact.
 */
#include "vnc/pixel-format.h"

#include "base/wire.h"

#include <errno.h>
#include <string.h>

enum { MAP_COLORS = 256, CUBE_START = 16, CUBE_SIDE = 6, GREY_START = 232, GREYS = 24 };

const struct pixel_format pixel_format_default = {
	.bytes = 4,
	.depth = 24,
	.true_color = 1,
	.max = { 255, 255, 255 },
	.shift = { 16, 8, 0 },
};

int pixel_format_parse(const uint8_t wire[PIXEL_FORMAT_SIZE], struct pixel_format *ret_format)
{
	unsigned bits = wire[0];
	struct pixel_format format = { .bytes = (uint8_t)(bits / 8),
		.depth = wire[1],
		.big_endian = wire[2] && bits > 8,
		.true_color = wire[3] != 0 };

	if (bits != 8 && bits != 16 && bits != 32)
		return -EINVAL;
	for (unsigned i = 0; format.true_color && i < 3; i++) {
		uint64_t max = get_be16(wire + 4 + 2 * i);
		unsigned shift = wire[10 + i];

		if (shift >= bits || max << shift >> bits)
			return -EINVAL;
		format.max[i] = (uint16_t)max;
		format.shift[i] = (uint8_t)shift;
	}
	*ret_format = format;
	return 0;
}

void pixel_format_write(const struct pixel_format *format, uint8_t wire[PIXEL_FORMAT_SIZE])
{
	memset(wire, 0, PIXEL_FORMAT_SIZE);
	wire[0] = (uint8_t)(format->bytes * 8);
	wire[1] = format->depth;
	wire[2] = format->big_endian;
	wire[3] = format->true_color;
	for (unsigned i = 0; i < 3; i++) {
		put_be16(wire + 4 + 2 * i, format->max[i]);
		wire[10 + i] = format->shift[i];
	}
}

bool pixel_format_equal(const struct pixel_format *a, const struct pixel_format *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* ---- colour map ---- */

static uint32_t cube_level(unsigned i)
{
	return i ? 55 + 40 * i : 0;
}

static uint32_t map_color(unsigned index)
{
	static const uint32_t basic[CUBE_START] = { 0x000000, 0xaa0000, 0x00aa00, 0xaa5500,
		0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa, 0x555555, 0xff5555, 0x55ff55, 0xffff55,
		0x5555ff, 0xff55ff, 0x55ffff, 0xffffff };
	unsigned i = index - CUBE_START;

	if (index < CUBE_START)
		return basic[index];
	if (index >= GREY_START)
		return (8 + 10 * (index - GREY_START)) * 0x010101u;
	return cube_level(i / 36) << 16 | cube_level(i / 6 % 6) << 8 | cube_level(i % 6);
}

static unsigned distance(uint32_t a, uint32_t b)
{
	unsigned sum = 0;

	for (unsigned shift = 0; shift < 24; shift += 8) {
		int d = (int)(a >> shift & 0xff) - (int)(b >> shift & 0xff);

		sum += (unsigned)(d * d);
	}
	return sum;
}

static unsigned nearest_map_color(uint32_t rgb)
{
	unsigned best = 0;

	for (unsigned i = 1; i < MAP_COLORS && map_color(best) != rgb; i++)
		if (distance(map_color(i), rgb) < distance(map_color(best), rgb))
			best = i;
	return best;
}

void pixel_format_write_map(uint8_t wire[PIXEL_MAP_SIZE])
{
	static const uint8_t header[6] = { 1, 0, 0, 0, MAP_COLORS >> 8, MAP_COLORS & 0xff };
	uint8_t *at = wire + sizeof(header);

	memcpy(wire, header, sizeof(header));
	for (unsigned i = 0; i < MAP_COLORS; i++)
		for (unsigned shift = 24; shift > 0; at += 2) {
			shift -= 8;
			at[0] = at[1] = (uint8_t)(map_color(i) >> shift);
		}
}

/* ---- pixels ---- */

uint32_t pixel_value(const struct pixel_format *format, uint32_t rgb)
{
	uint32_t value = 0;

	if (!format->true_color)
		return nearest_map_color(rgb & 0xffffff);
	for (unsigned i = 0; i < 3; i++) {
		uint32_t level = rgb >> (16 - 8 * i) & 0xff;

		value |= (level * format->max[i] + 127) / 255 << format->shift[i];
	}
	return value;
}

static uint8_t *put_bytes(bool big_endian, uint32_t value, unsigned bytes, uint8_t *out)
{
	for (unsigned i = 0; i < bytes; i++)
		out[i] = (uint8_t)(value >> 8 * (big_endian ? bytes - 1 - i : i));
	return out + bytes;
}

uint8_t *pixel_put(const struct pixel_format *format, uint32_t rgb, uint8_t *out)
{
	return put_bytes(format->big_endian, pixel_value(format, rgb), format->bytes, out);
}

/* The bits that colours use. */
static uint32_t used_bits(const struct pixel_format *format)
{
	uint32_t used = 0;

	for (unsigned i = 0; i < 3; i++)
		used |= (uint32_t)format->max[i] << format->shift[i];
	return used;
}

uint8_t *cpixel_put(const struct pixel_format *format, uint32_t rgb, uint8_t *out)
{
	uint32_t used = used_bits(format);

	if (format->true_color && format->bytes == 4 && format->depth <= 24) {
		if (used <= 0xffffff)
			return put_bytes(format->big_endian, pixel_value(format, rgb), 3, out);
		if (!(used & 0xff))
			return put_bytes(format->big_endian, pixel_value(format, rgb) >> 8, 3, out);
	}
	return pixel_put(format, rgb, out);
}

uint8_t *tpixel_put(const struct pixel_format *format, uint32_t rgb, uint8_t *out)
{
	static const uint16_t full[3] = { 255, 255, 255 };

	if (format->true_color && format->bytes == 4 && format->depth == 24 &&
		!memcmp(format->max, full, sizeof(full)))
		return put_bytes(true, rgb & 0xffffff, 3, out);
	return pixel_put(format, rgb, out);
}
