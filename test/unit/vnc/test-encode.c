/* SPDX-License-Identifier: MIT */
/* Each encoding is decoded here and compared with what src/text paints of the same cells. */
#include "vnc/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/**
 * struct fixture - @want: 0xRRGGBB as src/text paints it; @got: as decoded
 * @at, @end: what is left to decode
 */
struct fixture {
	struct raster raster;
	struct tile tile;
	struct encoded encoded;
	uint32_t want[RASTER_PX_MAX], got[RASTER_PX_MAX];
	const uint8_t *at, *end;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* Repeatable noise. */
static uint32_t noise(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static uint32_t color(uint32_t *seed, unsigned colors)
{
	return noise(seed) % colors * 0x030507 & 0xffffff;
}

static void make_cell(struct text_tile *cell, unsigned colors, uint32_t *seed)
{
	memset(cell, 0, sizeof(*cell));
	cell->bg = color(seed, colors);
	cell->fg = color(seed, colors);
	cell->line = color(seed, colors);
	cell->is_solid = noise(seed) % 4 == 0;
	cell->has_line = !cell->is_solid && noise(seed) % 8 == 0;
	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++) {
		cell->bits[y] = cell->is_solid ? 0 : (uint8_t)noise(seed);
		cell->line_bits[y] = cell->has_line && y == 14 ? 0xf0 : 0;
	}
}

static void make_raster(
	struct fixture *f, unsigned cols, unsigned rows, unsigned scale, unsigned colors)
{
	uint32_t seed = cols * 7 + rows * 3 + scale + colors;
	unsigned width;

	f->raster.cols = cols;
	f->raster.rows = rows;
	f->raster.scale = scale;
	width = raster_width_px(&f->raster);
	for (unsigned i = 0; i < cols * rows; i++) {
		make_cell(&f->raster.cells[i], colors, &seed);
		text_render_tile(&f->raster.cells[i],
			f->want + i / cols * TEXT_CELL_HEIGHT * scale * width +
				i % cols * TEXT_CELL_WIDTH * scale,
			width, scale);
	}
	memset(f->got, 0xee, sizeof(f->got));
}

static void encode(struct fixture *f, const struct encoding *encoding)
{
	encoding->encode(&f->raster, &pixel_format_default, &f->tile, &f->encoded);
	assert_true(f->encoded.head + f->encoded.body <= sizeof(f->encoded.bytes));
	f->at = f->encoded.bytes;
	f->end = f->at + f->encoded.head + f->encoded.body;
}

static void compare(struct fixture *f)
{
	size_t px = (size_t)raster_width_px(&f->raster) * raster_height_px(&f->raster);

	assert_ptr_equal(f->at, f->end);
	assert_memory_equal(f->got, f->want, px * sizeof(f->got[0]));
}

/* ---- reading ---- */

static unsigned get(struct fixture *f)
{
	assert_true(f->at < f->end);
	return *f->at++;
}

static uint32_t get_pixel(struct fixture *f, unsigned size, bool red_first)
{
	uint32_t rgb = 0;

	for (unsigned i = 0; i < size; i++)
		rgb |= get(f) << (red_first ? 16 - 8 * i : 8 * i);
	return rgb & 0xffffff;
}

struct area {
	unsigned x, y, width, height;
};

static void set(struct fixture *f, const struct area *area, unsigned i, uint32_t rgb)
{
	unsigned x = area->x + i % area->width, y = area->y + i / area->width;

	assert_true(i < area->width * area->height);
	f->got[y * raster_width_px(&f->raster) + x] = rgb;
}

static void get_packed(
	struct fixture *f, const struct area *area, const uint32_t *palette, unsigned bits)
{
	for (unsigned y = 0; y < area->height; y++) {
		unsigned byte = 0;

		for (unsigned x = 0; x < area->width; x++) {
			if (x * bits % 8 == 0)
				byte = get(f);
			set(f, area, y * area->width + x,
				palette[byte >> (8 - bits - x * bits % 8) & ((1u << bits) - 1)]);
		}
	}
}

static void get_raw(struct fixture *f, const struct area *area, unsigned size, bool red_first)
{
	for (unsigned i = 0; i < area->width * area->height; i++)
		set(f, area, i, get_pixel(f, size, red_first));
}

/* ---- decoders ---- */

static void decode_zrle_runs(struct fixture *f, const struct area *area, const uint32_t *palette)
{
	for (unsigned i = 0; i < area->width * area->height;) {
		unsigned index = get(f), run = 1, more = 255;

		while ((index & 128) && more == 255)
			run += more = get(f);
		for (; run; run--)
			set(f, area, i++, palette[index & 127]);
	}
}

static void decode_zrle_tile(struct fixture *f, const struct area *area)
{
	unsigned kind = get(f), colors = kind & 127;
	uint32_t palette[128];

	if (!kind) {
		get_raw(f, area, 3, false);
		return;
	}
	assert_true(kind <= 16 || kind >= 130);
	for (unsigned i = 0; i < colors; i++)
		palette[i] = get_pixel(f, 3, false);
	if (kind >= 130)
		decode_zrle_runs(f, area, palette);
	else if (kind == 1)
		for (unsigned i = 0; i < area->width * area->height; i++)
			set(f, area, i, palette[0]);
	else
		get_packed(f, area, palette, kind <= 2 ? 1 : kind <= 4 ? 2 : 4);
}

static void decode_hextile_tile(struct fixture *f, const struct area *area)
{
	unsigned flags = get(f);
	uint32_t fg = 0, bg;

	if (flags & 1) {
		get_raw(f, area, 4, false);
		return;
	}
	assert_true(flags & 2);
	bg = get_pixel(f, 4, false);
	for (unsigned i = 0; i < area->width * area->height; i++)
		set(f, area, i, bg);
	if (flags & 4)
		fg = get_pixel(f, 4, false);
	for (unsigned n = flags & 8 ? get(f) : 0; n; n--) {
		uint32_t color = flags & 16 ? get_pixel(f, 4, false) : fg;
		unsigned place = get(f), size = get(f);

		for (unsigned y = 0; y <= (size & 15); y++)
			for (unsigned x = 0; x <= size >> 4; x++)
				set(f, area, ((place & 15) + y) * area->width + (place >> 4) + x,
					color);
	}
}

static void for_tiles(struct fixture *f, unsigned side,
	void (*decode)(struct fixture *f, const struct area *area))
{
	unsigned width = raster_width_px(&f->raster), height = raster_height_px(&f->raster);

	for (unsigned y = 0; y < height; y += side)
		for (unsigned x = 0; x < width; x += side) {
			struct area area = { x, y, width - x < side ? width - x : side,
				height - y < side ? height - y : side };

			decode(f, &area);
		}
}

static struct area whole(const struct fixture *f)
{
	return (struct area){ 0, 0, raster_width_px(&f->raster), raster_height_px(&f->raster) };
}

static void decode_tight(struct fixture *f)
{
	struct area area = whole(f);
	unsigned control = get(f), colors;
	uint32_t palette[256];

	if (control == TIGHT_FILL) {
		uint32_t rgb = get_pixel(f, 3, true);

		for (unsigned i = 0; i < area.width * area.height; i++)
			set(f, &area, i, rgb);
		return;
	}
	if (!control) {
		get_raw(f, &area, 3, true);
		return;
	}
	assert_int_equal(control, 0x40);
	assert_int_equal(get(f), 1);
	colors = get(f) + 1;
	for (unsigned i = 0; i < colors; i++)
		palette[i] = get_pixel(f, 3, true);
	assert_int_equal(f->at - f->encoded.bytes, f->encoded.head);
	get_packed(f, &area, palette, colors == 2 ? 1 : 8);
}

/* ---- PNG ---- */

static uint32_t get_u32(struct fixture *f)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++)
		value = value << 8 | get(f);
	return value;
}

/* A chunk's data and length; its checksum is looked at. */
static const uint8_t *get_chunk(struct fixture *f, const char *type, uint32_t *ret_len)
{
	const uint8_t *data;

	*ret_len = get_u32(f);
	data = f->at + 4;
	assert_memory_equal(f->at, type, 4);
	f->at += 4 + *ret_len;
	assert_true(f->at + 4 <= f->end);
	assert_int_equal(get_u32(f), crc32(0, data - 4, *ret_len + 4));
	return data;
}

static void decode_png_rows(
	struct fixture *f, const uint8_t *rows, unsigned bits, const uint8_t *palette)
{
	struct area area = whole(f);
	unsigned row_bytes = palette ? (area.width * bits + 7) / 8 : area.width * 3;

	for (unsigned y = 0; y < area.height; y++, rows += row_bytes) {
		assert_int_equal(*rows++, 0);
		for (unsigned x = 0; x < area.width; x++) {
			const uint8_t *rgb = rows + (size_t)x * 3;

			if (palette) {
				unsigned shift = 8 - bits - x * bits % 8;

				rgb = palette +
				      (rows[x * bits / 8] >> shift & ((1 << bits) - 1)) * 3;
			}
			set(f, &area, y * area.width + x,
				(uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2]);
		}
	}
}

static void decode_png(struct fixture *f)
{
	static uint8_t rows[RASTER_PX_MAX * 3 + 4096];
	const uint8_t *header, *palette = NULL, *data;
	uLongf len = sizeof(rows);
	uint32_t n;

	f->at += 8;
	header = get_chunk(f, "IHDR", &n);
	if (header[9] == 3)
		palette = get_chunk(f, "PLTE", &n);
	data = get_chunk(f, "IDAT", &n);
	assert_int_equal(uncompress(rows, &len, data, n), Z_OK);
	decode_png_rows(f, rows, header[8], palette);
	get_chunk(f, "IEND", &n);
}

static void decode_tight_png(struct fixture *f)
{
	unsigned control = get(f), len = 0, byte = 0x80;

	if (control == TIGHT_FILL) {
		f->at--;
		decode_tight(f);
		return;
	}
	assert_int_equal(control, TIGHT_PNG);
	for (unsigned shift = 0; shift < 21 && byte >= 0x80; shift += 7) {
		byte = get(f);
		len |= (shift == 14 ? byte : byte & 0x7f) << shift;
	}
	assert_int_equal((size_t)(f->end - f->at), len);
	decode_png(f);
}

/* ---- tests ---- */

static void decode_zrle(struct fixture *f)
{
	for_tiles(f, 64, decode_zrle_tile);
}

static void decode_hextile(struct fixture *f)
{
	for_tiles(f, 16, decode_hextile_tile);
}

static void decode_raw(struct fixture *f)
{
	struct area area = whole(f);

	get_raw(f, &area, 4, false);
}

static void check_rasters(
	struct fixture *f, const struct encoding *encoding, void (*decode)(struct fixture *f))
{
	static const struct {
		unsigned cols, rows, scale, colors;
	} cases[] = {
		{ 1, 1, 1, 1 },
		{ 1, 1, 1, 2 },
		{ 80, 1, 1, 2 },
		{ 80, 4, 1, 2 },
		{ 9, 3, 1, 3 },
		{ 9, 3, 1, 5 },
		{ 13, 2, 1, 16 },
		{ 64, 4, 1, 40 },
		{ 200, 4, 1, 100 },
		{ 200, 4, 1, 5000 },
		{ 10, 2, 2, 2 },
		{ 10, 2, 3, 2 },
		{ 7, 1, 5, 9 },
		{ 3, 1, 8, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_raster(f, cases[i].cols, cases[i].rows, cases[i].scale, cases[i].colors);
		if (raster_width_px(&f->raster) * raster_height_px(&f->raster) > encoding->px_max)
			continue;
		encode(f, encoding);
		decode(f);
		compare(f);
	}
}

static void raw_is_the_picture(void **state)
{
	check_rasters(*state, &encoding_raw, decode_raw);
}

static void hextile_is_the_picture(void **state)
{
	check_rasters(*state, &encoding_hextile, decode_hextile);
}

static void zrle_is_the_picture(void **state)
{
	check_rasters(*state, &encoding_zrle, decode_zrle);
}

static void tight_is_the_picture(void **state)
{
	check_rasters(*state, &encoding_tight, decode_tight);
}

static void tight_png_is_the_picture(void **state)
{
	check_rasters(*state, &encoding_tight_png, decode_tight_png);
}

static void plain_text_has_one_bit_a_pixel(void **state)
{
	struct fixture *f = *state;

	make_raster(f, 80, 1, 1, 2);
	encode(f, &encoding_tight);
	assert_int_equal(f->encoded.body, 80 * 16);
	encode(f, &encoding_zrle);
	assert_int_equal(f->encoded.body, 80 * 16 + 10 * (1 + 2 * 3));
}

static void lengths_have_seven_bits_a_byte(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_int_equal(tight_put_length(127, out) - out, 1);
	assert_int_equal(tight_put_length(10000, out) - out, 2);
	assert_memory_equal(out, "\x90\x4e", 2);
	assert_int_equal(tight_put_length((1 << 22) - 1, out) - out, 3);
	assert_memory_equal(out, "\xff\xff\xff", 3);
}

static void encodings_are_found_by_number(void **state)
{
	(void)state;
	assert_ptr_equal(encoding_find(16), &encoding_zrle);
	assert_ptr_equal(encoding_find(-260), &encoding_tight_png);
	assert_null(encoding_find(2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(raw_is_the_picture),
		TEST(hextile_is_the_picture),
		TEST(zrle_is_the_picture),
		TEST(tight_is_the_picture),
		TEST(tight_png_is_the_picture),
		TEST(plain_text_has_one_bit_a_pixel),
		TEST(lengths_have_seven_bits_a_byte),
		TEST(encodings_are_found_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
