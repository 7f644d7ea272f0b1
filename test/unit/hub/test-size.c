/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

static void expect_size(const struct hub_fixture *f, unsigned resizes, unsigned cols, unsigned rows)
{
	assert_int_equal(f->guest.resizes, resizes);
	if (!resizes)
		return;
	assert_int_equal(f->guest.last.cols, cols);
	assert_int_equal(f->guest.last.rows, rows);
}

static void writer_has_the_size(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_resize(f->fake[0], 100, 30);
	expect_size(f, 1, 100, 30);
	fake_chardev_resize(f->fake[1], 120, 40);
	expect_size(f, 2, 120, 40);
	fake_chardev_type(f->fake[0], "x", 1);
	expect_size(f, 3, 100, 30);
	fake_chardev_type(f->fake[0], "y", 1);
	fake_chardev_resize(f->fake[1], 90, 20);
	expect_size(f, 3, 100, 30);
	fake_chardev_hang_up(f->fake[0]);
	assert_int_equal(f->guest.resizes, 4);
}

static void smallest_and_largest_follow_all_terminals(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,size=smallest", 0);
	fake_chardev_resize(f->fake[0], 100, 30);
	fake_chardev_resize(f->fake[1], 90, 40);
	expect_size(f, 2, 90, 30);
	fake_chardev_resize(f->fake[1], 132, 50);
	expect_size(f, 3, 100, 30);
}

static void fixed_size_stays(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,size=132x43", 0);
	fake_chardev_resize(f->fake[0], 100, 30);
	expect_size(f, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(writer_has_the_size),
		hub_test(smallest_and_largest_follow_all_terminals),
		hub_test(fixed_size_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
