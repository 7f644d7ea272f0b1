/* SPDX-License-Identifier: MIT */
/* Servers whose clients have to shake hands, by the example of the websocket. */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "lib/env.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_socket_class, NULL };

#define SERVER "socket,id=s,server=on,wait=off,websocket=on,path=%s/s"

static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://b:1\r\n"
			      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			      "Sec-WebSocket-Version: 13\r\n\r\n";

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

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* A frame of the client's, with a mask of zeros. */
static void say_frame(int fd, const char *text)
{
	unsigned char frame[128] = { 0x82, (unsigned char)(0x80 | strlen(text)) };

	memcpy(frame + 6, text, strlen(text));
	assert_int_equal(write(fd, frame, 6 + strlen(text)), (ssize_t)(6 + strlen(text)));
}

/* The next @len bytes of the server's. */
static void read_on(struct env *env, int fd, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = recv(fd, (char *)buf + done, len - done, MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN)
			loop_step(env->loop, true);
		else
			assert_true(got > 0);
		done += got > 0 ? (size_t)got : 0;
	}
}

static void assert_frame(struct env *env, int fd, const char *text)
{
	unsigned char header[2];
	char buf[128] = "";

	read_on(env, fd, header, sizeof(header));
	assert_int_equal(header[0], 0x82);
	assert_int_equal(header[1], strlen(text));
	read_on(env, fd, buf, strlen(text));
	assert_string_equal(buf, text);
}

static void assert_bye(struct env *env, int fd)
{
	unsigned char frame[4];

	read_on(env, fd, frame, sizeof(frame));
	assert_memory_equal(frame, "\x88\x02\x03\xe8", 4);
}

/* The first line of the answer; the rest is thrown away. */
static void assert_answered(struct env *env, int fd, const char *line)
{
	char buf[512] = "";
	size_t len = 0;

	while (!strstr(buf, "\r\n\r\n"))
		read_on(env, fd, buf + len++, 1);
	assert_memory_equal(buf, line, strlen(line));
}

static int enter(struct env *env)
{
	int fd = env_dial(env, "s");

	say(fd, request);
	assert_answered(env, fd, "HTTP/1.1 101 ");
	return fd;
}

static void client_is_one_when_its_handshake_is_over(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, SERVER ",websocket-origin=*");
	int fd;

	env_attach(env, server);
	fd = env_dial(env, "s");
	run_idle(env->loop);
	assert_int_equal(env->holder.opened, 0);
	say(fd, request);
	assert_answered(env, fd, "HTTP/1.1 101 ");
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	say_frame(fd, "ls\r");
	RUN_UNTIL(env->loop, env->holder.in.len == 3);
	assert_true(fake_holder_in_is(&env->holder, "ls\r"));
	assert_int_equal(fake_holder_out(&env->holder, "a file\r\n", 8), 8);
	assert_frame(env, fd, "a file\r\n");
	close(fd);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
}

static void who_shakes_hands_takes_nobodys_place(void **state)
{
	struct env *env = *state;
	int idle, fd;

	env_attach(env, env_add(env, SERVER ",websocket-origin=*"));
	idle = env_dial(env, "s");
	run_idle(env->loop);
	fd = enter(env);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	say(idle, request);
	assert_answered(env, idle, "HTTP/1.1 101 ");
	assert_frame(env, idle, "charhub: console 's' is in use (1 of 1 clients)\r\n");
	assert_bye(env, idle);
	assert_int_equal(env->holder.hangups, 0);
	close(fd);
	close(idle);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
}

static void strangers_are_answered_and_hold_nobody_up(void **state)
{
	struct env *env = *state;
	int fd;

	env_attach(env, env_add(env, SERVER));
	fd = env_dial(env, "s");
	say(fd, "GET / HTTP/1.1\r\n\r\n");
	assert_answered(env, fd, "HTTP/1.1 426 ");
	close(fd);
	fd = env_dial(env, "s");
	say(fd, request); /* of a page of another host */
	assert_answered(env, fd, "HTTP/1.1 403 ");
	close(fd);
	assert_int_equal(env->holder.opened, 0);
}

static void clients_of_a_hub_shake_hands_too(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, SERVER ",websocket-origin=*,clients=2");
	struct fake_holder peer;
	int fd;

	assert_int_equal(fake_holder_attach(&env->holder, server, FAKE_HOLDER_PEERS, NULL), 0);
	fd = enter(env);
	RUN_UNTIL(env->loop, env->holder.n_peers == 1);
	fake_holder_init(&peer, env->loop);
	fake_holder_attach(&peer, env->holder.peers[0], FAKE_HOLDER_PLAIN, NULL);
	assert_int_equal(fake_holder_out(&peer, "hello", 5), 5);
	assert_frame(env, fd, "hello");
	chardev_free(env->holder.peers[0]);
	env->holder.n_peers = 0;
	assert_bye(env, fd);
	close(fd);
	fake_holder_done(&peer);
}

static void close_frame_is_the_end(void **state)
{
	struct env *env = *state;
	int fd;

	env_attach(env, env_add(env, SERVER ",websocket-origin=*"));
	fd = enter(env);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(write(fd, "\x88\x82\0\0\0\0\x03\xe8", 8), 8);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_bye(env, fd);
	close(fd);
}

static void telnet_may_go_through_a_websocket(void **state)
{
	struct env *env = *state;
	unsigned char greeting[2 + 18];
	int fd;

	env_attach(env, env_add(env, SERVER ",websocket-origin=*,telnet=on"));
	fd = env_dial(env, "s");
	run_idle(env->loop);
	assert_int_equal(env->holder.opened, 0);
	say(fd, request);
	assert_answered(env, fd, "HTTP/1.1 101 ");
	read_on(env, fd, greeting, sizeof(greeting));
	assert_memory_equal(greeting, "\x82\x12\xff\xfb\x01", 5);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	say_frame(fd, "\xff\xf3");
	RUN_UNTIL(env->loop, env->holder.breaks == 1);
	close(fd);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
}

static void server_says_what_it_speaks(void **state)
{
	struct env *env = *state;
	AUTO_FREE char *text = chardev_describe(
		env_add(env, "socket,id=t,server=on,wait=off,websocket=on,host=127.0.0.1,port=0"));

	assert_memory_equal(text, "disconnected:websocket:127.0.0.1:", 33);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(client_is_one_when_its_handshake_is_over),
		CASE(who_shakes_hands_takes_nobodys_place),
		CASE(strangers_are_answered_and_hold_nobody_up),
		CASE(clients_of_a_hub_shake_hands_too),
		CASE(close_frame_is_the_end),
		CASE(telnet_may_go_through_a_websocket),
		CASE(server_says_what_it_speaks),
	};

	return cmocka_run_group_tests_name("backend/socket-filters", tests, NULL, NULL);
}
