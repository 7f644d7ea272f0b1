/* SPDX-License-Identifier: MIT */
#include "base/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void lowest_free_number_is_taken(void **state)
{
	struct numbers numbers = { 0 };

	(void)state;
	for (unsigned i = 1; i <= 5000; i++)
		assert_int_equal(numbers_take(&numbers), i);
	numbers_give_back(&numbers, 4097);
	numbers_give_back(&numbers, 64);
	numbers_give_back(&numbers, 1);
	assert_int_equal(numbers_take(&numbers), 1);
	assert_int_equal(numbers_take(&numbers), 64);
	assert_int_equal(numbers_take(&numbers), 4097);
	assert_int_equal(numbers_take(&numbers), 5001);
	numbers_done(&numbers);
}

static void a_number_of_ones_own_is_taken_once(void **state)
{
	struct numbers numbers = { 0 };

	(void)state;
	assert_int_equal(numbers_take_this(&numbers, 700), 0);
	assert_int_equal(numbers_take_this(&numbers, 700), -1);
	assert_int_equal(numbers_take_this(&numbers, 1), 0);
	assert_int_equal(numbers_take_this(&numbers, 0), -1);
	assert_int_equal(numbers_take(&numbers), 2);
	numbers_give_back(&numbers, 700);
	assert_int_equal(numbers_take_this(&numbers, 700), 0);
	numbers_done(&numbers);
}

static void words_that_are_full_are_looked_at_once(void **state)
{
	struct numbers numbers = { 0 };

	(void)state;
	for (unsigned i = 1; i <= 5000; i++)
		numbers_take(&numbers);
	assert_int_equal(numbers.first, 4999 / 64);
	numbers_give_back(&numbers, 100);
	assert_int_equal(numbers.first, 1);
	numbers_give_back(&numbers, 200);
	assert_int_equal(numbers.first, 1);
	numbers_done(&numbers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_free_number_is_taken),
		cmocka_unit_test(a_number_of_ones_own_is_taken_once),
		cmocka_unit_test(words_that_are_full_are_looked_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
