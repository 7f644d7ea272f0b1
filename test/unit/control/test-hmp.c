/* SPDX-License-Identifier: MIT */
/* A person at a monitor: keys on a fake chardev, and what is shown there. */
#include "control/hmp.h"

#include "control/command.h"
#include "control/hmp-commands.h"
#include "control/monitor.h"

#include "base/strbuf.h"
#include "hub/hub.h"
#include "lib/fake-chardev.h"
#include "small-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BANNER "charhub " CHARHUB_VERSION " monitor - type 'help' for more information\r\n(qemu) "

static const struct chardev_class *const classes[] = { &fake_chardev_class, &hub_class, NULL };

struct fixture {
	struct loop *loop;
	struct world *world;
	struct fake_chardev *fake;
	struct monitor *hmp;
	struct caller caller;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->world = small_world_new(classes, "vm1");
	f->loop = world_loop(f->world);
	f->fake = fake_chardev_add(world_chardevs(f->world), "m");
	caller_init(&f->caller, f->world, NULL, f, "user:ann");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	caller_done(&f->caller);
	monitor_free(f->hmp);
	small_world_free(f->world);
	free(f);
	return 0;
}

static void dispatch(struct fixture *f)
{
	for (int i = 0; i < 8; i++)
		loop_step(f->loop, false);
}

static void type(struct fixture *f, const char *keys)
{
	fake_chardev_type(f->fake, keys, strlen(keys));
	dispatch(f);
}

/* What has been shown since the last call. */
static void shows(struct fixture *f, const char *text)
{
	assert_string_equal(f->fake->out.data ? f->fake->out.data : "", text);
	strbuf_done(&f->fake->out);
	f->fake->out = (struct strbuf){ 0 };
}

static void answers(struct fixture *f, const char *line, const char *text)
{
	AUTO_STRBUF struct strbuf out = { 0 };

	hmp_run(&f->caller, line, &out);
	assert_string_equal(out.data ? out.data : "", text);
}

static void a_line_is_answered(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hmp_new(f->world, &f->fake->base, &f->hmp, NULL), 0);
	shows(f, BANNER);
	type(f, "bogus\r");
	shows(f, "bogus\r\nunknown command: 'bogus'\r\n(qemu) ");
	type(f, "\r  \r");
	shows(f, "\r\n(qemu)   \r\n(qemu) ");
}

static void a_session_begins_anew(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hmp_new(f->world, &f->fake->base, &f->hmp, NULL), 0);
	type(f, "half a li");
	fake_chardev_hang_up(f->fake);
	dispatch(f);
	strbuf_done(&f->fake->out);
	f->fake->out = (struct strbuf){ 0 };
	fake_chardev_set_open(f->fake, true);
	dispatch(f);
	shows(f, BANNER);
}

/* Of a terminal the next reader may type before anybody has seen that he is there. */
static void who_comes_next_is_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hmp_new(f->world, &f->fake->base, &f->hmp, NULL), 0);
	dispatch(f);
	fake_chardev_hang_up(f->fake);
	dispatch(f);
	shows(f, BANNER);
	type(f, "bogus\r");
	fake_chardev_set_open(f->fake, true);
	dispatch(f);
	shows(f, BANNER "bogus\r\nunknown command: 'bogus'\r\n(qemu) ");
}

static void who_does_not_read_is_not_read(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hmp_new(f->world, &f->fake->base, &f->hmp, NULL), 0);
	fake_chardev_set_accept(f->fake, 0);
	for (int i = 0; i < 2000; i++)
		type(f, "help\r");
	assert_true(f->fake->typed.len > 0);
	fake_chardev_set_accept(f->fake, SIZE_MAX);
	for (int i = 0; i < 32; i++)
		dispatch(f);
	assert_int_equal(f->fake->typed.len, 0);
}

/* What it has to say waits until it has the focus, and goes then without a word of room. */
static void who_gets_the_focus_is_read_on(void **state)
{
	static const struct chardev_event out = { .type = CHARDEV_MUX_OUT },
					  in = { .type = CHARDEV_MUX_IN };
	struct fixture *f = *state;

	assert_int_equal(hmp_new(f->world, &f->fake->base, &f->hmp, NULL), 0);
	chardev_event(&f->fake->base, &out);
	for (int i = 0; i < 2000; i++)
		type(f, "help\r");
	assert_true(f->fake->typed.len > 0);
	chardev_event(&f->fake->base, &in);
	for (int i = 0; i < 32; i++)
		dispatch(f);
	assert_int_equal(f->fake->typed.len, 0);
}

/* Nobody could read what it has to say: who sits there is not sent away for that. */
static void who_has_another_focus_has_time(void **state)
{
	static const struct chardev_event out = { .type = CHARDEV_MUX_OUT },
					  in = { .type = CHARDEV_MUX_IN };
	struct fixture *f = *state;

	loop_fake_clock(f->loop);
	assert_int_equal(hmp_new(f->world, &f->fake->base, &f->hmp, NULL), 0);
	fake_chardev_set_accept(f->fake, 0);
	type(f, "one\r");
	chardev_event(&f->fake->base, &out);
	type(f, "two\r");
	loop_advance(f->loop, 2 * MONITOR_STALL_MS);
	assert_int_equal(f->fake->disconnects, 0);
	chardev_event(&f->fake->base, &in);
	loop_advance(f->loop, MONITOR_STALL_MS - 1);
	assert_int_equal(f->fake->disconnects, 0);
	loop_advance(f->loop, 1);
	assert_int_equal(f->fake->disconnects, 1);
}

static void a_command_may_remove_its_own_chardev(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hmp_new(f->world, &f->fake->base, &f->hmp, NULL), 0);
	chardev_free(&f->fake->base);
	dispatch(f);
}

static void mistakes_are_named(void **state)
{
	struct fixture *f = *state;

	answers(f, "", "");
	answers(f, "info bogus", "unknown command: 'info bogus'\n");
	answers(f, "screen", "screen: string expected\nTry \"help screen\" for more information\n");
	answers(f, "screen a b", "screen: extraneous characters at the end of line\n");
	answers(f, "screen x", "Error: Console 'x' not found\n");
	answers(f, "chardev-add nosuch,id=a",
		"Error: 'nosuch' is not a valid char driver name\n"
		"'-chardev help' lists those that are.\n");
	answers(f, "chardev-change nope null", "Error: Chardev 'nope' does not exist\n");
	answers(f, "chardev-change m fake,id=m", "Error: Unexpected 'id' parameter\n");
	answers(f, "help screen", "screen console -- show what stands on a console\n");
}

static void things_are_made_and_shown(void **state)
{
	struct fixture *f = *state;

	answers(f, "chardev-add hub,id=h,chardevs.0=m", "");
	answers(f, "info hubs",
		"h: bytes, 80x24, 0 bytes printed, typing=all\n"
		"    m: fake, type, good, backlog 0, skipped 0\n");
	answers(f, "info consoles", "h: guest away, 1 people, \n");
	answers(f, "chardev-change m fake", "");
	answers(f, "hub-remove-member h m", "");
	answers(f, "kick h m \"a b\"", "Error: hub 'h' has no member 'm'\n");
	answers(f, "hub-add-member \"h\" m view", "");
	answers(f, "info hubs",
		"h: bytes, 80x24, 0 bytes printed, typing=all\n"
		"    m: fake, view, good, backlog 0, skipped 0\n");
	answers(f, "console-type h x", "Error: console 'h' has no guest\n");
}

#define hmp_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		hmp_test(a_line_is_answered),
		hmp_test(a_session_begins_anew),
		hmp_test(who_comes_next_is_read),
		hmp_test(who_does_not_read_is_not_read),
		hmp_test(who_gets_the_focus_is_read_on),
		hmp_test(who_has_another_focus_has_time),
		hmp_test(a_command_may_remove_its_own_chardev),
		hmp_test(mistakes_are_named),
		hmp_test(things_are_made_and_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
