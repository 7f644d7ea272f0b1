/* SPDX-License-Identifier: MIT */
#include "text/font.h"
#include "text/rule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* A file of three characters; the last line has no newline. */
static const char small_file[] =
	"2603:00000000000000000000000000000001\n"
	"4E00:0000000000000000000000000000000000000000000000000000000000008001"
	"\n"
	"FFF0:80000000000000000000000000000000";

static struct font *font_of_text(const char *text)
{
	char path[] = "/tmp/charhub-font-XXXXXX";
	struct font *font;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(font_new(path, &font, NULL), 0);
	unlink(path);
	return font;
}

static struct font *font_without_unifont(void)
{
	struct font *font;

	assert_int_equal(font_new("", &font, NULL), 0);
	return font;
}

static void ascii_comes_from_the_console_font(void **state)
{
	struct font *font = font_without_unifont();
	struct glyph glyph;

	(void)state;
	for (uint32_t c = '!'; c < 0x7f; c++) {
		unsigned any = 0;

		font_glyph(font, c, &glyph);
		for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
			any |= glyph.rows[y];
		assert_true(any && any <= 0xff);
		assert_false(glyph.wide || glyph.by_rule || glyph.is_missing);
	}
	font_free(font);
}

static void every_line_of_unifont_is_found(void **state)
{
	struct font *font = font_of_text(small_file);
	struct glyph glyph;

	(void)state;
	assert_true(font_has_unifont(font));
	font_glyph(font, 0x2603, &glyph);
	assert_false(glyph.wide);
	assert_int_equal(glyph.rows[15], 1);
	font_glyph(font, 0x4e00, &glyph);
	assert_true(glyph.wide);
	assert_int_equal(glyph.rows[15], 0x8001);
	font_glyph(font, 0xfff0, &glyph);
	assert_int_equal(glyph.rows[0], 0x80);
	font_free(font);
}

static void unknown_characters_are_boxes_with_their_number(void **state)
{
	struct font *font = font_of_text(small_file);
	struct glyph glyph, other;

	(void)state;
	font_glyph(font, 0x4e01, &glyph);
	assert_true(glyph.is_missing);
	font_glyph(font, 0x4e02, &other);
	assert_memory_not_equal(glyph.rows, other.rows, sizeof(glyph.rows));
	font_glyph(font, 0x10ffff, &glyph);
	assert_true(glyph.is_missing && glyph.wide);
	font_glyph(font, 0xffffffff, &glyph);
	assert_true(glyph.is_missing);
	font_free(font);
}

static void characters_that_share_a_cache_slot_do_not_mix(void **state)
{
	struct font *font = font_of_text(small_file);
	struct glyph first, other, again;

	(void)state;
	font_glyph(font, 0x4e00, &first);
	font_glyph(font, 0x4e00 + 4096, &other);
	font_glyph(font, 0x4e00, &again);
	assert_true(other.is_missing);
	assert_memory_equal(first.rows, again.rows, sizeof(first.rows));
	font_free(font);
}

static void broken_files_have_no_glyphs_and_do_no_harm(void **state)
{
	static const char *const texts[] = { "\n", "\n\n\n", ":", "4E00", "4E00:", "4E00:00\n",
		"4E00:zz000000000000000000000000000000\n", "1234567:00\n", "x\n4E00:00\n",
		"-E00:00000000000000000000000000000000\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct font *font = font_of_text(texts[i]);
		struct glyph glyph;

		for (uint32_t c = 0x4dff; c < 0x4e02; c++) {
			font_glyph(font, c, &glyph);
			assert_true(glyph.is_missing);
		}
		font_free(font);
	}
}

static void a_stand_in_of_the_console_font_comes_last(void **state)
{
	struct font *with = font_of_text("2460:00000000000000000000000000000081\n"
					 "1F600:00000000000000000000000000000000"
					 "00000000000000000000000000008001\n");
	struct font *without = font_without_unifont();
	struct glyph circled, one, emoji;

	(void)state;
	font_glyph(with, 0x2460, &circled);
	assert_int_equal(circled.rows[15], 0x81);
	font_glyph(with, 0x1f600, &emoji);
	assert_true(emoji.wide && !emoji.is_missing);
	assert_int_equal(emoji.rows[15], 0x8001);
	font_glyph(without, 0x2460, &circled);
	font_glyph(without, '1', &one);
	assert_memory_equal(circled.rows, one.rows, sizeof(one.rows));
	/* letters that look the same are no stand-ins: Cyrillic A, Greek Alpha */
	font_glyph(with, 0x410, &circled);
	font_glyph(with, 'A', &one);
	assert_memory_equal(circled.rows, one.rows, sizeof(one.rows));
	font_free(with);
	font_free(without);
}

static void a_named_file_that_is_not_there_is_an_error(void **state)
{
	struct error *err = NULL;
	struct font *font = NULL;

	(void)state;
	assert_int_equal(font_new("no-such-unifont.hex", &font, &err), -ENOENT);
	assert_non_null(strstr(error_message(err), "no-such-unifont.hex"));
	error_free(err);
	err = NULL;
	assert_int_equal(font_new("/tmp", &font, &err), -EINVAL);
	error_free(err);
	assert_null(font);
}

static unsigned column(const struct glyph *glyph, unsigned x)
{
	unsigned bits = 0;

	for (unsigned y = 0; y < TEXT_CELL_HEIGHT; y++)
		bits |= (unsigned)(glyph->rows[y] >> (7 - x) & 1) << y;
	return bits;
}

/* What an edge of a cell shows, for each kind of arm: the other side must show the same. */
static void lines_meet_at_every_edge(void **state)
{
	struct glyph all[0x80];
	unsigned lefts[4] = { 0 }, ups[4] = { 0 };

	(void)state;
	for (uint32_t c = 0; c < 0x80; c++)
		assert_true(rule_glyph(0x2500 + c, &all[c]));
	/* U+2500 light, U+2501 heavy, U+2550 double: what the edges look like. */
	lefts[1] = column(&all[0x00], 0);
	lefts[2] = column(&all[0x01], 0);
	lefts[3] = column(&all[0x50], 0);
	ups[1] = all[0x02].rows[0];
	ups[2] = all[0x03].rows[0];
	ups[3] = all[0x51].rows[0];
	for (unsigned c = 0; c < 0x80; c++) {
		bool left = false, right = false, up = false, down = false;

		if ((c >= 0x04 && c <= 0x0b) || (c >= 0x4c && c <= 0x4f) ||
			(c >= 0x71 && c <= 0x73))
			continue; /* dashes and diagonals */
		for (unsigned w = 0; w < 4; w++) {
			left |= column(&all[c], 0) == lefts[w];
			right |= column(&all[c], 7) == lefts[w];
			up |= all[c].rows[0] == ups[w];
			down |= all[c].rows[15] == ups[w];
		}
		assert_true(left && right && up && down);
	}
}

static void braille_dots_and_sextants_are_where_they_belong(void **state)
{
	struct glyph glyph;

	(void)state;
	assert_true(rule_glyph(0x2801, &glyph)); /* dot 1 */
	assert_int_equal(glyph.rows[1], 0x60);
	assert_int_equal(glyph.rows[5], 0);
	assert_true(rule_glyph(0x2880, &glyph)); /* dot 8 */
	assert_int_equal(glyph.rows[13], 0x06);
	assert_true(rule_glyph(0x1fb00, &glyph)); /* 1 */
	assert_int_equal(glyph.rows[0], 0xf0);
	assert_true(rule_glyph(0x1fb3b, &glyph)); /* 2-3-4-5-6 */
	assert_int_equal(glyph.rows[0], 0x0f);
	assert_int_equal(glyph.rows[15], 0xff);
	/* The left half, 1-3-5, is left out between these two. */
	assert_true(rule_glyph(0x1fb13, &glyph)); /* 3-5 */
	assert_int_equal(glyph.rows[0], 0x00);
	assert_int_equal(glyph.rows[15], 0xf0);
	assert_true(rule_glyph(0x1fb14, &glyph)); /* 2-3-5 */
	assert_int_equal(glyph.rows[0], 0x0f);
	assert_int_equal(glyph.rows[15], 0xf0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_comes_from_the_console_font),
		cmocka_unit_test(every_line_of_unifont_is_found),
		cmocka_unit_test(unknown_characters_are_boxes_with_their_number),
		cmocka_unit_test(characters_that_share_a_cache_slot_do_not_mix),
		cmocka_unit_test(broken_files_have_no_glyphs_and_do_no_harm),
		cmocka_unit_test(a_stand_in_of_the_console_font_comes_last),
		cmocka_unit_test(a_named_file_that_is_not_there_is_an_error),
		cmocka_unit_test(lines_meet_at_every_edge),
		cmocka_unit_test(braille_dots_and_sextants_are_where_they_belong),
	};

	return cmocka_run_group_tests_name("text/font", tests, NULL, NULL);
}
