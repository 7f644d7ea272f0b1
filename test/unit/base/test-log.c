/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* A sink that keeps the lines, and a clock that stands still. */
static struct {
	struct log_sink sink;
	char text[64 * 1024];
	size_t len;
	unsigned lines;
	uint64_t now_ms, wake_ms; /* 0: not asked for */
} seen;

static void keep_line(struct log_sink *sink, const char *line, size_t len)
{
	assert_ptr_equal(sink, &seen.sink);
	assert_int_equal(line[len - 1], '\n');
	assert_ptr_equal(memchr(line, '\n', len), line + len - 1);
	assert_true(seen.len + len < sizeof(seen.text));
	memcpy(seen.text + seen.len, line, len);
	seen.len += len;
	seen.lines++;
}

static uint64_t tell_time(struct log_sink *sink)
{
	assert_ptr_equal(sink, &seen.sink);
	return seen.now_ms;
}

static void note_held(struct log_sink *sink, uint64_t ms)
{
	assert_ptr_equal(sink, &seen.sink);
	seen.wake_ms = seen.now_ms + ms;
}

static int setup(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	seen.sink = (struct log_sink){ .line = keep_line, .now_ms = tell_time, .held = note_held };
	seen.now_ms = 1000;
	log_set_name("test");
	log_set_sink(&seen.sink);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_set_sink(NULL);
	log_set_level(LOG_INFO);
	log_set_folders(NULL);
	return 0;
}

static void assert_told(const char *text)
{
	seen.text[seen.len] = 0;
	assert_string_equal(seen.text, text);
	seen.len = seen.lines = 0;
}

/* What a loop's timer does. */
static void wake(void)
{
	assert_int_not_equal(seen.wake_ms, 0);
	seen.now_ms = seen.wake_ms;
	seen.wake_ms = 0;
	log_tell_held();
}

static void stall(const char *member, int times)
{
	for (int i = 1; i <= times; i++)
		log_info("hub 'h': member %s stalled, %d", member, i);
}

static void open_file(const char *id, int times)
{
	for (int i = 1; i <= times; i++)
		log_warning("chardev '%s': nobody reads, %d", id, i);
}

static void a_line_has_name_level_and_no_control_characters(void **state)
{
	(void)state;
	log_error("no %s", "a\033[2Jb\n");
	log_warning("be ware");
	log_info("so it is");
	assert_told("test: no a?[2Jb?\n"
		    "test: warning: be ware\n"
		    "test: info: so it is\n");
}

static void what_is_too_long_is_cut_and_still_a_line(void **state)
{
	char text[3 * LOG_LINE_BYTES];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	log_error("%s", text);
	assert_int_equal(seen.lines, 1);
	assert_true(seen.len > LOG_LINE_BYTES / 2 && seen.len <= LOG_LINE_BYTES);
}

static void a_kind_is_told_some_times_and_then_counted(void **state)
{
	(void)state;
	open_file("a", 317);
	assert_int_equal(seen.lines, LOG_KIND_LINES);
	seen.len = seen.lines = 0;
	wake();
	assert_told("test: warning: chardev 'a': nobody reads, 317 (and 311 more)\n");
	assert_int_equal(seen.now_ms, 1000 + LOG_KIND_MS);
}

static void one_line_held_back_is_told_as_it_is(void **state)
{
	(void)state;
	open_file("a", LOG_KIND_LINES + 1);
	seen.len = 0;
	wake();
	assert_told("test: warning: chardev 'a': nobody reads, 6\n");
}

static void a_noisy_object_does_not_hide_another(void **state)
{
	(void)state;
	open_file("a", 1000);
	seen.len = 0;
	open_file("b", 1);
	stall("m", 1);
	assert_told("test: warning: chardev 'b': nobody reads, 1\n"
		    "test: info: hub 'h': member m stalled, 1\n");
}

static void members_of_a_hub_do_not_hide_each_other(void **state)
{
	static const char *const members[] = { "a", "b" };

	(void)state;
	for (int i = 0; i < 100; i++)
		log_info("hub '%s': member '%s' stalled", "h", members[0]);
	seen.len = 0;
	log_info("hub '%s': member '%s' stalled", "h", members[1]);
	assert_told("test: info: hub 'h': member 'b' stalled\n");
}

static void what_a_peer_quotes_makes_no_new_kind(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "'%d' is no name", i);
		log_warning("vnc: %s: refused: %s", "1.2.3.4", text);
	}
	assert_int_equal(seen.lines, LOG_KIND_LINES);
}

static void errors_are_of_the_object_that_they_name(void **state)
{
	struct error *err;

	(void)state;
	for (int i = 0; i < 100; i++) {
		err = NULL;
		error_set(&err, EIO, "chardev '%s': no", i < 99 ? "a" : "b");
		log_report(LOG_ERROR, err);
	}
	assert_int_equal(seen.lines, LOG_KIND_LINES + 1);
}

static void while_it_goes_on_a_kind_is_told_ever_less(void **state)
{
	uint64_t start_ms = seen.now_ms, hour_ms = 3600 * 1000;
	unsigned lines = 0;

	(void)state;
	while (seen.now_ms < start_ms + hour_ms) {
		open_file("a", 100);
		wake();
	}
	lines = seen.lines;
	assert_true(lines <= LOG_KIND_LINES + 7 + hour_ms / LOG_KIND_MS_MAX);
	assert_true(lines >= hour_ms / LOG_KIND_MS_MAX);
}

static void after_a_rest_a_kind_is_told_at_once_again(void **state)
{
	(void)state;
	open_file("a", 100);
	wake();
	seen.now_ms += 2 * LOG_KIND_MS;
	seen.len = 0;
	open_file("a", 1);
	assert_told("test: warning: chardev 'a': nobody reads, 1\n");
}

static void lines_held_back_keep_their_order(void **state)
{
	(void)state;
	stall("m", LOG_KIND_LINES);
	open_file("a", LOG_KIND_LINES + 2);
	stall("n", 2);
	seen.len = 0;
	seen.now_ms += LOG_KIND_MS;
	log_tell_held();
	assert_told("test: warning: chardev 'a': nobody reads, 7 (and 1 more)\n"
		    "test: info: hub 'h': member n stalled, 2 (and 1 more)\n");
}

static void a_line_not_due_yet_is_asked_for_again(void **state)
{
	(void)state;
	open_file("a", LOG_KIND_LINES + 1);
	seen.now_ms += LOG_KIND_MS / 2;
	open_file("b", LOG_KIND_LINES + 1);
	wake();
	assert_int_equal(seen.wake_ms, 1000 + LOG_KIND_MS + LOG_KIND_MS / 2);
	seen.len = 0;
	wake();
	assert_told("test: warning: chardev 'b': nobody reads, 6\n");
	assert_int_equal(seen.wake_ms, 0);
}

static void more_objects_than_rows_share_one(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%d", i);
		open_file(id, 1);
	}
	assert_true(seen.lines < 100);
	seen.len = 0;
	wake();
	assert_non_null(strstr(seen.text, "chardev '999': nobody reads, 1 (and "));
}

static void taking_the_sink_away_tells_what_was_held_back(void **state)
{
	(void)state;
	open_file("a", LOG_KIND_LINES + 3);
	seen.len = 0;
	log_set_sink(NULL);
	assert_told("test: warning: chardev 'a': nobody reads, 8 (and 2 more)\n");
}

static int count_call(int *calls)
{
	return ++*calls;
}

static void traces_are_off_until_asked_for_and_cost_nothing(void **state)
{
	int calls = 0;

	(void)state;
	log_debug("%d", count_call(&calls));
	assert_int_equal(calls, 0);
	assert_told("");
	log_set_level(LOG_DEBUG);
	log_debug("%d", count_call(&calls));
	assert_told("test: debug: base: 1\n");
}

static void traces_come_from_the_folders_asked_for(void **state)
{
	(void)state;
	log_set_level(LOG_DEBUG);
	log_set_folders("vnc,io");
	log_debug("not here");
	log_trace("../src/vnc/viewer.c", "here");
	log_trace("src/io/loop.c", "and here");
	log_trace("../src/vn/viewer.c", "not here");
	assert_told("test: debug: vnc: here\n"
		    "test: debug: io: and here\n");
}

static void traces_leave_the_level_alone(void **state)
{
	(void)state;
	log_set_level(LOG_WARNING);
	log_trace_folders("base");
	log_debug("here");
	log_trace("src/io/loop.c", "not here");
	log_info("not asked for");
	assert_true(log_folder_is_traced("base"));
	log_trace_folders(NULL);
	log_debug("no more");
	log_info("not asked for");
	log_warning("as before");
	assert_told("test: debug: base: here\n"
		    "test: warning: as before\n");
	assert_false(log_folder_is_traced("base"));
}

static void without_traces_debug_is_info(void **state)
{
	(void)state;
	log_set_level(LOG_DEBUG);
	log_trace_folders(NULL);
	log_debug("no");
	log_info("yes");
	assert_told("test: info: yes\n");
}

static void traces_are_not_counted(void **state)
{
	(void)state;
	log_set_level(LOG_DEBUG);
	for (int i = 0; i < 100; i++)
		log_debug("frame %d", i);
	assert_int_equal(seen.lines, 100);
}

static void the_place_stands_behind_the_name(void **state)
{
	char place[LOG_LINE_BYTES];

	(void)state;
	log_set_place(" -chardev null,\n");
	log_warning("be ware");
	log_hint("that is, %s", "look");
	log_set_place("vm.cfg:12");
	log_error("no");
	memset(place, 'p', sizeof(place));
	place[sizeof(place) - 1] = '\0';
	log_set_place(NULL);
	log_info("so it is");
	assert_told("test: -chardev null,?: warning: be ware\n"
		    "that is, look\n"
		    "test:vm.cfg:12: no\n"
		    "test: info: so it is\n");
	log_set_place(place);
	log_error("what is told has room behind a long place");
	log_set_place(NULL);
	seen.text[seen.len] = 0;
	assert_non_null(strstr(seen.text, "pp...: what is told has room behind a long place\n"));
}

static void an_error_is_told_with_its_hint(void **state)
{
	struct error *err = NULL;

	(void)state;
	error_set(&err, EINVAL, "chardev 'a': no");
	error_set_hint(&err, "try this\nor that");
	log_report(LOG_ERROR, err);
	assert_told("test: chardev 'a': no\n"
		    "try this\n"
		    "or that\n");
}

static void levels_have_names(void **state)
{
	(void)state;
	assert_int_equal(log_level_find("error", 5), LOG_ERROR);
	assert_int_equal(log_level_find("debug,vnc", 5), LOG_DEBUG);
	assert_int_equal(log_level_find("debug,vnc", 6), -EINVAL);
	assert_int_equal(log_level_find("", 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_line_has_name_level_and_no_control_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_too_long_is_cut_and_still_a_line, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_kind_is_told_some_times_and_then_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_line_held_back_is_told_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_noisy_object_does_not_hide_another, setup, teardown),
		cmocka_unit_test_setup_teardown(
			members_of_a_hub_do_not_hide_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_a_peer_quotes_makes_no_new_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(
			errors_are_of_the_object_that_they_name, setup, teardown),
		cmocka_unit_test_setup_teardown(
			while_it_goes_on_a_kind_is_told_ever_less, setup, teardown),
		cmocka_unit_test_setup_teardown(
			after_a_rest_a_kind_is_told_at_once_again, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_held_back_keep_their_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_line_not_due_yet_is_asked_for_again, setup, teardown),
		cmocka_unit_test_setup_teardown(more_objects_than_rows_share_one, setup, teardown),
		cmocka_unit_test_setup_teardown(
			taking_the_sink_away_tells_what_was_held_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			traces_are_off_until_asked_for_and_cost_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			traces_come_from_the_folders_asked_for, setup, teardown),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test_setup_teardown(traces_leave_the_level_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(without_traces_debug_is_info, setup, teardown),
		cmocka_unit_test_setup_teardown(traces_are_not_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(the_place_stands_behind_the_name, setup, teardown),
		cmocka_unit_test_setup_teardown(an_error_is_told_with_its_hint, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
