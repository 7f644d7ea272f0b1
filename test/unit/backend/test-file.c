/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "lib/env.h"
#include "lib/files.h"

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

static void output_replaces_the_file(void **state)
{
	struct env *env = *state;

	put_file(env_path(env, "f"), "old text that is longer");
	env_attach(env, env_add(env, "file,id=f,path=%s/f"));
	assert_int_equal(fake_holder_out(&env->holder, "hello!", 6), 6);
	wait_for_file(env->loop, env_path(env, "f"), "hello!");
}

static void append_keeps_what_was_there(void **state)
{
	struct env *env = *state;

	put_file(env_path(env, "f"), "old,");
	env_attach(env, env_add(env, "file,id=f,append=on,path=%s/f"));
	assert_int_equal(fake_holder_out(&env->holder, "new", 3), 3);
	wait_for_file(env->loop, env_path(env, "f"), "old,new");
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

/* Return: how many bytes were taken before the file was full. */
static size_t offer_until_short(struct env *env)
{
	static const char block[4096];
	size_t total = 0;
	ssize_t done;

	do {
		done = fake_holder_out(&env->holder, block, sizeof(block));
		assert_true(done >= 0);
		total += (size_t)done;
	} while (done == sizeof(block));
	return total;
}

static void limit_file_size(rlim_t size)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void full_disk_is_short_accepts_for_who_can_wait(void **state)
{
	struct env *env = *state;
	struct chardev *file;
	size_t total;

	loop_fake_clock(env->loop);
	file = env_add(env, "file,id=f,path=%s/f");
	env_attach(env, file);
	chardev_link_set_flags(&env->holder.link, CHARDEV_LINK_PATIENT);
	limit_file_size(0);
	total = offer_until_short(env);
	loop_step(env->loop, true); /* hears of the error */
	run_idle(env->loop);
	assert_int_equal(env->holder.room_calls, 0);
	assert_true(chardev_is_open(file));
	limit_file_size(RLIM_INFINITY);
	while (!env->holder.room_calls) { /* the error may be heard of only now */
		loop_advance(env->loop, 1000);
		loop_step(env->loop, false);
	}
	assert_int_equal(env->holder.room_calls, 1);
	wait_for_size(env->loop, env_path(env, "f"), total);
}

static void full_disk_is_gaps_for_who_cannot(void **state)
{
	struct env *env = *state;
	char want[128];
	size_t total;
	int len;

	loop_fake_clock(env->loop);
	env_attach(env, env_add(env, "file,id=f,path=%s/f"));
	limit_file_size(0);
	total = offer_until_short(env);
	RUN_UNTIL(env->loop, env->holder.room_calls == 1);
	assert_int_equal(fake_holder_out(&env->holder, "lost", 4), 4);
	limit_file_size(RLIM_INFINITY);
	loop_advance(env->loop, 1000);
	wait_for_size(env->loop, env_path(env, "f"), total);
	len = snprintf(want, sizeof(want), "\n[charhub: 4 bytes are missing here]\n");
	while (!file_has_size(env_path(env, "f"), total + (size_t)len)) {
		loop_advance(env->loop, 1000);
		loop_step(env->loop, false); /* hears that what was before is written */
	}
	assert_int_equal(fake_holder_out(&env->holder, "found", 5), 5);
	wait_for_size(env->loop, env_path(env, "f"), total + (size_t)len + 5);
}

static void goes_on_in_a_new_file_after_it_was_moved(void **state)
{
	struct env *env = *state;
	char moved[64];

	env_attach(env, env_add(env, "file,id=f,path=%s/f"));
	fake_holder_out(&env->holder, "before", 6);
	wait_for_file(env->loop, env_path(env, "f"), "before");
	snprintf(moved, sizeof(moved), "%s/moved", env->dir);
	assert_int_equal(rename(env_path(env, "f"), moved), 0);
	chardev_set_reopen_files(env->set);
	fake_holder_out(&env->holder, "after", 5);
	wait_for_file(env->loop, env_path(env, "f"), "after");
	assert_true(file_is(moved, "before"));
}

static void made_with_the_mode_asked_for(void **state)
{
	struct env *env = *state;
	struct stat st;

	env_add(env, "file,id=f,path=%s/f");
	assert_int_equal(stat(env_path(env, "f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	env_add(env, "file,id=g,path=%s/g,mode=600");
	assert_int_equal(stat(env_path(env, "g"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	env_add_fails(env, "file,id=h,path=%s/h,mode=rw",
		"Parameter 'mode' expects three octal digits such as 0640, not 'rw'");
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
			full_disk_is_short_accepts_for_who_can_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(full_disk_is_gaps_for_who_cannot, setup, teardown),
		cmocka_unit_test_setup_teardown(
			goes_on_in_a_new_file_after_it_was_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(made_with_the_mode_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(
			bad_paths_are_errors_that_name_them, setup, teardown),
	};

	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests_name("backend/file", tests, NULL, NULL);
}
