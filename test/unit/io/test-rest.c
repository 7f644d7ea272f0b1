/* SPDX-License-Identifier: MIT */
#include "io/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

enum { COUNT = 3 };

struct fixture {
	struct loop *loop;
	struct rest rest[COUNT];
	unsigned rested[COUNT];
	struct rest *ends, *uses; /* what the first does when it rests */
};

static struct fixture f;

static void on_rest(void *data)
{
	unsigned *rested = data;

	(*rested)++;
	if (rested != &f.rested[0])
		return;
	if (f.ends)
		rest_done(f.ends);
	if (f.uses)
		rest_use(f.uses);
}

static int setup(void **state)
{
	(void)state;
	f = (struct fixture){ .loop = loop_new() };
	loop_fake_clock(f.loop);
	for (unsigned i = 0; i < COUNT; i++)
		rest_init(&f.rest[i], f.loop, on_rest, &f.rested[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		rest_done(&f.rest[i]);
	loop_free(f.loop);
	return 0;
}

/* One takes its turn in a round. */
static void pass(uint64_t ms)
{
	loop_advance(f.loop, ms);
	for (unsigned i = 0; i < 2 * COUNT; i++)
		loop_step(f.loop, false);
}

static void who_is_not_used_rests_once(void **state)
{
	(void)state;
	rest_use(&f.rest[0]);
	pass(REST_MS);
	assert_int_equal(f.rested[0], 0);
	pass(REST_MS);
	assert_int_equal(f.rested[0], 1);
	pass(10 * REST_MS);
	assert_int_equal(f.rested[0], 1);
	rest_use(&f.rest[0]);
	pass(REST_MS);
	pass(REST_MS);
	assert_int_equal(f.rested[0], 2);
}

static void who_is_used_does_not_rest(void **state)
{
	(void)state;
	rest_use(&f.rest[1]);
	for (unsigned i = 0; i < 10; i++) {
		rest_use(&f.rest[0]);
		pass(REST_MS);
	}
	assert_int_equal(f.rested[0], 0);
	assert_int_equal(f.rested[1], 1);
}

static void others_may_end_or_go_on_meanwhile(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT; i++)
		rest_use(&f.rest[i]);
	f.ends = &f.rest[1];
	f.uses = &f.rest[0];
	pass(REST_MS);
	pass(REST_MS);
	assert_int_equal(f.rested[0], 1);
	assert_int_equal(f.rested[1], 0);
	assert_int_equal(f.rested[2], 1);
	f.uses = NULL;
	pass(REST_MS);
	pass(REST_MS);
	assert_int_equal(f.rested[0], 2);
}

static void the_last_may_end_while_it_is_told(void **state)
{
	(void)state;
	rest_use(&f.rest[0]);
	f.ends = &f.rest[0];
	pass(REST_MS);
	pass(REST_MS);
	assert_int_equal(f.rested[0], 1);
	rest_use(&f.rest[0]);
	rest_use(&f.rest[1]);
	f.ends = &f.rest[1];
	pass(REST_MS);
	pass(REST_MS);
	assert_int_equal(f.rested[0], 2);
	assert_int_equal(f.rested[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_is_not_used_rests_once, setup, teardown),
		cmocka_unit_test_setup_teardown(who_is_used_does_not_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(others_may_end_or_go_on_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_may_end_while_it_is_told, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
