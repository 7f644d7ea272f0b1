/* SPDX-License-Identifier: MIT */
#include "mux/mux.h"

#include "base/cleanup.h"
#include "hub/hub.h"
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { HOLDERS = 6 };

struct fixture {
	struct loop *loop;
	struct chardev_set *set;
	struct fake_chardev *below;
	struct chardev *mux;
	struct fake_holder holders[HOLDERS];
};

static struct chardev *add(struct fixture *f, const char *text)
{
	AUTO_ERROR struct error *err = NULL;
	struct chardev *chardev = NULL;

	if (chardev_set_add_text(f->set, text, &chardev, &err) < 0)
		fail_msg("%s", error_message(err));
	return chardev;
}

static void add_fails(struct fixture *f, const char *text, const char *message)
{
	AUTO_ERROR struct error *err = NULL;

	assert_true(chardev_set_add_text(f->set, text, NULL, &err) < 0);
	assert_string_equal(error_message(err), message);
}

static int setup(void **state)
{
	static const struct chardev_class *const classes[] = { &mux_class, &hub_class,
		&fake_chardev_class, NULL };
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->set = chardev_set_new(f->loop, classes);
	f->below = fake_chardev_add(f->set, "b");
	f->mux = add(f, "mux,id=m,chardev=b");
	for (int i = 0; i < HOLDERS; i++)
		fake_holder_init(&f->holders[i], f->loop);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < HOLDERS; i++) {
		assert_int_equal(f->holders[i].faults, 0);
		fake_holder_done(&f->holders[i]);
	}
	chardev_set_free(f->set);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void join(struct fixture *f, int n)
{
	for (int i = 0; i < n; i++)
		assert_int_equal(
			fake_holder_attach(&f->holders[i], f->mux, FAKE_HOLDER_PLAIN, NULL), 0);
	run_idle(f->loop);
	for (int i = 0; i < n; i++)
		fake_holder_forget(&f->holders[i]);
}

static void type(struct fixture *f, const char *text)
{
	fake_chardev_type(f->below, text, strlen(text));
}

static void any_number_of_holders_write_at_once(void **state)
{
	struct fixture *f = *state;

	join(f, HOLDERS);
	for (int i = 0; i < HOLDERS; i++) {
		char letter = (char)('a' + i);

		assert_int_equal(fake_holder_out(&f->holders[i], &letter, 1), 1);
	}
	assert_true(fake_chardev_out_is(f->below, "abcdef"));
}

static void last_that_came_has_the_focus(void **state)
{
	struct fixture *f = *state;

	join(f, 3);
	type(f, "x");
	assert_true(fake_holder_in_is(&f->holders[2], "x"));
	assert_int_equal(f->holders[0].in.len + f->holders[1].in.len, 0);
}

static void focus_goes_round_and_is_told(void **state)
{
	struct fixture *f = *state;

	join(f, 3);
	type(f, "\001c1\001c2\001c3");
	assert_string_equal(f->holders[2].log.data, "MUX_OUT MUX_IN in(1) ");
	assert_string_equal(f->holders[0].log.data, "MUX_IN in(1) MUX_OUT ");
	assert_string_equal(f->holders[1].log.data, "MUX_IN in(1) MUX_OUT ");
	assert_true(fake_holder_in_is(&f->holders[0], "1"));
	assert_true(fake_holder_in_is(&f->holders[2], "3"));
}

static void focus_moves_on_when_its_holder_goes(void **state)
{
	struct fixture *f = *state;

	join(f, 2);
	fake_holder_detach(&f->holders[1]);
	run_idle(f->loop);
	type(f, "x");
	assert_string_equal(f->holders[0].log.data, "MUX_IN in(1) ");
	fake_holder_detach(&f->holders[0]);
	type(f, "kept");
	join(f, 1);
	assert_int_equal(f->holders[0].in.len, 0);
	run_idle(f->loop);
}

static void nobody_there_means_nothing_is_read(void **state)
{
	struct fixture *f = *state;

	type(f, "early");
	assert_int_equal(f->below->typed.len, 5);
	assert_int_equal(fake_holder_attach(&f->holders[0], f->mux, FAKE_HOLDER_PLAIN, NULL), 0);
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->holders[0], "early"));
}

static void keys_are_heard_while_the_guest_reads_nothing(void **state)
{
	struct fixture *f = *state;

	join(f, 2);
	fake_holder_set_room(&f->holders[1], 0);
	type(f, "unread\001cfor 0\001c!");
	assert_true(fake_holder_in_is(&f->holders[0], "for 0"));
	assert_int_equal(f->holders[1].in.len, 0);
	fake_holder_set_room(&f->holders[1], 3);
	assert_true(fake_holder_in_is(&f->holders[1], "unr"));
	fake_holder_set_room(&f->holders[1], 100);
	assert_true(fake_holder_in_is(&f->holders[1], "unread!"));
}

static void input_that_is_kept_is_bounded(void **state)
{
	struct fixture *f = *state;
	static char many[10000];

	join(f, 1);
	memset(many, 'x', sizeof(many));
	fake_holder_set_room(&f->holders[0], 0);
	fake_chardev_type(f->below, many, sizeof(many));
	assert_true(f->below->typed.len >= 10000 - 4096);
	fake_holder_set_room(&f->holders[0], SIZE_MAX);
	run_idle(f->loop);
	assert_int_equal(f->holders[0].in.len, sizeof(many));
	assert_int_equal(f->below->typed.len, 0);
}

static void all_are_told_that_the_peer_comes_and_goes(void **state)
{
	struct fixture *f = *state;

	join(f, 2);
	assert_true(f->holders[0].open);
	fake_chardev_hang_up(f->below);
	assert_false(chardev_is_open(f->mux));
	assert_string_equal(f->holders[0].log.data, "CLOSED HANGUP ");
	fake_chardev_set_open(f->below, true);
	assert_string_equal(f->holders[1].log.data, "CLOSED HANGUP OPENED ");
}

static void opened_comes_only_with_the_peer(void **state)
{
	struct fixture *f = *state;

	fake_chardev_set_open(f->below, false);
	assert_int_equal(fake_holder_attach(&f->holders[0], f->mux, FAKE_HOLDER_PLAIN, NULL), 0);
	run_idle(f->loop);
	assert_int_equal(f->holders[0].opened, 0);
	assert_false(f->holders[0].open);
}

static void break_is_for_the_focus(void **state)
{
	struct fixture *f = *state;

	join(f, 2);
	fake_chardev_break(f->below);
	type(f, "\001b");
	assert_int_equal(chardev_set_send_break(f->set, "m", NULL), 0);
	assert_int_equal(f->holders[1].breaks, 3);
	assert_int_equal(f->holders[0].breaks, 0);
}

static void size_is_for_everybody(void **state)
{
	struct fixture *f = *state;

	join(f, 2);
	fake_chardev_resize(f->below, 100, 30);
	assert_int_equal(f->holders[0].last.cols, 100);
	assert_int_equal(f->holders[1].last.rows, 30);
}

static void room_is_told_once_to_each_that_waits(void **state)
{
	struct fixture *f = *state;

	join(f, 3);
	fake_chardev_set_accept(f->below, 1);
	assert_int_equal(fake_holder_out(&f->holders[0], "ab", 2), 1);
	assert_int_equal(fake_holder_out(&f->holders[1], "c", 1), 0);
	fake_chardev_set_accept(f->below, SIZE_MAX);
	assert_int_equal(f->holders[0].room_calls, 1);
	assert_int_equal(f->holders[1].room_calls, 1);
	assert_int_equal(f->holders[2].room_calls, 0);
}

/* The chardev below has nothing to tell: another holder has found the room before. */
static void room_that_another_finds_is_told_to_who_waits(void **state)
{
	struct fixture *f = *state;

	join(f, 2);
	f->below->accept = 0;
	assert_int_equal(fake_holder_out(&f->holders[0], "a", 1), 0);
	f->below->accept = SIZE_MAX;
	assert_int_equal(fake_holder_out(&f->holders[1], "b", 1), 1);
	run_idle(f->loop);
	assert_int_equal(f->holders[0].room_calls, 1);
	assert_int_equal(f->holders[1].room_calls, 0);
}

/* A holder that writes on when it is told of room. */
static void take_all_room(struct fake_holder *holder)
{
	fake_holder_out(holder, holder->hook_data, 4);
}

static void nobody_has_room_always_first(void **state)
{
	struct fixture *f = *state;
	static char names[2][5] = { "aaaa", "bbbb" };
	bool seen[2] = { false, false };

	join(f, 2);
	fake_chardev_set_accept(f->below, 0);
	for (int i = 0; i < 2; i++) {
		f->holders[i].hook_data = names[i];
		f->holders[i].room_hook = take_all_room;
		fake_holder_out(&f->holders[i], names[i], 4);
	}
	for (int i = 0; i < 4; i++)
		fake_chardev_set_accept(f->below, 3);
	for (size_t i = 0; i < f->below->out.len; i++)
		seen[f->below->out.data[i] == 'b'] = true;
	assert_true(seen[0] && seen[1]);
}

static void help_waits_for_room_and_blocks_nobody(void **state)
{
	struct fixture *f = *state;

	join(f, 1);
	fake_chardev_set_accept(f->below, 3);
	type(f, "\001h");
	assert_int_equal(fake_holder_out(&f->holders[0], "x", 1), 0);
	fake_chardev_set_accept(f->below, SIZE_MAX);
	assert_int_equal(f->holders[0].room_calls, 1);
	assert_int_equal(fake_holder_out(&f->holders[0], "x", 1), 1);
	assert_memory_equal(f->below->out.data, "\n\rC-a h    print", 16);
	assert_int_equal(f->below->out.data[f->below->out.len - 1], 'x');
}

static void help_that_nobody_reads_is_bounded(void **state)
{
	struct fixture *f = *state;

	join(f, 1);
	fake_chardev_set_accept(f->below, 0);
	for (int i = 0; i < 10000; i++)
		type(f, "\001h");
	fake_chardev_set_accept(f->below, SIZE_MAX);
	assert_in_range(f->below->out.len, 1, 4096);
}

static void quitting_is_refused(void **state)
{
	struct fixture *f = *state;

	join(f, 1);
	type(f, "\001x");
	assert_true(fake_chardev_out_is(
		f->below, "\n\r[charhub: a viewer cannot end the console]\n\r"));
}

static void stamps_double_nothing_when_room_is_short(void **state)
{
	struct fixture *f = *state;
	static const char text[] = "one\ntwo\nthree\n";

	join(f, 1);
	type(f, "\001t");
	f->below->chunk = 5;
	assert_int_equal(fake_holder_out(&f->holders[0], text, 4), 4);
	for (size_t done = 4; done < sizeof(text) - 1;) {
		ssize_t taken =
			fake_holder_out(&f->holders[0], text + done, sizeof(text) - 1 - done);

		assert_true(taken >= 0);
		done += (size_t)taken;
		fake_chardev_set_accept(f->below, SIZE_MAX);
	}
	while (f->below->out.len < 44)
		fake_chardev_set_accept(f->below, SIZE_MAX);
	assert_true(
		fake_chardev_out_is(f->below, "one\n[00:00:00.000] two\n[00:00:00.000] three\n"));
}

static void removal_in_any_order(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;

	join(f, 2);
	assert_int_equal(chardev_set_remove(f->set, "m", &err), -EBUSY);
	assert_string_equal(error_message(err), "Chardev 'm' is busy");
	assert_int_equal(chardev_set_remove(f->set, "b", NULL), -EBUSY);
	chardev_free(&f->below->base);
	assert_string_equal(f->holders[0].log.data, "CLOSED HANGUP ");
	assert_int_equal(fake_holder_out(&f->holders[0], "x", 1), -EPIPE);
	chardev_free(f->mux);
	assert_null(f->holders[1].link.chardev);
}

static void mux_on_makes_two_chardevs(void **state)
{
	struct fixture *f = *state;

	add(f, "fake,id=x,mux=on");
	assert_string_equal(chardev_class_name(chardev_set_find(f->set, "x")), "mux");
	assert_true(chardev_is_held(chardev_set_find(f->set, "x-base")));
	add(f, "fake,id=y-base");
	add_fails(f, "fake,id=y,mux=on", "Duplicate ID 'y-base' for chardev");
	add(f, "fake,id=z,mux=off");
	assert_null(chardev_set_find(f->set, "z-base"));
	add_fails(f, "fake,id=z,mux=on", "Duplicate ID 'z' for chardev");
	assert_null(chardev_set_find(f->set, "z-base"));
}

static void wrong_options_have_qemus_texts(void **state)
{
	struct fixture *f = *state;

	add_fails(f, "mux,id=n", "chardev: mux: no chardev given");
	add_fails(f, "mux,id=n,chardev=nope", "mux: base chardev nope not found");
	add_fails(f, "mux,id=n,chardev=b", "chardev 'b' is already in use");
}

static void escape_is_that_of_the_set(void **state)
{
	struct fixture *f = *state;

	add(f, "fake,id=c");
	chardev_set_escape(f->set, 0x14);
	f->mux = add(f, "mux,id=o,chardev=c");
	f->below = fake_chardev_of(chardev_set_find(f->set, "c"));
	join(f, 1);
	type(f, "\001\024b");
	assert_true(fake_holder_in_is(&f->holders[0], "\001"));
	assert_int_equal(f->holders[0].breaks, 1);
}

static void mux_over_hub_and_hub_over_mux(void **state)
{
	struct fixture *f = *state;
	AUTO_ERROR struct error *err = NULL;
	struct fake_chardev *inner;
	struct chardev *hub;

	inner = fake_chardev_add(f->set, "i");
	hub = add(f, "hub,id=h,chardevs.0=m,chardevs.1=i,terminal=off,replay=none");
	f->mux = add(f, "mux,id=top,chardev=h");
	join(f, 2);
	assert_int_equal(fake_holder_out(&f->holders[0], "abc", 3), 3);
	assert_true(fake_chardev_out_is(f->below, "abc"));
	assert_true(fake_chardev_out_is(inner, "abc"));
	type(f, "\001\001cx");
	assert_true(fake_holder_in_is(&f->holders[0], "x"));
	assert_int_equal(hub_add_member(hub, f->mux, NULL, &err), -ELOOP);
	assert_string_equal(
		error_message(err), "hub 'h' would contain itself through chardev 'top'");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(any_number_of_holders_write_at_once),
		CASE(last_that_came_has_the_focus),
		CASE(focus_goes_round_and_is_told),
		CASE(focus_moves_on_when_its_holder_goes),
		CASE(nobody_there_means_nothing_is_read),
		CASE(keys_are_heard_while_the_guest_reads_nothing),
		CASE(input_that_is_kept_is_bounded),
		CASE(all_are_told_that_the_peer_comes_and_goes),
		CASE(opened_comes_only_with_the_peer),
		CASE(break_is_for_the_focus),
		CASE(size_is_for_everybody),
		CASE(room_is_told_once_to_each_that_waits),
		CASE(room_that_another_finds_is_told_to_who_waits),
		CASE(nobody_has_room_always_first),
		CASE(help_waits_for_room_and_blocks_nobody),
		CASE(help_that_nobody_reads_is_bounded),
		CASE(quitting_is_refused),
		CASE(stamps_double_nothing_when_room_is_short),
		CASE(removal_in_any_order),
		CASE(mux_on_makes_two_chardevs),
		CASE(wrong_options_have_qemus_texts),
		CASE(escape_is_that_of_the_set),
		CASE(mux_over_hub_and_hub_over_mux),
	};

	return cmocka_run_group_tests_name("mux/mux", tests, NULL, NULL);
}
