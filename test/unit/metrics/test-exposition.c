/* SPDX-License-Identifier: MIT */
#include "metrics/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct exposition_label hub_a[] = { { "hub", "a" }, { 0 } };

static void assert_text(struct exposition *exposition, const char *text)
{
	assert_false(exposition->text.failed);
	assert_string_equal(exposition->text.data, text);
	strbuf_done(&exposition->text);
}

static const struct exposition_family counter = { "x_out_bytes", EXPOSITION_COUNTER, "bytes",
	"Help." };

static void a_counter_ends_with_total_in_both_forms(void **state)
{
	struct exposition modern = { .form = EXPOSITION_OPENMETRICS };
	struct exposition plain = { .form = EXPOSITION_PLAIN };

	(void)state;
	exposition_begin(&modern, &counter);
	exposition_put(&modern, hub_a, UINT64_MAX);
	exposition_end(&modern);
	assert_text(&modern, "# HELP x_out_bytes Help.\n"
			     "# TYPE x_out_bytes counter\n"
			     "# UNIT x_out_bytes bytes\n"
			     "x_out_bytes_total{hub=\"a\"} 18446744073709551615\n"
			     "# EOF\n");
	exposition_begin(&plain, &counter);
	exposition_put(&plain, NULL, 7);
	exposition_end(&plain);
	assert_text(&plain, "# HELP x_out_bytes_total Help.\n"
			    "# TYPE x_out_bytes_total counter\n"
			    "x_out_bytes_total 7\n");
}

static void buckets_of_a_histogram_add_up(void **state)
{
	static const struct exposition_family family = { "x_seconds", EXPOSITION_HISTOGRAM,
		"seconds", "Help." };
	static const struct histogram_bounds bounds = { 3, { 1, 250, 1000 } };
	struct exposition exposition = { .form = EXPOSITION_OPENMETRICS };
	struct histogram histogram = { .bounds = &bounds };

	(void)state;
	histogram_add(&histogram, 1);
	histogram_add(&histogram, 900);
	histogram_add(&histogram, 1099);
	exposition_begin(&exposition, &family);
	exposition_put_histogram(&exposition, hub_a, &histogram, 1000);
	assert_text(&exposition, "# HELP x_seconds Help.\n"
				 "# TYPE x_seconds histogram\n"
				 "# UNIT x_seconds seconds\n"
				 "x_seconds_bucket{hub=\"a\",le=\"0.001\"} 1\n"
				 "x_seconds_bucket{hub=\"a\",le=\"0.25\"} 1\n"
				 "x_seconds_bucket{hub=\"a\",le=\"1.0\"} 2\n"
				 "x_seconds_bucket{hub=\"a\",le=\"+Inf\"} 3\n"
				 "x_seconds_count{hub=\"a\"} 3\n"
				 "x_seconds_sum{hub=\"a\"} 2\n");
}

static void a_histogram_without_labels_has_bounds_alone(void **state)
{
	static const struct exposition_family family = { "x", EXPOSITION_HISTOGRAM, NULL, "Help." };
	static const struct histogram_bounds bounds = { 1, { 10 } };
	struct exposition exposition = { .form = EXPOSITION_PLAIN };
	struct histogram histogram = { .bounds = &bounds };

	(void)state;
	exposition_begin(&exposition, &family);
	exposition_put_histogram(&exposition, NULL, &histogram, 1);
	assert_text(&exposition, "# HELP x Help.\n"
				 "# TYPE x histogram\n"
				 "x_bucket{le=\"10.0\"} 0\n"
				 "x_bucket{le=\"+Inf\"} 0\n"
				 "x_count 0\n"
				 "x_sum 0\n");
}

static void what_would_break_a_label_is_escaped_or_replaced(void **state)
{
	static const struct exposition_family family = { "x", EXPOSITION_GAUGE, NULL, "Help." };
	const struct exposition_label labels[] = { { "a", "\"\\\n" },
		{ "b", "gr\xc3\xbcn \xff\xc3" }, { 0 } };
	struct exposition exposition = { .form = EXPOSITION_OPENMETRICS };

	(void)state;
	exposition.family = &family;
	exposition_put(&exposition, labels, 1);
	assert_text(&exposition, "x{a=\"\\\"\\\\\\n\",b=\"gr\xc3\xbcn ?\?\"} 1\n");
}

static void seconds_since_1970_keep_their_digits(void **state)
{
	static const struct exposition_family family = { "x", EXPOSITION_GAUGE, NULL, "Help." };
	struct exposition exposition = { .form = EXPOSITION_OPENMETRICS, .family = &family };

	(void)state;
	exposition_put_real(&exposition, NULL, 1795976250.25);
	assert_text(&exposition, "x 1795976250.25\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_ends_with_total_in_both_forms),
		cmocka_unit_test(buckets_of_a_histogram_add_up),
		cmocka_unit_test(a_histogram_without_labels_has_bounds_alone),
		cmocka_unit_test(what_would_break_a_label_is_escaped_or_replaced),
		cmocka_unit_test(seconds_since_1970_keep_their_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
