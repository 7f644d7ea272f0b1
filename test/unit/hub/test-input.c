/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include <string.h>

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

/* Each is cut behind every byte, with another member's key in the gap. */
static void sequences_of_a_terminal_are_in_one_piece(void **state)
{
	static const char *const sequences[] = {
		"\033OP",			    /* F1 */
		"\033[[A",			    /* F1 of the Linux console */
		"\033[1;5C", "\033[200~",	    /* a key, a paste */
		"\033[M !!", "\033[M\033[O",	    /* mouse: X10; bytes that look like others */
		"\033[<0;12;34M", "\033[<0;12;34m", /* 1006 */
		"\033[32;12;34M",		    /* urxvt */
		"\033]11;rgb:1234/5678/9abc\033\\", /* OSC that ends in ST */
		"\033]52;c;Zm9v\a",		    /* and in BEL */
		"\033P1$r0m\033\\", "\033_x\033\\", /* DCS, APC */
		"\033]11;\033[A",		    /* a string that is no more */
		"\xf0\x9f\x98\x80", "\xe2\033OA",   /* characters, one of them is none */
	};
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		size_t len = strlen(sequences[i]);

		for (size_t cut = 1; cut < len; cut++) {
			fake_chardev_type(f->fake[0], sequences[i], cut);
			fake_chardev_type(f->fake[1], "x", 1);
			fake_chardev_type(f->fake[0], sequences[i] + cut, len - cut);
			run_idle(f->loop);
			assert_int_equal(f->guest.in.len, len + 1);
			assert_memory_equal(f->guest.in.data, sequences[i], len);
			fake_holder_forget(&f->guest);
		}
	}
}

static void turn_ends_though_new_sequences_begin(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fake_chardev_type(f->fake[0], "a\033", 2);
	fake_chardev_type(f->fake[1], "x", 1);
	for (int ms = 0; ms < 12; ms += 2) {
		loop_advance(f->loop, 2);
		run_idle(f->loop);
		fake_chardev_type(f->fake[0], "a\033", 2);
	}
	assert_non_null(memchr(f->guest.in.data, 'x', f->guest.in.len));
	/* So it is with the hub's own answers. */
	fixture_out(f, "\033[5n");
	for (int ms = 0; ms < 12; ms += 2) {
		loop_advance(f->loop, 2);
		run_idle(f->loop);
		fake_chardev_type(f->fake[0], "a\xe2", 2);
	}
	assert_non_null(memmem(f->guest.in.data, f->guest.in.len, "\033[0n", 4));
}

static void who_types_alone_may_take_its_time(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	for (int ms = 0; ms < 24; ms += 4) {
		fake_chardev_type(f->fake[0], "\xac\xe2\x82", 3);
		loop_advance(f->loop, 4);
	}
	/* The last one began 4 ms ago: its rest comes in time. */
	fake_chardev_type(f->fake[1], "x", 1);
	fake_chardev_type(f->fake[0], "\xac", 1);
	run_idle(f->loop);
	assert_memory_equal(f->guest.in.data + f->guest.in.len - 4, "\xe2\x82\xacx", 4);
}

static void endless_sequence_is_no_key(void **state)
{
	struct hub_fixture *f = *state;
	char digits[80];

	memset(digits, '1', sizeof(digits));
	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_type(f->fake[0], "\033[", 2);
	fake_chardev_type(f->fake[0], digits, 62);
	fake_chardev_type(f->fake[1], "x", 1);
	run_idle(f->loop);
	assert_int_equal(f->guest.in.len, 64);
	fake_chardev_type(f->fake[0], digits, 2);
	run_idle(f->loop);
	assert_int_equal(f->guest.in.len, 67);
	assert_int_equal(f->guest.in.data[66], 'x');
}

static void endless_string_keeps_others_back_for_its_time_and_bytes(void **state)
{
	static char bytes[70000];
	struct hub_fixture *f = *state;

	memset(bytes, 'o', sizeof(bytes));
	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	fake_chardev_type(f->fake[0], "\033]", 2);
	fake_chardev_type(f->fake[1], "x", 1);
	loop_advance(f->loop, 99);
	run_idle(f->loop);
	assert_int_equal(f->guest.in.len, 2);
	loop_advance(f->loop, 1);
	run_idle(f->loop);
	assert_int_equal(f->guest.in.len, 3);
	fake_chardev_type(f->fake[0], "\033]", 2);
	fake_chardev_type(f->fake[1], "y", 1);
	fake_chardev_type(f->fake[0], bytes, sizeof(bytes));
	run_idle(f->loop);
	assert_int_equal(f->guest.in.data[f->guest.in.len - 1], 'y');
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

/* He waits for no room in the guest any more: what he sends is dropped, and his end is seen. */
static void who_may_type_no_more_is_read_again(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_member_options options;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	fake_holder_set_room(&f->guest, 0);
	fake_chardev_type(f->fake[0], "ls\n", 3);
	options = fixture_info(f, "f0").options;
	options.access = HUB_ACCESS_VIEW;
	assert_int_equal(hub_set_member(f->hub, "f0", &options, NULL), 0);
	run_idle(f->loop);
	assert_int_equal(fixture_info(f, "f0").refused_bytes, 3);
	fake_holder_set_room(&f->guest, SIZE_MAX);
	assert_int_equal(f->guest.in.len, 0);
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
		hub_test(sequences_of_a_terminal_are_in_one_piece),
		hub_test(turn_ends_though_new_sequences_begin),
		hub_test(who_types_alone_may_take_its_time),
		hub_test(endless_sequence_is_no_key),
		hub_test(endless_string_keeps_others_back_for_its_time_and_bytes),
		hub_test(lone_escape_keeps_others_back_for_a_moment_only),
		hub_test(unfinished_sequence_of_one_who_leaves_keeps_nobody_back),
		hub_test(viewer_cannot_type),
		hub_test(who_may_type_no_more_is_read_again),
		hub_test(credit_is_passed_through_and_returned),
		hub_test(members_take_turns_when_room_is_scarce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
