/* SPDX-License-Identifier: MIT */
#include "chardev/chardev-impl.h"
#include "hub-fixture.h"

#include <sys/ioctl.h>

static const struct chardev_event order = { .type = CHARDEV_LINE, .line = { .speed = 300 } };
static const struct chardev_event fact = { .type = CHARDEV_LINE,
	.line = { 9600, 8, LINE_PARITY_NONE, LINE_STOP_1, LINE_FLOW_NONE } };

static void expect_speed(const struct fake_chardev *fake, unsigned events, unsigned speed)
{
	assert_int_equal(fake->events, events);
	assert_int_equal(fake->last.type, CHARDEV_LINE);
	assert_int_equal(fake->last.line.speed, speed);
}

static void orders_go_to_the_guest_and_facts_to_everybody(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 2);
	fixture_hub(f, "chardevs.0=f0,chardevs.1=f1", 0);
	chardev_event(&f->fake[0]->base, &order);
	assert_int_equal(f->guest.last.type, CHARDEV_LINE);
	assert_int_equal(f->guest.last.line.speed, 300);
	assert_int_equal(chardev_link_event(&f->guest.link, &fact), 0);
	expect_speed(f->fake[0], 1, 9600);
	expect_speed(f->fake[1], 1, 9600);
}

static void who_may_not_order_is_told_how_it_is(void **state)
{
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "members.0.chardev=f0,members.0.access=view", 0);
	assert_int_equal(chardev_link_event(&f->guest.link, &fact), 0);
	f->guest.last.type = CHARDEV_OPENED;
	chardev_event(&f->fake[0]->base, &order);
	assert_int_equal(f->guest.last.type, CHARDEV_OPENED);
	expect_speed(f->fake[0], 2, 9600);
}

static void who_comes_is_told_how_it_is(void **state)
{
	const struct chardev_event modem = { .type = CHARDEV_MODEM, .modem = TIOCM_CTS };
	struct hub_fixture *f = *state;

	fixture_fakes(f, 1);
	fixture_hub(f, "chardevs.0=f0", 0);
	assert_int_equal(chardev_link_event(&f->guest.link, &fact), 0);
	assert_int_equal(chardev_link_event(&f->guest.link, &modem), 0);
	fake_chardev_hang_up(f->fake[0]);
	f->fake[0]->events = 0;
	chardev_set_open(&f->fake[0]->base, true);
	assert_int_equal(f->fake[0]->events, 2);
	assert_int_equal(f->fake[0]->last.modem, TIOCM_CTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		hub_test(orders_go_to_the_guest_and_facts_to_everybody),
		hub_test(who_may_not_order_is_told_how_it_is),
		hub_test(who_comes_is_told_how_it_is),
	};

	return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
