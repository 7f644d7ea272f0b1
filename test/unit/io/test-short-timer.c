/* SPDX-License-Identifier: MIT */
#include "io/short-timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct fixture {
	struct loop *loop;
	struct short_timer *timer;
	unsigned calls;
	bool again, frees; /* in the next call */
};

static void on_timer(void *data)
{
	struct fixture *f = data;

	f->calls++;
	if (f->again)
		short_timer_start(f->timer, 1);
	f->again = false;
	if (f->frees) {
		short_timer_free(f->timer);
		f->timer = NULL;
	}
}

static struct fixture f;

static int setup(void **state)
{
	(void)state;
	f = (struct fixture){ .loop = loop_new() };
	return short_timer_new(f.loop, on_timer, &f, &f.timer);
}

static int teardown(void **state)
{
	(void)state;
	short_timer_free(f.timer);
	loop_free(f.loop);
	return 0;
}

static void it_comes_once_and_not_too_early(void **state)
{
	uint64_t begin_ns = loop_clock_ns(f.loop);

	(void)state;
	loop_step(f.loop, false);
	assert_int_equal(f.calls, 0);
	short_timer_start(f.timer, 200);
	while (f.calls == 0)
		loop_step(f.loop, true);
	assert_true(loop_clock_ns(f.loop) - begin_ns >= 200000);
	loop_step(f.loop, false);
	assert_int_equal(f.calls, 1);
}

static void it_may_be_started_again_in_its_own_call(void **state)
{
	(void)state;
	f.again = true;
	short_timer_start(f.timer, 1);
	while (f.calls < 2)
		loop_step(f.loop, true);
	loop_step(f.loop, false);
	assert_int_equal(f.calls, 2);
}

static void stopped_after_it_expired_it_does_not_come(void **state)
{
	uint64_t begin_ns = loop_clock_ns(f.loop);

	(void)state;
	short_timer_start(f.timer, 1);
	while (loop_clock_ns(f.loop) - begin_ns < 1000000)
		;
	short_timer_stop(f.timer);
	loop_step(f.loop, false);
	assert_int_equal(f.calls, 0);
}

static void it_may_be_freed_in_its_own_call(void **state)
{
	(void)state;
	f.frees = true;
	short_timer_start(f.timer, 1);
	while (f.calls == 0)
		loop_step(f.loop, true);
	assert_null(f.timer);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_comes_once_and_not_too_early),
		CASE(it_may_be_started_again_in_its_own_call),
		CASE(stopped_after_it_expired_it_does_not_come),
		CASE(it_may_be_freed_in_its_own_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
