/* SPDX-License-Identifier: MIT */
#include "control/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LISTENERS = 100 };

static const struct event_desc happened = { .name = "HAPPENED", .help = "for tests" };

struct fixture {
	struct loop *loop;
	struct event_bus *bus;
};

struct ear {
	struct event_listener *listener;
	struct ear *kills;
	unsigned calls;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->loop = loop_new();
	fixture->bus = event_bus_new(fixture->loop);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	event_bus_free(fixture->bus);
	loop_free(fixture->loop);
	free(fixture);
	return 0;
}

static void on_events(void *data)
{
	struct ear *ear = data;

	ear->calls++;
	if (ear->kills)
		event_unlisten(ear->kills->listener);
}

static void publish(struct fixture *fixture, int number)
{
	event_publish(fixture->bus, &happened, json_pack("{s:i}", "number", number));
}

static void dispatch(struct fixture *fixture)
{
	for (int i = 0; i < 8; i++)
		loop_step(fixture->loop, false);
}

static int take(struct ear *ear)
{
	uint64_t lost;
	const struct event *event = event_take(ear->listener, &lost);

	assert_int_equal(lost, 0);
	return event ? (int)json_integer_value(json_object_get(event->data, "number")) : -1;
}

static void events_come_in_order_with_one_call(void **state)
{
	struct fixture *fixture = *state;
	struct ear ear = { 0 };

	publish(fixture, 1);
	ear.listener = event_listen(fixture->bus, on_events, &ear);
	publish(fixture, 2);
	publish(fixture, 3);
	assert_int_equal(ear.calls, 0);
	dispatch(fixture);
	assert_int_equal(ear.calls, 1);
	assert_int_equal(take(&ear), 2);
	publish(fixture, 4);
	dispatch(fixture);
	assert_int_equal(ear.calls, 1);
	assert_int_equal(take(&ear), 3);
	assert_int_equal(take(&ear), 4);
	assert_int_equal(take(&ear), -1);
	publish(fixture, 5);
	dispatch(fixture);
	assert_int_equal(ear.calls, 2);
	event_unlisten(ear.listener);
}

static void who_does_not_take_them_learns_how_many_are_gone(void **state)
{
	struct fixture *fixture = *state;
	struct ear ear = { .listener = event_listen(fixture->bus, on_events, &ear) };
	const struct event *event;
	uint64_t lost;

	for (int i = 0; i < EVENTS_HELD + 10; i++)
		publish(fixture, i);
	event = event_take(ear.listener, &lost);
	assert_int_equal(lost, 10);
	assert_int_equal(json_integer_value(json_object_get(event->data, "number")), 10);
	assert_int_equal(take(&ear), 11);
	event_unlisten(ear.listener);
}

static void a_listener_may_free_another_one(void **state)
{
	struct fixture *fixture = *state;
	struct ear victim = { 0 }, killer = { .kills = &victim };

	killer.listener = event_listen(fixture->bus, on_events, &killer);
	victim.listener = event_listen(fixture->bus, on_events, &victim);
	publish(fixture, 1);
	dispatch(fixture);
	assert_int_equal(killer.calls, 1);
	assert_int_equal(victim.calls, 0);
	event_unlisten(killer.listener);
}

static void many_listeners_are_called_in_several_rounds(void **state)
{
	struct fixture *fixture = *state;
	static struct ear ears[LISTENERS];
	unsigned called = 0;

	assert_false(event_bus_is_heard(fixture->bus));
	for (size_t i = 0; i < LISTENERS; i++)
		ears[i].listener = event_listen(fixture->bus, on_events, &ears[i]);
	assert_true(event_bus_is_heard(fixture->bus));
	publish(fixture, 1);
	loop_step(fixture->loop, false);
	for (size_t i = 0; i < LISTENERS; i++)
		called += ears[i].calls;
	assert_in_range(called, 1, LISTENERS - 1);
	dispatch(fixture);
	for (size_t i = 0; i < LISTENERS; i++) {
		assert_int_equal(ears[i].calls, 1);
		event_unlisten(ears[i].listener);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			events_come_in_order_with_one_call, setup, teardown),
		cmocka_unit_test_setup_teardown(
			who_does_not_take_them_learns_how_many_are_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_listener_may_free_another_one, setup, teardown),
		cmocka_unit_test_setup_teardown(
			many_listeners_are_called_in_several_rounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
