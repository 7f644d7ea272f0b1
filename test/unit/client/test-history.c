/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "client/history.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/**
 * struct rig - a session, and the daemon's end of it, which has given all its answers already
 */
struct rig {
	struct session session;
	int daemon;
	struct history history;
	struct error *err;
};

static void start(struct rig *rig)
{
	int fds[2];

	*rig = (struct rig){ 0 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	rig->session = (struct session){ .connection = { .fd = fds[0] }, .events = json_array() };
	rig->daemon = fds[1];
}

static void stop(struct rig *rig)
{
	history_done(&rig->history);
	session_close(&rig->session);
	error_free(rig->err);
	if (rig->daemon >= 0)
		close(rig->daemon);
}

static void answer(struct rig *rig, const char *line)
{
	assert_int_equal(write(rig->daemon, line, strlen(line)), strlen(line));
}

/* @data: in base64 */
static void give(struct rig *rig, unsigned offset, const char *data, unsigned next, unsigned end)
{
	char line[256];

	snprintf(line, sizeof(line),
		"{\"return\": {\"offset\": %u, \"data\": \"%s\", \"next\": %u, \"end\": %u}}\n",
		offset, data, next, end);
	answer(rig, line);
}

static void refuse(struct rig *rig, const char *why)
{
	char line[256];

	snprintf(line, sizeof(line),
		"{\"error\": {\"class\": \"GenericError\", \"desc\": \"%s\"}}\n", why);
	answer(rig, line);
}

/* The daemon answers no more: the connection is lost behind what it has said. */
static void lose(struct rig *rig)
{
	shutdown(rig->daemon, SHUT_WR);
}

static int read_all(struct rig *rig)
{
	return history_read(&rig->session, "vm", NULL, &rig->history, &rig->err);
}

static void check(const struct rig *rig, const char *text, unsigned end, unsigned missed)
{
	assert_int_equal(rig->history.bytes.len, strlen(text));
	assert_memory_equal(rig->history.bytes.data, text, strlen(text));
	assert_int_equal(rig->history.end, end);
	assert_int_equal(rig->history.missed, missed);
}

static void all_pieces_are_one_text(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	give(&rig, 10, "YWJj", 13, 16);
	give(&rig, 13, "ZGVm", 16, 16);
	assert_int_equal(read_all(&rig), 0);
	check(&rig, "abcdef", 16, 0);
	stop(&rig);
}

static void what_is_missing_before_is_counted_where_all_was_asked_for(void **state)
{
	AUTO_JSON json_t *range = json_pack("{s:i}", "lines", 1);
	const char *piece = "{\"return\": {\"offset\": 10, \"data\": \"YWJj\", \"next\": 13, "
			    "\"end\": 13, \"held-from\": 10, \"kept\": 4}}\n";
	struct rig rig;

	(void)state;
	start(&rig);
	answer(&rig, piece);
	assert_int_equal(read_all(&rig), 0);
	check(&rig, "abc", 13, 6);
	assert_int_equal(rig.history.kept, 4);
	stop(&rig);
	start(&rig);
	answer(&rig, piece);
	assert_int_equal(history_read(&rig.session, "vm", range, &rig.history, &rig.err), 0);
	check(&rig, "abc", 13, 0);
	stop(&rig);
}

static void what_is_printed_meanwhile_is_not_waited_for(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	give(&rig, 10, "YWJj", 13, 15);
	give(&rig, 13, "ZGVm", 16, 99);
	assert_int_equal(read_all(&rig), 0);
	check(&rig, "abcdef", 16, 0);
	stop(&rig);
}

static void what_goes_meanwhile_is_counted_and_the_rest_follows(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	give(&rig, 10, "YWJj", 13, 50);
	refuse(&rig, "offset 13 of console 'vm' is not held any more");
	give(&rig, 40, "ZGVm", 43, 60);
	give(&rig, 43, "Z2hp", 60, 70);
	assert_int_equal(read_all(&rig), 0);
	check(&rig, "abc\ndefghi", 60, 27);
	stop(&rig);
}

static void a_lost_connection_is_no_end(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	give(&rig, 10, "YWJj", 13, 50);
	lose(&rig);
	assert_int_equal(read_all(&rig), -EPIPE);
	assert_string_equal(error_message(rig.err), "the daemon has closed the connection");
	stop(&rig);
}

static void a_console_that_is_unmade_meanwhile_is_an_error(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	give(&rig, 10, "YWJj", 13, 50);
	refuse(&rig, "there is no console 'vm'");
	refuse(&rig, "there is no console 'vm'");
	assert_int_equal(read_all(&rig), -EREMOTE);
	assert_string_equal(error_message(rig.err), "there is no console 'vm'");
	stop(&rig);
}

static void a_range_that_is_not_held_is_an_error(void **state)
{
	AUTO_JSON json_t *range = json_pack("{s:i}", "offset", 5);
	struct rig rig;

	(void)state;
	start(&rig);
	refuse(&rig, "offset 5 of console 'vm' is not held any more");
	assert_int_equal(history_read(&rig.session, "vm", range, &rig.history, &rig.err), -EREMOTE);
	assert_string_equal(
		error_message(rig.err), "offset 5 of console 'vm' is not held any more");
	stop(&rig);
}

static void a_daemon_that_gives_nothing_is_not_asked_for_ever(void **state)
{
	struct rig rig;

	(void)state;
	start(&rig);
	give(&rig, 10, "YWJj", 13, 50);
	give(&rig, 13, "", 13, 50);
	assert_int_equal(read_all(&rig), -EPROTO);
	stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pieces_are_one_text),
		cmocka_unit_test(what_is_missing_before_is_counted_where_all_was_asked_for),
		cmocka_unit_test(what_is_printed_meanwhile_is_not_waited_for),
		cmocka_unit_test(what_goes_meanwhile_is_counted_and_the_rest_follows),
		cmocka_unit_test(a_lost_connection_is_no_end),
		cmocka_unit_test(a_console_that_is_unmade_meanwhile_is_an_error),
		cmocka_unit_test(a_range_that_is_not_held_is_an_error),
		cmocka_unit_test(a_daemon_that_gives_nothing_is_not_asked_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
