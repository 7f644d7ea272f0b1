/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "chardev/handover.h"
#include "io/store.h"
#include "vt/vt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void query_is_answered_once_and_no_member_sees_it(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "ab\033[6ncd");
	run_idle(f->loop);
	assert_true(fake_chardev_out_is(f->fake[0], "abcd"));
	assert_true(fake_chardev_out_is(f->fake[1], "abcd"));
	assert_true(fake_holder_in_is(&f->guest, "\033[1;3R"));
}

static void query_in_pieces_is_taken_out_too(void **state)
{
	static const char bytes[] = "one\033[6n\033[ctwo\033[31mred\033]10;?\033\\\033[0c!\033[1m";
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++)
		assert_int_equal(fake_holder_out(&f->guest, bytes + i, 1), 1);
	run_idle(f->loop);
	assert_true(fake_chardev_out_is(f->fake[0], "onetwo\033[31mred!\033[1m"));
}

static void palette_of_the_linux_console_holds_nothing_back(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033]Rlogin: \033]P1aabbcc$ ");
	run_idle(f->loop);
	assert_true(fake_chardev_out_is(f->fake[0], "\033]Rlogin: \033]P1aabbcc$ "));
}

static void many_queries_in_one_write_leave_the_rest_in_order(void **state)
{
	struct hub_fixture *f = *state;
	char bytes[9 * 500 + 1], expected[6 * 500 + 1];

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,window=64k", CHARDEV_LINK_CONSOLE);
	for (int i = 0; i < 500; i++) {
		snprintf(bytes + 9 * i, 10, "l%04d\033[c\n", i);
		snprintf(expected + 6 * i, 7, "l%04d\n", i);
	}
	for (int i = 0; i < 100; i++)
		fixture_out(f, bytes);
	run_idle(f->loop);
	assert_int_equal(f->fake[0]->out.len, 100 * strlen(expected));
	for (size_t i = 0; i < 100; i++)
		assert_memory_equal(
			f->fake[0]->out.data + i * strlen(expected), expected, strlen(expected));
}

static void answer_waits_for_a_guest_that_does_not_read(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fake_holder_set_room(&f->guest, 0);
	fixture_out(f, "\033[5n");
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, ""));
	fake_holder_set_room(&f->guest, 2);
	fake_holder_set_room(&f->guest, 100);
	assert_true(fake_holder_in_is(&f->guest, "\033[0n"));
}

static void answers_nobody_reads_are_bounded_and_whole(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fake_holder_set_room(&f->guest, 0);
	for (int i = 0; i < 5000; i++)
		fixture_out(f, "\033[5n");
	run_idle(f->loop);
	fake_holder_set_room(&f->guest, SIZE_MAX);
	run_idle(f->loop);
	assert_int_equal(f->guest.in.len, 16384);
	fixture_out(f, "\033[5n");
	run_idle(f->loop);
	assert_int_equal(f->guest.in.len, 16384 + 4);
	for (size_t i = 0; i < f->guest.in.len; i += 4)
		assert_memory_equal(f->guest.in.data + i, "\033[0n", 4);
}

static void answer_does_not_cut_a_key_of_a_member(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fake_chardev_type(f->fake[0], "\033[", 2);
	fixture_out(f, "\033[5n");
	run_idle(f->loop);
	fake_chardev_type(f->fake[0], "A", 1);
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\033[A\033[0n"));
}

static void transparent_pipe_is_left_alone(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,terminal=off", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033[6n\033");
	run_idle(f->loop);
	assert_true(fake_chardev_out_is(f->fake[0], "\033[6n\033"));
	assert_int_equal(f->guest.in.len, 0);
}

/* What a member's terminal shows is what an engine shows that is fed the same bytes. */
static void expect_row(struct vt *vt, int row, const char *text)
{
	struct vt_cell cells[VT_COLS_MAX];
	char line[VT_COLS_MAX + 1] = "";
	int cols = vt_read_line(vt, row, cells, NULL);

	for (int i = 0; i < cols; i++)
		line[i] = cells[i].ch ? (char)cells[i].ch : ' ';
	assert_string_equal(line, text);
}

static void late_joiner_sees_the_screen_and_then_live_bytes(void **state)
{
	struct hub_fixture *f = *state;
	struct vt *vt = NULL;

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033[?1049h\033[5;1Htop of the screen\033[3;1H\033[1;31mred");
	fixture_out(f, "\033[4;1"); /* in the middle of a sequence */
	fake_chardev_set_open(f->fake[1], true);
	fixture_out(f, "Hhere");
	assert_int_equal(vt_new(NULL, NULL, NULL, &vt), 0);
	vt_feed(vt, f->fake[1]->out.data, f->fake[1]->out.len);
	assert_true(vt_is_alternate(vt));
	expect_row(vt, 2, "red");
	expect_row(vt, 3, "here");
	expect_row(vt, 4, "top of the screen");
	vt_free(vt);
}

static void member_that_flushed_the_screen_away_gets_it_again(void **state)
{
	static const struct chardev_event flushed = { .type = CHARDEV_FLUSHED };
	struct hub_fixture *f = *state;
	size_t shown;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "what is shown");
	shown = f->fake[0]->out.len;
	chardev_event(&f->fake[1]->base, &flushed);
	run_idle(f->loop);
	assert_memory_equal(f->fake[1]->out.data + shown, VT_ABORT, strlen(VT_ABORT));
	assert_non_null(memmem(
		f->fake[1]->out.data + shown, f->fake[1]->out.len - shown, "what is shown", 13));
	assert_int_equal(f->fake[0]->out.len, shown);
	fixture_out(f, "!");
	assert_int_equal(f->fake[1]->out.data[f->fake[1]->out.len - 1], '!');
}

static void flush_of_a_reader_of_bytes_brings_none_back(void **state)
{
	static const struct chardev_event flushed = { .type = CHARDEV_FLUSHED };
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,terminal=off", 0);
	fixture_out(f, "data");
	chardev_event(&f->fake[0]->base, &flushed);
	run_idle(f->loop);
	assert_true(fake_chardev_out_is(f->fake[0], "data"));
}

static void skipped_member_is_brought_to_the_screen(void **state)
{
	struct hub_fixture *f = *state;
	struct vt *vt = NULL;
	const char *notice;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", CHARDEV_LINK_CONSOLE);
	fake_chardev_set_accept(f->fake[1], 0);
	fixture_fill(f, 640000);
	loop_advance(f->loop, 1000);
	fixture_fill(f, 640000);
	fixture_out(f, "\033[H\033[2Jend\033[c");
	fake_chardev_set_accept(f->fake[1], SIZE_MAX);
	fixture_out(f, " of it");
	notice = strstr(f->fake[1]->out.data, "[charhub: ");
	assert_non_null(notice);
	assert_int_equal(strtoul(notice + 10, NULL, 10), fixture_info(f, "f1").skipped_bytes);
	assert_true(strlen(notice) < 4096);
	assert_int_equal(vt_new(NULL, NULL, NULL, &vt), 0);
	vt_feed(vt, f->fake[1]->out.data, f->fake[1]->out.len);
	expect_row(vt, 0, "end of it");
	expect_row(vt, 1, "");
	vt_free(vt);
}

static void screen_has_the_consoles_size(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "x");
	fake_chardev_resize(f->fake[0], 100, 30);
	fixture_out(f, "\033[18t");
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\033[8;30;100t"));
}

static void members_hear_the_bell_and_the_size(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "a\a\ab");
	assert_int_equal(f->fake[1]->events, 1);
	assert_int_equal(f->fake[1]->last.type, CHARDEV_BELL);
	fake_chardev_resize(f->fake[0], 100, 30);
	assert_int_equal(f->fake[1]->last.type, CHARDEV_RESIZE);
	assert_int_equal(f->fake[1]->last.cols, 100);
}

/* "ESC # 8" touches each cell: a dispatch does some 70 of them. */
static void fill_with_laborious(char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = "\033#8"[i % 3];
}

static void guest_that_keeps_its_screen_busy_waits_for_it(void **state)
{
	struct hub_fixture *f = *state;
	char bytes[1500];

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fill_with_laborious(bytes, sizeof(bytes));
	assert_int_equal(fake_holder_out(&f->guest, bytes, sizeof(bytes)), sizeof(bytes));
	assert_in_range(f->fake[0]->out.len, 3, 300);
	assert_int_equal(fake_holder_out(&f->guest, bytes, sizeof(bytes)), 0);
	assert_int_equal(f->guest.room_calls, 0);
	run_idle(f->loop);
	assert_int_equal(f->guest.room_calls, 1);
	assert_int_equal(f->fake[0]->out.len, sizeof(bytes));
	assert_int_equal(fake_holder_out(&f->guest, "x", 1), 1);
}

/* Who joins is shown the screen, which reads for that what it has put off. */
static void guest_goes_on_whoever_makes_its_screen_read(void **state)
{
	struct hub_fixture *f = *state;
	static char bytes[17 * 1000];

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k", CHARDEV_LINK_CONSOLE);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = "some colour\033[1m\r\n"[i % 17];
	for (int i = 0; fake_holder_out(&f->guest, bytes, sizeof(bytes)) == sizeof(bytes); i++)
		assert_true(i < 100);
	assert_int_equal(f->guest.room_calls, 0);
	fake_chardev_set_open(f->fake[1], true);
	run_idle(f->loop);
	assert_int_equal(f->guest.room_calls, 1);
	assert_int_equal(fake_holder_out(&f->guest, "x", 1), 1);
}

static void guest_that_cannot_wait_is_listened_to_meanwhile(void **state)
{
	enum { UNREAD_MAX = 256 * 1024 / 4 };
	struct hub_fixture *f = *state;
	char bytes[3000];

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0,window=64k,window-max=256k",
		CHARDEV_LINK_CONSOLE | CHARDEV_LINK_NEVER_WAIT);
	fill_with_laborious(bytes, sizeof(bytes));
	for (size_t taken = 0; taken < UNREAD_MAX; taken += sizeof(bytes))
		assert_int_equal(fake_holder_out(&f->guest, bytes, sizeof(bytes)), sizeof(bytes));
	assert_in_range(f->fake[0]->out.len, 3, 300);
	for (unsigned i = 0; i < 100 && f->fake[0]->out.len < f->hub->out_bytes; i++)
		run_idle(f->loop);
	assert_int_equal(f->fake[0]->out.len, f->hub->out_bytes);
	assert_int_equal(fixture_info(f, "f0").skips, 0);
	assert_int_equal(fixture_info(f, "f0").standing, HUB_MEMBER_GOOD);
}

/* Its kernel would stand still. The screen does without, and members get all there is. */
static void guest_that_cannot_wait_does_not_wait_for_its_screen_either(void **state)
{
	struct hub_fixture *f = *state;
	char bytes[3000];
	struct vt *vt = NULL;

	fixture_fakes(f, 2);
	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,window=64k,window-max=256k",
		CHARDEV_LINK_CONSOLE | CHARDEV_LINK_NEVER_WAIT);
	fill_with_laborious(bytes, sizeof(bytes));
	for (size_t taken = 0; taken < 1 << 20; taken += sizeof(bytes)) {
		assert_int_equal(fake_holder_out(&f->guest, bytes, sizeof(bytes)), sizeof(bytes));
		loop_step(f->loop, false);
	}
	fixture_out(f, "\033c\033[6nhere");
	for (unsigned i = 0; i < 100 && f->fake[0]->out.len < f->hub->out_bytes - 4; i++)
		run_idle(f->loop);
	assert_int_equal(f->fake[0]->out.len, f->hub->out_bytes - 4);
	assert_memory_equal(f->fake[0]->out.data + f->fake[0]->out.len - 6, "\033chere", 6);
	assert_true(fake_holder_in_is(&f->guest, "\033[1;1R"));
	assert_int_equal(fixture_info(f, "f0").skips, 0);
	fake_chardev_set_open(f->fake[1], true);
	assert_int_equal(vt_new(NULL, NULL, NULL, &vt), 0);
	vt_feed(vt, f->fake[1]->out.data, f->fake[1]->out.len);
	expect_row(vt, 0, "here");
	vt_free(vt);
}

/* Of what is begun members have nothing yet, or all that there is. */
static void who_joins_within_a_sequence_sees_its_controls_act_once(void **state)
{
	struct hub_fixture *f = *state;
	struct vt *vt = NULL;

	fixture_fakes(f, 3);
	fake_chardev_set_open(f->fake[1], false);
	fake_chardev_set_open(f->fake[2], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,chardevs.2=f2", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033[6nup\033[\n");
	fake_chardev_set_open(f->fake[1], true);
	loop_advance(f->loop, 20);
	fake_chardev_set_open(f->fake[2], true);
	run_idle(f->loop);
	fixture_out(f, "1mdown");
	run_idle(f->loop);
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(vt_new(NULL, NULL, NULL, &vt), 0);
		vt_feed(vt, f->fake[i]->out.data, f->fake[i]->out.len);
		expect_row(vt, 0, "up");
		expect_row(vt, 1, "  down");
		expect_row(vt, 2, "");
		vt_free(vt);
	}
}

static size_t packed(const struct hub_fixture *f)
{
	size_t hot, bytes;

	store_usage(f->loop, &hot, &bytes);
	return bytes;
}

/* For another program: what shows the screen is there as long as it is right. */
static void what_is_prepared_is_good_until_the_screen_is_used(void **state)
{
	struct hub_fixture *f = *state;
	const struct chardev_handover *handover;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	handover = f->hub->class->handover;
	handover->prepare(f->hub);
	assert_int_equal(packed(f), 0); /* there is no engine yet */
	fixture_out(f, "a\033[6n");
	run_idle(f->loop);
	handover->prepare(f->hub);
	assert_true(packed(f) > 0);
	fixture_out(f, "a line that is put off\r\n");
	run_idle(f->loop);
	assert_true(packed(f) > 0);
	fixture_out(f, "\033[6n");
	run_idle(f->loop);
	assert_int_equal(packed(f), 0);
	handover->prepare(f->hub);
	handover->prepare(f->hub);
	assert_true(packed(f) > 0);
	handover->forgo(f->hub);
	assert_int_equal(packed(f), 0);
	handover->forgo(f->hub);
}

static void beginning_of_a_sequence_is_held_for_a_moment_only(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "abc\033[");
	loop_advance(f->loop, 19);
	assert_true(fake_chardev_out_is(f->fake[0], "abc"));
	loop_advance(f->loop, 1);
	assert_true(fake_chardev_out_is(f->fake[0], "abc\033["));
	/* A query after all: the member's terminal has it, and answers. */
	fixture_out(f, "6nd");
	run_idle(f->loop);
	assert_true(fake_chardev_out_is(f->fake[0], "abc\033[6nd"));
	assert_true(fake_holder_in_is(&f->guest, ""));
	/* The moment is counted from the beginning, whatever is added. */
	fixture_out(f, "\033]4;1;");
	loop_advance(f->loop, 15);
	fixture_out(f, "1");
	loop_advance(f->loop, 5);
	assert_true(fake_chardev_out_is(f->fake[0], "abc\033[6nd\033]4;1;1"));
}

static void terminals_are_shown_the_screen_again_when_it_has_another_size(void **state)
{
	struct hub_fixture *f = *state;
	struct vt_config config = { .cols = 60, .rows = 30 };
	struct vt *vt = NULL;
	size_t before;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fixture_out(f, "\033[?1049h\033[20;1Hbottom");
	fake_chardev_resize(f->fake[0], 60, 20);
	fake_chardev_resize(f->fake[0], 60, 30);
	fixture_out(f, "\033[30;1Hnew bottom\033[");
	before = f->fake[0]->out.len;
	/* not in the middle of a sequence */
	loop_advance(f->loop, 150);
	assert_int_equal(f->fake[0]->out.len, before + 2);
	fixture_out(f, "m");
	before = f->fake[0]->out.len;
	loop_advance(f->loop, 150);
	assert_memory_equal(f->fake[0]->out.data + before, VT_ABORT, strlen(VT_ABORT));
	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	vt_feed(vt, f->fake[0]->out.data + before, f->fake[0]->out.len - before);
	expect_row(vt, 19, "bottom");
	expect_row(vt, 29, "new bottom");
	before = f->fake[0]->out.len;
	loop_advance(f->loop, 1000);
	assert_int_equal(f->fake[0]->out.len, before);
	vt_free(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(query_is_answered_once_and_no_member_sees_it),
		hub_test(query_in_pieces_is_taken_out_too),
		hub_test(palette_of_the_linux_console_holds_nothing_back),
		hub_test(many_queries_in_one_write_leave_the_rest_in_order),
		hub_test(answer_waits_for_a_guest_that_does_not_read),
		hub_test(answers_nobody_reads_are_bounded_and_whole),
		hub_test(answer_does_not_cut_a_key_of_a_member),
		hub_test(transparent_pipe_is_left_alone),
		hub_test(late_joiner_sees_the_screen_and_then_live_bytes),
		hub_test(member_that_flushed_the_screen_away_gets_it_again),
		hub_test(flush_of_a_reader_of_bytes_brings_none_back),
		hub_test(skipped_member_is_brought_to_the_screen),
		hub_test(screen_has_the_consoles_size),
		hub_test(members_hear_the_bell_and_the_size),
		hub_test(guest_that_keeps_its_screen_busy_waits_for_it),
		hub_test(guest_goes_on_whoever_makes_its_screen_read),
		hub_test(guest_that_cannot_wait_is_listened_to_meanwhile),
		hub_test(guest_that_cannot_wait_does_not_wait_for_its_screen_either),
		hub_test(who_joins_within_a_sequence_sees_its_controls_act_once),
		hub_test(what_is_prepared_is_good_until_the_screen_is_used),
		hub_test(beginning_of_a_sequence_is_held_for_a_moment_only),
		hub_test(terminals_are_shown_the_screen_again_when_it_has_another_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
