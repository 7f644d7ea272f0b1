/* SPDX-License-Identifier: MIT */
#include "vnc/pixel-format.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct pixel_format format_of(const char *wire)
{
	struct pixel_format format;

	assert_int_equal(pixel_format_parse((const uint8_t *)wire, &format), 0);
	return format;
}

#define RGB888	 "\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00"
#define RGB888_B "\x20\x18\x01\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00\x00\x00"
#define RGBX	 "\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\x18\x10\x08\x00\x00\x00"
#define RGB565	 "\x10\x10\x00\x01\x00\x1f\x00\x3f\x00\x1f\x0b\x05\x00\x00\x00\x00"
#define RGB555_B "\x10\x0f\x01\x01\x00\x1f\x00\x1f\x00\x1f\x0a\x05\x00\x00\x00\x00"
#define BGR233	 "\x08\x08\x00\x01\x00\x07\x00\x07\x00\x03\x00\x03\x06\x00\x00\x00"
#define MAPPED	 "\x08\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
#define DEEP	 "\x20\x1e\x00\x01\x03\xff\x03\xff\x03\xff\x14\x0a\x00\x00\x00\x00"

static void puts_as(
	pixel_put_fn *put, const char *wire, uint32_t rgb, const char *bytes, size_t len)
{
	struct pixel_format format = format_of(wire);
	uint8_t out[4];

	assert_int_equal(put(&format, rgb, out) - out, len);
	assert_memory_equal(out, bytes, len);
}

static void pixels_have_the_bytes_of_their_format(void **state)
{
	(void)state;
	puts_as(pixel_put, RGB888, 0x123456, "\x56\x34\x12\x00", 4);
	puts_as(pixel_put, RGB888_B, 0x123456, "\x00\x12\x34\x56", 4);
	puts_as(pixel_put, RGBX, 0x123456, "\x00\x56\x34\x12", 4);
	puts_as(pixel_put, RGB565, 0xff0000, "\x00\xf8", 2);
	puts_as(pixel_put, RGB555_B, 0x0000ff, "\x00\x1f", 2);
	puts_as(pixel_put, BGR233, 0xff00ff, "\xc7", 1);
	puts_as(pixel_put, DEEP, 0xffffff, "\xff\xff\xff\x3f", 4);
}

/* 37/255 of 31 is 4 and 127/255, 218/255 of it is 26 and 128/255. */
static void levels_are_rounded_to_the_nearest(void **state)
{
	(void)state;
	puts_as(pixel_put, RGB565, 0x250000, "\x00\x20", 2);
	puts_as(pixel_put, RGB565, 0xda0000, "\x00\xd8", 2);
	puts_as(pixel_put, RGB565, 0x000400, "\x20\x00", 2);
	puts_as(pixel_put, BGR233, 0x00002b, "\x40", 1);
	puts_as(pixel_put, BGR233, 0x00002a, "\x00", 1);
}

static void compact_pixels_leave_out_the_unused_byte(void **state)
{
	(void)state;
	puts_as(cpixel_put, RGB888, 0x123456, "\x56\x34\x12", 3);
	puts_as(cpixel_put, RGB888_B, 0x123456, "\x12\x34\x56", 3);
	puts_as(cpixel_put, RGBX, 0x123456, "\x56\x34\x12", 3);
	puts_as(cpixel_put, RGB565, 0xff0000, "\x00\xf8", 2);
	puts_as(cpixel_put, DEEP, 0xffffff, "\xff\xff\xff\x3f", 4);
}

static void tight_pixels_are_red_green_blue(void **state)
{
	(void)state;
	puts_as(tpixel_put, RGB888, 0x123456, "\x12\x34\x56", 3);
	puts_as(tpixel_put, RGB888_B, 0x123456, "\x12\x34\x56", 3);
	puts_as(tpixel_put, RGBX, 0x123456, "\x12\x34\x56", 3);
	puts_as(tpixel_put, RGB565, 0xff0000, "\x00\xf8", 2);
	puts_as(tpixel_put, DEEP, 0xffffff, "\xff\xff\xff\x3f", 4);
}

static void mapped_colors_are_the_nearest_of_the_map(void **state)
{
	uint8_t map[PIXEL_MAP_SIZE];

	(void)state;
	pixel_format_write_map(map);
	assert_memory_equal(map, "\x01\x00\x00\x00\x01\x00", 6);
	assert_memory_equal(map + 6 + 6 * 1, "\xaa\xaa\x00\x00\x00\x00", 6);
	puts_as(pixel_put, MAPPED, 0x000000, "\x00", 1);
	puts_as(pixel_put, MAPPED, 0xaaaaaa, "\x07", 1);
	puts_as(pixel_put, MAPPED, 0x5f87af, "\x43", 1); /* 67 of xterm's cube */
	puts_as(pixel_put, MAPPED, 0x080808, "\xe8", 1); /* the first grey */
}

static void formats_that_do_not_fit_are_refused(void **state)
{
	static const char *const bad[] = {
		"\x18\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00"
		"\x00\x00", /* 24 bits */
		"\x00\x18\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00"
		"\x00\x00", /* none */
		"\x08\x08\x00\x01\x00\xff\x00\xff\x00\xff\x10\x08\x00\x00"
		"\x00\x00", /* shift 16 of 8 */
		"\x10\x10\x00\x01\x00\xff\x00\xff\x00\xff\x0a\x05\x00\x00"
		"\x00\x00", /* 18 bits */
		"\x20\x18\x00\x01\xff\xff\x00\xff\x00\xff\x1f\x08\x00\x00"
		"\x00\x00",
		"\x20\x18\x00\x01\x00\xff\x00\xff\x00\xff\xff\x08\x00\x00"
		"\x00\x00",
	};
	struct pixel_format format;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pixel_format_parse((const uint8_t *)bad[i], &format), -EINVAL);
}

static void what_was_parsed_is_written_again(void **state)
{
	static const char *const good[] = { RGB888, RGB888_B, RGBX, RGB565, RGB555_B, BGR233,
		DEEP };
	uint8_t wire[PIXEL_FORMAT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct pixel_format format = format_of(good[i]), again;

		pixel_format_write(&format, wire);
		assert_memory_equal(wire, good[i], sizeof(wire));
		assert_int_equal(pixel_format_parse(wire, &again), 0);
		assert_true(pixel_format_equal(&format, &again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pixels_have_the_bytes_of_their_format),
		cmocka_unit_test(levels_are_rounded_to_the_nearest),
		cmocka_unit_test(compact_pixels_leave_out_the_unused_byte),
		cmocka_unit_test(tight_pixels_are_red_green_blue),
		cmocka_unit_test(mapped_colors_are_the_nearest_of_the_map),
		cmocka_unit_test(formats_that_do_not_fit_are_refused),
		cmocka_unit_test(what_was_parsed_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
