/* SPDX-License-Identifier: MIT */
#include "transport/arrivals.h"
#include "lib/fake-transport.h"
#include "transport/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char request[] = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			      "Sec-WebSocket-Version: 13\r\n\r\n";

struct fixture {
	struct loop *loop;
	struct arrivals *arrivals;
	struct transport *last;
	unsigned ready, failed;
	bool frees;
};

static void maybe_free(struct fixture *f)
{
	if (!f->frees)
		return;
	arrivals_free(f->arrivals);
	f->arrivals = NULL;
}

static void on_ready(void *data, struct transport *transport)
{
	struct fixture *f = data;

	f->ready++;
	transport_free(f->last);
	f->last = transport;
	maybe_free(f);
}

static void on_failed(void *data)
{
	struct fixture *f = data;

	f->failed++;
	maybe_free(f);
}

static const struct arrivals_ops ops = { .on_ready = on_ready, .on_failed = on_failed };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->arrivals = arrivals_new(f->loop, &ops, f);
	assert_non_null(f->arrivals);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arrivals_free(f->arrivals);
	transport_free(f->last);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void settle(struct fixture *f)
{
	for (int i = 0; i < 8; i++)
		loop_step(f->loop, false);
}

/* Somebody who has to shake hands. */
static struct fake_transport *come(struct fixture *f)
{
	struct fake_transport *fake = fake_transport_new(f->loop);
	struct transport *websocket;

	assert_non_null(fake);
	assert_int_equal(websocket_new(&fake->base, NULL, &websocket), 0);
	assert_int_equal(arrivals_add(f->arrivals, websocket), 0);
	return fake;
}

static void who_is_ready_is_passed_on_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(arrivals_add(f->arrivals, &fake_transport_new(f->loop)->base), 0);
	assert_int_equal(f->ready, 1);
}

static void others_are_once_their_handshake_is_over(void **state)
{
	struct fixture *f = *state;
	struct fake_transport *fake = come(f);

	fake_transport_feed(fake, request, 20);
	settle(f);
	assert_int_equal(f->ready, 0);
	fake_transport_feed(fake, request + 20, sizeof(request) - 1 - 20);
	settle(f);
	assert_int_equal(f->ready, 1);
	loop_advance(f->loop, 2 * ARRIVAL_MS);
	assert_int_equal(f->failed, 0);
}

static void what_comes_behind_the_handshake_is_there_for_the_user(void **state)
{
	static const unsigned char frame[] = { 0x82, 0x82, 0, 0, 0, 0, 'h', 'i' };
	struct fixture *f = *state;
	struct fake_transport *fake = come(f);
	char buf[8];
	struct iovec iov = { buf, sizeof(buf) };

	byte_queue_push(&fake->in, request, sizeof(request) - 1);
	fake_transport_feed(fake, frame, sizeof(frame));
	settle(f);
	assert_int_equal(f->ready, 1);
	assert_int_equal(transport_readv(f->last, &iov, 1), 2);
	assert_memory_equal(buf, "hi", 2);
}

static void who_breaks_the_rules_or_goes_is_closed(void **state)
{
	struct fixture *f = *state;

	fake_transport_feed(come(f), "hello\r\n\r\n", 9);
	settle(f);
	assert_int_equal(f->failed, 1);
	fake_transport_end(come(f));
	settle(f);
	assert_int_equal(f->failed, 2);
	assert_int_equal(f->ready, 0);
}

static void each_has_its_own_deadline(void **state)
{
	struct fixture *f = *state;
	struct fake_transport *late;

	come(f);
	loop_advance(f->loop, ARRIVAL_MS - 1);
	late = come(f);
	loop_advance(f->loop, 1);
	assert_int_equal(f->failed, 1);
	loop_advance(f->loop, ARRIVAL_MS - 2);
	assert_int_equal(f->failed, 1);
	fake_transport_feed(late, request, sizeof(request) - 1);
	settle(f);
	assert_int_equal(f->ready, 1);
}

static void one_too_many_closes_the_oldest(void **state)
{
	struct fixture *f = *state;
	struct fake_transport *last = NULL;

	for (int i = 0; i <= ARRIVALS_MAX; i++)
		last = come(f);
	assert_int_equal(f->failed, 1);
	fake_transport_feed(last, request, sizeof(request) - 1);
	settle(f);
	assert_int_equal(f->ready, 1);
	arrivals_clear(f->arrivals);
	assert_int_equal(f->failed, 1);
}

static void may_be_freed_in_its_callbacks(void **state)
{
	struct fixture *f = *state;

	come(f);
	come(f);
	f->frees = true;
	loop_advance(f->loop, ARRIVAL_MS);
	assert_int_equal(f->failed, 1);
	f->arrivals = arrivals_new(f->loop, &ops, f);
	for (int i = 0; i <= ARRIVALS_MAX; i++)
		come(f);
	assert_null(f->arrivals);
	f->arrivals = arrivals_new(f->loop, &ops, f);
	fake_transport_feed(come(f), request, sizeof(request) - 1);
	settle(f);
	assert_null(f->arrivals);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(who_is_ready_is_passed_on_at_once),
		CASE(others_are_once_their_handshake_is_over),
		CASE(what_comes_behind_the_handshake_is_there_for_the_user),
		CASE(who_breaks_the_rules_or_goes_is_closed),
		CASE(each_has_its_own_deadline),
		CASE(one_too_many_closes_the_oldest),
		CASE(may_be_freed_in_its_callbacks),
	};

	return cmocka_run_group_tests_name("transport/arrivals", tests, NULL, NULL);
}
