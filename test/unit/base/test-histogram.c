/* SPDX-License-Identifier: MIT */
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct histogram_bounds bounds = { 3, { 1, 10, 100 } };

static void a_bound_belongs_to_the_bucket_that_it_ends(void **state)
{
	struct histogram histogram = { .bounds = &bounds };

	(void)state;
	histogram_add(&histogram, 0);
	histogram_add(&histogram, 1);
	histogram_add(&histogram, 2);
	histogram_add(&histogram, 10);
	histogram_add(&histogram, 100);
	assert_int_equal(histogram.counts[0], 2);
	assert_int_equal(histogram.counts[1], 2);
	assert_int_equal(histogram.counts[2], 1);
	assert_int_equal(histogram.counts[3], 0);
	assert_int_equal(histogram.sum, 113);
	assert_int_equal(histogram_count(&histogram), 5);
}

static void what_is_above_all_bounds_is_counted_too(void **state)
{
	struct histogram histogram = { .bounds = &bounds };

	(void)state;
	histogram_add(&histogram, 101);
	histogram_add(&histogram, UINT64_MAX - 1);
	assert_int_equal(histogram.counts[3], 2);
	assert_int_equal(histogram_count(&histogram), 2);
}

static void a_sum_that_is_full_stays_full(void **state)
{
	struct histogram histogram = { .bounds = &bounds };

	(void)state;
	histogram_add(&histogram, UINT64_MAX - 1);
	histogram_add(&histogram, 5);
	histogram_add(&histogram, 5);
	assert_true(histogram.sum == UINT64_MAX);
	assert_int_equal(histogram_count(&histogram), 3);
}

static void merging_adds_bucket_by_bucket(void **state)
{
	struct histogram a = { .bounds = &bounds }, b = { .bounds = &bounds };

	(void)state;
	histogram_add(&a, 5);
	histogram_add(&b, 5);
	histogram_add(&b, 500);
	histogram_merge(&a, &b);
	assert_int_equal(a.counts[1], 2);
	assert_int_equal(a.counts[3], 1);
	assert_int_equal(a.sum, 510);
	assert_int_equal(histogram_count(&b), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_belongs_to_the_bucket_that_it_ends),
		cmocka_unit_test(what_is_above_all_bounds_is_counted_too),
		cmocka_unit_test(a_sum_that_is_full_stays_full),
		cmocka_unit_test(merging_adds_bucket_by_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
