/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "client/plain.h"
#include "client/words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void check_clean(const char *text, const char *wanted)
{
	AUTO_FREE char *clean = words_clean(text, strlen(text));

	assert_string_equal(clean, wanted);
}

static void what_could_do_harm_to_a_terminal_is_left_out(void **state)
{
	(void)state;
	check_clean("plain", "plain");
	check_clean("a\033[31mb\a\x7f", "a?[31mb??");
	check_clean("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
	check_clean("\xc2\x9b"
		    "31m",
		"?31m");
	check_clean("\xc3", "?");
	check_clean("\xff\xc0\x80\xed\xa0\x80", "??????");
}

static void a_pattern_fits_more_or_less(void **state)
{
	(void)state;
	assert_int_equal(words_match("vm1", "vm1"), WORDS_EXACT);
	assert_int_equal(words_match("vm", "vm1"), WORDS_PREFIX);
	assert_int_equal(words_match("v*1", "vm1"), WORDS_GLOB);
	assert_int_equal(words_match("m1", "vm1"), WORDS_NO_FIT);
	assert_int_equal(words_match("v?", "vm1"), WORDS_NO_FIT);
}

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

static void numbers_may_have_thousandths(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} numbers[] = { { "2", 0, 2000 }, { "0.25", 0, 250 }, { "1.005", 0, 1005 }, { "0", 0, 0 },
		{ "3.", 0, 3000 }, { "", -EINVAL, 0 }, { ".5", -EINVAL, 0 }, { "-1", -EINVAL, 0 },
		{ "1.0005", -EINVAL, 0 }, { "1.2.3", -EINVAL, 0 }, { "1s", -EINVAL, 0 },
		{ "10.001", -ERANGE, 0 }, { "99999999999999999999", -ERANGE, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t value = 0;

		assert_int_equal(
			words_thousandths(numbers[i].text, 10000, &value), numbers[i].result);
		assert_int_equal(value, numbers[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_do_harm_to_a_terminal_is_left_out),
		cmocka_unit_test(a_pattern_fits_more_or_less),
		cmocka_unit_test(text_is_taken_out_of_what_a_console_prints),
		cmocka_unit_test(lines_are_what_a_terminal_would_show),
		cmocka_unit_test(what_was_dropped_meanwhile_is_not_changed),
		cmocka_unit_test(numbers_may_have_thousandths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
