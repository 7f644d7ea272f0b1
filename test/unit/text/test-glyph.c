/* SPDX-License-Identifier: MIT */
#include "text/glyph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
	struct font *font;
	struct vt *vt;
	struct text_cell cells[VT_COLS_DEFAULT];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(font_new("", &f->font, NULL), 0);
	assert_int_equal(vt_new(NULL, NULL, NULL, &f->vt), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	vt_free(f->vt);
	font_free(f->font);
	free(f);
	return 0;
}

/* Feed @text into a fresh engine and resolve its first row. */
static void show(struct fixture *f, const char *text)
{
	struct vt_cell row[VT_COLS_DEFAULT];

	vt_reset(f->vt);
	vt_feed(f->vt, text, strlen(text));
	vt_read_line(f->vt, 0, row, NULL);
	text_cell_from_vt(f->vt, row, VT_COLS_DEFAULT, f->cells);
}

static struct text_tile tile(struct fixture *f, const char *text)
{
	struct text_tile out;

	show(f, text);
	text_tile(f->font, f->vt, &f->cells[0], &out);
	return out;
}

static void a_blank_is_solid(void **state)
{
	struct text_tile t = tile(*state, "\033[44m ");

	assert_true(t.is_solid);
	assert_int_equal(t.bg, vt_palette(((struct fixture *)*state)->vt, 4));
	assert_true(tile(*state, "").is_solid);
}

static void a_letter_is_two_colours_and_not_solid(void **state)
{
	struct text_tile t = tile(*state, "\033[31;42mA");

	assert_false(t.is_solid);
	assert_false(t.has_line);
	assert_int_equal(t.fg, vt_palette(((struct fixture *)*state)->vt, 1));
	assert_int_equal(t.bg, vt_palette(((struct fixture *)*state)->vt, 2));
}

static void bold_adds_pixels_and_italic_moves_them(void **state)
{
	struct text_tile plain = tile(*state, "I"), bold = tile(*state, "\033[1mI");
	struct text_tile italic = tile(*state, "\033[3mI");

	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		assert_int_equal(bold.bits[y], plain.bits[y] | plain.bits[y] >> 1);
	assert_int_equal(italic.bits[3], plain.bits[3] >> 1);
	assert_int_equal(italic.bits[8], plain.bits[8]);
	assert_int_equal(italic.bits[11], (uint8_t)(plain.bits[11] << 1));
}

static void lines_stay_whole_in_bold_italic(void **state)
{
	struct text_tile plain = tile(*state, "\u253c"), styled = tile(*state, "\033[1;3m\u253c");

	assert_memory_equal(plain.bits, styled.bits, sizeof(plain.bits));
}

static void each_underline_style_looks_different(void **state)
{
	static const char *const texts[] = { "x", "\033[4mx", "\033[4:2mx", "\033[4:3mx",
		"\033[4:4mx", "\033[4:5mx" };
	enum { N = sizeof(texts) / sizeof(*texts) };
	struct text_tile tiles[N];

	for (unsigned i = 0; i < N; i++) {
		tiles[i] = tile(*state, texts[i]);
		assert_false(tiles[i].has_line);
		for (unsigned k = 0; k < i; k++)
			assert_memory_not_equal(tiles[i].bits, tiles[k].bits, TEXT_CELL_HEIGHT);
	}
	assert_int_equal(tiles[1].bits[14], 0xff);
}

static void a_coloured_underline_is_the_third_colour(void **state)
{
	struct text_tile t = tile(*state, "\033[4;58:5:9mx");

	assert_true(t.has_line);
	assert_int_equal(t.line, vt_palette(((struct fixture *)*state)->vt, 9));
	assert_int_equal(t.line_bits[14], 0xff);
}

static void strike_and_overline_are_drawn(void **state)
{
	struct text_tile t = tile(*state, "\033[9;53m ");

	assert_int_equal(t.bits[0], 0xff);
	assert_int_equal(t.bits[8], 0xff);
	assert_false(t.is_solid);
}

static void invisible_text_leaves_its_background_alone(void **state)
{
	assert_true(tile(*state, "\033[8;4;9mx").is_solid);
}

static void both_columns_of_a_wide_character_have_their_half(void **state)
{
	struct fixture *f = *state;
	struct text_tile left, right;

	show(f, "\u4e00"); /* no font here: a box with its number */
	assert_int_equal(f->cells[0].half, TEXT_LEFT);
	assert_int_equal(f->cells[1].half, TEXT_RIGHT);
	assert_int_equal(f->cells[1].ch, f->cells[0].ch);
	text_tile(f->font, f->vt, &f->cells[0], &left);
	text_tile(f->font, f->vt, &f->cells[1], &right);
	assert_false(left.is_solid || right.is_solid);
	assert_memory_not_equal(left.bits, right.bits, sizeof(left.bits));
}

static void a_mark_composes_with_its_letter(void **state)
{
	struct fixture *f = *state;
	struct text_tile composed = tile(f, "\u00e9"), cluster = tile(f, "e\u0301");

	assert_memory_equal(composed.bits, cluster.bits, sizeof(composed.bits));
	assert_memory_not_equal(tile(f, "e").bits, cluster.bits, sizeof(cluster.bits));
}

static void a_mark_that_no_font_has_leaves_its_letter(void **state)
{
	struct fixture *f = *state;
	struct text_tile letter = tile(f, "x"), cluster = tile(f, "x\u20dd");

	assert_memory_equal(letter.bits, cluster.bits, sizeof(letter.bits));
}

static void inversion_takes_the_underline_along(void **state)
{
	struct fixture *f = *state;
	struct text_cell before;

	show(f, "\033[4;33mx");
	before = f->cells[0];
	text_cell_invert(&f->cells[0]);
	assert_int_equal(f->cells[0].fg, before.bg);
	assert_int_equal(f->cells[0].bg, before.fg);
	assert_int_equal(f->cells[0].line, before.bg);
	text_cell_invert(&f->cells[0]);
	assert_memory_equal(&f->cells[0], &before, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_blank_is_solid, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_letter_is_two_colours_and_not_solid, setup, teardown),
		cmocka_unit_test_setup_teardown(
			bold_adds_pixels_and_italic_moves_them, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_stay_whole_in_bold_italic, setup, teardown),
		cmocka_unit_test_setup_teardown(
			each_underline_style_looks_different, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_coloured_underline_is_the_third_colour, setup, teardown),
		cmocka_unit_test_setup_teardown(strike_and_overline_are_drawn, setup, teardown),
		cmocka_unit_test_setup_teardown(
			invisible_text_leaves_its_background_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			both_columns_of_a_wide_character_have_their_half, setup, teardown),
		cmocka_unit_test_setup_teardown(a_mark_composes_with_its_letter, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_mark_that_no_font_has_leaves_its_letter, setup, teardown),
		cmocka_unit_test_setup_teardown(
			inversion_takes_the_underline_along, setup, teardown),
	};

	return cmocka_run_group_tests_name("text/glyph", tests, NULL, NULL);
}
