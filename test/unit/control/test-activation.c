/* SPDX-License-Identifier: MIT */
#include "control/activation.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static void set_env(int pid, const char *n, const char *names)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", n, 1);
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
	else
		unsetenv("LISTEN_FDNAMES");
}

/* What becomes of `fd=@text`. */
static void expect(const struct activation *activation, const char *text, int r, const char *fd,
	const char *message)
{
	AUTO_OPTS struct opts *opts = NULL;
	AUTO_ERROR struct error *err = NULL;

	assert_int_equal(opts_parse(text, "backend", &opts, NULL), 0);
	assert_int_equal(activation_resolve(activation, opts, &err), r);
	if (fd)
		assert_string_equal(opts_text(opts, "fd"), fd);
	if (message)
		assert_string_equal(error_message(err), message);
}

static void names_become_numbers(void **state)
{
	struct activation activation;

	(void)state;
	set_env((int)getpid(), "3", "web:console:twice:twice");
	activation_init(&activation);
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
	expect(&activation, "socket,fd=web", 0, "3", NULL);
	expect(&activation, "socket,fd=console", 0, "4", NULL);
	expect(&activation, "socket,fd=twice", 0, "5", NULL);
	expect(&activation, "socket,fd=7", 0, "7", NULL);
	expect(&activation, "socket,path=x", 0, NULL, NULL);
	expect(&activation, "socket,fd=con", -ENOENT, "con",
		"File descriptor named 'con' has not been found");
	activation_done(&activation);
}

static void a_name_means_one_socket(void **state)
{
	struct activation activation;

	(void)state;
	set_env((int)getpid(), "2", "a:a");
	activation_init(&activation);
	expect(&activation, "socket,fd=a", -EEXIST, "a", "several sockets are called 'a'");
	activation_done(&activation);
}

static void expect_close_on_exec(int fd, int flag)
{
	assert_int_equal(fcntl(fd, F_GETFD), flag);
}

/* Two sockets, then one of them and what is no socket of the manager's under the number. */
static void what_is_open_yet_is_left_to_the_next_program(void **state)
{
	struct activation activation, next;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(dup2(fds[0], 3), 3);
	assert_int_equal(dup2(fds[1], 4), 4);
	set_env((int)getpid(), "2", "web:metrics");
	activation_init(&activation);
	expect_close_on_exec(3, FD_CLOEXEC);
	assert_int_equal(dup2(0, 4), 4);
	assert_int_equal(activation_set_env(&activation), 0);
	expect_close_on_exec(3, 0);
	assert_string_equal(getenv("LISTEN_FDNAMES"), "web:");
	activation_init(&next);
	expect(&next, "socket,fd=web", 0, "3", NULL);
	expect(&next, "socket,fd=metrics", -ENOENT, "metrics", NULL);
	assert_int_equal(activation_set_env(&activation), 0);
	activation_unset_env(&activation);
	assert_null(getenv("LISTEN_FDS"));
	expect_close_on_exec(3, FD_CLOEXEC);
	activation_done(&activation);
	activation_done(&next);
	close(4);
	if (fds[0] != 3)
		close(3);
	close(fds[0]);
	close(fds[1]);
}

static void what_is_taken_is_no_socket_any_more(void **state)
{
	struct activation activation;

	(void)state;
	set_env((int)getpid(), "4", "web:kept:kept:metrics");
	activation_init(&activation);
	assert_int_equal(activation_take(&activation, "keep"), -ENOENT);
	assert_int_equal(activation_take(&activation, "kept"), 4);
	expect(&activation, "socket,fd=kept", 0, "5", NULL);
	assert_int_equal(activation_take(&activation, "kept"), 5);
	assert_int_equal(activation_take(&activation, "kept"), -ENOENT);
	assert_string_equal(activation.names, "web:::metrics");
	expect(&activation, "socket,fd=metrics", 0, "6", NULL);
	activation_done(&activation);
}

/* Not even where its number is still open. */
static void what_is_taken_is_not_left_to_the_next_program(void **state)
{
	struct activation activation;

	(void)state;
	assert_int_equal(dup2(0, 3), 3);
	set_env((int)getpid(), "1", "kept");
	activation_init(&activation);
	assert_int_equal(activation_take(&activation, "kept"), 3);
	assert_int_equal(activation_set_env(&activation), 0);
	expect_close_on_exec(3, FD_CLOEXEC);
	activation_unset_env(&activation);
	activation_done(&activation);
	close(3);
}

static void what_is_not_ours_is_not_used(void **state)
{
	static const char *const counts[] = { "1", "-1", "x", "1025", "" };
	struct activation activation;

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		set_env((int)getpid() + (i == 0), counts[i], "a");
		activation_init(&activation);
		assert_int_equal(activation.n, 0);
		expect(&activation, "socket,fd=a", -ENOENT, NULL,
			"File descriptor named 'a' has not been found");
		activation_done(&activation);
	}
	set_env((int)getpid(), "1", NULL);
	activation_init(&activation);
	expect(&activation, "socket,fd=a", -ENOENT, NULL, NULL);
	activation_done(&activation);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_numbers),
		cmocka_unit_test(a_name_means_one_socket),
		cmocka_unit_test(what_is_open_yet_is_left_to_the_next_program),
		cmocka_unit_test(what_is_taken_is_no_socket_any_more),
		cmocka_unit_test(what_is_taken_is_not_left_to_the_next_program),
		cmocka_unit_test(what_is_not_ours_is_not_used),
	};

	return cmocka_run_group_tests_name("prog/activation", tests, NULL, NULL);
}
