/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "lib/env.h"
#include "lib/files.h"
#include "lib/hang.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_stdio_class, NULL };

/* A pty sends no break: a pipe that passes for a line says what the kernel would. */
static bool pipe_is_line;

int __real_tcgetattr(int fd, struct termios *mode);
int __wrap_tcgetattr(int fd, struct termios *mode);

int __wrap_tcgetattr(int fd, struct termios *mode)
{
	if (!pipe_is_line)
		return __real_tcgetattr(fd, mode);
	*mode = (struct termios){ 0 };
	return 0;
}

/* The test's own standard input and output are put aside, and back before anything is printed. */
struct stdio_env {
	struct env *env;
	int saved[2];
	int in, out; /* the far ends */
};

static void replace(int in, int out)
{
	assert_int_equal(dup2(in, 0), 0);
	assert_int_equal(dup2(out, 1), 1);
	close(in);
	if (out != in)
		close(out);
}

static int setup(void **state)
{
	struct stdio_env *e = calloc(1, sizeof(*e));

	signal(SIGPIPE, SIG_IGN);
	e->env = env_new(classes);
	e->saved[0] = dup(0);
	e->saved[1] = dup(1);
	e->in = e->out = -1;
	*state = e;
	return 0;
}

static int teardown(void **state)
{
	struct stdio_env *e = *state;

	hang_end();
	env_free(e->env);
	replace(e->saved[0], e->saved[1]);
	if (e->in >= 0)
		close(e->in);
	if (e->out >= 0 && e->out != e->in)
		close(e->out);
	free(e);
	return 0;
}

static void use_pipes(struct stdio_env *e)
{
	int in[2], out[2];

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	replace(in[0], out[1]);
	e->in = in[1];
	e->out = out[0];
}

static void use_terminal(struct stdio_env *e)
{
	struct winsize size = { .ws_col = 90, .ws_row = 33 };
	int master, slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	replace(dup(slave), slave);
	e->in = e->out = master;
}

static void bytes_go_both_ways(void **state)
{
	struct stdio_env *e = *state;
	char buf[8] = "";

	use_pipes(e);
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	assert_int_equal(fake_holder_out(&e->env->holder, "buf", 4), 4);
	assert_int_equal(read(e->out, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "buf");
	assert_int_equal(write(e->in, "typed", 5), 5);
	RUN_UNTIL(e->env->loop, e->env->holder.in.len == 5);
	assert_true(fake_holder_in_is(&e->env->holder, "typed"));
	assert_true(wakeups(e->env->loop) <= WAKEUPS_IDLE);
}

static void end_of_input_leaves_output_alone(void **state)
{
	struct stdio_env *e = *state;

	use_pipes(e);
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	close(e->in);
	e->in = -1;
	RUN_UNTIL(e->env->loop, e->env->holder.closed == 1);
	assert_int_equal(e->env->holder.hangups, 0);
	assert_int_equal(fake_holder_out(&e->env->holder, "x", 1), 1);
	close(e->out);
	e->out = -1;
	assert_int_equal(fake_holder_out(&e->env->holder, "x", 1), -EPIPE);
	RUN_UNTIL(e->env->loop, e->env->holder.hangups == 1);
	assert_true(wakeups(e->env->loop) <= WAKEUPS_IDLE);
}

static void flags_of_the_descriptors_are_left_alone(void **state)
{
	struct stdio_env *e = *state;
	int flags[2];

	use_pipes(e);
	flags[0] = fcntl(0, F_GETFL);
	flags[1] = fcntl(1, F_GETFL);
	env_add(e->env, "stdio,id=s");
	assert_int_equal(fcntl(0, F_GETFL), flags[0]);
	assert_int_equal(fcntl(1, F_GETFL), flags[1]);
	assert_int_equal(chardev_set_remove(e->env->set, "s", NULL), 0);
	assert_int_equal(fcntl(0, F_GETFL), flags[0]);
	assert_int_equal(fcntl(1, F_GETFL), flags[1]);
}

static void set_flag(bool nonblocking)
{
	for (int fd = 0; fd < 2; fd++) {
		int flags = fcntl(fd, F_GETFL) & ~O_NONBLOCK;

		assert_int_equal(fcntl(fd, F_SETFL, flags | (nonblocking ? O_NONBLOCK : 0)), 0);
	}
}

static void fill_up(struct stdio_env *e)
{
	static const char block[4096];

	while (fake_holder_out(&e->env->holder, block, sizeof(block)) == sizeof(block))
		continue;
}

/* What another program on the same terminal does to the flag. */
static void assert_never_waits(struct stdio_env *e)
{
	set_flag(true);
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	fill_up(e);
	set_flag(false);
	fill_up(e);
	fake_holder_set_room(&e->env->holder, 1);
	assert_int_equal(write(e->in, "ab", 2), 2);
	RUN_UNTIL(e->env->loop, e->env->holder.in.len == 1);
	fake_holder_set_room(&e->env->holder, 100);
	RUN_UNTIL(e->env->loop, e->env->holder.in.len == 2);
	run_idle(e->env->loop);
	fill_up(e);
}

static void terminal_whose_flag_is_cleared_makes_nobody_wait(void **state)
{
	struct stdio_env *e = *state;

	use_terminal(e);
	assert_never_waits(e);
}

static void pipes_whose_flag_is_cleared_make_nobody_wait(void **state)
{
	struct stdio_env *e = *state;

	use_pipes(e);
	assert_never_waits(e);
}

static void socket_whose_flag_is_cleared_makes_nobody_wait(void **state)
{
	struct stdio_env *e = *state;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	replace(dup(ends[0]), ends[0]);
	e->in = e->out = ends[1];
	assert_never_waits(e);
}

static void only_one_may_use_it(void **state)
{
	struct stdio_env *e = *state;

	use_pipes(e);
	env_add(e->env, "stdio,id=s");
	env_add_fails(e->env, "stdio,id=t", "cannot use stdio by multiple character devices");
	assert_int_equal(chardev_set_remove(e->env->set, "s", NULL), 0);
	env_add(e->env, "stdio,id=t");
}

static void terminal_is_raw_meanwhile(void **state)
{
	struct stdio_env *e = *state;
	struct termios before, meanwhile, after;

	use_terminal(e);
	assert_int_equal(tcgetattr(0, &before), 0);
	env_add(e->env, "stdio,id=s");
	assert_int_equal(tcgetattr(0, &meanwhile), 0);
	assert_false(meanwhile.c_lflag & (ECHO | ICANON | IEXTEN));
	assert_true(meanwhile.c_lflag & ISIG);
	assert_true(meanwhile.c_oflag & OPOST);
	assert_int_equal(chardev_set_remove(e->env->set, "s", NULL), 0);
	assert_int_equal(tcgetattr(0, &after), 0);
	assert_int_equal(after.c_lflag, before.c_lflag);
	assert_int_equal(after.c_iflag, before.c_iflag);
	env_add(e->env, "stdio,id=s,signal=off");
	assert_int_equal(tcgetattr(0, &meanwhile), 0);
	assert_false(meanwhile.c_lflag & ISIG);
}

static void mode_is_set_again_after_a_stop(void **state)
{
	struct stdio_env *e = *state;
	struct termios before, meanwhile;

	use_terminal(e);
	assert_int_equal(tcgetattr(0, &before), 0);
	env_add(e->env, "stdio,id=s");
	assert_int_equal(tcsetattr(0, TCSANOW, &before), 0);
	raise(SIGCONT);
	do {
		loop_step(e->env->loop, true);
		assert_int_equal(tcgetattr(0, &meanwhile), 0);
	} while (meanwhile.c_lflag & ICANON);
}

static void size_is_told_at_first_and_when_it_changes(void **state)
{
	struct stdio_env *e = *state;
	struct winsize size = { .ws_col = 5000, .ws_row = 50 };
	struct fake_holder *holder = &e->env->holder;

	use_terminal(e);
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	RUN_UNTIL(e->env->loop, holder->resizes == 1);
	assert_int_equal(holder->last.cols, 90);
	assert_int_equal(holder->last.rows, 33);
	assert_int_equal(ioctl(e->in, TIOCSWINSZ, &size), 0);
	raise(SIGWINCH);
	RUN_UNTIL(e->env->loop, holder->resizes == 2);
	assert_int_equal(holder->last.cols, 1000);
	assert_int_equal(holder->last.rows, 50);
}

static void files_instead_of_a_terminal_work(void **state)
{
	struct stdio_env *e = *state;
	int in = open(env_path(e->env, "in"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(pwrite(in, "from a file", 11, 0), 11);
	replace(in, open("/dev/null", O_WRONLY | O_CLOEXEC));
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	RUN_UNTIL(e->env->loop, e->env->holder.closed == 1);
	assert_true(fake_holder_in_is(&e->env->holder, "from a file"));
	assert_int_equal(fake_holder_out(&e->env->holder, "x", 1), 1);
}

static void break_of_a_line_is_told_at_its_place(void **state)
{
	struct stdio_env *e = *state;

	use_pipes(e);
	pipe_is_line = true;
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	pipe_is_line = false;
	assert_int_equal(write(e->in, "a\377\0\0b\377\377", 7), 7);
	RUN_UNTIL(e->env->loop, e->env->holder.in.len == 3);
	assert_true(fake_holder_in_is(&e->env->holder, "ab\377"));
	assert_string_equal(e->env->holder.log.data, "in(1) BREAK in(2) ");
}

/* The kernel doubles it, where it marks breaks. */
static void byte_of_255_is_one_on_a_terminal(void **state)
{
	struct stdio_env *e = *state;

	use_terminal(e);
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	assert_int_equal(write(e->in, "a\377b\377\377c", 6), 6);
	RUN_UNTIL(e->env->loop, e->env->holder.in.len == 6);
	assert_true(fake_holder_in_is(&e->env->holder, "a\377b\377\377c"));
	assert_int_equal(e->env->holder.breaks, 0);
}

static void output_to_a_file_that_hangs_makes_nobody_wait(void **state)
{
	struct stdio_env *e = *state;
	int in[2];

	assert_int_equal(pipe(in), 0);
	e->in = in[1];
	replace(in[0], open(env_path(e->env, "out"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	env_attach(e->env, env_add(e->env, "stdio,id=s"));
	hang_begin(env_path(e->env, "out"));
	assert_int_equal(fake_holder_out(&e->env->holder, "one ", 4), 4);
	hang_wait();
	assert_int_equal(fake_holder_out(&e->env->holder, "two", 3), 3);
	close(e->in); /* the end of the input is not that of the output */
	e->in = -1;
	RUN_UNTIL(e->env->loop, e->env->holder.closed == 1);
	assert_int_equal(e->env->holder.hangups, 0);
	hang_end();
	wait_for_file(e->env->loop, env_path(e->env, "out"), "one two");
	assert_int_equal(fake_holder_out(&e->env->holder, ".", 1), 1);
	wait_for_file(e->env->loop, env_path(e->env, "out"), "one two.");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bytes_go_both_ways),
		CASE(end_of_input_leaves_output_alone),
		CASE(flags_of_the_descriptors_are_left_alone),
		CASE(terminal_whose_flag_is_cleared_makes_nobody_wait),
		CASE(pipes_whose_flag_is_cleared_make_nobody_wait),
		CASE(socket_whose_flag_is_cleared_makes_nobody_wait),
		CASE(only_one_may_use_it),
		CASE(terminal_is_raw_meanwhile),
		CASE(mode_is_set_again_after_a_stop),
		CASE(size_is_told_at_first_and_when_it_changes),
		CASE(files_instead_of_a_terminal_work),
		CASE(break_of_a_line_is_told_at_its_place),
		CASE(byte_of_255_is_one_on_a_terminal),
		CASE(output_to_a_file_that_hangs_makes_nobody_wait),
	};

	return cmocka_run_group_tests_name("backend/stdio", tests, NULL, NULL);
}
