/* SPDX-License-Identifier: MIT */
#include "mux/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void assert_stamped(
	struct mux_stamp *stamp, uint64_t now_ms, const char *text, const char *wanted)
{
	struct byte_queue out = { 0 };

	assert_int_equal(mux_stamp_push(stamp, now_ms, text, strlen(text), &out), 0);
	assert_int_equal(out.len, strlen(wanted));
	assert_memory_equal(byte_queue_data(&out), wanted, out.len);
	byte_queue_clear(&out);
}

static void first_stamp_comes_with_the_next_line(void **state)
{
	struct mux_stamp stamp = { 0 };

	(void)state;
	mux_stamp_toggle(&stamp, 1000);
	assert_true(stamp.on);
	assert_stamped(&stamp, 1000, "rest", "rest");
	assert_stamped(
		&stamp, 1401, " of it\nline\n\n", " of it\n[00:00:00.401] line\n[00:00:00.401] \n");
	assert_stamped(&stamp, 1000 + 3723004, "x", "[01:02:03.004] x");
	assert_stamped(&stamp, 1000 + 3723004, "y\n", "y\n");
}

static void each_toggle_counts_anew(void **state)
{
	struct mux_stamp stamp = { 0 };

	(void)state;
	mux_stamp_toggle(&stamp, 0);
	assert_stamped(&stamp, 0, "\n", "\n");
	mux_stamp_toggle(&stamp, 500);
	assert_false(stamp.on);
	mux_stamp_toggle(&stamp, 700);
	assert_stamped(&stamp, 700, "a\n", "a\n");
	assert_stamped(&stamp, 701, "b", "[00:00:00.001] b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_stamp_comes_with_the_next_line),
		cmocka_unit_test(each_toggle_counts_anew),
	};

	return cmocka_run_group_tests_name("mux/stamp", tests, NULL, NULL);
}
