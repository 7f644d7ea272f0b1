/* SPDX-License-Identifier: MIT */
/* Each allocation fails once, while a hub makes its screen and shows it, or gives memory back. */
#include "hub-fixture.h"

#include "io/budget.h"
#include "io/rest.h"
#include "lib/fault.h"

#include <errno.h>
#include <string.h>

static bool sees(const struct fake_chardev *fake, const char *text)
{
	return fake->out.len && memmem(fake->out.data, fake->out.len, text, strlen(text));
}

/* The fakes have memory for what they are told. */
static int setup(void **state)
{
	static const char room[16384];
	struct hub_fixture *f;

	hub_setup(state);
	f = *state;
	fixture_fakes(f, 2);
	for (int i = 0; i < 2; i++) {
		strbuf_append(&f->fake[i]->out, room, sizeof(room));
		f->fake[i]->out.len = 0;
	}
	return 0;
}

/* Return: did a call fail? */
static bool one_life(struct hub_fixture *f, unsigned fault)
{
	bool failed;

	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fault_arm(fault);
	fixture_out(f, "shown");
	fake_chardev_set_open(f->fake[1], true);
	failed = fault_disarm();
	assert_true(sees(f->fake[0], "shown"));
	assert_true(sees(f->fake[1], "shown") || sees(f->fake[1], "[charhub: no memory"));
	/* There is memory again: a query is answered, and whoever comes is shown the screen. */
	fixture_out(f, " again\033[5n");
	run_idle(f->loop);
	assert_true(fake_holder_in_is(&f->guest, "\033[0n"));
	fake_chardev_hang_up(f->fake[1]);
	fake_chardev_set_open(f->fake[1], true);
	assert_true(sees(f->fake[1], " again"));
	return failed;
}

static void screen_without_memory_is_told_and_comes_back(void **state)
{
	unsigned fault = 1;

	while (one_life(*state, fault++)) {
		hub_teardown(state);
		setup(state);
	}
	assert_true(fault > 5);
}

static int teardown(void **state)
{
	struct hub_fixture *f = *state;

	budget_set(f->loop, 0);
	return hub_teardown(state);
}

/* Return: did a call fail? */
static bool one_shortage(struct hub_fixture *f, unsigned fault)
{
	bool failed;
	int r;

	fake_chardev_set_open(f->fake[1], false);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	fixture_fill(f, 200000);
	fixture_out(f, "shown\033[5n");
	for (int i = 0; i < 3; i++) {
		loop_advance(f->loop, REST_MS);
		run_idle(f->loop);
	}
	fault_arm(fault);
	r = budget_set(f->loop, 1);
	run_idle(f->loop);
	failed = fault_disarm();
	assert_true(r == 0 || (failed && r == -ENOMEM));
	assert_int_equal(budget_set(f->loop, 1), 0);
	loop_advance(f->loop, BUDGET_RETRY_MS);
	run_idle(f->loop);
	fake_chardev_set_open(f->fake[1], true);
	run_idle(f->loop);
	assert_true(sees(f->fake[1], "shown"));
	return failed;
}

static void memory_is_given_back_where_there_is_none(void **state)
{
	unsigned fault = 1;

	while (one_shortage(*state, fault++)) {
		teardown(state);
		setup(state);
	}
	assert_true(fault > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			screen_without_memory_is_told_and_comes_back, setup, hub_teardown),
		cmocka_unit_test_setup_teardown(
			memory_is_given_back_where_there_is_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
