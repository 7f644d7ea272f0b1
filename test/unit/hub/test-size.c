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
	expect_size(f, 1, 132, 43);
	fake_chardev_resize(f->fake[0], 100, 30);
	expect_size(f, 1, 132, 43);
}

static void first_size_is_told_even_if_it_was_assumed(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	expect_size(f, 0, 0, 0);
	fake_chardev_resize(f->fake[0], 80, 24);
	expect_size(f, 1, 80, 24);
	fake_chardev_resize(f->fake[0], 80, 24);
	expect_size(f, 1, 80, 24);
}

static void holder_that_comes_late_is_told_what_is_known(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	fake_holder_detach(&f->guest);
	fake_chardev_resize(f->fake[0], 100, 30);
	expect_size(f, 0, 0, 0);
	assert_int_equal(fake_holder_attach(&f->guest, f->hub, FAKE_HOLDER_PLAIN, NULL), 0);
	expect_size(f, 0, 0, 0); /* not from within the call */
	run_idle(f->loop);
	expect_size(f, 1, 100, 30);
	fake_holder_detach(&f->guest);
	assert_int_equal(fake_holder_attach(&f->guest, f->hub, FAKE_HOLDER_PLAIN, NULL), 0);
	fake_holder_detach(&f->guest);
	run_idle(f->loop);
	expect_size(f, 1, 100, 30);
}

static void guest_gets_a_size_while_no_terminal_has_told_one(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033[8;30;100t\033[18t");
	expect_size(f, 0, 0, 0); /* not from within the call */
	run_idle(f->loop);
	expect_size(f, 1, 100, 30);
	assert_true(fake_holder_in_is(&f->guest, "\033[8;30;100t"));
	assert_int_equal(f->fake[0]->last.cols, 100);
	fake_chardev_resize(f->fake[0], 90, 20);
	expect_size(f, 2, 90, 20);
	fixture_out(f, "\033[8;30;100t\033[?40h\033[?3h\033[18t");
	run_idle(f->loop);
	expect_size(f, 2, 90, 20);
	assert_true(fake_holder_in_is(&f->guest, "\033[8;30;100t\033[8;20;90t"));
}

static void guest_s_size_goes_where_it_stands_in_the_stream(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033[?40h\033[?3h\033[3;100H\033[6n");
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\033[3;100R"));
	expect_size(f, 1, 132, 24);
}

static void under_the_guest_policy_it_has_the_last_word(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,size=guest", CHARDEV_LINK_CONSOLE);
	fake_chardev_resize(f->fake[0], 90, 20);
	expect_size(f, 1, 90, 20);
	fixture_out(f, "\033[8;30;100t");
	run_idle(f->loop);
	expect_size(f, 2, 100, 30);
	fake_chardev_resize(f->fake[0], 70, 20);
	fake_chardev_type(f->fake[0], "x", 1);
	expect_size(f, 2, 100, 30);
}

static void fixed_size_is_not_the_guest_s_to_change(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,size=132x43", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033[8;30;100t\033[18t");
	run_idle(f->loop);
	expect_size(f, 1, 132, 43);
	assert_true(fake_holder_in_is(&f->guest, "\033[8;43;132t"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(writer_has_the_size),
		hub_test(smallest_and_largest_follow_all_terminals),
		hub_test(fixed_size_stays),
		hub_test(first_size_is_told_even_if_it_was_assumed),
		hub_test(holder_that_comes_late_is_told_what_is_known),
		hub_test(guest_gets_a_size_while_no_terminal_has_told_one),
		hub_test(guest_s_size_goes_where_it_stands_in_the_stream),
		hub_test(under_the_guest_policy_it_has_the_last_word),
		hub_test(fixed_size_is_not_the_guest_s_to_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
