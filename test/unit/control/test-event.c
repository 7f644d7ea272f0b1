/* SPDX-License-Identifier: MIT */
#include "control/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
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
	loop_fake_clock(fixture->loop);
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

static void lines_of_all_events_are_one_piece(void **state)
{
	struct fixture *fixture = *state;
	struct ear ear = { .listener = event_listen(fixture->bus, on_events, &ear) };
	const char *lines, *first;
	size_t len;

	for (int i = 0; i < 3; i++)
		publish(fixture, i);
	len = event_lines(ear.listener, &lines);
	first = memchr(lines, '\n', len);
	assert_non_null(memmem(lines, (size_t)(first - lines), "\"number\": 0", 11));
	assert_int_equal(event_lines_taken(ear.listener, len), 0);
	assert_int_equal(event_lines(ear.listener, &lines), 0);
	assert_int_equal(take(&ear), -1);
	publish(fixture, 3);
	dispatch(fixture);
	assert_int_equal(ear.calls, 1);
	assert_int_equal(take(&ear), 3);
	event_unlisten(ear.listener);
}

static void a_line_that_was_taken_in_part_leaves_its_rest(void **state)
{
	struct fixture *fixture = *state;
	struct ear ear = { .listener = event_listen(fixture->bus, on_events, &ear) };
	const char *lines;
	size_t len, first;

	publish(fixture, 1);
	publish(fixture, 2);
	len = event_lines(ear.listener, &lines);
	first = (size_t)((const char *)memchr(lines, '\n', len) - lines) + 1;
	assert_int_equal(event_lines_taken(ear.listener, 10), first - 10);
	assert_int_equal(event_lines(ear.listener, &lines), len - first);
	assert_int_equal(take(&ear), 2);
	event_unlisten(ear.listener);
}

static void who_comes_too_late_for_lines_learns_how_many_are_gone(void **state)
{
	struct fixture *fixture = *state;
	struct ear ear = { .listener = event_listen(fixture->bus, on_events, &ear) };
	const char *lines;
	uint64_t lost;

	for (int i = 0; i <= EVENTS_HELD; i++)
		publish(fixture, i);
	assert_int_equal(event_lines(ear.listener, &lines), 0);
	assert_non_null(event_take(ear.listener, &lost));
	assert_int_equal(lost, 1);
	assert_true(event_lines(ear.listener, &lines) > 0);
	event_unlisten(ear.listener);
}

static void lines_that_are_not_held_leave_their_events(void **state)
{
	enum { LONG = EVENT_LINES_HELD / 16, EVENTS = 40 };
	struct fixture *fixture = *state;
	struct ear ear = { .listener = event_listen(fixture->bus, on_events, &ear) };
	char *text = calloc(1, LONG + 1);
	const struct event *event = NULL;
	const char *lines;
	uint64_t lost;
	int n = 0;

	memset(text, 'x', LONG);
	for (int i = 0; i < EVENTS; i++)
		event_publish(fixture->bus, &happened, json_pack("{s:s}", "text", text));
	for (; !event_lines(ear.listener, &lines); n++) {
		event = event_take(ear.listener, &lost);
		assert_int_equal(lost, 0);
		assert_null(event_line(fixture->bus, event));
		assert_string_equal(json_string_value(json_object_get(event->data, "text")), text);
	}
	assert_in_range(n, 1, EVENTS - EVENT_LINES_HELD / LONG + 1);
	event_unlisten(ear.listener);
	free(text);
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

static unsigned calls_of(const struct ear *ears)
{
	unsigned calls = 0;

	for (size_t i = 0; i < LISTENERS; i++)
		calls += ears[i].calls;
	return calls;
}

static void a_crowd_is_called_at_its_pace(void **state)
{
	struct fixture *fixture = *state;
	static struct ear ears[LISTENERS];
	uint64_t lost;

	assert_false(event_bus_is_heard(fixture->bus));
	for (size_t i = 0; i < LISTENERS; i++)
		ears[i].listener = event_listen(fixture->bus, on_events, &ears[i]);
	assert_true(event_bus_is_heard(fixture->bus));
	publish(fixture, 1);
	dispatch(fixture);
	assert_int_equal(calls_of(ears), 32);
	while (event_take(ears[0].listener, &lost))
		continue;
	publish(fixture, 2); /* ears[0] waits behind all who have not heard of the first one */
	dispatch(fixture);
	assert_int_equal(calls_of(ears), 32);
	loop_advance(fixture->loop, 16);
	assert_int_equal(calls_of(ears), 64);
	assert_int_equal(ears[0].calls, 1);
	loop_advance(fixture->loop, 32);
	assert_int_equal(calls_of(ears), LISTENERS + 1);
	assert_int_equal(ears[0].calls, 2);
	assert_int_equal(ears[LISTENERS - 1].calls, 1);
	assert_int_equal(take(&ears[LISTENERS - 1]), 1);
	assert_int_equal(take(&ears[LISTENERS - 1]), 2);
	for (size_t i = 0; i < LISTENERS; i++)
		event_unlisten(ears[i].listener);
}

static void its_line_is_written_once_for_all(void **state)
{
	struct fixture *fixture = *state;
	struct ear ear = { .listener = event_listen(fixture->bus, on_events, &ear) };
	const struct event *event;
	uint64_t lost;

	publish(fixture, 7);
	event = event_take(ear.listener, &lost);
	assert_non_null(strstr(event_line(fixture->bus, event),
		"\"event\": \"HAPPENED\", \"data\": {\"number\": 7}}\r\n"));
	event_unlisten(ear.listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			events_come_in_order_with_one_call, setup, teardown),
		cmocka_unit_test_setup_teardown(
			who_does_not_take_them_learns_how_many_are_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_of_all_events_are_one_piece, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_line_that_was_taken_in_part_leaves_its_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(
			who_comes_too_late_for_lines_learns_how_many_are_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			lines_that_are_not_held_leave_their_events, setup, teardown),
		cmocka_unit_test_setup_teardown(a_listener_may_free_another_one, setup, teardown),
		cmocka_unit_test_setup_teardown(a_crowd_is_called_at_its_pace, setup, teardown),
		cmocka_unit_test_setup_teardown(its_line_is_written_once_for_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
