/* SPDX-License-Identifier: MIT */
#include "qmp-rig.h"

#include "base/cleanup.h"
#include "control/type.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What happens at the hub "h", whose guest is the fake chardev "g", its members "a" and "b". */

enum { WINDOW = 65536 };

static void make_hub(struct qmp_rig *rig, const char *options)
{
	char hub[256];
	const struct qmp_step steps[] = {
		{ "chardev-add", "{'id': 'g', 'backend': {'type': 'fake', 'data': {}}}", "{}" },
		{ "chardev-add", "{'id': 'a', 'backend': {'type': 'fake', 'data': {}}}", "{}" },
		{ "chardev-add", "{'id': 'b', 'backend': {'type': 'fake', 'data': {}}}", "{}" },
		{ "chardev-add", hub, "{}" },
		{ "device_add", "{'driver': 'console', 'guest': 'g', 'chardev': 'h'}", "{}" },
		{ 0 },
	};

	snprintf(
		hub, sizeof(hub), "{'id': 'h', 'backend': {'type': 'hub', 'data': {%s}}}", options);
	qmp_rig_steps(rig, steps);
}

static int setup(void **state)
{
	*state = qmp_rig_new();
	return 0;
}

static int teardown(void **state)
{
	qmp_rig_free(*state);
	return 0;
}

static struct fake_chardev *fake(struct qmp_rig *rig, const char *id)
{
	return fake_chardev_of(chardev_set_find(world_chardevs(rig->world), id));
}

/* Of which member it is told; "": of none. */
static void expect_event(struct qmp_rig *rig, const char *name, const char *member)
{
	AUTO_JSON json_t *data = qmp_rig_event(rig, name);
	const char *is = json_string_value(json_object_get(data, "member"));

	if (!data)
		fail_msg("%s: does not come", name);
	assert_string_equal(json_string_value(json_object_get(data, "hub")), "h");
	assert_string_equal(is ? is : "", member);
}

static void members_come_and_go(void **state)
{
	static const struct qmp_step joins[] = {
		{ "hub-add-member", "{'hub': 'h', 'chardev': 'b'}", "{}" }, { 0 }
	};
	static const struct qmp_step leaves[] = {
		{ "hub-remove-member", "{'hub': 'h', 'chardev': 'b'}", "{}" }, { 0 }
	};
	struct qmp_rig *rig = *state;

	make_hub(rig, "'chardevs': ['a']");
	qmp_rig_steps(rig, joins);
	expect_event(rig, "HUB_MEMBER_JOINED", "b");
	fake_chardev_set_open(fake(rig, "b"), false);
	expect_event(rig, "HUB_MEMBER_CLOSED", "b");
	fake_chardev_set_open(fake(rig, "b"), true);
	expect_event(rig, "HUB_MEMBER_OPENED", "b");
	fake_chardev_type(fake(rig, "b"), "x", 1);
	expect_event(rig, "HUB_MEMBER_TYPED", "b");
	qmp_rig_steps(rig, leaves);
	expect_event(rig, "HUB_MEMBER_LEFT", "b");
}

static void a_member_fails(void **state)
{
	struct qmp_rig *rig = *state;

	make_hub(rig, "'chardevs': ['a', 'b']");
	fake_chardev_fail(fake(rig, "b"), EIO);
	fake_chardev_type(fake(rig, "g"), "x", 1);
	expect_event(rig, "HUB_MEMBER_FAILED", "b");
}

static void somebody_is_refused(void **state)
{
	static const struct qmp_step steps[] = {
		{ "object-add", "{'qom-type': 'authz-simple', 'id': 'z', 'identity': 'user:ann'}",
			"{}" },
		{ "hub-add-member", "{'hub': 'h', 'chardev': 'b', 'view-authz': 'z'}", "{}" },
		{ 0 },
	};
	struct qmp_rig *rig = *state;

	make_hub(rig, "'chardevs': ['a']");
	fake(rig, "b")->identity = "user:joe";
	qmp_rig_steps(rig, steps);
	expect_event(rig, "HUB_MEMBER_REFUSED", "b");
}

static void somebody_is_sent_away(void **state)
{
	static const struct qmp_step steps[] = {
		{ "peer-disconnect", "{'hub': 'h', 'chardev': 'a', 'reason': 'lunch'}", "{}" },
		{ 0 }
	};
	struct qmp_rig *rig = *state;
	AUTO_JSON json_t *data = NULL;
	const char *member, *by, *reason;

	make_hub(rig, "'chardevs': ['a']");
	qmp_rig_steps(rig, steps);
	data = qmp_rig_event(rig, "HUB_MEMBER_SENT_AWAY");
	assert_int_equal(
		json_unpack(data, "{s:s,s:s,s:s}", "member", &member, "by", &by, "reason", &reason),
		0);
	assert_string_equal(member, "a");
	assert_string_equal(by, "monitor m");
	assert_string_equal(reason, "lunch");
}

static void consoles_come_and_go(void **state)
{
	static const struct qmp_step comes[] = {
		{ "chardev-add", "{'id': 'a', 'backend': {'type': 'fake', 'data': {}}}", "{}" },
		{ "chardev-add",
			"{'id': 'h', 'backend': {'type': 'hub', 'data': {'chardevs': ['a']}}}",
			"{}" },
		{ 0 },
	};
	static const struct qmp_step goes[] = { { "chardev-remove", "{'id': 'h'}", "{}" }, { 0 } };
	struct qmp_rig *rig = *state;

	qmp_rig_steps(rig, comes);
	expect_event(rig, "CONSOLE_ADDED", "");
	qmp_rig_steps(rig, goes);
	expect_event(rig, "CONSOLE_REMOVED", "");
}

/* Who does not name it is not told. */
static void what_is_typed_is_told_to_those_who_ask(void **state)
{
	static const struct qmp_step asks[] = {
		{ "subscribe", "{'events': ['CONSOLE_TYPED']}", "{}" }, { 0 }
	};
	struct qmp_rig *rig = *state;
	AUTO_JSON json_t *shown = NULL, *withheld = NULL;
	const char *text;
	int bytes;

	make_hub(rig, "'chardevs': ['a']");
	fake_chardev_type(fake(rig, "a"), "x\r", 2);
	fake_chardev_type(fake(rig, "g"), "x\r\n", 3);
	assert_null(qmp_rig_event(rig, "CONSOLE_TYPED"));
	qmp_rig_steps(rig, asks);
	fake_chardev_type(fake(rig, "a"), "x\r", 2);
	fake_chardev_type(fake(rig, "g"), "x\r\n", 3);
	shown = qmp_rig_event(rig, "CONSOLE_TYPED");
	assert_int_equal(json_unpack(shown, "{s:s}", "text", &text), 0);
	assert_string_equal(text, "x\r");
	fake_chardev_type(fake(rig, "a"), "y\r", 2);
	fake_chardev_type(fake(rig, "g"), "\r\n", 2);
	withheld = qmp_rig_event(rig, "CONSOLE_TYPED");
	assert_int_equal(json_unpack(withheld, "{s:i}", "withheld", &bytes), 0);
	assert_int_equal(bytes, 2);
	assert_null(json_object_get(withheld, "text"));
}

static void commands_are_told_to_those_who_ask(void **state)
{
	static const struct qmp_step before[] = { { "query-hubs", NULL, "[]" },
		{ "object-add", "{'qom-type': 'secret', 'id': 's1', 'data': 'x'}", "{}" }, { 0 } };
	static const struct qmp_step steps[] = {
		{ "subscribe", "{'events': ['COMMAND']}", "{}" },
		{ "query-hubs", NULL, "[]" },
		{ "object-add", "{'qom-type': 'secret', 'id': 's2', 'data': 'x'}", "{}" },
		{ 0 },
	};
	static const struct qmp_step after[] = {
		{ "object-del", "{'id': 'nope'}", "! object 'nope' not found" }, { 0 }
	};
	struct qmp_rig *rig = *state;
	AUTO_JSON json_t *made = NULL, *failed = NULL;

	qmp_rig_steps(rig, before);
	assert_null(qmp_rig_event(rig, "COMMAND"));
	qmp_rig_steps(rig, steps);
	made = qmp_rig_event(rig, "COMMAND");
	assert_string_equal(json_string_value(json_object_get(made, "command")), "object-add");
	assert_string_equal(json_string_value(json_object_get(made, "object")), "s2");
	assert_string_equal(json_string_value(json_object_get(made, "by")), "monitor m");
	assert_null(json_object_get(made, "data"));
	qmp_rig_steps(rig, after);
	failed = qmp_rig_event(rig, "COMMAND");
	assert_string_equal(
		json_string_value(json_object_get(failed, "error")), "object 'nope' not found");
}

static void a_console_is_resized(void **state)
{
	static const struct qmp_step steps[] = {
		{ "console-resize", "{'console': 'h', 'cols': 100, 'rows': 30}", "{}" }, { 0 }
	};
	struct qmp_rig *rig = *state;

	make_hub(rig, "'chardevs': ['a']");
	qmp_rig_steps(rig, steps);
	expect_event(rig, "CONSOLE_RESIZED", "");
}

static void the_keyboard_is_asked_for(void **state)
{
	static const struct qmp_step asks[] = {
		{ "console-request", "{'console': 'h', 'member': 'b'}", "{}" }, { 0 }
	};
	static const struct qmp_step refuses[] = { { "console-refuse", "{'console': 'h'}", "{}" },
		{ 0 } };
	struct qmp_rig *rig = *state;

	make_hub(rig, "'chardevs': ['a', 'b'], 'typing': 'one'");
	fake_chardev_type(fake(rig, "a"), "x", 1);
	expect_event(rig, "HUB_KEYBOARD", "a");
	qmp_rig_steps(rig, asks);
	expect_event(rig, "HUB_KEYBOARD_ASKED", "b");
	qmp_rig_steps(rig, refuses);
	expect_event(rig, "HUB_KEYBOARD_KEPT", "b");
}

static void print(struct qmp_rig *rig, size_t len)
{
	static const char line[] = "0123456789abcd\r\n";

	for (size_t n = 0; n < len; n += strlen(line))
		fake_chardev_type(fake(rig, "g"), line, strlen(line));
	qmp_rig_dispatch(rig);
}

static void a_member_is_skipped_and_recovers(void **state)
{
	struct qmp_rig *rig = *state;

	make_hub(rig, "'chardevs': ['a', 'b'], 'window': 65536, 'grace-ms': 10");
	fake_chardev_set_accept(fake(rig, "b"), 0);
	print(rig, 2 * WINDOW);
	loop_advance(rig->loop, 20000);
	expect_event(rig, "HUB_MEMBER_SKIPPED", "b");
	print(rig, WINDOW);
	fake_chardev_set_accept(fake(rig, "b"), SIZE_MAX);
	expect_event(rig, "HUB_MEMBER_MISSED", "b");
	expect_event(rig, "HUB_MEMBER_RESUMED", "b");
}

static void recordings_are_told(void **state)
{
	static const struct qmp_step starts[] = { { "recording-stop", "{'console': 'h'}",
							  "! console 'h' is not recorded by hand" },
		{ "recording-start", "{'console': 'h', 'path': '$D/none/x'}",
			"! record 'h.by-hand', console 'h': file: '$D/none/x' cannot be written: "
			"No such file or directory" },
		{ "recording-start", "{'console': 'h', 'path': '$D/%n.cast', 'input': true}",
			"{}" },
		{ "recording-start", "{'console': 'h'}",
			"! console 'h' is recorded by hand already" },
		{ 0 } };
	static const struct qmp_step stops[] = { { "recording-stop", "{'console': 'h'}", "{}" },
		{ "query-recordings", NULL, "[]" }, { 0 } };
	struct qmp_rig *rig = *state;
	AUTO_JSON json_t *started = NULL, *list = NULL, *stopped = NULL;
	const json_t *recording;
	const char *class;

	make_hub(rig, "'chardevs': ['a']");
	qmp_rig_steps(rig, starts);
	started = qmp_rig_event(rig, "RECORDING_STARTED");
	assert_string_equal(json_string_value(json_object_get(started, "hub")), "h");
	assert_string_equal(json_string_value(json_object_get(started, "record")), "h.by-hand");
	list = qmp_rig_run(rig, "query-recordings", NULL, &class);
	recording = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(recording, "path")),
		json_string_value(json_object_get(started, "path")));
	assert_true(json_integer_value(json_object_get(recording, "bytes")) > 0);
	assert_false(json_boolean_value(json_object_get(recording, "failing")));
	qmp_rig_steps(rig, stops);
	stopped = qmp_rig_event(rig, "RECORDING_STOPPED");
	assert_true(json_equal(started, stopped));
}

static void history_is_dropped(void **state)
{
	static const struct qmp_step bounds[] = { { "memory-max", "{'size': 65536}", "{}" },
		{ "query-memory", "{}", "{'hot': 65536, 'packed': 0, 'max': 65536}" }, { 0 } };
	static const struct qmp_step frees[] = { { "memory-max", "{'size': 0}", "{}" }, { 0 } };
	struct qmp_rig *rig = *state;
	AUTO_JSON json_t *data = NULL;

	make_hub(rig, "'chardevs': ['a'], 'keep': 0, 'terminal': 'off'");
	print(rig, 3 * WINDOW);
	qmp_rig_steps(rig, bounds);
	loop_advance(rig->loop, 1000);
	data = qmp_rig_event(rig, "HUB_HISTORY_DROPPED");
	assert_non_null(data);
	assert_string_equal(json_string_value(json_object_get(data, "hub")), "h");
	assert_int_equal(json_integer_value(json_object_get(data, "bytes")), 2 * WINDOW);
	assert_int_equal(json_integer_value(json_object_get(data, "lines")), 0);
	assert_int_equal(json_integer_value(json_object_get(data, "held-from")), 2 * WINDOW);
	qmp_rig_steps(rig, frees);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(members_come_and_go),
		TEST(a_member_fails),
		TEST(somebody_is_refused),
		TEST(somebody_is_sent_away),
		TEST(consoles_come_and_go),
		TEST(what_is_typed_is_told_to_those_who_ask),
		TEST(commands_are_told_to_those_who_ask),
		TEST(a_console_is_resized),
		TEST(the_keyboard_is_asked_for),
		TEST(a_member_is_skipped_and_recovers),
		TEST(recordings_are_told),
		TEST(history_is_dropped),
	};

	return cmocka_run_group_tests_name("control/hub-events", tests, NULL, NULL);
}
