/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void numbers_are_taken_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "0x10", 0, 16 },
		{ "010", 0, 8 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "08", -EINVAL, 0 },
		{ "99999999999999999999x", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 0;

		assert_int_equal(parse_u64(cases[i].text, &value), cases[i].result);
		assert_int_equal(value, cases[i].value);
	}
}

static void sizes_have_fractions_and_suffixes(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t bytes;
	} cases[] = {
		{ "512", 0, 512 },
		{ "512B", 0, 512 },
		{ "64k", 0, 65536 },
		{ "64K", 0, 65536 },
		{ "1.5M", 0, 1572864 },
		{ "0.5k", 0, 512 },
		{ "15E", 0, (uint64_t)15 << 60 },
		{ "16E", -ERANGE, 0 },
		{ "0x10000", 0, 65536 },
		{ "0X1f", 0, 31 },
		{ "0x", -EINVAL, 0 },
		{ "0x10k", -EINVAL, 0 },
		{ "0x1.8", -EINVAL, 0 },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "010", 0, 10 },
		{ "-1", -ERANGE, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "1kb", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ "-x", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t bytes = 0;

		assert_int_equal(parse_size(cases[i].text, &bytes), cases[i].result);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void durations_are_numbers_with_units(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t seconds;
	} cases[] = {
		{ "90s", 0, 90 },
		{ "1h30m", 0, 5400 },
		{ "7d", 0, 604800 },
		{ "2w", 0, 1209600 },
		{ "0s", 0, 0 },
		{ "", -EINVAL, 0 },
		{ "5", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 },
		{ "m", -EINVAL, 0 },
		{ "1h ", -EINVAL, 0 },
		{ "-1h", -EINVAL, 0 },
		{ "365250d", 0, 31557600000 },
		{ "365251d", -ERANGE, 0 },
		{ "365250d1s", -ERANGE, 0 },
		{ "99999999999999999999w", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t seconds = 0;

		assert_int_equal(parse_duration(cases[i].text, &seconds), cases[i].result);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void booleans_are_lower_case_words(void **state)
{
	bool value = false;

	(void)state;
	assert_int_equal(parse_bool("yes", &value), 0);
	assert_true(value);
	assert_int_equal(parse_bool("n", &value), 0);
	assert_false(value);
	assert_int_equal(parse_bool("On", &value), -EINVAL);
	assert_int_equal(parse_bool("1", &value), -EINVAL);
	assert_int_equal(parse_bool("", &value), -EINVAL);
}

static void ids_start_with_a_letter(void **state)
{
	(void)state;
	assert_true(parse_id_is_valid("hub0"));
	assert_true(parse_id_is_valid("a-b.c_9"));
	assert_false(parse_id_is_valid(""));
	assert_false(parse_id_is_valid("0a"));
	assert_false(parse_id_is_valid("a b"));
	assert_false(parse_id_is_valid("a/b"));
}

static void geometry_is_columns_by_rows(void **state)
{
	unsigned cols = 0, rows = 0;

	(void)state;
	assert_int_equal(parse_geometry("132x50", 1000, &cols, &rows), 0);
	assert_int_equal(cols, 132);
	assert_int_equal(rows, 50);
	assert_int_equal(parse_geometry("80", 1000, &cols, &rows), -EINVAL);
	assert_int_equal(parse_geometry("80x", 1000, &cols, &rows), -EINVAL);
	assert_int_equal(parse_geometry("80x24x", 1000, &cols, &rows), -EINVAL);
	assert_int_equal(parse_geometry("0x24", 1000, &cols, &rows), -ERANGE);
	assert_int_equal(parse_geometry("80x1001", 1000, &cols, &rows), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_taken_whole_or_not_at_all),
		cmocka_unit_test(sizes_have_fractions_and_suffixes),
		cmocka_unit_test(durations_are_numbers_with_units),
		cmocka_unit_test(booleans_are_lower_case_words),
		cmocka_unit_test(ids_start_with_a_letter),
		cmocka_unit_test(geometry_is_columns_by_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
