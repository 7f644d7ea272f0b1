/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
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
		cmocka_unit_test(numbers_may_have_thousandths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
