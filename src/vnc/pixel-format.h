/* SPDX-License-Identifier: MIT */
#ifndef VNC_PIXEL_FORMAT_H
#define VNC_PIXEL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PIXEL_FORMAT on the wire [RFC 6143 7.4] */
#define PIXEL_FORMAT_SIZE 16u

/* SetColourMapEntries with all our colours [RFC 6143 7.6.2] */
#define PIXEL_MAP_SIZE (6u + 256u * 6u)

/**
 * struct pixel_format - how a viewer wants its pixels; in normal form, so that memcmp() compares
 * @bytes:      of a pixel: 1, 2, 4
 * @max, @shift: of red, green, blue; 0 unless @true_color
 *
 * Without @true_color a pixel is an index into the map of pixel_format_write_map().
 */
struct pixel_format {
	uint8_t bytes, depth;
	uint8_t big_endian, true_color;
	uint16_t max[3];
	uint8_t shift[3];
	uint8_t pad;
};

/** pixel_format_default - what ServerInit tells: 32 bits, red in the third byte, little endian */
extern const struct pixel_format pixel_format_default;

/** pixel_format_parse() - Return: 0; -EINVAL: not a format that pixels could be written in */
int pixel_format_parse(const uint8_t wire[PIXEL_FORMAT_SIZE], struct pixel_format *ret_format);

/** pixel_format_write() - the inverse */
void pixel_format_write(const struct pixel_format *format, uint8_t wire[PIXEL_FORMAT_SIZE]);

/** pixel_format_write_map() - the message that sets a viewer's colour map to ours */
void pixel_format_write_map(uint8_t wire[PIXEL_MAP_SIZE]);

bool pixel_format_equal(const struct pixel_format *a, const struct pixel_format *b);

/** pixel_value() - 0xRRGGBB as a number of this format */
uint32_t pixel_value(const struct pixel_format *format, uint32_t rgb);

/** pixel_put() - one PIXEL of @format->bytes. Return: past its last byte */
uint8_t *pixel_put(const struct pixel_format *format, uint32_t rgb, uint8_t *out);

/** cpixel_put() - one CPIXEL of ZRLE [RFC 6143 7.7.5], 1..4 bytes. Return: past its last byte */
uint8_t *cpixel_put(const struct pixel_format *format, uint32_t rgb, uint8_t *out);

/** tpixel_put() - one TPIXEL of Tight, 1..4 bytes. Return: past its last byte */
uint8_t *tpixel_put(const struct pixel_format *format, uint32_t rgb, uint8_t *out);

/* A function of the three above. */
typedef uint8_t *pixel_put_fn(const struct pixel_format *format, uint32_t rgb, uint8_t *out);

#endif
