/* SPDX-License-Identifier: MIT */
#include "base/patterns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void any_of_several_may_fit(void **state)
{
	(void)state;
	assert_true(patterns_fit("vm1", "vm1"));
	assert_true(patterns_fit(" vm* db? ", "db7"));
	assert_true(patterns_fit("a\\*b", "a*b"));
	assert_false(patterns_fit("vm1 db?", "vm12"));
	assert_false(patterns_fit("", ""));
}

static void a_name_fits_itself_alone(void **state)
{
	static const char *const others[] = { "", " ", "vm1 vm2", "vm1 ", "vm*", "vm?", "vm[12]",
		"vm\\1" };
	char text[PATTERN_MAX + 2];

	(void)state;
	assert_true(patterns_is_name("vm1"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(patterns_is_name(others[i]));
	memset(text, 'a', sizeof(text));
	text[PATTERN_MAX + 1] = '\0';
	assert_false(patterns_is_name(text));
	text[PATTERN_MAX] = '\0';
	assert_true(patterns_is_name(text));
	assert_true(patterns_fit(text, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_of_several_may_fit),
		cmocka_unit_test(a_name_fits_itself_alone),
	};

	return cmocka_run_group_tests_name("base/patterns", tests, NULL, NULL);
}
