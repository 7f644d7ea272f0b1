/* SPDX-License-Identifier: MIT */
#include "hub-fixture.h"

#include "base/strbuf.h"
#include "hub/keyboard.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ASK "\x1c"

static void setup_two(struct hub_fixture *f, const char *options)
{
	char text[128];

	fixture_fakes(f, 2);
	f->fake[0]->event_result = f->fake[1]->event_result = -ENOTSUP;
	snprintf(text, sizeof(text), "chardevs.0=f0,chardevs.1=f1,typing=one%s", options);
	fixture_hub(f, text, CHARDEV_LINK_CONSOLE);
	fixture_out(f, "login: ");
	loop_advance(f->loop, 1000);
	run_idle(f->loop);
}

static void type(struct hub_fixture *f, int fake, const char *text)
{
	fake_chardev_type(f->fake[fake], text, strlen(text));
}

/* What has come to a member since the last call has these words in it; NULL: nothing has come. */
static void sees(struct hub_fixture *f, int fake, const char *words)
{
	struct strbuf *out = &f->fake[fake]->out;

	if (words)
		assert_non_null(strstr(out->data, words));
	else
		assert_true(!out->len);
	strbuf_done(out);
	*out = (struct strbuf){ 0 };
}

static void guest_got(struct hub_fixture *f, const char *text)
{
	assert_true(fake_holder_in_is(&f->guest, text));
}

static const char *holder(struct hub_fixture *f)
{
	struct hub_info info;

	hub_info(f->hub, &info);
	return info.keyboard ? info.keyboard : "nobody";
}

static void who_types_first_has_it(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	assert_string_equal(holder(f), "nobody");
	type(f, 0, "a");
	assert_string_equal(holder(f), "f0");
	assert_true(fixture_info(f, "f0").has_keyboard);
	sees(f, 0, "login: ");
	sees(f, 1, "login: ");
	type(f, 1, "b");
	type(f, 0, "c");
	guest_got(f, "ac");
	sees(f, 0, NULL);
	sees(f, 1, "'f0' has the keyboard: Ctrl-\\ asks for it");
	assert_int_equal(fixture_info(f, "f1").refused_bytes, 1);
}

static void refused_keys_ring_and_are_explained_once(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	type(f, 0, "a");
	type(f, 1, "x");
	sees(f, 1, "keyboard");
	type(f, 1, "y");
	assert_true(fake_chardev_out_is(f->fake[1], "\a"));
	loop_advance(f->loop, KEYBOARD_TELL_MS);
	type(f, 1, "z");
	sees(f, 1, "keyboard");
	guest_got(f, "a");
}

static void it_is_free_again_when_nobody_types(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, ",typing-idle=5");
	type(f, 0, "a");
	loop_advance(f->loop, 4999);
	type(f, 1, "b");
	loop_advance(f->loop, 1);
	assert_string_equal(holder(f), "nobody");
	type(f, 1, "c");
	assert_string_equal(holder(f), "f1");
	type(f, 0, "d");
	guest_got(f, "ac");
}

static void it_is_free_again_when_its_holder_leaves(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	type(f, 0, "a");
	fake_chardev_hang_up(f->fake[0]);
	assert_string_equal(holder(f), "nobody");
	type(f, 1, "b");
	guest_got(f, "ab");
}

static void silence_gives(void **state)
{
	struct hub_fixture *f = *state;
	struct hub_info info;

	setup_two(f, "");
	type(f, 0, "a");
	type(f, 1, ASK);
	hub_info(f->hub, &info);
	assert_string_equal(info.asker, "f1");
	sees(f, 0, "'f1' asks to type: Ctrl-\\ or silence allows it");
	loop_advance(f->loop, KEYBOARD_ASK_MS - 1);
	assert_string_equal(holder(f), "f0");
	loop_advance(f->loop, 1);
	assert_string_equal(holder(f), "f1");
	sees(f, 0, "the keyboard is now of 'f1'");
	sees(f, 1, "the keyboard is yours");
	guest_got(f, "a");
}

static void the_key_gives_at_once(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	type(f, 0, "a");
	type(f, 1, ASK);
	type(f, 0, ASK "b");
	assert_string_equal(holder(f), "f1");
	type(f, 1, "c");
	guest_got(f, "ac");
}

static void typing_on_refuses_once_the_request_could_be_read(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	type(f, 0, "a");
	type(f, 1, ASK);
	loop_advance(f->loop, KEYBOARD_SEE_MS);
	type(f, 0, "b");
	loop_advance(f->loop, 1);
	sees(f, 1, "has been asked");
	type(f, 0, "c");
	sees(f, 1, "'f0' keeps the keyboard");
	loop_advance(f->loop, KEYBOARD_ASK_MS);
	assert_string_equal(holder(f), "f0");
	guest_got(f, "abc");
}

static void an_operator_takes_and_gives(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	type(f, 0, "a\033[");
	assert_int_equal(hub_keyboard_take(f->hub, "f1", "user:ann", NULL), 0);
	assert_string_equal(holder(f), "f1");
	sees(f, 0, "user:ann has taken the keyboard");
	type(f, 1, "b");
	assert_int_equal(hub_keyboard_give(f->hub, "f0", "user:ann", NULL), 0);
	assert_string_equal(holder(f), "f0");
	assert_int_equal(hub_keyboard_give(f->hub, NULL, "user:ann", NULL), 0);
	assert_string_equal(holder(f), "nobody");
	assert_int_equal(hub_keyboard_request(f->hub, "f1", NULL), 0);
	assert_string_equal(holder(f), "f1");
	assert_int_equal(hub_keyboard_take(f->hub, "f9", "x", NULL), -ENOENT);
	guest_got(f, "a\033[b");
}

/* What the guest has not taken when he loses it is not for the guest any more. */
static void who_loses_it_waits_for_nobody(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	type(f, 0, "a");
	fake_holder_set_room(&f->guest, 0);
	type(f, 0, "bcd");
	assert_int_equal(fixture_info(f, "f0").refused_bytes, 0);
	assert_int_equal(hub_keyboard_take(f->hub, "f1", "joe", NULL), 0);
	run_idle(f->loop);
	assert_int_equal(fixture_info(f, "f0").refused_bytes, 3);
	type(f, 1, "e");
	fake_holder_set_room(&f->guest, SIZE_MAX);
	guest_got(f, "ae");
}

static void who_may_only_look_cannot_have_it(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "members.0.chardev=f0,members.1.chardev=f1,members.1.access=view,typing=one",
		CHARDEV_LINK_CONSOLE);
	loop_advance(f->loop, 1);
	type(f, 1, "x");
	assert_string_equal(holder(f), "nobody");
	assert_int_equal(hub_keyboard_take(f->hub, "f1", "x", NULL), -EACCES);
	type(f, 0, "a");
	guest_got(f, "a");
}

static void it_is_nothing_where_all_type(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	type(f, 0, "a");
	type(f, 1, ASK "b");
	guest_got(f, "a" ASK "b");
	assert_int_equal(hub_keyboard_take(f->hub, "f0", "x", NULL), -EINVAL);
}

/* A line for one person is covered up again by the screen as it is. */
static void the_line_goes_away(void **state)
{
	struct hub_fixture *f = *state;

	setup_two(f, "");
	type(f, 0, "a");
	type(f, 1, "x");
	sees(f, 1, "has the keyboard");
	loop_advance(f->loop, 3000);
	sees(f, 1, "login: ");
	sees(f, 0, "login: ");
	loop_advance(f->loop, 60000);
	sees(f, 0, NULL);
	sees(f, 1, NULL);
}

static void nothing_is_said_in_a_stream_of_bytes(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1,typing=one,terminal=off", 0);
	loop_advance(f->loop, 1);
	type(f, 0, "a");
	type(f, 1, "b");
	fixture_out(f, "bytes");
	guest_got(f, "a");
	assert_true(fake_chardev_out_is(f->fake[1], "bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(who_types_first_has_it),
		hub_test(refused_keys_ring_and_are_explained_once),
		hub_test(it_is_free_again_when_nobody_types),
		hub_test(it_is_free_again_when_its_holder_leaves),
		hub_test(silence_gives),
		hub_test(the_key_gives_at_once),
		hub_test(typing_on_refuses_once_the_request_could_be_read),
		hub_test(an_operator_takes_and_gives),
		hub_test(who_loses_it_waits_for_nobody),
		hub_test(who_may_only_look_cannot_have_it),
		hub_test(it_is_nothing_where_all_type),
		hub_test(the_line_goes_away),
		hub_test(nothing_is_said_in_a_stream_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
