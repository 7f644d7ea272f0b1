/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "lib/env.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* What the stream owes its holder when a peer is hostile or broken. */

static const struct chardev_class *const classes[] = { &backend_socket_class, &backend_file_class,
	NULL };

enum { DISPATCH_BYTES = 256 * 1024, PIPE_BYTES = 1024 * 1024 };

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

/* Return: our end of a connection that the chardev "s" has inherited. */
static int inherit(struct env *env)
{
	char text[64];
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	snprintf(text, sizeof(text), "socket,id=s,fd=%d", fds[1]);
	env_attach(env, env_add(env, text));
	close(fds[1]);
	return fds[0];
}

static void socket_that_takes_no_more_is_disconnected(void **state)
{
	struct env *env = *state;
	int peer = inherit(env);

	run_idle(env->loop);
	assert_int_equal(shutdown(peer, SHUT_RD), 0);
	assert_int_equal(write(peer, "last", 4), 4);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -EPIPE);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "last"));
	close(peer);
}

static void its_last_words_wait_for_room(void **state)
{
	struct env *env = *state;
	int peer = inherit(env);

	fake_holder_set_room(&env->holder, 0);
	assert_int_equal(write(peer, "last", 4), 4);
	run_idle(env->loop);
	assert_int_equal(shutdown(peer, SHUT_RD), 0);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -EPIPE);
	run_idle(env->loop);
	assert_int_equal(env->holder.hangups, 0);
	assert_int_equal(send(peer, "more", 4, MSG_NOSIGNAL), -1);
	fake_holder_set_room(&env->holder, 100);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "last"));
	close(peer);
}

/* Its bytes wait for a holder who reads on when his own have gone, as a monitor does. */
static void who_waits_for_room_hears_of_a_peer_that_is_gone(void **state)
{
	static char data[PIPE_BYTES];
	struct env *env = *state;
	int peer = inherit(env);

	fake_holder_set_room(&env->holder, 0);
	assert_in_range(fake_holder_out(&env->holder, data, sizeof(data)), 1, sizeof(data) - 1);
	assert_int_equal(write(peer, "last", 4), 4);
	run_idle(env->loop);
	close(peer);
	RUN_UNTIL(env->loop, env->holder.room_calls == 1);
	assert_int_equal(env->holder.hangups, 0);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -EPIPE);
	fake_holder_set_room(&env->holder, 100);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "last"));
}

static void one_dispatch_reads_a_bounded_amount(void **state)
{
	static char data[PIPE_BYTES];
	struct env *env = *state;
	size_t before;
	int fd;

	assert_int_equal(mkfifo(env_path(env, "i"), 0600), 0);
	fd = open(env_path(env, "i"), O_RDWR | O_CLOEXEC | O_NONBLOCK);
	assert_true(fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES) >= PIPE_BYTES);
	assert_int_equal(write(fd, data, PIPE_BYTES), PIPE_BYTES);
	env_attach(env, env_add(env, "file,id=f,path=/dev/null,input-path=%s/i"));
	for (unsigned rounds = 0; env->holder.in.len < PIPE_BYTES; rounds++) {
		before = env->holder.in.len;
		loop_step(env->loop, true);
		assert_true(env->holder.in.len - before <= DISPATCH_BYTES);
		assert_true(rounds < 100);
	}
	close(fd);
}

/* Until all have said it to the log, which may be written by somebody else. */
static void assert_logged(struct env *env, const char *name, const char *text)
{
	char buf[64];
	ssize_t len;
	int fd;

	do {
		loop_step(env->loop, false);
		fd = open(env_path(env, name), O_RDONLY | O_CLOEXEC);
		len = read(fd, buf, sizeof(buf) - 1);
		close(fd);
	} while (len < (ssize_t)strlen(text));
	buf[len] = 0;
	assert_string_equal(buf, text);
}

static void bytes_of_each_client_are_in_the_log(void **state)
{
	struct env *env = *state;
	struct fake_holder holders[2];
	char text[128];
	int fds[2];

	snprintf(text, sizeof(text),
		"socket,id=s,server=on,wait=off,clients=2,path=%s/s,"
		"logfile=%s/log",
		env->dir, env->dir);
	assert_int_equal(
		fake_holder_attach(&env->holder, env_add(env, text), FAKE_HOLDER_PEERS, NULL), 0);
	for (unsigned i = 0; i < 2; i++) {
		fds[i] = env_dial(env, "s");
		RUN_UNTIL(env->loop, env->holder.n_peers == i + 1);
		fake_holder_init(&holders[i], env->loop);
		fake_holder_attach(&holders[i], env->holder.peers[i], FAKE_HOLDER_PLAIN, NULL);
	}
	assert_int_equal(fake_holder_out(&holders[0], "one ", 4), 4);
	assert_int_equal(fake_holder_out(&holders[1], "two", 3), 3);
	assert_logged(env, "log", "one two");
	for (unsigned i = 0; i < 2; i++) {
		close(fds[i]);
		fake_holder_done(&holders[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		CASE(socket_that_takes_no_more_is_disconnected),
		CASE(its_last_words_wait_for_room),
		CASE(who_waits_for_room_hears_of_a_peer_that_is_gone),
		CASE(one_dispatch_reads_a_bounded_amount),
		CASE(bytes_of_each_client_are_in_the_log),
	};

	return cmocka_run_group_tests_name("backend/fd-stream", tests, NULL, NULL);
}
