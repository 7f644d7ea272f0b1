/* SPDX-License-Identifier: MIT */
/* Known screens against golden pictures; with the fonts that a default build has. */
#include "text/glyph.h"

#include "lib/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { COLS = 64, ROWS_MAX = 24 };

static void check_screen(const char *text, unsigned rows, const char *unifont, const char *golden)
{
	struct vt_config config = { .cols = COLS, .rows = rows };
	struct vt_cell cells[COLS];
	struct text_cell looks[COLS];
	struct picture picture;
	struct font *font;
	struct vt *vt;

	assert_int_equal(font_new(unifont, &font, NULL), 0);
	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	picture_init(&picture, COLS * TEXT_CELL_WIDTH, rows * TEXT_CELL_HEIGHT);
	vt_feed(vt, text, strlen(text));
	for (unsigned y = 0; y < rows; y++) {
		vt_read_line(vt, (int)y, cells, NULL);
		text_cell_from_vt(vt, cells, COLS, looks);
		text_cell_zoom(looks, COLS, vt_line_size(vt, (int)y));
		text_render_cells(font, vt, looks, COLS,
			picture.pixels + (size_t)y * TEXT_CELL_HEIGHT * picture.width,
			picture.width, 1);
	}
	picture_check(&picture, golden);
	picture_done(&picture);
	vt_free(vt);
	font_free(font);
}

/* Code points @first..@last, 32 a line, each followed by a blank. */
static void append_range(struct strbuf *text, uint32_t first, uint32_t last)
{
	for (uint32_t c = first; c <= last; c++) {
		if (c > 0xffff)
			strbuf_printf(text, "%c%c%c%c ", 0xf0 | (int)(c >> 18),
				0x80 | (int)(c >> 12 & 63), 0x80 | (int)(c >> 6 & 63),
				0x80 | (int)(c & 63));
		else
			strbuf_printf(text, "%c%c%c ", 0xe0 | (int)(c >> 12),
				0x80 | (int)(c >> 6 & 63), 0x80 | (int)(c & 63));
		if ((c - first) % 32 == 31 || c == last)
			strbuf_puts(text, "\r\n");
	}
}

static void rules_draw_each_character(void **state)
{
	struct strbuf text = { 0 };

	(void)state;
	append_range(&text, 0x2500, 0x259f);
	append_range(&text, 0x2840, 0x287f);
	append_range(&text, 0xe0a0, 0xe0a2);
	append_range(&text, 0xe0b0, 0xe0bf);
	append_range(&text, 0x1fb00, 0x1fb3b);
	append_range(&text, 0x23ba, 0x23bd);
	append_range(&text, 0x2409, 0x240d);
	check_screen(text.data, 16, "", GOLDEN_DIR "/rules.png");
	strbuf_done(&text);
}

static void boxes_join(void **state)
{
	(void)state;
	check_screen("┌──┬──┐ ┏━━┳━━┓ ╔══╦══╗ ╒══╤══╕ ╓──╥──╖ ╭──┬──╮ ╱╲╱╲ ▁▂▃▄▅▆▇█\r\n"
		     "│  │  │ ┃  ┃  ┃ ║  ║  ║ │  │  │ ║  ║  ║ │  │  │ ╲╱╲╱ █▇▆▅▄▃▂▁\r\n"
		     "├──┼──┤ ┣━━╋━━┫ ╠══╬══╣ ╞══╪══╡ ╟──╫──╢ ├──┼──┤ ╳╳╳╳ ▏▎▍▌▋▊▉█\r\n"
		     "│  │  │ ┃  ┃  ┃ ║  ║  ║ │  │  │ ║  ║  ║ │  │  │ ░▒▓█ ▐▕▔▀▄▌▖▗\r\n"
		     "└──┴──┘ ┗━━┻━━┛ ╚══╩══╝ ╘══╧══╛ ╙──╨──╜ ╰──┴──╯ ▘▝▀▄ ▙▟▛▜▚▞██\r\n"
		     "┍━━┯━━┑ ┎──┰──┒ ┌╌╌┐ ┏╍╍┓ ┌┄┄┐ ┏┅┅┓ ┌┈┈┐ ┏┉┉┓ ╼━╾─╼━╾ ⣿⣿⣿⠛⣤\r\n"
		     "┝━━┿━━┥ ┠──╂──┨ ╎  ╎ ╏  ╏ ┆  ┆ ┇  ┇ ┊  ┊ ┋  ┋ ╽╿╽╿╽╿╽ ⡇⢸⠿⣀⠉\r\n"
		     "┕━━┷━━┙ ┖──┸──┚ └╌╌┘ ┗╍╍┛ └┄┄┘ ┗┅┅┛ └┈┈┘ ┗┉┉┛ ╴╵╶╷╸╹╺╻\r\n"
		     "\033(0lqqqwqqqk   x   x   tqqqnqqqu opqrs `afgh~yz{|} bcdei\033(B\r\n"
		     "\033[44;37m main \033[34;42m\uE0B0\033[30m src \033[32;49m\uE0B0 "
		     "\033[31m\uE0B2\033[37;41m x \033[0m \uE0A0\uE0A1\uE0A2 \uE0B4\uE0B5\uE0B6"
		     "\uE0B7 \uE0B8\uE0BA\uE0BC\uE0BE \uE0B1\uE0B3",
		10, "", GOLDEN_DIR "/boxes.png");
}

static void styles_and_colours(void **state)
{
	(void)state;
	check_screen(
		"plain \033[1mbold\033[0m \033[2mfaint\033[0m \033[3mitalic\033[0m "
		"\033[1;3mbold italic\033[0m \033[7minverse\033[0m \033[8minvisible\033[0m|\r\n"
		"\033[4msingle\033[0m \033[4:2mdouble\033[0m \033[4:3mcurly line\033[0m "
		"\033[4:4mdotted\033[0m \033[4:5mdashed\033[0m \033[9mstruck\033[0m "
		"\033[53moverlined\033[0m\r\n"
		"\033[4;58:5:9mred line\033[0m \033[4:3;58:2::255:255:0mcurly yellow\033[0m "
		"\033[7;4minverse underlined\033[0m \033[7;4:3;58:5:10mboth\033[0m\r\n"
		"\033[30;47m0\033[0;31m1\033[32m2\033[33m3\033[34m4\033[35m5\033[36m6"
		"\033[37m7 \033[90m0\033[91m1\033[92m2\033[93m3\033[94m4\033[95m5\033[96m6"
		"\033[97m7\033[0m \033[40m \033[41m \033[42m \033[43m \033[44m \033[45m "
		"\033[46m \033[47m \033[100m \033[101m \033[102m \033[103m \033[104m "
		"\033[105m \033[106m \033[107m \033[0m \033[1;31mbold red\033[0m\r\n"
		"\033[38;5;208mindexed\033[0m \033[38;2;120;200;255mtrue colour\033[0m "
		"\033[48;2;60;0;90;38;5;226mboth ways\033[0m\r\n"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789\r\n"
		"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ \u00e4\u00f6\u00fc\u00df \u00e9\u00e8 "
		"\u00a3\u20ac \u03b1\u03b2\u03b3 \u0416\u0417\u0418 \u2190\u2191\u2192\u2193",
		7, "", GOLDEN_DIR "/styles.png");
}

static void what_no_font_has_is_a_box_with_its_number(void **state)
{
	(void)state;
	check_screen("\u4e00\u4e01\u30a2 \u2603\u2604 \U0001F600 x\u0301 e\u0301", 1, "",
		GOLDEN_DIR "/missing.png");
}

/* Unifont 15.1 drew the Korean syllables anew: the first row of U+D55C tells which one this is. */
static const char *golden_of_unifont(void)
{
	FILE *file = fopen(UNIFONT_PATH, "r");
	char line[128];
	bool is_new = false;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		is_new |= !strncmp(line, "D55C:00000000", 13);
	fclose(file);
	return is_new ? GOLDEN_DIR "/unifont-15.1.png" : GOLDEN_DIR "/unifont.png";
}

static void wide_and_combining_characters_of_unifont(void **state)
{
	struct font *font;
	bool there;

	(void)state;
	assert_int_equal(font_new(NULL, &font, NULL), 0);
	there = font_has_unifont(font);
	font_free(font);
	if (!there)
		skip();
	check_screen("\u4e2d\u6587\u5b57 \u65e5\u672c\u8a9e \ud55c\uad6d\uc5b4 "
		     "\033[1m\u4e2d\u6587\033[0m \033[3m\u4e2d\u6587\033[0m "
		     "\033[4:3m\u4e2d\u6587\033[0m \033[7m\u4e2d\u6587\033[0m\r\n"
		     "x\u0301 a\u0308\u0304 q\u0307\u0323 \u0e01\u0e33\u0e01\u0e31 "
		     "\u05e9\u05c1 \u2603 \u2713 \u2717 \u266b \u21d2 \u2200\u2203 \u2026",
		2, NULL, golden_of_unifont());
}

static void double_lines_are_enlarged(void **state)
{
	(void)state;
	check_screen("\033#3Double \033[4mheight\033[m \033[7m\u250c\u2500\u2510\033[m\r\n"
		     "\033#4Double \033[4mheight\033[m \033[7m\u250c\u2500\u2510\033[m\r\n"
		     "\033#6Double \033[4mwidth\033[m \033[1;31mbold\033[m \u4e2d\r\n"
		     "as ever",
		4, "", GOLDEN_DIR "/double.png");
}

/* The upper planes, and what the console font only has a stand-in for. */
static void symbols_and_emoji_of_unifont(void **state)
{
	struct font *font;
	struct glyph glyph;
	bool there;

	(void)state;
	assert_int_equal(font_new(NULL, &font, NULL), 0);
	font_glyph(font, 0x1f600, &glyph);
	there = font_has_unifont(font) && !glyph.is_missing;
	font_free(font);
	if (!there)
		skip();
	check_screen(
		"\u2713 \u2714 \u2717 \u2460\u2461\u2469 \u24d0\u24d1\u24b6 \u2610\u2611\u2612 "
		"\u226a\u226b \u25b2\u25b6\u25cf\u2022 \ufffd ok \u2713 done\r\n"
		"\U0001F600\U0001F680\U0001F468\u2764\ufe0f\U0001F469 \U0001F4BE "
		"\U0001D400\U0001D401\U0001D504 \U00010330\U00010331 \U0001F1E9\U0001F1EA",
		2, NULL, GOLDEN_DIR "/upper.png");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_draw_each_character),
		cmocka_unit_test(boxes_join),
		cmocka_unit_test(styles_and_colours),
		cmocka_unit_test(what_no_font_has_is_a_box_with_its_number),
		cmocka_unit_test(wide_and_combining_characters_of_unifont),
		cmocka_unit_test(double_lines_are_enlarged),
		cmocka_unit_test(symbols_and_emoji_of_unifont),
	};

	return cmocka_run_group_tests_name("text/picture", tests, NULL, NULL);
}
