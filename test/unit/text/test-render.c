/* SPDX-License-Identifier: MIT */
#include "text/glyph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MARGIN = 3, SCALE_MAX = 3 };
#define UNTOUCHED 0xdeadbeefu

static const struct text_tile sample = {
	.bits = { 0x80, 0x01, 0xa5, 0xff, 0x00, 0x18, [15] = 0x3c },
	.line_bits = { [2] = 0xf0, [14] = 0x81 },
	.fg = 0x123456,
	.bg = 0xfedcba,
	.line = 0x00ff00,
	.has_line = true,
};

static uint32_t expected(unsigned x, unsigned y)
{
	if (sample.line_bits[y] >> (7 - x) & 1)
		return sample.line;
	return sample.bits[y] >> (7 - x) & 1 ? sample.fg : sample.bg;
}

static void every_pixel_has_its_colour_at_every_scale(void **state)
{
	enum { STRIDE = 8 * SCALE_MAX + MARGIN, HEIGHT = 16 * SCALE_MAX + 1 };
	uint32_t pixels[STRIDE * HEIGHT];

	(void)state;
	for (unsigned scale = 1; scale <= SCALE_MAX; scale++) {
		for (unsigned i = 0; i < STRIDE * HEIGHT; i++)
			pixels[i] = UNTOUCHED;
		text_render_tile(&sample, pixels, STRIDE, scale);
		for (unsigned y = 0; y < HEIGHT; y++)
			for (unsigned x = 0; x < STRIDE; x++) {
				bool inside = x < 8 * scale && y < 16 * scale;

				assert_int_equal(pixels[y * STRIDE + x],
					inside ? expected(x / scale, y / scale) : UNTOUCHED);
			}
	}
}

static void cells_lie_side_by_side(void **state)
{
	struct text_cell cells[3] = { { .bg = 1 }, { .bg = 2 }, { .bg = 3 } };
	uint32_t pixels[24 * 16];
	struct font *font;

	(void)state;
	assert_int_equal(font_new("", &font, NULL), 0);
	text_render_cells(font, NULL, cells, 3, pixels, 24, 1);
	for (unsigned i = 0; i < 24 * 16; i++)
		assert_int_equal(pixels[i], i % 24 / 8 + 1);
	font_free(font);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pixel_has_its_colour_at_every_scale),
		cmocka_unit_test(cells_lie_side_by_side),
	};

	return cmocka_run_group_tests_name("text/render", tests, NULL, NULL);
}
