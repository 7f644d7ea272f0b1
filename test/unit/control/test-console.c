/* SPDX-License-Identifier: MIT */
/* The commands about hubs and consoles, on a hub "h" whose guest and members are the test. */
#include "control/command.h"
#include "control/event-table.h"

#include "base/base64.h"
#include "base/strbuf.h"
#include "hub/hub.h"
#include "lib/fake-chardev.h"
#include "lib/fake-holder.h"
#include "opts/opts.h"
#include "small-world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct chardev_class *const classes[] = { &fake_chardev_class, &hub_class, NULL };

/**
 * struct fixture
 * @answers: how many have come; @result, @error: the last one, one of them NULL
 */
struct fixture {
	struct loop *loop;
	struct world *world;
	struct fake_chardev *fake[2];
	struct chardev *hub;
	struct fake_holder guest;
	struct caller caller;
	unsigned answers;
	json_t *result;
	struct error *error;
};

static void dispatch(struct fixture *f)
{
	for (int i = 0; i < 64; i++)
		loop_step(f->loop, false);
}

static void make_hub(struct fixture *f, const char *text, unsigned flags)
{
	AUTO_OPTS struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "backend", &opts, NULL), 0);
	assert_int_equal(world_add_chardev(f->world, opts, &f->hub, NULL), 0);
	assert_int_equal(fake_holder_attach(&f->guest, f->hub, FAKE_HOLDER_PLAIN, NULL), 0);
	chardev_link_set_flags(&f->guest.link, flags);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->world = small_world_new(classes, NULL);
	f->loop = world_loop(f->world);
	f->fake[0] = fake_chardev_add(world_chardevs(f->world), "f0");
	f->fake[1] = fake_chardev_add(world_chardevs(f->world), "f1");
	caller_init(&f->caller, f->world, NULL, f, "user:ann");
	fake_holder_init(&f->guest, f->loop);
	*state = f;
	return 0;
}

static void forget_answer(struct fixture *f)
{
	json_decref(f->result);
	error_free(f->error);
	f->result = NULL;
	f->error = NULL;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	forget_answer(f);
	caller_done(&f->caller);
	fake_holder_done(&f->guest);
	small_world_free(f->world);
	free(f);
	return 0;
}

static void on_end(void *data, json_t *result, struct error *error)
{
	struct fixture *f = data;

	f->answers++;
	f->result = error ? NULL : json_incref(result);
	f->error = error;
}

/* @args: with ' for ". */
static void start(struct fixture *f, const char *name, const char *args)
{
	char *text = strdup(args), *at = text;
	json_t *object;

	while ((at = strchr(at, '\'')))
		*at = '"';
	object = json_loads(text, 0, NULL);
	assert_non_null(object);
	forget_answer(f);
	f->answers = 0;
	caller_run(&f->caller, command_find(name), object, on_end);
	json_decref(object);
	free(text);
}

static json_t *run(struct fixture *f, const char *name, const char *args)
{
	start(f, name, args);
	assert_int_equal(f->answers, 1);
	if (f->error)
		fail_msg("%s: %s", name, error_message(f->error));
	return f->result;
}

static void fails(struct fixture *f, const char *name, const char *args, const char *text)
{
	start(f, name, args);
	assert_int_equal(f->answers, 1);
	assert_non_null(f->error);
	assert_string_equal(error_message(f->error), text);
}

static void is_text(const json_t *object, const char *key, const char *text)
{
	const char *is = json_string_value(json_object_get(object, key));

	if (!text)
		assert_null(is);
	else
		assert_string_equal(is ? is : "(nothing)", text);
}

static void is_number(const json_t *object, const char *key, json_int_t number)
{
	const json_t *is = json_object_get(object, key);

	assert_true(json_is_integer(is));
	assert_int_equal(json_integer_value(is), number);
}

static void print(struct fixture *f, const char *text)
{
	fake_holder_out(&f->guest, text, strlen(text));
	dispatch(f);
}

/* ---- hubs ---- */

static void hubs_tell_who_takes_part(void **state)
{
	struct fixture *f = *state;
	const json_t *hub, *member;

	f->fake[1]->identity = "user:joe";
	make_hub(f, "hub,id=h,chardevs.0=f0,chardevs.1=f1", CHARDEV_LINK_CONSOLE);
	print(f, "hello");
	hub = json_array_get(run(f, "query-hubs", "{}"), 0);
	is_text(hub, "id", "h");
	is_number(hub, "end", 5);
	is_number(hub, "cols", 80);
	assert_int_equal(json_array_size(json_object_get(hub, "members")), 2);
	member = json_array_get(json_object_get(hub, "members"), 1);
	is_text(member, "id", "f1");
	is_text(member, "identity", "user:joe");
	is_text(member, "access", "type");
	is_text(member, "standing", "good");
	is_number(member, "offset", 5);
	is_number(member, "out-bytes", 5);
	assert_int_equal(json_array_size(run(f, "query-hubs", "{'id': 'h'}")), 1);
	fails(f, "query-hubs", "{'id': 'x'}", "Console 'x' not found");
	fails(f, "query-hubs", "{'id': 'f0'}", "chardev 'f0' is no console: it is no hub");
}

static void members_are_added_changed_and_removed(void **state)
{
	struct fixture *f = *state;
	struct hub_member_info member;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	run(f, "hub-add-member",
		"{'hub': 'h', 'chardev': 'f1', 'access': 'view', 'stall': 'close'}");
	assert_int_equal(hub_member_find(f->hub, "f1", &member, NULL), 0);
	assert_int_equal(member.access, HUB_ACCESS_VIEW);
	assert_int_equal(member.options.stall, HUB_STALL_CLOSE);
	run(f, "hub-set-member", "{'hub': 'h', 'chardev': 'f1', 'access': 'type'}");
	assert_int_equal(hub_member_find(f->hub, "f1", &member, NULL), 0);
	assert_int_equal(member.access, HUB_ACCESS_TYPE);
	assert_int_equal(member.options.stall, HUB_STALL_CLOSE);
	run(f, "hub-remove-member", "{'hub': 'h', 'chardev': 'f1'}");
	fails(f, "hub-remove-member", "{'hub': 'h', 'chardev': 'f1'}",
		"hub 'h' has no member 'f1'");
	fails(f, "hub-set-member", "{'hub': 'h', 'chardev': 'f1'}", "hub 'h' has no member 'f1'");
	fails(f, "hub-add-member", "{'hub': 'h', 'chardev': 'f9'}", "Chardev 'f9' not found");
	fails(f, "hub-add-member", "{'hub': 'h', 'chardev': 'f0'}",
		"chardev 'f0' is already in use");
}

static void peers_are_sent_away_with_a_reason(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	fails(f, "peer-disconnect", "{'hub': 'h', 'chardev': 'f0', 'reason': 'a\\nb'}",
		"Parameter 'reason' expects one line of text");
	run(f, "peer-disconnect", "{'hub': 'h', 'chardev': 'f0', 'reason': 'maintenance'}");
	assert_string_equal(f->fake[0]->reason, "maintenance");
	dispatch(f);
	fails(f, "peer-disconnect", "{'hub': 'h', 'chardev': 'f0'}",
		"chardev 'f0' has nobody who could be sent away");
}

/* ---- consoles ---- */

static void consoles_tell_what_stands_there(void **state)
{
	struct fixture *f = *state;
	const json_t *console;

	make_hub(f, "hub,id=h,chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	print(f, "\033]0;vm1\a\033[31mboot\033[m\r\nlogin: \r\n\r\n");
	console = json_array_get(run(f, "query-consoles", "{}"), 0);
	is_text(console, "name", "h");
	is_text(console, "last-line", "login:");
	is_text(console, "title", "vm1");
	is_number(console, "people", 1);
	assert_false(json_is_true(json_object_get(console, "guest-open")));
}

static void the_last_line_of_bytes_has_no_control_characters(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0,terminal=off", 0);
	print(f, "one\r\ntw\033o\r\n\r\n");
	is_text(json_array_get(run(f, "query-consoles", "{}"), 0), "last-line", "two");
}

static void a_console_gets_another_size(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	run(f, "console-resize", "{'console': 'h', 'cols': 100, 'rows': 30}");
	is_number(json_array_get(run(f, "query-consoles", "{}"), 0), "cols", 100);
	fails(f, "console-resize", "{'console': 'h', 'cols': 0, 'rows': 30}",
		"Parameter 'cols' expects an integer from 1 to 1024");
}

static void the_screen_is_text_cells_or_a_picture(void **state)
{
	struct fixture *f = *state;
	const json_t *screen, *run_of_cells;
	AUTO_STRBUF struct strbuf bytes = { 0 };
	const char *png;

	make_hub(f, "hub,id=h,chardevs.0=f0,size=20x3", CHARDEV_LINK_CONSOLE);
	print(f, "plain \033[1;31mred\033[m\r\n\xc3\xa4\xe4\xb8\xad.");
	screen = run(f, "console-screen", "{'console': 'h'}");
	is_number(screen, "cols", 20);
	is_number(screen, "col", 4);
	is_number(screen, "row", 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(screen, "lines"), 0)),
		"plain red");
	assert_string_equal(json_string_value(json_array_get(json_object_get(screen, "lines"), 1)),
		"\xc3\xa4\xe4\xb8\xad.");
	screen = run(f, "console-screen", "{'console': 'h', 'format': 'cells'}");
	run_of_cells = json_array_get(json_array_get(json_object_get(screen, "cells"), 0), 1);
	is_text(run_of_cells, "text", "red");
	is_text(run_of_cells, "fg", "1");
	is_number(run_of_cells, "col", 6);
	is_text(json_array_get(json_object_get(run_of_cells, "attributes"), 0), "", NULL);
	start(f, "console-screen", "{'console': 'h', 'format': 'png'}");
	assert_int_equal(f->answers, 0);
	dispatch(f);
	assert_int_equal(f->answers, 1);
	png = json_string_value(json_object_get(f->result, "png"));
	assert_int_equal(strncmp(png, "iVBORw0KGgo", 11), 0);
	assert_int_equal(base64_decode(&bytes, png), 0);
	assert_memory_equal(bytes.data + bytes.len - 12, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
}

static void a_picture_may_be_left_undrawn(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0,size=1000x1000", CHARDEV_LINK_CONSOLE);
	print(f, "x");
	start(f, "console-screen", "{'console': 'h', 'format': 'png'}");
	dispatch(f);
	assert_int_equal(f->answers, 0); /* teardown cancels it */
}

/* What a screen of this size gives once all of it has been read, in several rounds if @is_large. */
static json_t *screen_of(struct fixture *f, const char *size, const char *format, bool is_large)
{
	char args[64];

	snprintf(args, sizeof(args), "{'console': 'h', %s}", size);
	run(f, "console-resize", args);
	print(f, "\033[2J\033[Hplain \033[1;31mred\033[m \033[3;70H\033[44mblue\033[K");
	snprintf(args, sizeof(args), "{'console': 'h', 'format': '%s'}", format);
	start(f, "console-screen", args);
	assert_int_equal(f->answers, !is_large);
	print(f, "\033[2J"); /* is not in a screen that was asked for before */
	for (int i = 0; i < 32 && !f->answers; i++)
		dispatch(f);
	assert_int_equal(f->answers, 1);
	return f->result;
}

static void a_large_screen_is_read_in_rounds(void **state)
{
	static const char *const formats[][2] = { { "text", "lines" }, { "cells", "cells" } };
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	for (size_t i = 0; i < 2; i++) {
		const char *key = formats[i][1];
		AUTO_JSON json_t *small = json_deep_copy(json_object_get(
			screen_of(f, "'cols': 80, 'rows': 24", formats[i][0], false), key));
		const json_t *large = json_object_get(
			screen_of(f, "'cols': 80, 'rows': 1000", formats[i][0], true), key);

		assert_int_equal(json_array_size(small), 24);
		assert_int_equal(json_array_size(large), 1000);
		for (size_t row = 0; row < 24; row++)
			assert_true(
				json_equal(json_array_get(small, row), json_array_get(large, row)));
	}
}

static void a_screen_may_be_left_unread(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0,size=1000x1000", CHARDEV_LINK_CONSOLE);
	print(f, "x");
	start(f, "console-screen", "{'console': 'h', 'format': 'cells'}");
	assert_int_equal(f->answers, 0); /* teardown cancels it */
}

static void a_stream_of_bytes_has_no_screen(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0,terminal=off", 0);
	fails(f, "console-screen", "{'console': 'h'}",
		"console 'h' is no terminal: it has no screen");
	fails(f, "console-wait", "{'console': 'h', 'pattern': 'x', 'where': 'screen'}",
		"console 'h' is no terminal: it has no screen");
}

/* ---- history ---- */

static void history_is_given_by_offset_lines_and_time(void **state)
{
	struct fixture *f = *state;
	const json_t *history;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	print(f, "one\ntwo\nthree");
	history = run(f, "console-history", "{'console': 'h'}");
	is_text(history, "data", "one\ntwo\nthree");
	is_number(history, "next", 13);
	history = run(f, "console-history", "{'console': 'h', 'offset': 4, 'size': 3}");
	is_text(history, "data", "two");
	is_number(history, "offset", 4);
	is_number(history, "next", 7);
	is_text(run(f, "console-history", "{'console': 'h', 'lines': 2}"), "data", "two\nthree");
	is_text(run(f, "console-history", "{'console': 'h', 'lines': 99}"), "data",
		"one\ntwo\nthree");
	is_text(run(f, "console-history", "{'console': 'h', 'lines': 0}"), "data", "");
	is_text(run(f, "console-history", "{'console': 'h', 'offset': 13}"), "data", "");
	is_text(run(f, "console-history", "{'console': 'h', 'since': 1}"), "data",
		"one\ntwo\nthree");
	is_text(run(f, "console-history", "{'console': 'h', 'offset': 8, 'format': 'base64'}"),
		"data", "dGhyZWU=");
	fails(f, "console-history", "{'console': 'h', 'offset': 14}",
		"offset 14 of console 'h' was not printed yet: it ends at 13");
	fails(f, "console-history", "{'console': 'h', 'offset': 1, 'lines': 1}",
		"Parameters 'offset' and 'lines' exclude each other");
}

static void lines_may_be_long_and_empty(void **state)
{
	struct fixture *f = *state;
	char line[70000];

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	memset(line, 'x', sizeof(line));
	print(f, "\none\n");
	fake_holder_out(&f->guest, line, sizeof(line));
	print(f, "\n\nend\n");
	is_number(run(f, "console-history", "{'console': 'h', 'lines': 1}"), "offset", 70007);
	is_number(run(f, "console-history", "{'console': 'h', 'lines': 2}"), "offset", 70006);
	is_number(run(f, "console-history", "{'console': 'h', 'lines': 3}"), "offset", 5);
	is_number(run(f, "console-history", "{'console': 'h', 'lines': 4}"), "offset", 1);
	is_number(run(f, "console-history", "{'console': 'h', 'lines': 5}"), "offset", 0);
	is_number(run(f, "console-history", "{'console': 'h', 'lines': 6}"), "offset", 0);
}

static void what_is_not_held_any_more_says_what_is(void **state)
{
	struct fixture *f = *state;
	char line[1000];

	make_hub(f, "hub,id=h,chardevs.0=f0,window=64k,keep=1k", 0);
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 200; i++) {
		fake_holder_out(&f->guest, line, sizeof(line));
		dispatch(f);
	}
	fails(f, "console-history", "{'console': 'h', 'offset': 5000}",
		"offset 5000 of console 'h' is not held any more");
	assert_non_null(strstr(error_hint(f->error), "Held are 0 to 1024 and "));
	is_number(run(f, "console-history", "{'console': 'h', 'offset': 1000}"), "next", 1024);
}

/* ---- input ---- */

static void input_waits_until_the_guest_takes_it(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	run(f, "console-input", "{'console': 'h', 'data': 'ab'}");
	assert_true(fake_holder_in_is(&f->guest, "ab"));
	f->guest.room = 0;
	start(f, "console-input", "{'console': 'h', 'data': 'Y2Q=', 'format': 'base64'}");
	assert_int_equal(f->answers, 0);
	f->guest.room = 100;
	chardev_link_in_resume(&f->guest.link);
	assert_int_equal(f->answers, 1);
	assert_null(f->error);
	assert_true(fake_holder_in_is(&f->guest, "abcd"));
	fails(f, "console-input", "{'console': 'h', 'data': '!', 'format': 'base64'}",
		"Base64 data contains invalid characters");
}

static void take_two_at_a_time(struct fake_holder *guest)
{
	guest->room = 2;
}

/* Who has room again at once has never been without, and tells of none. */
static void input_is_longer_than_the_guest_takes_at_once(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	f->guest.room = 2;
	f->guest.in_hook = take_two_at_a_time;
	run(f, "console-input", "{'console': 'h', 'data': 'abcde'}");
	assert_true(fake_holder_in_is(&f->guest, "abcde"));
}

static void input_needs_a_guest(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	fake_holder_detach(&f->guest);
	fails(f, "console-input", "{'console': 'h', 'data': 'x'}", "console 'h' has no guest");
}

static void input_respects_the_keyboard(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0,chardevs.1=f1,typing=one", CHARDEV_LINK_CONSOLE);
	loop_advance(f->loop, 1);
	fake_chardev_type(f->fake[0], "a", 1);
	fails(f, "console-input", "{'console': 'h', 'data': 'x'}",
		"'f0' has the keyboard of console 'h'");
	run(f, "console-input", "{'console': 'h', 'data': 'x', 'force': true}");
	assert_true(fake_holder_in_is(&f->guest, "ax"));
	is_text(json_array_get(run(f, "query-consoles", "{}"), 0), "keyboard", "f0");
	run(f, "console-take", "{'console': 'h', 'member': 'f1'}");
	is_text(json_array_get(run(f, "query-hubs", "{}"), 0), "keyboard", "f1");
	run(f, "console-request", "{'console': 'h', 'member': 'f0'}");
	is_text(json_array_get(run(f, "query-hubs", "{}"), 0), "asker", "f0");
	run(f, "console-refuse", "{'console': 'h'}");
	is_text(json_array_get(run(f, "query-hubs", "{}"), 0), "asker", NULL);
	run(f, "console-give", "{'console': 'h', 'member': 'f0'}");
	is_text(json_array_get(run(f, "query-hubs", "{}"), 0), "keyboard", "f0");
}

/* ---- waiting ---- */

static void a_pattern_is_found_in_any_pieces(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	print(f, "old login: ");
	start(f, "console-wait", "{'console': 'h', 'pattern': '^(log)in: $'}");
	print(f, "\nlog");
	loop_advance(f->loop, 100);
	assert_int_equal(f->answers, 0);
	print(f, "in: ");
	loop_advance(f->loop, 100);
	assert_int_equal(f->answers, 1);
	is_text(f->result, "match", "login: ");
	is_number(f->result, "offset", 12);
	is_number(f->result, "end", 19);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(f->result, "groups"), 0)), "log");
}

static void what_was_there_counts_from_the_offset_only(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	print(f, "a prompt> ");
	start(f, "console-wait", "{'console': 'h', 'pattern': 'prompt>', 'offset': 0}");
	loop_advance(f->loop, 1);
	assert_int_equal(f->answers, 1);
	start(f, "console-wait",
		"{'console': 'h', 'pattern': 'prompt>', 'offset': 3, 'timeout-ms': 500}");
	loop_advance(f->loop, 499);
	assert_int_equal(f->answers, 0);
	loop_advance(f->loop, 1);
	assert_int_equal(f->answers, 1);
	assert_string_equal(error_message(f->error), "console 'h' has not printed it in 500 ms");
}

static void a_long_stream_is_looked_at_in_parts(void **state)
{
	struct fixture *f = *state;
	char line[1000];

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	memset(line, 'x', sizeof(line));
	start(f, "console-wait", "{'console': 'h', 'pattern': 'xyz'}");
	for (int i = 0; i < 100; i++)
		fake_holder_out(&f->guest, line, sizeof(line));
	print(f, "xy");
	loop_advance(f->loop, 100);
	assert_int_equal(f->answers, 0);
	print(f, "z");
	loop_advance(f->loop, 100);
	assert_int_equal(f->answers, 1);
	is_number(f->result, "offset", 100000);
}

/* In several rounds of the loop; those that were left when the time was over count as well. */
static void all_that_is_held_is_looked_at(void **state)
{
	struct fixture *f = *state;
	char line[1000];

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 500; i++)
		fake_holder_out(&f->guest, line, sizeof(line));
	print(f, "needle");
	start(f, "console-wait",
		"{'console': 'h', 'pattern': 'needle', 'offset': 0, 'timeout-ms': 1}");
	loop_advance(f->loop, 1);
	dispatch(f);
	assert_int_equal(f->answers, 1);
	assert_null(f->error);
	is_number(f->result, "offset", 500000);
	start(f, "console-wait",
		"{'console': 'h', 'pattern': 'thread', 'offset': 0, 'timeout-ms': 1}");
	loop_advance(f->loop, 1);
	dispatch(f);
	assert_int_equal(f->answers, 1);
	assert_string_equal(error_message(f->error), "console 'h' has not printed it in 1 ms");
}

static void rows_of_the_screen_are_looked_at_as_they_change(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", CHARDEV_LINK_CONSOLE);
	print(f, "ready 1\r\n");
	start(f, "console-wait", "{'console': 'h', 'pattern': 'ready [0-9]', 'where': 'screen'}");
	loop_advance(f->loop, 100);
	assert_int_equal(f->answers, 0);
	print(f, "re\033[31mady\033[m 2");
	loop_advance(f->loop, 100);
	assert_int_equal(f->answers, 1);
	is_text(f->result, "match", "ready 2");
}

static void patterns_that_cost_too_much_are_refused(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	fails(f, "console-wait", "{'console': 'h', 'pattern': '(a)\\\\1'}",
		"Parameter 'pattern' has a back reference, \\1");
	fails(f, "console-wait", "{'console': 'h', 'pattern': '((a{99}){99}){99}'}",
		"Parameter 'pattern' repeats something more than 1000 times");
	fails(f, "console-wait", "{'console': 'h', 'pattern': 'a{99999999999999999999}'}",
		"Parameter 'pattern' repeats something more than 1000 times");
	start(f, "console-wait", "{'console': 'h', 'pattern': '('}");
	assert_non_null(strstr(error_message(f->error), "is no regular expression: "));
}

static void who_waits_is_told_that_the_console_goes(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	start(f, "console-wait", "{'console': 'h', 'pattern': 'x'}");
	chardev_free(f->hub);
	assert_int_equal(f->answers, 1);
	assert_string_equal(error_message(f->error), "console 'h' has gone");
	dispatch(f);
	f->guest.removed = 0;
}

static void a_command_may_be_cancelled(void **state)
{
	struct fixture *f = *state;

	make_hub(f, "hub,id=h,chardevs.0=f0", 0);
	f->guest.room = 0;
	start(f, "console-wait", "{'console': 'h', 'pattern': 'x'}");
	caller_done(&f->caller);
	caller_init(&f->caller, f->world, NULL, f, "user:ann");
	start(f, "console-input", "{'console': 'h', 'data': 'x'}");
	caller_done(&f->caller);
	caller_init(&f->caller, f->world, NULL, f, "user:ann");
	print(f, "x");
	loop_advance(f->loop, 1000);
	assert_int_equal(f->answers, 0);
}

/* ---- events ---- */

static void on_events(void *data)
{
	(void)data;
}

static void hubs_publish_what_happens(void **state)
{
	struct fixture *f = *state;
	static const struct event_desc *const expected[] = { &event_hub_member_typed,
		&event_hub_keyboard, &event_hub_member_left, &event_console_resized };
	struct event_listener *listener;
	const struct event *event;
	unsigned found = 0;
	uint64_t lost;

	make_hub(f, "hub,id=h,chardevs.0=f0,typing=one", CHARDEV_LINK_CONSOLE);
	listener = event_listen(world_events(f->world), on_events, NULL);
	loop_advance(f->loop, 1);
	fake_chardev_type(f->fake[0], "a", 1);
	run(f, "console-resize", "{'console': 'h', 'cols': 90, 'rows': 20}");
	run(f, "hub-remove-member", "{'hub': 'h', 'chardev': 'f0'}");
	while ((event = event_take(listener, &lost))) {
		is_text(event->data, "hub", "h");
		assert_int_equal(type_check_fields(event->desc->data, event->data, NULL, NULL), 0);
		for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
			if (event->desc == expected[i])
				found |= 1u << i;
	}
	assert_int_equal(found, 0xf);
	event_unlisten(listener);
}

#define console_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		console_test(hubs_tell_who_takes_part),
		console_test(members_are_added_changed_and_removed),
		console_test(peers_are_sent_away_with_a_reason),
		console_test(consoles_tell_what_stands_there),
		console_test(the_last_line_of_bytes_has_no_control_characters),
		console_test(a_console_gets_another_size),
		console_test(the_screen_is_text_cells_or_a_picture),
		console_test(a_picture_may_be_left_undrawn),
		console_test(a_large_screen_is_read_in_rounds),
		console_test(a_screen_may_be_left_unread),
		console_test(a_stream_of_bytes_has_no_screen),
		console_test(history_is_given_by_offset_lines_and_time),
		console_test(lines_may_be_long_and_empty),
		console_test(what_is_not_held_any_more_says_what_is),
		console_test(input_waits_until_the_guest_takes_it),
		console_test(input_is_longer_than_the_guest_takes_at_once),
		console_test(input_needs_a_guest),
		console_test(input_respects_the_keyboard),
		console_test(a_pattern_is_found_in_any_pieces),
		console_test(what_was_there_counts_from_the_offset_only),
		console_test(a_long_stream_is_looked_at_in_parts),
		console_test(all_that_is_held_is_looked_at),
		console_test(rows_of_the_screen_are_looked_at_as_they_change),
		console_test(patterns_that_cost_too_much_are_refused),
		console_test(who_waits_is_told_that_the_console_goes),
		console_test(a_command_may_be_cancelled),
		console_test(hubs_publish_what_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
