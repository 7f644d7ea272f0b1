/* SPDX-License-Identifier: MIT */
#include "base/plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void text_is_taken_out_of_what_a_console_prints(void **state)
{
	static const char bytes[] = "\033]0;title\aone\033[1;31mtwo\033[0m\r\n"
				    "\033(Bthr\b\bhree\033P1$r\033\\ \033]8;;x\033\\four\n";
	AUTO_STRBUF struct strbuf whole = { 0 };

	(void)state;
	plain_text(bytes, sizeof(bytes) - 1, &whole);
	strbuf_putc(&whole, '\0');
	assert_string_equal(whole.data, "onetwo\nthree four\n");
	for (size_t piece = 1; piece < sizeof(bytes); piece++) {
		AUTO_STRBUF struct strbuf text = { 0 };
		struct plain plain = { 0 };

		for (size_t at = 0; at < sizeof(bytes) - 1; at += piece) {
			size_t left = sizeof(bytes) - 1 - at;

			plain_feed(&plain, bytes + at, left < piece ? left : piece, &text);
		}
		assert_int_equal(text.len, whole.len - 1);
		assert_memory_equal(text.data, whole.data, text.len);
	}
}

static void lines_are_what_a_terminal_would_show(void **state)
{
	static const char *const cases[][2] = {
		{ "abc\b", "abc" },
		{ "abc\b \b", "ab" },
		{ "abc\bX", "abX" },
		{ "10%\r20%\r100%\n", "100%\n" },
		{ "prompt> \rX\n", "Xrompt> \n" },
		{ "one\r\ntwo\r\n", "one\ntwo\n" },
		{ "one\n\b\b\btwo", "one\ntwo" },
		{ "\r\b\033[K\033[1K\033[2K\033[D\033[P\033[Gx", "x" },
		{ "wrong\033[2K\rright", "right" },
		{ "abcdef\033[3D\033[Kx", "abcx" },
		{ "abcdef\033[2D\033[1Kx", "    xf" },
		{ "abcdef\033[2G\033[2Px", "axef" },
		{ "ab\033[5Gc", "ab  c" },
		{ "\033[9999999999999C.", NULL },
		{ "gr\303\274n\b\b\303\266\n", "gr\303\266n\n" },
		{ "\303\274\rx", "x" },
		{ "abc\rx\ny", "xbc\ny" },
		{ "one\033[3\n1mtwo", "one\ntwo" },
		{ "one\033\ntwo", "one\nwo" },
		{ "\033]0;ti\030text", "text" },
		{ "\033[1\032text", "text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_STRBUF struct strbuf text = { 0 };

		plain_text(cases[i][0], strlen(cases[i][0]), &text);
		assert_int_equal(text.len, strlen(text.data)); /* it ends where the text does */
		if (cases[i][1])
			assert_string_equal(text.data, cases[i][1]);
		else
			assert_in_range(text.len, 1, 5000);
	}
}

static void what_was_dropped_meanwhile_is_not_changed(void **state)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	struct plain plain = { 0 };

	(void)state;
	plain_feed(&plain, "abc\r", 4, &text);
	strbuf_truncate(&text, 0);
	plain_feed(&plain, "xy\b\b\bz", 6, &text);
	assert_string_equal(text.data, "zy");
}

static void a_string_without_an_end_was_none(void **state)
{
	static char many[65536];
	AUTO_STRBUF struct strbuf text = { 0 };
	struct plain plain = { 0 };

	(void)state;
	memset(many, 'x', sizeof(many));
	plain_feed(&plain, "\033P", 2, &text);
	plain_feed(&plain, many, sizeof(many), &text);
	assert_int_equal(text.len, 0);
	plain_feed(&plain, "?text\n", 6, &text);
	assert_string_equal(text.data, "text\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_taken_out_of_what_a_console_prints),
		cmocka_unit_test(lines_are_what_a_terminal_would_show),
		cmocka_unit_test(what_was_dropped_meanwhile_is_not_changed),
		cmocka_unit_test(a_string_without_an_end_was_none),
	};

	return cmocka_run_group_tests_name("base/plain", tests, NULL, NULL);
}
