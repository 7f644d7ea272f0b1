/* SPDX-License-Identifier: MIT */
/* What the class "socket" asks of TCP, and vsock. */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "lib/env.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_socket_class, NULL };

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

/* Where it listens: the number behind @prefix. */
static unsigned port_of(struct chardev *server, const char *prefix)
{
	AUTO_FREE char *text = chardev_describe(server);
	unsigned port = 0;

	assert_memory_equal(text, prefix, strlen(prefix));
	assert_int_equal(sscanf(text + strlen(prefix), "%u,server=on", &port), 1);
	return port;
}

/* ---- TCP ---- */

static int dial_tcp(unsigned port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

/* The one descriptor whose peer is @client. */
static int other_end(int client)
{
	struct sockaddr_in ours = { 0 }, theirs;
	socklen_t len = sizeof(ours);

	assert_int_equal(getsockname(client, (struct sockaddr *)&ours, &len), 0);
	for (int fd = 0; fd < 100; fd++) {
		theirs = (struct sockaddr_in){ 0 };
		len = sizeof(theirs);
		if (getpeername(fd, (struct sockaddr *)&theirs, &len) == 0 &&
			theirs.sin_port == ours.sin_port)
			return fd;
	}
	return -1;
}

static void assert_tuned(int fd, int level, int name, unsigned want)
{
	unsigned number = 0;
	socklen_t len = sizeof(number);

	assert_int_equal(getsockopt(fd, level, name, &number, &len), 0);
	assert_int_equal(number, want);
}

static void a_tcp_connection_is_tuned_as_asked(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env,
		"socket,id=s,host=127.0.0.1,port=0,server=on,wait=off,nodelay=on,keep-alive=on,"
		"keep-alive-idle=11,keep-alive-interval=7,keep-alive-count=5,"
		"user-timeout-ms=9000");
	int client = dial_tcp(port_of(server, "disconnected:tcp:127.0.0.1:")), fd;

	env_attach(env, server);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	fd = other_end(client);
	assert_tuned(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	assert_tuned(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	assert_tuned(fd, IPPROTO_TCP, TCP_KEEPIDLE, 11);
	assert_tuned(fd, IPPROTO_TCP, TCP_KEEPINTVL, 7);
	assert_tuned(fd, IPPROTO_TCP, TCP_KEEPCNT, 5);
	assert_tuned(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 9000);
	close(client);
}

/* ---- vsock ---- */

/* A server at any free port; NULL: this kernel has no vsock. */
static struct chardev *vsock_server(struct env *env)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return NULL;
	close(fd);
	return env_add(env, "socket,id=s,cid=,port=4294967295,server=on,wait=off");
}

static void a_vsock_server_says_its_port(void **state)
{
	struct chardev *server = vsock_server(*state);

	if (!server)
		skip();
	assert_int_not_equal(port_of(server, "disconnected:vsock:4294967295:"), VMADDR_PORT_ANY);
}

/* Return: a connection to @port of this very machine; -1: the kernel has no loopback of vsock. */
static int dial_vsock(unsigned port)
{
	struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL };
	struct timeval soon = { .tv_usec = 100 * 1000 };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	name.svm_port = port;
	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &soon, sizeof(soon));
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void bytes_travel_by_vsock(void **state)
{
	struct env *env = *state;
	struct chardev *server = vsock_server(env), *client;
	char text[96], buf[3] = "";
	unsigned port;
	int fd;

	if (!server)
		skip();
	port = port_of(server, "disconnected:vsock:4294967295:");
	fd = dial_vsock(port);
	if (fd < 0)
		skip(); /* needs the module vsock_loopback */
	env_attach(env, server);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(fake_holder_out(&env->holder, "hi", 2), 2);
	assert_int_equal(recv(fd, buf, 2, MSG_WAITALL), 2);
	assert_string_equal(buf, "hi");
	close(fd);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	snprintf(text, sizeof(text), "socket,id=c,cid=1,port=%u", port);
	client = env_add(env, text);
	assert_true(chardev_is_open(client));
	RUN_UNTIL(env->loop, env->holder.opened == 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_tcp_connection_is_tuned_as_asked),
		CASE(a_vsock_server_says_its_port),
		CASE(bytes_travel_by_vsock),
	};

	return cmocka_run_group_tests_name("backend/socket-kinds", tests, NULL, NULL);
}
