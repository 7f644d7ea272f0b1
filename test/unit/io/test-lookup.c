/* SPDX-License-Identifier: MIT */
#include "io/lookup.h"

#include "lib/fault.h"

#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static const struct addrinfo numeric = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };

struct seen {
	struct addrinfo *list;
	int calls, status;
};

static void note(void *data, int status, struct addrinfo *list)
{
	struct seen *seen = data;

	seen->calls++;
	seen->status = status;
	seen->list = list;
}

static void addresses_come_through_the_loop(void **state)
{
	struct loop *loop = loop_new();
	struct seen seen = { 0 };
	struct lookup *lookup;

	(void)state;
	assert_int_equal(lookup_new(loop, "127.0.0.1", "80", &numeric, note, &seen, &lookup), 0);
	while (!seen.calls)
		loop_step(loop, true);
	assert_int_equal(seen.status, 0);
	assert_int_equal(seen.list->ai_family, AF_INET);
	freeaddrinfo(seen.list);
	loop_free(loop);
}

static void what_is_no_address_has_a_status(void **state)
{
	struct loop *loop = loop_new();
	struct seen seen = { 0 };
	struct lookup *lookup;

	(void)state;
	assert_int_equal(lookup_new(loop, "no address", "80", &numeric, note, &seen, &lookup), 0);
	while (!seen.calls)
		loop_step(loop, true);
	assert_int_equal(seen.status, EAI_NONAME);
	assert_null(seen.list);
	loop_free(loop);
}

static void one_that_was_freed_says_nothing(void **state)
{
	struct loop *loop = loop_new();
	struct seen seen = { 0 };
	struct lookup *lookup;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(
			lookup_new(loop, "127.0.0.1", "80", &numeric, note, &seen, &lookup), 0);
		if (i % 2)
			loop_step(loop, false);
		if (!seen.calls)
			lookup_free(lookup);
		else
			freeaddrinfo(seen.list);
		seen.calls = 0;
	}
	loop_free(loop);
	assert_int_equal(seen.calls, 0);
}

static void each_limit_is_an_error(void **state)
{
	struct loop *loop = loop_new();
	struct seen seen = { 0 };
	struct lookup *lookup;
	unsigned failed = 0;

	(void)state;
	for (unsigned n = 1;; n++) {
		bool is_over;
		int r;

		fault_arm(n);
		r = lookup_new(loop, "127.0.0.1", "80", &numeric, note, &seen, &lookup);
		is_over = fault_disarm();
		if (r == 0)
			break; /* what fails now does so in the thread that looks the name up */
		assert_true(is_over);
		failed++;
	}
	lookup_free(lookup);
	assert_true(failed >= 5);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_come_through_the_loop),
		cmocka_unit_test(what_is_no_address_has_a_status),
		cmocka_unit_test(one_that_was_freed_says_nothing),
		cmocka_unit_test(each_limit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
