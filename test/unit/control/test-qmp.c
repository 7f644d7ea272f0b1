/* SPDX-License-Identifier: MIT */
#include "control/qmp.h"

#include "base/cleanup.h"
#include "control/event-table.h"
#include "control/type.h"
#include "control/monitor.h"
#include "lib/fake-chardev.h"
#include "small-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A session on a chardev whose peer is the test; what it says is compared byte by byte. */

#define VERSION                                                                 \
	"{\"qemu\": {\"micro\": 0, \"minor\": 1, \"major\": 11}, \"package\": " \
	"\"charhub " CHARHUB_VERSION "\"}"
#define GREETING      "{\"QMP\": {\"version\": " VERSION ", \"capabilities\": []}}\r\n"
#define DONE	      "{\"return\": {}}\r\n"
#define ANSWER	      "{\"return\": " VERSION "}\r\n"
#define NEGOTIATE     "{\"execute\":\"qmp_capabilities\"}"
#define QUERY	      "{\"execute\":\"query-version\"}"
#define FAILS(text)   "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" text "\"}}\r\n"
#define UNKNOWN(text) "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"" text "\"}}\r\n"
#define EXPECTING     UNKNOWN("Expecting capabilities negotiation with 'qmp_capabilities'")

static const struct chardev_class *const classes[] = { &fake_chardev_class, NULL };

struct fixture {
	struct loop *loop;
	struct world *world;
	struct fake_chardev *fake;
	struct monitor *qmp;
};

static void dispatch(struct fixture *f)
{
	for (int i = 0; i < 8; i++)
		loop_step(f->loop, false);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->world = small_world_new(classes, NULL);
	f->loop = world_loop(f->world);
	f->fake = fake_chardev_add(world_chardevs(f->world), "m");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	monitor_free(f->qmp);
	small_world_free(f->world);
	free(f);
	return 0;
}

static void open_session(struct fixture *f, bool pretty)
{
	assert_int_equal(qmp_new(f->world, &f->fake->base, pretty, &f->qmp, NULL), 0);
}

static void type(struct fixture *f, const char *bytes, size_t len)
{
	fake_chardev_type(f->fake, bytes, len);
	dispatch(f);
}

static void expect(struct fixture *f, const char *text)
{
	assert_string_equal(f->fake->out.data ? f->fake->out.data : "", text);
	strbuf_done(&f->fake->out);
}

static void say(struct fixture *f, const char *text, const char *answer)
{
	type(f, text, strlen(text));
	expect(f, answer);
}

static void begin(struct fixture *f)
{
	open_session(f, false);
	expect(f, GREETING);
	say(f, NEGOTIATE, DONE);
}

/* ---- the handshake ---- */

static void who_comes_is_greeted(void **state)
{
	struct fixture *f = *state;

	open_session(f, false);
	expect(f, GREETING);
	say(f, "{'execute':'qmp_capabilities','id':'x'}", "{\"return\": {}, \"id\": \"x\"}\r\n");
	say(f, QUERY, ANSWER);
}

static void nothing_else_is_taken_before_the_handshake(void **state)
{
	struct fixture *f = *state;

	open_session(f, false);
	expect(f, GREETING);
	say(f, QUERY, EXPECTING);
	say(f, "{\"execute\":\"nosuch\",\"id\":1}",
		"{\"id\": 1, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"Expecting "
		"capabilities negotiation with 'qmp_capabilities'\"}}\r\n");
	say(f, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}",
		FAILS("Capability oob not available"));
	say(f, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"x\"]}}",
		FAILS("Parameter 'enable[0]' does not accept value 'x'"));
	say(f, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":1}}",
		FAILS("Invalid parameter type for 'enable', expected: array"));
	say(f, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"x\":1}}",
		FAILS("Parameter 'x' is unexpected"));
	say(f, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[]}}", DONE);
	say(f, NEGOTIATE, UNKNOWN("Capabilities negotiation is already complete, command ignored"));
}

static void a_new_peer_begins_anew(void **state)
{
	struct fixture *f = *state;

	begin(f);
	type(f, "{\"execute\":", 11);
	fake_chardev_hang_up(f->fake);
	dispatch(f);
	fake_chardev_set_open(f->fake, true);
	expect(f, GREETING);
	say(f, QUERY, EXPECTING);
}

static void who_comes_later_is_greeted_then(void **state)
{
	struct fixture *f = *state;

	fake_chardev_set_open(f->fake, false);
	open_session(f, false);
	expect(f, "");
	fake_chardev_set_open(f->fake, true);
	expect(f, GREETING);
}

/* ---- what is no request ---- */

/* What is said before and after the handshake. */
static const struct {
	const char *bytes;
	size_t len;
	const char *answer;
} malformed[] = {
#define CASE(bytes, answer)                      \
	{                                        \
		bytes, sizeof(bytes) - 1, answer \
	}
	CASE("{}", FAILS("QMP input lacks member 'execute'")),
	CASE("{\"id\":{\"a\":[null]}}", "{\"id\": {\"a\": [null]}, \"error\": {\"class\": "
					"\"GenericError\", \"desc\": \"QMP "
					"input lacks member 'execute'\"}}\r\n"),
	CASE("[]", FAILS("QMP input must be a JSON object")),
	CASE("1 ", FAILS("QMP input must be a JSON object")),
	CASE("'x'", FAILS("QMP input must be a JSON object")),
	CASE("null ", FAILS("QMP input must be a JSON object")),
	CASE("{\"execute\":1}", FAILS("QMP input member 'execute' must be a string")),
	CASE("{\"execute\":null}", FAILS("QMP input member 'execute' must be a string")),
	CASE("{\"execute\":\"query-version\",\"arguments\":[]}",
		FAILS("QMP input member 'arguments' must be an object")),
	CASE("{\"execute\":\"query-version\",\"foo\":1}",
		FAILS("QMP input member 'foo' is unexpected")),
	CASE("{\"exec-oob\":\"query-version\"}",
		FAILS("QMP input member 'exec-oob' is unexpected")),
	CASE("foo ", FAILS("JSON parse error, invalid keyword 'foo'")),
	CASE("\xff", FAILS("JSON parse error, stray '\\uFFFD'")),
	CASE("\0", FAILS("JSON parse error, stray ''")),
	CASE("{\"a\":\0}",
		FAILS("JSON parse error, stray ''") FAILS("JSON parse error, expecting value")),
	CASE("\"abc\n", FAILS("JSON parse error, stray '\\\"abc\\n'")),
	CASE("{\"id\":\"\xc3\"}", FAILS("JSON parse error, invalid UTF-8 sequence in string")),
	CASE("{} {}", FAILS("QMP input lacks member 'execute'")
			      FAILS("QMP input lacks member 'execute'")),
};

static void say_malformed(struct fixture *f)
{
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		type(f, malformed[i].bytes, malformed[i].len);
		expect(f, malformed[i].answer);
	}
}

static void nonsense_is_answered_before_the_handshake(void **state)
{
	struct fixture *f = *state;

	open_session(f, false);
	expect(f, GREETING);
	say_malformed(f);
	say(f, "\n" NEGOTIATE, DONE);
}

static void nonsense_is_answered_after_the_handshake(void **state)
{
	struct fixture *f = *state;

	begin(f);
	say_malformed(f);
	say(f, "\n" QUERY, ANSWER);
	say(f, "{\"execute\":\"nosuch\"}", UNKNOWN("The command nosuch has not been found"));
	say(f, "{\"execute\":\"query-version\\u0000\"}",

		FAILS("QMP input member 'execute' has a null byte in it"));
}

static void nesting_is_limited(void **state)
{
	struct fixture *f = *state;

	begin(f);
	for (int i = 0; i < 1025; i++)
		fake_chardev_type(f->fake, "[", 1), dispatch(f);
	expect(f, FAILS("JSON nesting depth limit exceeded"));
	say(f, QUERY, ANSWER);
}

/* ---- requests ---- */

static void requests_need_nothing_between_them(void **state)
{
	struct fixture *f = *state;

	begin(f);
	say(f, QUERY QUERY "\r\n" QUERY, ANSWER ANSWER ANSWER);
	type(f, "{\"execute\":\"query-", 18);
	expect(f, "");
	say(f, "version\"}", ANSWER);
}

static void an_id_comes_back_as_it_was(void **state)
{
	static const char *const ids[] = { "1", "-1.5", "\"a\"", "null", "true", "[1, {}]",
		"{\"a\": {\"b\": []}}", "\"\\u00E9\"" };
	struct fixture *f = *state;

	begin(f);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char request[128], answer[128];

		snprintf(request, sizeof(request), "{\"id\":%s,\"execute\":\"nosuch\"}", ids[i]);
		snprintf(answer, sizeof(answer),
			"{\"id\": %s, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The "
			"command nosuch has not been found\"}}\r\n",
			ids[i]);
		say(f, request, answer);
	}
}

static void pretty_answers_have_lines(void **state)
{
	struct fixture *f = *state;

	open_session(f, true);
	expect(f, "{\r\n    \"QMP\": {\r\n        \"version\": {\r\n            \"qemu\": {\r\n"
		  "                \"micro\": 0,\r\n                \"minor\": 1,\r\n"
		  "                \"major\": 11\r\n            },\r\n"
		  "            \"package\": \"charhub " CHARHUB_VERSION "\"\r\n        },\r\n"
		  "        \"capabilities\": [\r\n        ]\r\n    }\r\n}\r\n");
	say(f, NEGOTIATE, "{\r\n    \"return\": {\r\n    }\r\n}\r\n");
}

/* ---- events ---- */

static void publish(struct fixture *f, int reason)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", reason);
	event_publish(world_events(f->world), &event_shutdown,
		json_pack("{s:b,s:s}", "guest", false, "reason", text));
}

static void events_are_for_who_has_negotiated(void **state)
{
	struct fixture *f = *state;
	AUTO_JSON json_t *event = NULL;
	const char *name;
	json_int_t seconds, microseconds;

	open_session(f, false);
	assert_false(event_bus_is_heard(world_events(f->world)));
	publish(f, 1);
	dispatch(f);
	expect(f, GREETING);
	say(f, NEGOTIATE, DONE);
	publish(f, 2);
	dispatch(f);
	assert_true(f->fake->out.len > 2);
	assert_string_equal(f->fake->out.data + f->fake->out.len - 2, "\r\n");
	event = json_loads(f->fake->out.data, 0, NULL);
	assert_int_equal(json_unpack(event, "{s:{s:I,s:I!},s:s,s:{s:b,s:s}!}", "timestamp",
				 "seconds", &seconds, "microseconds", &microseconds, "event", &name,
				 "data", "guest", &(int){ 0 }, "reason", &(char *){ NULL }),
		0);
	assert_true(seconds > 1600000000 && microseconds < 1000000);
	assert_string_equal(name, "SHUTDOWN");
	fake_chardev_hang_up(f->fake);
	dispatch(f);
	assert_false(event_bus_is_heard(world_events(f->world)));
}

static void who_does_not_read_learns_how_much_it_missed(void **state)
{
	struct fixture *f = *state;
	const char *lost;

	begin(f);
	fake_chardev_set_accept(f->fake, 10);
	for (int i = 0; i < EVENTS_HELD + 100; i++) {
		publish(f, i);
		dispatch(f);
	}
	assert_int_equal(f->fake->out.len, 10);
	fake_chardev_set_accept(f->fake, SIZE_MAX);
	for (int i = 0; i < 200; i++)
		dispatch(f);
	lost = strstr(f->fake->out.data, "\"EVENTS_LOST\", \"data\": {\"count\": 99}}\r\n");
	assert_non_null(lost);
	assert_non_null(strstr(f->fake->out.data, "\"reason\": \"0\""));
	assert_null(strstr(f->fake->out.data, "\"reason\": \"99\""));
	assert_non_null(strstr(f->fake->out.data, "\"reason\": \"100\""));
	assert_non_null(strstr(f->fake->out.data, "\"reason\": \"4195\""));
	assert_null(strstr(lost + 20, "EVENTS_LOST"));
}

/* ---- bounds ---- */

static void who_does_not_read_is_not_read(void **state)
{
	struct fixture *f = *state;
	size_t asked = 0;

	begin(f);
	fake_chardev_set_accept(f->fake, 0);
	while (!f->fake->typed.len && asked < 20000) {
		fake_chardev_type(f->fake, QUERY, strlen(QUERY));
		dispatch(f);
		asked++;
	}
	assert_in_range(
		asked, MONITOR_OUT_MAX / strlen(ANSWER), 2 + MONITOR_OUT_MAX / strlen(ANSWER));
	fake_chardev_set_accept(f->fake, SIZE_MAX);
	dispatch(f);
	dispatch(f);
	assert_int_equal(f->fake->typed.len, 0);
	assert_int_equal(f->fake->out.len, asked * strlen(ANSWER));
}

static void who_reads_nothing_for_long_is_sent_away(void **state)
{
	struct fixture *f = *state;

	begin(f);
	fake_chardev_set_accept(f->fake, 0);
	type(f, QUERY, strlen(QUERY));
	loop_advance(f->loop, MONITOR_STALL_MS - 1);
	dispatch(f);
	assert_int_equal(f->fake->disconnects, 0);
	fake_chardev_set_accept(f->fake, 1); /* it reads on, if slowly */
	loop_advance(f->loop, MONITOR_STALL_MS - 1);
	dispatch(f);
	assert_int_equal(f->fake->disconnects, 0);
	loop_advance(f->loop, 2);
	dispatch(f);
	assert_int_equal(f->fake->disconnects, 1);
}

static void who_sends_no_more_gets_its_answers_first(void **state)
{
	struct fixture *f = *state;

	begin(f);
	fake_chardev_type(f->fake, QUERY QUERY, strlen(QUERY QUERY));
	fake_chardev_half_close(f->fake);
	assert_int_equal(f->fake->disconnects, 0);
	dispatch(f);
	expect(f, ANSWER ANSWER);
	assert_int_equal(f->fake->disconnects, 1);
}

static void a_chardev_may_go_at_any_time(void **state)
{
	struct fixture *f = *state;

	begin(f);
	fake_chardev_type(f->fake, QUERY, strlen(QUERY));
	chardev_free(&f->fake->base);
	dispatch(f);
}

static void quit_answers_and_tells_why(void **state)
{
	struct fixture *f = *state;

	begin(f);
	fake_chardev_type(f->fake, "{\"execute\":\"quit\"}", 18);
	loop_run(f->loop);
	monitor_free(TAKE_PTR(f->qmp));
	assert_int_equal(strncmp(f->fake->out.data, DONE, strlen(DONE)), 0);
	assert_non_null(strstr(f->fake->out.data,
		"\"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": "
		"\"host-qmp-quit\"}}\r\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_comes_is_greeted),
		TEST(nothing_else_is_taken_before_the_handshake),
		TEST(a_new_peer_begins_anew),
		TEST(who_comes_later_is_greeted_then),
		TEST(nonsense_is_answered_before_the_handshake),
		TEST(nonsense_is_answered_after_the_handshake),
		TEST(nesting_is_limited),
		TEST(requests_need_nothing_between_them),
		TEST(an_id_comes_back_as_it_was),
		TEST(pretty_answers_have_lines),
		TEST(events_are_for_who_has_negotiated),
		TEST(who_does_not_read_learns_how_much_it_missed),
		TEST(who_does_not_read_is_not_read),
		TEST(who_reads_nothing_for_long_is_sent_away),
		TEST(who_sends_no_more_gets_its_answers_first),
		TEST(a_chardev_may_go_at_any_time),
		TEST(quit_answers_and_tells_why),
	};

	return cmocka_run_group_tests_name("control/qmp", tests, NULL, NULL);
}
