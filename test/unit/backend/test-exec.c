/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "lib/env.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_exec_class, NULL };

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

static bool in_has(const struct env *env, const char *text)
{
	return env->holder.in.data && strstr(env->holder.in.data, text);
}

static pid_t pid_of(const struct chardev *chardev)
{
	AUTO_FREE char *text = chardev_describe(chardev);
	const char *at = text ? strstr(text, "(pid ") : NULL;
	int pid = -1;

	if (at)
		assert_int_equal(sscanf(at, "(pid %d on /dev/pts/", &pid), 1);
	return pid;
}

static void what_the_child_prints_arrives_before_its_end(void **state)
{
	struct env *env = *state;
	struct chardev *exec = env_add(env, "exec,id=e,command=echo hello; exit 3");
	AUTO_FREE char *text = NULL;

	env_attach(env, exec);
	assert_true(chardev_is_open(exec));
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "hello\r\n"));
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -EPIPE);
	text = chardev_describe(exec);
	assert_string_equal(text, "exec:echo hello; exit 3 (exited with status 3)");
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
}

static void child_has_a_terminal_of_its_own(void **state)
{
	struct env *env = *state;

	env_attach(env, env_add(env, "exec,id=e,cols=132,rows=43,term=vt220,"
				     "command=stty size; echo $TERM; echo to-tty > /dev/tty; ls -C "
				     "/proc/self/fd"));
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "43 132\r\nvt220\r\nto-tty\r\n0  1  2  3\r\n"));
}

static void bytes_go_both_ways(void **state)
{
	struct env *env = *state;

	env_attach(
		env, env_add(env, "exec,id=e,command=stty -echo; echo ready; read x; echo got-$x"));
	RUN_UNTIL(env->loop, in_has(env, "ready"));
	assert_int_equal(fake_holder_out(&env->holder, "word\n", 5), 5);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(in_has(env, "got-word"));
}

static void child_learns_a_new_size(void **state)
{
	struct env *env = *state;
	struct chardev_event size = { .type = CHARDEV_RESIZE, .cols = 100, .rows = 30 };

	env_attach(env, env_add(env, "exec,id=e,command=trap 'stty size; exit' WINCH; echo ready; "
				     "while :; do sleep 0.1; done"));
	RUN_UNTIL(env->loop, in_has(env, "ready"));
	assert_int_equal(chardev_link_event(&env->holder.link, &size), 0);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(in_has(env, "30 100"));
}

static void long_output_waits_for_room_and_is_complete(void **state)
{
	struct env *env = *state;
	size_t lines = 0;

	env->holder.room = 10;
	env_attach(env, env_add(env, "exec,id=e,command=seq -f %05g 20000"));
	while (!env->holder.hangups) {
		loop_step(env->loop, true);
		if (!env->holder.room)
			fake_holder_set_room(&env->holder, 100);
	}
	for (const char *at = env->holder.in.data; lines < 20000; at += 7, lines++) {
		char want[8];

		snprintf(want, sizeof(want), "%05zu\r\n", lines + 1);
		assert_memory_equal(at, want, 7);
	}
	assert_int_equal(env->holder.in.len, 20000 * 7);
}

static void exit_with_unread_output_is_told_after_it(void **state)
{
	struct env *env = *state;
	struct chardev *exec = env_add(env, "exec,id=e,command=echo last words");

	env->holder.room = 0;
	env_attach(env, exec);
	while (fake_holder_out(&env->holder, "x", 1) != -EPIPE)
		loop_step(env->loop, true);
	assert_true(chardev_is_open(exec));
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	fake_holder_set_room(&env->holder, SIZE_MAX);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(in_has(env, "last words"));
}

static void dying_child_is_started_again_ever_more_slowly(void **state)
{
	struct env *env = *state;

	loop_fake_clock(env->loop);
	env_attach(env, env_add(env, "exec,id=e,restart=on-failure,command=exit 1"));
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	loop_advance(env->loop, 99);
	assert_int_equal(env->holder.opened, 0);
	loop_advance(env->loop, 1);
	assert_int_equal(env->holder.opened, 1);
	RUN_UNTIL(env->loop, env->holder.hangups == 2);
	loop_advance(env->loop, 199);
	assert_int_equal(env->holder.opened, 1);
	loop_advance(env->loop, 1);
	assert_int_equal(env->holder.opened, 2);
	RUN_UNTIL(env->loop, env->holder.hangups == 3);
}

static void success_is_no_failure_but_always_is_always(void **state)
{
	struct env *env = *state;
	struct fake_holder other;

	loop_fake_clock(env->loop);
	fake_holder_init(&other, env->loop);
	env_attach(env, env_add(env, "exec,id=e,restart=on-failure,command=true"));
	assert_int_equal(
		fake_holder_attach(&other, env_add(env, "exec,id=f,restart=always,command=true"),
			FAKE_HOLDER_PLAIN, NULL),
		0);
	RUN_UNTIL(env->loop, env->holder.hangups == 1 && other.hangups == 1);
	loop_advance(env->loop, 100000);
	assert_int_equal(env->holder.opened, 0);
	assert_true(other.opened == 1);
	fake_holder_done(&other);
}

static bool is_running(pid_t pid)
{
	return kill(pid, 0) == 0;
}

/* Also where a break, which is no byte of the holder's, has found the room before it was told. */
static void room_is_told_though_a_break_came_before(void **state)
{
	static const char block[4096];
	const struct chardev_event event = { .type = CHARDEV_BREAK };
	struct env *env = *state;
	char got[sizeof(block)];
	size_t total = 0, taken = 0;
	struct chardev *exec;
	ssize_t done;
	int fd;

	assert_int_equal(mkfifo(env_path(env, "f"), 0600), 0);
	fd = open(env_path(env, "f"), O_RDWR | O_CLOEXEC);
	exec = env_add(env, "exec,id=e,command=stty raw -echo; echo ready; kill -STOP $$; "
			    "exec cat > %s/f");
	env_attach(env, exec);
	RUN_UNTIL(env->loop, in_has(env, "ready"));
	do {
		done = fake_holder_out(&env->holder, block, sizeof(block));
		total += (size_t)done;
	} while (done == sizeof(block));
	assert_int_equal(
		waitid(P_PID, (id_t)pid_of(exec), &(siginfo_t){ 0 }, WSTOPPED | WNOWAIT), 0);
	kill(pid_of(exec), SIGCONT);
	while (taken < total) {
		done = read(fd, got, sizeof(got));
		assert_true(done > 0);
		taken += (size_t)done;
	}
	assert_int_equal(chardev_link_event(&env->holder.link, &event), 0);
	assert_int_equal(env->holder.room_calls, 0);
	run_idle(env->loop);
	assert_int_equal(env->holder.room_calls, 1);
	close(fd);
}

static void removal_ends_the_whole_session(void **state)
{
	struct env *env = *state;
	struct chardev *exec = env_add(env, "exec,id=e,command=trap '' HUP; set -m; sleep 1000 & "
					    "echo job $!; wait");
	int job = -1;
	pid_t leader;

	/* The job is left to this process: who knows if and when the system's init reaps. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
		print_message("no subreaper: %s: an emulator of programs?\n", strerror(errno));
		skip();
	}
	env_attach(env, exec);
	RUN_UNTIL(env->loop, in_has(env, "\r\n"));
	assert_int_equal(sscanf(strstr(env->holder.in.data, "job "), "job %d", &job), 1);
	leader = pid_of(exec);
	assert_true(leader > 0 && job > 0 && is_running(leader) && is_running(job));
	fake_holder_detach(&env->holder);
	assert_int_equal(chardev_set_remove(env->set, "e", NULL), 0);
	RUN_UNTIL(env->loop, !is_running(leader));
	assert_int_equal(waitpid(job, NULL, 0), job); /* it was killed, or this would last */
}

static void disconnect_hangs_the_child_up(void **state)
{
	struct env *env = *state;

	env_attach(env, env_add(env, "exec,id=e,command=trap 'echo bye; exit 7' HUP; echo ready; "
				     "while :; do sleep 0.1; done"));
	RUN_UNTIL(env->loop, in_has(env, "ready"));
	assert_int_equal(chardev_link_disconnect(&env->holder.link, NULL), 0);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(in_has(env, "bye"));
}

static void bad_options_are_errors(void **state)
{
	unsigned before = open_fds();

	env_add_fails(*state, "exec,id=e", "chardev: exec: no command given");
	env_add_fails(*state, "exec,id=e,command=", "chardev: exec: no command given");
	env_add_fails(*state, "exec,id=e,command=x,cols=0", "cols");
	env_add_fails(*state, "exec,id=e,command=x,rows=1001", "rows");
	env_add_fails(*state, "exec,id=e,command=x,restart=maybe", "restart");
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_the_child_prints_arrives_before_its_end, setup, teardown),
		cmocka_unit_test_setup_teardown(child_has_a_terminal_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(bytes_go_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(child_learns_a_new_size, setup, teardown),
		cmocka_unit_test_setup_teardown(
			long_output_waits_for_room_and_is_complete, setup, teardown),
		cmocka_unit_test_setup_teardown(
			exit_with_unread_output_is_told_after_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			dying_child_is_started_again_ever_more_slowly, setup, teardown),
		cmocka_unit_test_setup_teardown(
			success_is_no_failure_but_always_is_always, setup, teardown),
		cmocka_unit_test_setup_teardown(
			room_is_told_though_a_break_came_before, setup, teardown),
		cmocka_unit_test_setup_teardown(removal_ends_the_whole_session, setup, teardown),
		cmocka_unit_test_setup_teardown(disconnect_hangs_the_child_up, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_options_are_errors, setup, teardown),
	};

	return cmocka_run_group_tests_name("backend/exec", tests, NULL, NULL);
}
