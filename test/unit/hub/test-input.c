/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

static void input_of_all_members_reaches_the_guest(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_type(f->fake[0], "ab", 2);
	fake_chardev_type(f->fake[1], "cd", 2);
	assert_true(fake_holder_in_is(&f->guest, "abcd"));
}

static void escape_sequence_is_not_cut_by_another_member(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_type(f->fake[0], "\033[1", 3);
	fake_chardev_type(f->fake[1], "x", 1);
	fake_chardev_type(f->fake[0], ";5C", 3);
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\033[1;5Cx"));
}

static void character_is_not_cut_by_another_member(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_type(f->fake[0], "\xe2\x82", 2);
	fake_chardev_type(f->fake[1], "x", 1);
	fake_chardev_type(f->fake[0], "\xac", 1);
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\xe2\x82\xacx"));
}

static void lone_escape_keeps_others_back_for_a_moment_only(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_type(f->fake[0], "\033", 1);
	fake_chardev_type(f->fake[1], "x", 1);
	assert_true(fake_holder_in_is(&f->guest, "\033"));
	loop_advance(f->loop, 10);
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\033x"));
}

static void unfinished_sequence_of_one_who_leaves_keeps_nobody_back(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_type(f->fake[0], "\033[", 2);
	fake_chardev_type(f->fake[1], "x", 1);
	fake_chardev_hang_up(f->fake[0]);
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\033[x"));
}

static void viewer_cannot_type(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "members.0.chardev=f0,members.0.access=view,members.1.chardev=f1", 0);
	fake_chardev_type(f->fake[0], "rm -rf /\n", 9);
	fake_chardev_type(f->fake[1], "ls\n", 3);
	assert_true(fake_holder_in_is(&f->guest, "ls\n"));
	assert_int_equal(fixture_info(f, "f0").refused_bytes, 9);
}

static void credit_is_passed_through_and_returned(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_holder_set_room(&f->guest, 3);
	fake_chardev_type(f->fake[0], "abcd", 4);
	fake_chardev_type(f->fake[1], "efgh", 4);
	assert_true(fake_holder_in_is(&f->guest, "abc"));
	for (int i = 0; i < 5; i++)
		fake_holder_set_room(&f->guest, 1);
	assert_int_equal(f->guest.in.len, 8);
}

static void members_take_turns_when_room_is_scarce(void **state)
{
	struct hub_fixture *f = *state;
	unsigned first = 0;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_holder_set_room(&f->guest, 0);
	fake_chardev_type(f->fake[0], "aaaaaaaa", 8);
	fake_chardev_type(f->fake[1], "bbbbbbbb", 8);
	for (int i = 0; i < 8; i++)
		fake_holder_set_room(&f->guest, 1);
	for (size_t i = 0; i < f->guest.in.len; i++)
		first += f->guest.in.data[i] == 'a';
	assert_int_equal(f->guest.in.len, 8);
	assert_in_range(first, 3, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(input_of_all_members_reaches_the_guest),
		hub_test(escape_sequence_is_not_cut_by_another_member),
		hub_test(character_is_not_cut_by_another_member),
		hub_test(lone_escape_keeps_others_back_for_a_moment_only),
		hub_test(unfinished_sequence_of_one_who_leaves_keeps_nobody_back),
		hub_test(viewer_cannot_type),
		hub_test(credit_is_passed_through_and_returned),
		hub_test(members_take_turns_when_room_is_scarce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
