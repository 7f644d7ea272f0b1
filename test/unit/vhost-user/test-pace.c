/* SPDX-License-Identifier: MIT */
#include "vhost-user/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum {
	CONSOLES = VIRTIO_CONSOLE_POLL_CONSOLES,
	SERIAL = VIRTIO_CONSOLE_POLL_SERIAL,
	INPUT = VIRTIO_CONSOLE_POLL_INPUT,
	US = 1000,
};

struct fixture {
	struct pace pace;
	struct virtio_console_taken taken;
	uint64_t now_ns;
};

static struct fixture start(void)
{
	return (struct fixture){ .now_ns = 1000000000 };
}

/* A look after @us microseconds that found so many buffers. */
static unsigned look(struct fixture *f, unsigned us, unsigned console, unsigned serial)
{
	f->now_ns += (uint64_t)us * US;
	f->taken.console += console;
	f->taken.serial += serial;
	return pace_follow(&f->pace, &f->taken, f->now_ns);
}

static void console_is_polled_from_the_second_quick_buffer_until_it_is_silent(void **state)
{
	struct fixture f = start();

	(void)state;
	assert_int_equal(look(&f, 0, 1, 0), 0);
	assert_int_equal(look(&f, 49, 1, 0), CONSOLES);
	assert_int_equal(look(&f, 49, 0, 0), CONSOLES);
	assert_int_equal(look(&f, 0, 3, 0), CONSOLES);
	assert_int_equal(look(&f, 30, 0, 0), CONSOLES);
	assert_int_equal(look(&f, 20, 0, 0), 0);
	assert_int_equal(look(&f, 1, 0, 0), 0);
	assert_int_equal(look(&f, 10, 1, 0), 0); /* 61 us since there was something */
	assert_int_equal(look(&f, 10, 1, 0), CONSOLES);
}

static void slow_console_is_never_polled(void **state)
{
	struct fixture f = start();

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(&f, 50, 1, 0), 0);
}

static void stream_of_a_port_is_taken_in_pieces(void **state)
{
	struct fixture f = start();

	(void)state;
	assert_int_equal(look(&f, 0, 0, 1), 0);
	assert_int_equal(look(&f, 499, 0, 1), SERIAL);
	for (int i = 0; i < 100; i++)
		assert_int_equal(look(&f, 200, 0, 2), SERIAL);
	assert_int_equal(look(&f, 200, 0, 0), SERIAL);
	assert_int_equal(look(&f, 200, 0, 0), SERIAL);
	assert_int_equal(look(&f, 100, 0, 0), 0);
	assert_int_equal(look(&f, 10, 0, 5), 0); /* 510 us since there was something */
}

static void port_that_waits_for_each_answer_is_left_alone(void **state)
{
	struct fixture f = start();
	unsigned polled = 0;

	(void)state;
	for (int i = 0; i < 10 * PACE_REST; i++)
		polled += look(&f, 20, 0, 1) == SERIAL;
	assert_in_range(polled, 1, 10);
	/* It is a stream now. */
	for (int i = 0; i < PACE_REST; i++)
		look(&f, 20, 0, 3);
	for (int i = 0; i < 10; i++)
		assert_int_equal(look(&f, 200, 0, 3), SERIAL);
}

/* The same; @input: somebody had waited for a buffer, and it was there. */
static unsigned look_for_input(struct fixture *f, unsigned us, bool input)
{
	f->taken.input += input;
	return look(f, us, 0, 0);
}

static void who_fills_a_ring_is_not_kicked_for_each_buffer(void **state)
{
	struct fixture f = start();

	(void)state;
	assert_int_equal(look_for_input(&f, 0, true), 0);
	assert_int_equal(look_for_input(&f, 499, true), INPUT);
	for (int i = 0; i < 100; i++)
		assert_int_equal(look_for_input(&f, 200, true), INPUT);
	assert_int_equal(look_for_input(&f, 200, false), INPUT);
	assert_int_equal(look_for_input(&f, 200, false), INPUT);
	assert_int_equal(look_for_input(&f, 100, false), 0);
	assert_int_equal(look_for_input(&f, 10, true), 0); /* 510 us since there was something */
}

static void consoles_and_ports_do_not_mix(void **state)
{
	struct fixture f = start();

	(void)state;
	assert_int_equal(look(&f, 0, 1, 0), 0);
	assert_int_equal(look(&f, 1, 0, 2), 0);
	assert_int_equal(look(&f, 1, 1, 0), CONSOLES);
	assert_int_equal(look(&f, 1, 0, 2), CONSOLES | SERIAL);
	assert_int_equal(look(&f, 60, 0, 2), SERIAL);
	assert_int_equal(look_for_input(&f, 1, true), SERIAL);
	assert_int_equal(look_for_input(&f, 1, true), SERIAL | INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(console_is_polled_from_the_second_quick_buffer_until_it_is_silent),
		cmocka_unit_test(slow_console_is_never_polled),
		cmocka_unit_test(stream_of_a_port_is_taken_in_pieces),
		cmocka_unit_test(port_that_waits_for_each_answer_is_left_alone),
		cmocka_unit_test(who_fills_a_ring_is_not_kicked_for_each_buffer),
		cmocka_unit_test(consoles_and_ports_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
