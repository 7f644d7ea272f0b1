/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "lib/env.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_pty_class, NULL };

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

static int open_slave(const struct chardev *chardev)
{
	AUTO_FREE char *text = chardev_describe(chardev);
	int fd;

	assert_non_null(text);
	assert_memory_equal(text, "pty:/dev/pts/", 13);
	fd = open(text + 4, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

static void reader_is_noticed_when_it_comes_and_goes(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	struct fake_holder *holder = &env->holder;

	env_attach(env, pty);
	run_idle(env->loop);
	assert_false(chardev_is_open(pty));
	assert_int_equal(fake_holder_out(holder, "lost", 4), -EPIPE);
	for (unsigned i = 1; i <= 50; i++) {
		int slave = open_slave(pty);

		RUN_UNTIL(env->loop, holder->opened == i);
		assert_int_equal(fake_holder_out(holder, "x", 1), 1);
		close(slave);
		RUN_UNTIL(env->loop, holder->hangups == i);
		assert_int_equal(fake_holder_out(holder, "x", 1), -EPIPE);
	}
	assert_int_equal(holder->closed, 50);
}

static void second_opener_is_no_second_peer(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int first = open_slave(pty), second;

	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	second = open_slave(pty);
	run_idle(env->loop);
	close(first);
	run_idle(env->loop);
	assert_true(chardev_is_open(pty));
	close(second);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_int_equal(env->holder.opened, 1);
}

static void bytes_written_before_anybody_looked_arrive(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slave = open_slave(pty);

	assert_int_equal(write(slave, "early", 5), 5);
	close(slave);
	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "early"));
	assert_string_equal(env->holder.log.data, "OPENED in(5) CLOSED HANGUP ");
}

static void leftovers_of_one_reader_are_not_shown_to_the_next(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slave = open_slave(pty);
	char buf[64];

	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(fake_holder_out(&env->holder, "stale", 5), 5);
	close(slave);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	slave = open_slave(pty);
	RUN_UNTIL(env->loop, env->holder.opened == 2);
	assert_int_equal(fake_holder_out(&env->holder, "fresh", 5), 5);
	assert_int_equal(read(slave, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "fresh", 5);
	close(slave);
}

static void terminal_that_was_left_stopped_goes_on(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slave = open_slave(pty);

	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(tcflow(slave, TCOOFF), 0);
	assert_int_equal(write(slave, "stuck", 5), -1);
	close(slave);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	slave = open_slave(pty);
	RUN_UNTIL(env->loop, env->holder.opened == 2);
	assert_int_equal(write(slave, "typed", 5), 5);
	RUN_UNTIL(env->loop, env->holder.in.len == 5);
	assert_true(fake_holder_in_is(&env->holder, "typed"));
	close(slave);
}

static void many_openers_are_one_peer(void **state)
{
	enum { OPENERS = 50 };
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slaves[OPENERS];

	env_attach(env, pty);
	for (int i = 0; i < OPENERS; i++)
		slaves[i] = open_slave(pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	for (int i = 0; i < OPENERS; i++) {
		size_t before = env->holder.in.len;

		assert_int_equal(write(slaves[i], "x", 1), 1);
		RUN_UNTIL(env->loop, env->holder.in.len == before + 1);
		close(slaves[i]);
		if (i < OPENERS - 1)
			assert_int_equal(fake_holder_out(&env->holder, "y", 1), 1);
	}
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_int_equal(env->holder.opened, 1);
}

/* A hang-up in the middle of a line takes none of it away. */
static void line_that_was_begun_arrives(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slave = open_slave(pty);

	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	fake_holder_set_room(&env->holder, 4);
	assert_int_equal(write(slave, "reboot -", 8), 8);
	close(slave);
	RUN_UNTIL(env->loop, env->holder.in.len == 4);
	assert_int_equal(env->holder.hangups, 0);
	fake_holder_set_room(&env->holder, 100);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "reboot -"));
}

/* As terminal programs do when they have opened it; what they do later is their own business. */
static void reader_that_flushes_at_first_is_told_of(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	struct fake_holder *holder = &env->holder;
	int slave = open_slave(pty);
	char buf[64];

	tcflush(slave, TCIFLUSH); /* nothing has been sent yet */
	env_attach(env, pty);
	RUN_UNTIL(env->loop, holder->opened == 1);
	run_idle(env->loop);
	assert_string_equal(holder->log.data, "OPENED ");
	assert_int_equal(fake_holder_out(holder, "screen", 6), 6);
	tcflush(slave, TCIFLUSH);
	RUN_UNTIL(env->loop, strstr(holder->log.data, "FLUSHED"));
	assert_int_equal(read(slave, buf, sizeof(buf)), -1);
	assert_int_equal(write(slave, "typed", 5), 5);
	RUN_UNTIL(env->loop, fake_holder_in_is(holder, "typed"));
	tcflush(slave, TCIFLUSH);
	run_idle(env->loop);
	assert_string_equal(holder->log.data, "OPENED FLUSHED in(5) ");
	close(slave);
	RUN_UNTIL(env->loop, holder->hangups == 1);
	slave = open_slave(pty);
	RUN_UNTIL(env->loop, holder->opened == 2);
	run_idle(env->loop);
	assert_string_equal(holder->log.data, "OPENED FLUSHED in(5) CLOSED HANGUP OPENED ");
	close(slave);
}

/* What he has typed, "one", waits for room, and he is gone. */
static void let_reader_leave_unheard(struct env *env, struct chardev *pty)
{
	int slave = open_slave(pty);

	env->holder.room = 0;
	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(write(slave, "one", 3), 3);
	close(slave);
	run_idle(env->loop);
}

static void next_reader_comes_while_the_guest_takes_nothing(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slave;

	let_reader_leave_unheard(env, pty);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -EPIPE);
	slave = open_slave(pty);
	RUN_UNTIL(env->loop, env->holder.opened == 2);
	assert_int_equal(env->holder.hangups, 1);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), 1);
	assert_int_equal(write(slave, "two", 3), 3);
	fake_holder_set_room(&env->holder, SIZE_MAX);
	RUN_UNTIL(env->loop, env->holder.in.len == 6);
	assert_true(fake_holder_in_is(&env->holder, "onetwo"));
	close(slave);
	RUN_UNTIL(env->loop, env->holder.hangups == 2);
}

/* It was there for a moment, as stty is: nothing is to be told, and nothing goes on by itself. */
static void passer_by_while_the_guest_takes_nothing_is_nobody(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");

	let_reader_leave_unheard(env, pty);
	close(open_slave(pty));
	for (unsigned i = 0; i < 20; i++)
		loop_step(env->loop, false);
	assert_int_equal(env->holder.opened, 1);
	fake_holder_set_room(&env->holder, SIZE_MAX);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "one"));
}

static void set_cooked(int slave)
{
	struct termios mode;

	assert_int_equal(tcgetattr(slave, &mode), 0);
	mode.c_lflag |= ECHO | ECHONL | ICANON | ISIG;
	mode.c_iflag |= ICRNL;
	mode.c_oflag |= OPOST;
	assert_int_equal(tcsetattr(slave, TCSANOW, &mode), 0);
}

static void echo_does_not_type_the_guests_output(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slave = open_slave(pty);
	char buf[32] = "";

	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	set_cooked(slave);
	assert_int_equal(fake_holder_out(&env->holder, "rm -rf x\r\n", 10), 10);
	while (read(slave, buf, sizeof(buf)) <= 0)
		loop_step(env->loop, false);
	assert_string_equal(buf, "rm -rf x\n");
	run_idle(env->loop);
	assert_int_equal(env->holder.in.len, 0);
	close(slave);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_int_equal(env->holder.in.len, 0);
}

static void assert_raw(int slave)
{
	struct termios mode;

	assert_int_equal(tcgetattr(slave, &mode), 0);
	assert_int_equal(mode.c_lflag & (ECHO | ICANON | ISIG), 0);
	assert_int_equal(mode.c_iflag & (ICRNL | IXON), 0);
	assert_int_equal(mode.c_oflag & OPOST, 0);
}

static void settings_go_with_the_last_reader(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	int slave = open_slave(pty), other = open_slave(pty);
	struct termios mode;

	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	set_cooked(slave);
	close(slave);
	run_idle(env->loop);
	assert_int_equal(tcgetattr(other, &mode), 0);
	assert_true(mode.c_lflag & ICANON);
	close(other);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	slave = open_slave(pty);
	assert_raw(slave);
	RUN_UNTIL(env->loop, env->holder.opened == 2);
	close(slave);
}

/* What only the superuser may do; the tests are run by one as well. */
static void use_superpowers(bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	if (on)
		data[0].effective = data[0].permitted;
	else
		data[0].effective &= ~(1u << CAP_SYS_ADMIN);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static void leave_it_locked(struct env *env, struct chardev *pty)
{
	int slave = open_slave(pty);

	env_attach(env, pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(ioctl(slave, TIOCEXCL), 0);
	close(slave);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
}

static void assert_serves(struct env *env, const char *path)
{
	int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	char buf[8] = "";

	assert_true(slave >= 0);
	RUN_UNTIL(env->loop, env->holder.opened == 2);
	assert_int_equal(fake_holder_out(&env->holder, "again", 5), 5);
	while (read(slave, buf, sizeof(buf)) != 5)
		loop_step(env->loop, false);
	assert_string_equal(buf, "again");
	assert_int_equal(write(slave, "keys", 4), 4);
	RUN_UNTIL(env->loop, env->holder.in.len == 4);
	close(slave);
	RUN_UNTIL(env->loop, env->holder.hangups == 2);
}

static void terminal_that_was_left_locked_is_for_everybody_again(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p,path=%s/link");

	leave_it_locked(env, pty);
	use_superpowers(false);
	assert_serves(env, env_path(env, "link"));
	use_superpowers(true);
}

static void locked_terminal_is_made_anew_where_it_cannot_be_opened(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p,path=%s/link");
	AUTO_FREE char *before = chardev_describe(pty);
	AUTO_FREE char *after = NULL;

	use_superpowers(false);
	leave_it_locked(env, pty);
	assert_serves(env, env_path(env, "link"));
	use_superpowers(true);
	after = chardev_describe(pty);
	assert_string_equal(before, after);
}

static void slave_is_raw_and_takes_the_size(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	struct chardev_event size = { .type = CHARDEV_RESIZE, .cols = 132, .rows = 43 };
	struct chardev_event brk = { .type = CHARDEV_BREAK };
	int slave = open_slave(pty);
	struct termios mode;
	struct winsize got;

	assert_int_equal(tcgetattr(slave, &mode), 0);
	assert_false(mode.c_lflag & (ECHO | ICANON | ISIG | IEXTEN));
	assert_false(mode.c_oflag & OPOST);
	assert_int_equal(mode.c_cc[VMIN], 1);
	assert_int_equal(mode.c_cc[VTIME], 0);
	env_attach(env, pty);
	assert_int_equal(chardev_link_event(&env->holder.link, &size), 0);
	assert_int_equal(ioctl(slave, TIOCGWINSZ, &got), 0);
	assert_int_equal(got.ws_col, 132);
	assert_int_equal(got.ws_row, 43);
	assert_int_equal(chardev_link_event(&env->holder.link, &brk), -ENOTSUP);
	close(slave);
}

static void idle_pty_costs_no_wakeups(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p");
	char buf[4096] = "";
	int slave;

	env_attach(env, pty);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	slave = open_slave(pty);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	while (fake_holder_out(&env->holder, buf, sizeof(buf)) == (ssize_t)sizeof(buf))
		continue;
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	close(slave);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
}

static void link_target(const char *path, char *ret_target, size_t size)
{
	ssize_t len = readlink(path, ret_target, size - 1);

	ret_target[len < 0 ? 0 : len] = 0;
}

static void symlink_leads_to_the_slave_and_goes_with_it(void **state)
{
	struct env *env = *state;
	struct chardev *pty = env_add(env, "pty,id=p,path=%s/link");
	AUTO_FREE char *text = chardev_describe(pty);
	char target[64];

	link_target(env_path(env, "link"), target, sizeof(target));
	assert_string_equal(target, text + 4);
	env_add_fails(env, "pty,id=q,path=%s/link", "Failed to create PTY symlink: File exists");
	assert_int_equal(chardev_set_remove(env->set, "p", NULL), 0);
	assert_int_equal(access(env_path(env, "link"), F_OK), -1);
	assert_int_equal(errno, ENOENT);
}

static void symlink_that_changed_hands_stays(void **state)
{
	struct env *env = *state;
	char target[64];

	env_add(env, "pty,id=p,path=%s/link");
	unlink(env_path(env, "link"));
	assert_int_equal(symlink("/dev/null", env_path(env, "link")), 0);
	assert_int_equal(chardev_set_remove(env->set, "p", NULL), 0);
	link_target(env_path(env, "link"), target, sizeof(target));
	assert_string_equal(target, "/dev/null");
}

static void symlink_to_a_dead_pty_is_replaced(void **state)
{
	struct env *env = *state;
	char target[64];

	assert_int_equal(symlink("/dev/pts/999999", env_path(env, "link")), 0);
	env_add(env, "pty,id=p,path=%s/link");
	link_target(env_path(env, "link"), target, sizeof(target));
	assert_string_not_equal(target, "/dev/pts/999999");
	assert_int_equal(symlink("/nonexistent/other", env_path(env, "other")), 0);
	env_add_fails(env, "pty,id=q,path=%s/other", "Failed to create PTY symlink: File exists");
}

static void failure_leaks_nothing(void **state)
{
	struct env *env = *state;
	unsigned before = open_fds();

	env_add_fails(env, "pty,id=p,path=/nonexistent/link",
		"Failed to create PTY symlink: No such file or directory");
	run_idle(env->loop);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			reader_is_noticed_when_it_comes_and_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(second_opener_is_no_second_peer, setup, teardown),
		cmocka_unit_test_setup_teardown(
			bytes_written_before_anybody_looked_arrive, setup, teardown),
		cmocka_unit_test_setup_teardown(
			leftovers_of_one_reader_are_not_shown_to_the_next, setup, teardown),
		cmocka_unit_test_setup_teardown(
			next_reader_comes_while_the_guest_takes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			passer_by_while_the_guest_takes_nothing_is_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(
			reader_that_flushes_at_first_is_told_of, setup, teardown),
		cmocka_unit_test_setup_teardown(
			echo_does_not_type_the_guests_output, setup, teardown),
		cmocka_unit_test_setup_teardown(settings_go_with_the_last_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(
			terminal_that_was_left_locked_is_for_everybody_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			locked_terminal_is_made_anew_where_it_cannot_be_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(
			terminal_that_was_left_stopped_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(many_openers_are_one_peer, setup, teardown),
		cmocka_unit_test_setup_teardown(line_that_was_begun_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(slave_is_raw_and_takes_the_size, setup, teardown),
		cmocka_unit_test_setup_teardown(idle_pty_costs_no_wakeups, setup, teardown),
		cmocka_unit_test_setup_teardown(
			symlink_leads_to_the_slave_and_goes_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(symlink_that_changed_hands_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(symlink_to_a_dead_pty_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(failure_leaks_nothing, setup, teardown),
	};

	return cmocka_run_group_tests_name("backend/pty", tests, NULL, NULL);
}
