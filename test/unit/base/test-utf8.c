/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_character_is_whole_begun_or_none(void **state)
{
	static const struct {
		const char *bytes;
		int result;
	} cases[] = { { "a", 1 }, { "\xc3\xbc", 2 }, { "\xe2\x82\xac!", 3 },
		{ "\xf0\x9f\x98\x80", 4 }, { "\xc3", -1 }, { "\xf0\x9f", -1 }, { "\x80", 0 },
		{ "\xff", 0 }, { "\xc0\x80", 0 }, { "\xe0\x80\x80", 0 }, { "\xed\xa0\x80", 0 },
		{ "\xf4\x90\x80\x80", 0 }, { "\xc3(", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			utf8_character(cases[i].bytes, strlen(cases[i].bytes)), cases[i].result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_character_is_whole_begun_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
