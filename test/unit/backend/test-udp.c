/* SPDX-License-Identifier: MIT */
/* What is udp's own; the rest is in the conformance suite. */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "lib/env.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_udp_class, NULL };

struct fixture {
	struct env *env;
	int peer; /* not connected */
	unsigned port;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t len = sizeof(name);

	f->env = env_new(classes);
	f->peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(f->peer, (struct sockaddr *)&name, len), 0);
	assert_int_equal(getsockname(f->peer, (struct sockaddr *)&name, &len), 0);
	f->port = ntohs(name.sin_port);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	env_free(f->env);
	close(f->peer);
	free(f);
	return 0;
}

static struct chardev *add(struct fixture *f)
{
	struct chardev *chardev;
	char text[64];

	snprintf(text, sizeof(text), "udp,id=u,host=127.0.0.1,port=%u", f->port);
	chardev = env_add(f->env, text);
	env_attach(f->env, chardev);
	return chardev;
}

/* Answer whoever sent the datagram that waits. */
static void answer(struct fixture *f, const char *text, size_t len)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	char sink[16];

	assert_true(
		recvfrom(f->peer, sink, sizeof(sink), 0, (struct sockaddr *)&from, &from_len) >= 0);
	assert_int_equal(sendto(f->peer, text, len, 0, (struct sockaddr *)&from, from_len), len);
}

static void is_open_from_the_start(void **state)
{
	struct fixture *f = *state;
	struct chardev *chardev = add(f);
	AUTO_FREE char *text = chardev_describe(chardev);
	char expected[64];

	assert_true(chardev_is_open(chardev));
	snprintf(expected, sizeof(expected), "udp:127.0.0.1:%u", f->port);
	assert_string_equal(text, expected);
}

static void one_write_is_one_datagram(void **state)
{
	struct fixture *f = *state;
	static char many[3000];
	char buf[4096];

	add(f);
	assert_int_equal(fake_holder_out(&f->env->holder, "one", 3), 3);
	assert_int_equal(fake_holder_out(&f->env->holder, "two", 3), 3);
	assert_int_equal(fake_holder_out(&f->env->holder, many, sizeof(many)), sizeof(many));
	assert_int_equal(recv(f->peer, buf, sizeof(buf), 0), 3);
	assert_memory_equal(buf, "one", 3);
	assert_int_equal(recv(f->peer, buf, sizeof(buf), 0), 3);
	assert_int_equal(recv(f->peer, buf, sizeof(buf), 0), 1400);
	assert_int_equal(recv(f->peer, buf, sizeof(buf), 0), 1400);
	assert_int_equal(recv(f->peer, buf, sizeof(buf), 0), 200);
}

static void a_large_datagram_comes_whole_as_it_is_taken(void **state)
{
	struct fixture *f = *state;
	static char many[60000];

	add(f);
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (char)('a' + i % 26);
	fake_holder_set_room(&f->env->holder, 7);
	assert_int_equal(fake_holder_out(&f->env->holder, "?", 1), 1);
	answer(f, many, sizeof(many));
	RUN_UNTIL(f->env->loop, f->env->holder.in.len == 7);
	fake_holder_set_room(&f->env->holder, SIZE_MAX);
	RUN_UNTIL(f->env->loop, f->env->holder.in.len == sizeof(many));
	assert_memory_equal(f->env->holder.in.data, many, sizeof(many));
}

static void an_empty_datagram_is_nothing(void **state)
{
	struct fixture *f = *state;

	add(f);
	fake_holder_out(&f->env->holder, "?", 1);
	answer(f, "", 0);
	fake_holder_out(&f->env->holder, "?", 1);
	answer(f, "x", 1);
	RUN_UNTIL(f->env->loop, f->env->holder.in.len);
	assert_true(fake_holder_in_is(&f->env->holder, "x"));
}

static void nobody_there_is_no_error(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((uint16_t)f->port) };
	struct chardev *chardev = add(f);
	char buf[16];

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	close(f->peer);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(fake_holder_out(&f->env->holder, "lost", 4), 4);
		run_idle(f->env->loop);
	}
	assert_true(chardev_is_open(chardev));
	f->peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->peer, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(fake_holder_out(&f->env->holder, "found", 5), 5);
	assert_int_equal(recv(f->peer, buf, sizeof(buf), 0), 5);
}

static void wrong_options_have_qemus_texts(void **state)
{
	struct fixture *f = *state;

	env_add_fails(f->env, "udp,id=u", "chardev: udp: remote port not specified");
	env_add_fails(f->env, "udp,id=u,port=", "chardev: udp: remote port not specified");
	env_add_fails(f->env, "udp,id=u,host=127.0.0.1,port=abc",
		"address resolution failed for 127.0.0.1:abc: ");
	env_add_fails(f->env, "udp,id=u,port=1,ipv4=off,ipv6=off",
		"Cannot disable IPv4 and IPv6 at same time");
	env_add_fails(f->env, "udp,id=u,host=127.0.0.1,port=1,localaddr=192.0.2.1",
		"Failed to bind socket: ");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(is_open_from_the_start),
		CASE(one_write_is_one_datagram),
		CASE(a_large_datagram_comes_whole_as_it_is_taken),
		CASE(an_empty_datagram_is_nothing),
		CASE(nobody_there_is_no_error),
		CASE(wrong_options_have_qemus_texts),
	};

	return cmocka_run_group_tests_name("backend/udp", tests, NULL, NULL);
}
