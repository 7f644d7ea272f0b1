/* SPDX-License-Identifier: MIT */
#include "base/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void utc_is_to_the_millisecond(void **state)
{
	const struct timespec at = { 1796000400, 417999999 };
	char text[STAMP_BYTES];

	(void)state;
	assert_int_equal(stamp_utc(text, &at), 25);
	assert_string_equal(text, "2026-11-30T01:00:00.417Z ");
}

static void hours_go_on(void **state)
{
	char text[STAMP_BYTES];

	(void)state;
	assert_int_equal(stamp_elapsed(text, 62003), 15);
	assert_string_equal(text, "[00:01:02.003] ");
	stamp_elapsed(text, 360000000);
	assert_string_equal(text, "[100:00:00.000] ");
}

static void each_line_has_one_whatever_the_pieces(void **state)
{
	AUTO_STRBUF struct strbuf out = { 0 };
	bool at_start = true;

	(void)state;
	stamp_lines(&out, &at_start, "1 ", "on", 2);
	assert_false(at_start);
	stamp_lines(&out, &at_start, "2 ", "e\n\nthree\n", 9);
	assert_true(at_start);
	stamp_lines(&out, &at_start, "3 ", "", 0);
	stamp_lines(&out, &at_start, "4 ", "f", 1);
	assert_string_equal(out.data, "1 one\n2 \n2 three\n4 f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utc_is_to_the_millisecond),
		cmocka_unit_test(hours_go_on),
		cmocka_unit_test(each_line_has_one_whatever_the_pieces),
	};

	return cmocka_run_group_tests_name("base/stamp", tests, NULL, NULL);
}
