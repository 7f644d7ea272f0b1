/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "lib/env.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_file_class, NULL };

static int setup(void **state)
{
	*state = env_new(classes);
	return 0;
}

static int teardown(void **state)
{
	env_free(*state);
	return 0;
}

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_file_is(const char *path, const char *text)
{
	char buf[512];
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(buf, 1, sizeof(buf) - 1, file);
	fclose(file);
	buf[len] = 0;
	assert_string_equal(buf, text);
}

static void output_replaces_the_file(void **state)
{
	struct env *env = *state;

	put_file(env_path(env, "f"), "old text that is longer");
	env_attach(env, env_add(env, "file,id=f,path=%s/f"));
	assert_int_equal(fake_holder_out(&env->holder, "hello!", 6), 6);
	assert_file_is(env_path(env, "f"), "hello!");
}

static void append_keeps_what_was_there(void **state)
{
	struct env *env = *state;

	put_file(env_path(env, "f"), "old,");
	env_attach(env, env_add(env, "file,id=f,append=on,path=%s/f"));
	assert_int_equal(fake_holder_out(&env->holder, "new", 3), 3);
	assert_file_is(env_path(env, "f"), "old,new");
}

static void input_file_is_read_to_its_end_and_output_goes_on(void **state)
{
	struct env *env = *state;
	struct chardev *file;

	put_file(env_path(env, "i"), "typed by a file");
	file = env_add(env, "file,id=f,path=/dev/null,input-path=%s/i");
	env->holder.room = 5;
	env_attach(env, file);
	RUN_UNTIL(env->loop, env->holder.in.len == 5);
	run_idle(env->loop);
	assert_true(fake_holder_in_is(&env->holder, "typed"));
	fake_holder_set_room(&env->holder, SIZE_MAX);
	RUN_UNTIL(env->loop, env->holder.in.len == 15);
	run_idle(env->loop);
	assert_true(fake_holder_in_is(&env->holder, "typed by a file"));
	assert_true(chardev_is_open(file));
	assert_int_equal(env->holder.closed, 0);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), 1);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
}

static void input_comes_from_a_fifo_and_a_break_by_command(void **state)
{
	struct env *env = *state;
	struct error *err = NULL;
	int fd;

	assert_int_equal(mkfifo(env_path(env, "i"), 0600), 0);
	env_attach(env, env_add(env, "file,id=f,path=/dev/null,input-path=%s/i"));
	assert_int_equal(chardev_set_send_break(env->set, "fie", &err), -ENOENT);
	error_free(err);
	assert_int_equal(env->holder.breaks, 0);
	assert_int_equal(chardev_set_send_break(env->set, "f", NULL), 0);
	assert_int_equal(env->holder.breaks, 1);
	fd = open(env_path(env, "i"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "fifo-in", 8), 8);
	RUN_UNTIL(env->loop, env->holder.in.len == 8);
	assert_memory_equal(env->holder.in.data, "fifo-in", 8);
	close(fd);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
}

static void fifo_without_a_reader_keeps_what_fits(void **state)
{
	struct env *env = *state;
	char buf[4096] = "", back[8] = "";
	int fd;

	assert_int_equal(mkfifo(env_path(env, "o"), 0600), 0);
	env_attach(env, env_add(env, "file,id=f,path=%s/o"));
	assert_int_equal(fake_holder_out(&env->holder, "first", 5), 5);
	while (fake_holder_out(&env->holder, buf, sizeof(buf)) == (ssize_t)sizeof(buf))
		continue;
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	assert_int_equal(env->holder.room_calls, 0);
	fd = open(env_path(env, "o"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, back, 5), 5);
	assert_string_equal(back, "first");
	while (env->holder.room_calls == 0) {
		assert_true(read(fd, buf, sizeof(buf)) > 0);
		loop_step(env->loop, false);
	}
	run_idle(env->loop);
	assert_int_equal(env->holder.room_calls, 1);
	close(fd);
}

static void full_disk_is_told_each_time_and_forgotten(void **state)
{
	struct env *env = *state;
	struct chardev *file = env_add(env, "file,id=f,path=/dev/full");

	env_attach(env, file);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -ENOSPC);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -ENOSPC);
	assert_true(chardev_is_open(file));
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
}

static void file_that_stops_growing_is_a_short_accept_then_an_error(void **state)
{
	struct env *env = *state;
	struct rlimit old, low;

	signal(SIGXFSZ, SIG_IGN);
	env_attach(env, env_add(env, "file,id=f,path=%s/f"));
	getrlimit(RLIMIT_FSIZE, &old);
	low = old;
	low.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &low);
	assert_int_equal(fake_holder_out(&env->holder, "0123456789abcdef", 16), 10);
	RUN_UNTIL(env->loop, env->holder.room_calls == 1);
	assert_int_equal(fake_holder_out(&env->holder, "abcdef", 6), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(fake_holder_out(&env->holder, "abcdef", 6), 6);
	assert_file_is(env_path(env, "f"), "0123456789abcdef");
}

static void bad_paths_are_errors_that_name_them(void **state)
{
	unsigned before = open_fds();

	env_add_fails(*state, "file,id=f", "chardev: file: no filename given");
	env_add_fails(*state, "file,id=f,path=/nonexistent/x",
		"Could not open '/nonexistent/x': No such file or directory");
	env_add_fails(*state, "file,id=f,path=/tmp", "Could not open '/tmp': Is a directory");
	env_add_fails(*state, "file,id=f,path=", "Could not open '': No such file or directory");
	env_add_fails(*state, "file,id=f,path=/dev/null,input-path=/nonexistent/y",
		"Could not open '/nonexistent/y': No such file or directory");
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(output_replaces_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(append_keeps_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(
			input_file_is_read_to_its_end_and_output_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(
			input_comes_from_a_fifo_and_a_break_by_command, setup, teardown),
		cmocka_unit_test_setup_teardown(
			fifo_without_a_reader_keeps_what_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(
			full_disk_is_told_each_time_and_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(
			file_that_stops_growing_is_a_short_accept_then_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(
			bad_paths_are_errors_that_name_them, setup, teardown),
	};

	return cmocka_run_group_tests_name("backend/file", tests, NULL, NULL);
}
