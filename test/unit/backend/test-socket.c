/* SPDX-License-Identifier: MIT */
#include "backend/backends.h"
#include "base/cleanup.h"
#include "lib/env.h"
#include "lib/kept-log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_socket_class, NULL };

#define SERVER	    "socket,id=s,server=on,wait=off,"
#define UNIX_SERVER SERVER "path=%s/s"
#define TCP_SERVER  SERVER "host=127.0.0.1,port=0"

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

/* ---- peers ---- */

static struct sockaddr_un unix_name(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	return name;
}

static int unix_listener(struct env *env, const char *file)
{
	struct sockaddr_un name = unix_name(env_path(env, file));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static struct sockaddr_in tcp_name(unsigned port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return name;
}

static unsigned port_of(const struct chardev *chardev)
{
	AUTO_FREE char *text = chardev_describe(chardev);
	unsigned port = 0;

	assert_int_equal(sscanf(text, "disconnected:tcp:127.0.0.1:%u,server=on", &port), 1);
	assert_int_not_equal(port, 0);
	return port;
}

static int tcp_client(unsigned port)
{
	struct sockaddr_in name = tcp_name(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static int tcp_listener(unsigned *ret_port)
{
	struct sockaddr_in name = tcp_name(0);
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	*ret_port = ntohs(name.sin_port);
	return fd;
}

/* All that the server has to say until it closes. */
static void assert_says(struct env *env, int fd, const char *text)
{
	char buf[256];
	size_t len = 0;
	ssize_t got;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((got = recv(fd, buf + len, sizeof(buf) - 1 - len, 0)) != 0) {
		if (got < 0 && errno == EAGAIN)
			loop_step(env->loop, true);
		else
			assert_true(got > 0);
		len += got > 0 ? (size_t)got : 0;
	}
	buf[len] = 0;
	assert_string_equal(buf, text);
}

static void assert_reads(int fd, const char *text)
{
	char buf[256] = "";

	assert_int_equal(recv(fd, buf, strlen(text), MSG_WAITALL), (ssize_t)strlen(text));
	assert_string_equal(buf, text);
}

static void assert_described(
	const struct chardev *chardev, struct env *env, const char *prefix, const char *suffix)
{
	AUTO_FREE char *text = chardev_describe(chardev);
	char want[128];

	snprintf(want, sizeof(want), "%s%s%s", prefix, env->dir, suffix);
	assert_string_equal(text, want);
}

/* ---- a server with one client ---- */

static void talk_twice(struct env *env, struct chardev *server, int (*dial)(struct env *env))
{
	struct fake_holder *holder = &env->holder;

	env_attach(env, server);
	run_idle(env->loop);
	assert_int_equal(holder->opened, 0);
	for (unsigned i = 1; i <= 2; i++) {
		int client = dial(env);

		RUN_UNTIL(env->loop, holder->opened == i);
		assert_int_equal(fake_holder_out(holder, "Z", 1), 1);
		assert_reads(client, "Z");
		assert_int_equal(write(client, "hello", 5), 5);
		shutdown(client, SHUT_RDWR);
		close(client);
		RUN_UNTIL(env->loop, holder->closed == i);
		assert_true(fake_holder_in_is(holder, i == 1 ? "hello" : "hellohello"));
	}
}

static int dial_unix(struct env *env)
{
	return env_dial(env, "s");
}

static int dial_tcp(struct env *env)
{
	static unsigned port;

	if (!port)
		port = port_of(chardev_set_find(env->set, "s"));
	return tcp_client(port);
}

static void unix_server_serves_one_client_after_another(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, UNIX_SERVER);

	assert_described(server, env, "disconnected:unix:", "/s,server=on");
	talk_twice(env, server, dial_unix);
	assert_int_equal(env->holder.hangups, 2);
}

static void tcp_server_serves_one_client_after_another(void **state)
{
	struct env *env = *state;

	talk_twice(env, env_add(env, TCP_SERVER), dial_tcp);
}

static void second_client_is_told_and_sent_away(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, UNIX_SERVER);
	int first, second;

	env_attach(env, server);
	first = env_dial(env, "s");
	second = env_dial(env, "s");
	assert_int_equal(write(second, "lost", 4), 4);
	assert_says(env, second, "charhub: console 's' is in use (1 of 1 clients)\r\n");
	assert_int_equal(fake_holder_out(&env->holder, "still", 5), 5);
	assert_reads(first, "still");
	assert_described(server, env, "unix:", "/s,server=on");
	close(first);
	close(second);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, ""));
}

static void half_closed_client_still_gets_output_and_makes_way(void **state)
{
	struct env *env = *state;
	int first, second;

	env_attach(env, env_add(env, UNIX_SERVER));
	first = env_dial(env, "s");
	assert_int_equal(write(first, "bye", 3), 3);
	shutdown(first, SHUT_WR);
	RUN_UNTIL(env->loop, env->holder.closed == 1);
	assert_true(fake_holder_in_is(&env->holder, "bye"));
	assert_int_equal(env->holder.hangups, 0);
	assert_int_equal(fake_holder_out(&env->holder, "still", 5), 5);
	assert_reads(first, "still");
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	second = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.opened == 2);
	assert_int_equal(env->holder.hangups, 1);
	assert_int_equal(fake_holder_out(&env->holder, "new", 3), 3);
	assert_reads(second, "new");
	assert_int_equal(read(first, (char[1]){ 0 }, 1), 0);
	close(first);
	close(second);
}

/* He has left while nobody had room for what he had sent. */
static void what_is_lost_with_who_makes_way_is_told(void **state)
{
	struct env *env = *state;
	struct kept_log log;
	int first, second;

	env_attach(env, env_add(env, UNIX_SERVER));
	env->holder.room = 3;
	first = env_dial(env, "s");
	assert_int_equal(write(first, "typed", 5), 5);
	RUN_UNTIL(env->loop, env->holder.in.len == 3);
	close(first);
	run_idle(env->loop);
	assert_int_equal(env->holder.hangups, 0);
	kept_log_begin(&log);
	second = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.opened == 2);
	assert_non_null(strstr(log.last, "the last 2 bytes that he had sent are lost"));
	kept_log_end(&log);
	close(second);
}

static void half_closed_client_that_leaves_is_noticed(void **state)
{
	struct env *env = *state;
	int client;

	env_attach(env, env_add(env, UNIX_SERVER));
	client = env_dial(env, "s");
	shutdown(client, SHUT_WR);
	RUN_UNTIL(env->loop, env->holder.closed == 1);
	close(client);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), -EPIPE);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
}

static void reset_of_a_half_closed_tcp_client_is_noticed(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, TCP_SERVER);
	struct linger linger = { .l_onoff = 1 };
	int client = tcp_client(port_of(server));

	env_attach(env, server);
	shutdown(client, SHUT_WR);
	RUN_UNTIL(env->loop, env->holder.closed == 1);
	assert_int_equal(env->holder.hangups, 0);
	setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(client);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1) <= 1, 1);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
}

static unsigned sockets_with_keepalive(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 100; fd++) {
		int on = 0;
		socklen_t len = sizeof(on);

		if (getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len) == 0)
			n += on != 0;
	}
	return n;
}

static void half_closed_tcp_client_is_probed(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, TCP_SERVER);
	int client = tcp_client(port_of(server));

	env_attach(env, server);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(sockets_with_keepalive(), 0);
	shutdown(client, SHUT_WR);
	RUN_UNTIL(env->loop, env->holder.closed == 1);
	assert_int_equal(sockets_with_keepalive(), 1);
	close(client);
}

static void urgent_data_is_data(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, TCP_SERVER);
	int client = tcp_client(port_of(server));

	env->holder.room = 0;
	env_attach(env, server);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(send(client, "ab!", 3, MSG_OOB), 3);
	shutdown(client, SHUT_WR);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE + 2);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	fake_holder_set_room(&env->holder, SIZE_MAX);
	RUN_UNTIL(env->loop, env->holder.closed == 1);
	assert_true(fake_holder_in_is(&env->holder, "ab!"));
	close(client);
}

static void holder_can_disconnect_the_client_inside_opened(struct fake_holder *holder)
{
	if (holder->last.type == CHARDEV_OPENED)
		assert_int_equal(chardev_link_disconnect(&holder->link, NULL), 0);
}

static void disconnect_closes_the_connection(void **state)
{
	struct env *env = *state;
	int client;

	env->holder.event_hook = holder_can_disconnect_the_client_inside_opened;
	env_attach(env, env_add(env, UNIX_SERVER));
	client = env_dial(env, "s");
	assert_says(env, client, "");
	assert_string_equal(env->holder.log.data, "OPENED CLOSED HANGUP ");
	close(client);
}

/* ---- several clients ---- */

static void attach_for_peers(struct env *env, struct chardev *server)
{
	assert_int_equal(fake_holder_attach(&env->holder, server, FAKE_HOLDER_PEERS, NULL), 0);
}

static void each_client_is_a_chardev_of_its_own(void **state)
{
	struct env *env = *state;
	struct fake_holder a, b;
	int one, two;

	attach_for_peers(env, env_add(env, UNIX_SERVER ",clients=2"));
	one = env_dial(env, "s");
	two = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.n_peers == 2);
	fake_holder_init(&a, env->loop);
	fake_holder_init(&b, env->loop);
	assert_string_equal(chardev_id(env->holder.peers[0]), "s.1");
	assert_string_equal(chardev_id(env->holder.peers[1]), "s.2");
	assert_true(chardev_is_open(env->holder.peers[0]));
	fake_holder_attach(&a, env->holder.peers[0], FAKE_HOLDER_PLAIN, NULL);
	fake_holder_attach(&b, env->holder.peers[1], FAKE_HOLDER_PLAIN, NULL);
	assert_int_equal(write(one, "one", 3), 3);
	assert_int_equal(write(two, "two", 3), 3);
	RUN_UNTIL(env->loop, a.in.len == 3 && b.in.len == 3);
	assert_true(fake_holder_in_is(&a, "one") && fake_holder_in_is(&b, "two"));
	assert_int_equal(fake_holder_out(&b, "for two", 7), 7);
	assert_reads(two, "for two");
	assert_described(env->holder.peers[0], env, "unix:", "/s,server=on");
	assert_described(
		chardev_set_find(env->set, "s"), env, "unix:", "/s,server=on (2 of 2 clients)");
	close(one);
	RUN_UNTIL(env->loop, a.hangups == 1);
	assert_int_equal(b.hangups, 0);
	close(two);
	fake_holder_done(&a);
	fake_holder_done(&b);
}

static void client_beyond_the_number_is_sent_away_and_places_come_back(void **state)
{
	struct env *env = *state;
	int one, two, three;

	attach_for_peers(env, env_add(env, UNIX_SERVER ",clients=2"));
	one = env_dial(env, "s");
	two = env_dial(env, "s");
	three = env_dial(env, "s");
	assert_says(env, three, "charhub: console 's' is in use (2 of 2 clients)\r\n");
	close(three);
	chardev_free(env->holder.peers[0]);
	env->holder.peers[0] = env->holder.peers[--env->holder.n_peers];
	assert_int_equal(read(one, (char[1]){ 0 }, 1), 0);
	close(one);
	one = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.n_peers == 2);
	assert_string_equal(chardev_id(env->holder.peers[1]), "s.1");
	close(one);
	close(two);
}

static void half_closed_one_of_several_makes_way(void **state)
{
	struct env *env = *state;
	int one, two, three;

	attach_for_peers(env, env_add(env, UNIX_SERVER ",clients=2"));
	one = env_dial(env, "s");
	two = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.n_peers == 2);
	shutdown(two, SHUT_WR);
	run_idle(env->loop);
	assert_false(chardev_is_open(env->holder.peers[1]));
	three = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.n_peers == 3);
	assert_string_equal(chardev_id(env->holder.peers[2]), "s.3");
	assert_true(chardev_is_open(env->holder.peers[0]));
	close(one);
	close(two);
	close(three);
}

static void holder_may_refuse_a_client(void **state)
{
	struct env *env = *state;
	int client;

	attach_for_peers(env, env_add(env, UNIX_SERVER ",clients=2"));
	env->holder.refuse_peers = ENOSPC;
	client = env_dial(env, "s");
	assert_says(env, client, "charhub: the fake takes no more clients\r\n");
	close(client);
	env->holder.refuse_peers = 0;
	client = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.n_peers == 1);
	assert_string_equal(chardev_id(env->holder.peers[0]), "s.1");
	close(client);
}

static void several_clients_need_a_holder_that_takes_them(void **state)
{
	struct env *env = *state;
	struct chardev *server = env_add(env, UNIX_SERVER ",clients=3");
	struct error *err = NULL;
	int client = env_dial(env, "s");

	assert_int_equal(
		fake_holder_attach(&env->holder, server, FAKE_HOLDER_PLAIN, &err), -EINVAL);
	assert_string_equal(
		error_message(err), "chardev 's' has clients=3 and can only be a member of a hub");
	error_free(err);
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	attach_for_peers(env, server);
	RUN_UNTIL(env->loop, env->holder.n_peers == 1);
	close(client);
}

/* ---- addresses ---- */

static void abstract_name_is_served(void **state)
{
	struct env *env = *state;
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1);

	env_attach(env, env_add(env, UNIX_SERVER ",abstract=on"));
	len += (socklen_t)snprintf(
		name.sun_path + 1, sizeof(name.sun_path) - 1, "%s", env_path(env, "s"));
	assert_int_equal(connect(fd, (struct sockaddr *)&name, len), 0);
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	assert_int_equal(access(env_path(env, "s"), F_OK), -1);
	close(fd);
}

static void stale_socket_is_replaced_and_nothing_else(void **state)
{
	struct env *env = *state;
	int fd = unix_listener(env, "s"), file;

	env_add_fails(env, UNIX_SERVER, "Failed to bind socket to ");
	env_add_fails(env, UNIX_SERVER, strerror(EADDRINUSE));
	close(fd);
	env_add(env, UNIX_SERVER);
	env_add_fails(env, "socket,id=t,server=on,wait=off,path=%s/s", strerror(EADDRINUSE));
	file = open(env_path(env, "file"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(file);
	env_add_fails(env, "socket,id=t,server=on,wait=off,path=%s/file", strerror(EADDRINUSE));
	assert_int_equal(access(env_path(env, "file"), F_OK), 0);
}

static void socket_file_goes_with_the_server_if_it_is_its_own(void **state)
{
	struct env *env = *state;
	int fd;

	env_add(env, UNIX_SERVER);
	assert_int_equal(chardev_set_remove(env->set, "s", NULL), 0);
	assert_int_equal(access(env_path(env, "s"), F_OK), -1);
	env_add(env, UNIX_SERVER);
	unlink(env_path(env, "s"));
	fd = unix_listener(env, "s");
	assert_int_equal(chardev_set_remove(env->set, "s", NULL), 0);
	assert_int_equal(access(env_path(env, "s"), F_OK), 0);
	close(fd);
}

static void socket_file_has_the_mode_that_is_asked_for(void **state)
{
	struct env *env = *state;
	struct stat st;

	env_add(env, UNIX_SERVER ",mode=0602");
	assert_int_equal(stat(env_path(env, "s"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0602);
}

static void next_free_port_of_a_range_is_taken(void **state)
{
	struct env *env = *state;
	unsigned port;
	int fd = tcp_listener(&port);
	char text[128];

	snprintf(text, sizeof(text), SERVER "host=127.0.0.1,port=%u", port);
	env_add_fails(env, text, "Failed to find an available port: Address");
	if (port < 65000) {
		snprintf(text, sizeof(text), SERVER "host=127.0.0.1,port=%u,to=%u", port,
			port + 500);
		assert_true(port_of(env_add(env, text)) > port);
	}
	close(fd);
}

static void inherited_listener_is_served(void **state)
{
	struct env *env = *state;
	int fd = unix_listener(env, "l"), client;
	char text[64];

	snprintf(text, sizeof(text), SERVER "fd=%d", fd);
	env_attach(env, env_add(env, text));
	close(fd);
	client = env_dial(env, "l");
	RUN_UNTIL(env->loop, env->holder.opened == 1);
	close(client);
}

static void inherited_connection_is_used(void **state)
{
	struct env *env = *state;
	int pair[2];
	char text[64];
	struct chardev *chardev;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	snprintf(text, sizeof(text), "socket,id=c,fd=%d", pair[0]);
	chardev = env_add(env, text);
	close(pair[0]);
	assert_true(chardev_is_open(chardev));
	env_attach(env, chardev);
	assert_int_equal(fake_holder_out(&env->holder, "x", 1), 1);
	assert_reads(pair[1], "x");
	close(pair[1]);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
}

static void bad_options_are_errors(void **state)
{
	static const struct {
		const char *options, *text;
	} cases[] = {
		{ "", "one of 'path', 'host', 'cid' or 'fd' is required" },
		{ "port=5", "one of 'path', 'host', 'cid' or 'fd' is required" },
		{ "path=/x,host=y,port=1",
			"None or one of 'path', 'fd' or 'host' option required." },
		{ "host=localhost", "chardev: socket: no port given" },
		{ "host=localhost,port=70000", "port=70000: a port is 0 to 65535" },
		{ "host=localhost,port=-1", "port=-1: not a port" },
		{ "host=localhost,port=", "not a port" },
		{ "host=localhost,port=10,to=9,server=on,wait=off", "to=9 is below port=10" },
		{ "host=localhost,port=10,to=65536,server=on,wait=off", "to" },
		{ "path=/x,wait=on",
			"'wait' option is incompatible with socket in client connect mode" },
		{ "path=/x,server=on,reconnect=1",
			"'reconnect' option is incompatible with socket in server listen mode" },
		{ "path=/x,server=on,reconnect-ms=1",
			"'reconnect-ms' option is incompatible with socket in server listen mode" },
		{ "path=/x,reconnect=1,reconnect-ms=1",
			"'reconnect' and 'reconnect-ms' are mutually exclusive" },
		{ "fd=0,reconnect-ms=5",
			"'reconnect' option is incompatible with 'fd' address type" },
		{ "fd=abc", "Unable to parse FD number abc" },
		{ "fd=99", "File descriptor '99' is not a socket" },
		{ "path=/x,delay=on,nodelay=on", "'delay' and 'nodelay' are mutually exclusive" },
		{ "host=x,port=1,ipv4=off,ipv6=off", "Cannot disable IPv4 and IPv6 at same time" },
		{ "host=127.0.0.1,port=1,ipv4=off", "address resolution failed for 127.0.0.1:1: " },
		{ "cid=3", "chardev: socket: no port given" },
		{ "cid=three,port=1", "cid=three: of a vsock this is a number, 0 to 4294967295" },
		{ "cid=,port=1", "cid=: of a vsock this is a number" },
		{ "cid=4294967296,port=1", "cid=4294967296: of a vsock this is a number" },
		{ "cid=3,port=http", "port=http: of a vsock this is a number" },
		{ "cid=3,port=1,host=x", "None or one of" },
		{ "path=/x,keep-alive=on", "'keep-alive' option is for TCP" },
		{ "cid=3,port=1,user-timeout-ms=5", "'user-timeout-ms' option is for TCP" },
		{ "host=x,port=1,keep-alive-idle=5",
			"'keep-alive-idle' option requires 'keep-alive=on'" },
		{ "host=x,port=1,keep-alive=on,keep-alive-count=128", "keep-alive-count" },
		{ "path=/x,websocket=on", "Websocket client is not implemented" },
		{ "path=/x,server=on,websocket-origin=*",
			"'websocket-origin' option requires 'websocket=on'" },
		{ "path=/x,server=on,tn3270=on", "'tn3270=on' is not supported" },
		{ "path=/x,clients=2", "'clients' option is incompatible with" },
		{ "path=/x,server=on,clients=0", "clients" },
		{ "path=/x,server=on,clients=4097", "clients" },
		{ "path=,server=on", "chardev: socket: path is empty" },
		{ "path=/tmp/s,server=on,mode=0x1",
			"Parameter 'mode' expects three octal digits such as 0660, not '0x1'" },
		{ "path=/tmp/s,mode=600", "'mode' option is for the socket file of a server" },
		{ "host=,port=0,server=on,mode=600",
			"'mode' option is for the socket file of a server" },
		{ "path=/nonexistent/s",
			"Failed to connect to '/nonexistent/s': No such file or directory" },
		{ "path=/nonexistent/s,server=on",
			"Failed to bind socket to /nonexistent/s: No such file or directory" },
		{ "host=127.0.0.1,port=1",
			"Failed to connect to '127.0.0.1:1': Connection refused" },
	};
	unsigned before = open_fds();
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "socket,id=s,%s", cases[i].options);
		env_add_fails(*state, text, cases[i].text);
	}
	run_idle(((struct env *)*state)->loop);
	assert_int_equal(open_fds(), before);
}

static void path_may_have_108_bytes(void **state)
{
	char text[256], path[110];

	memset(path, 'x', sizeof(path) - 1);
	path[109] = 0;
	snprintf(text, sizeof(text), "socket,id=s,path=%s", path);
	env_add_fails(*state, text, "' is too long");
	path[108] = 0;
	snprintf(text, sizeof(text), "socket,id=s,path=%s", path);
	env_add_fails(*state, text, "': No such file or directory");
}

/* ---- clients ---- */

static void client_connects_at_once_and_ends_for_good(void **state)
{
	struct env *env = *state;
	int listener = unix_listener(env, "l"), fd;
	struct chardev *client = env_add(env, "socket,id=c,path=%s/l");

	assert_true(chardev_is_open(client));
	assert_described(client, env, "unix:", "/l");
	env_attach(env, client);
	fd = accept(listener, NULL, NULL);
	assert_int_equal(write(fd, "hi", 2), 2);
	close(fd);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "hi"));
	assert_described(client, env, "disconnected:unix:", "/l");
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	close(listener);
}

static void reconnect(struct env *env, struct chardev *client, int listener)
{
	struct fake_holder *holder = &env->holder;

	assert_false(chardev_is_open(client));
	env_attach(env, client);
	for (unsigned i = 1; i <= 2; i++) {
		int fd;

		RUN_UNTIL(env->loop, holder->opened == i);
		fd = accept(listener, NULL, NULL);
		assert_int_equal(write(fd, "hi", 2), 2);
		assert_int_equal(fake_holder_out(holder, "Z", 1), 1);
		assert_reads(fd, "Z");
		close(fd);
		RUN_UNTIL(env->loop, holder->hangups == i);
		loop_advance(env->loop, 999);
		assert_int_equal(holder->opened, i);
		loop_advance(env->loop, 1);
	}
	assert_true(fake_holder_in_is(holder, "hihi"));
}

static void unix_client_reconnects(void **state)
{
	struct env *env = *state;
	int listener = unix_listener(env, "l");

	loop_fake_clock(env->loop);
	reconnect(env, env_add(env, "socket,id=c,reconnect-ms=1000,path=%s/l"), listener);
	close(listener);
}

static void tcp_client_reconnects(void **state)
{
	struct env *env = *state;
	unsigned port;
	int listener = tcp_listener(&port);
	char text[128];

	loop_fake_clock(env->loop);
	snprintf(text, sizeof(text), "socket,id=c,host=127.0.0.1,port=%u,reconnect=1", port);
	reconnect(env, env_add(env, text), listener);
	close(listener);
}

static void name_is_looked_up_for_each_attempt(void **state)
{
	struct env *env = *state;
	struct addrinfo *list = NULL;
	unsigned port;
	char text[128];
	int listener;

	/* Without /etc/hosts it may be nobody's name. */
	if (getaddrinfo("localhost", NULL, NULL, &list))
		skip();
	freeaddrinfo(list);
	listener = tcp_listener(&port);
	loop_fake_clock(env->loop);
	snprintf(text, sizeof(text), "socket,id=c,host=localhost,port=%u,reconnect=1", port);
	reconnect(env, env_add(env, text), listener);
	close(listener);
}

static void removal_during_a_lookup_is_safe(void **state)
{
	struct env *env = *state;

	env_add(env, "socket,id=c,host=localhost,port=1,reconnect=1");
	loop_step(env->loop, false);
	assert_int_equal(chardev_set_remove(env->set, "c", NULL), 0);
}

static void client_waits_for_its_server_to_come(void **state)
{
	struct env *env = *state;
	int listener;

	loop_fake_clock(env->loop);
	env_attach(env, env_add(env, "socket,id=c,reconnect-ms=100,path=%s/l"));
	run_idle(env->loop);
	loop_advance(env->loop, 250);
	assert_int_equal(env->holder.opened, 0);
	listener = unix_listener(env, "l");
	loop_advance(env->loop, 100);
	assert_int_equal(env->holder.opened, 1);
	close(listener);
}

static void disconnect_inside_opened_reconnects(void **state)
{
	struct env *env = *state;
	int listener = unix_listener(env, "l");

	loop_fake_clock(env->loop);
	env->holder.event_hook = holder_can_disconnect_the_client_inside_opened;
	env_attach(env, env_add(env, "socket,id=c,reconnect-ms=100,path=%s/l"));
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	env->holder.event_hook = NULL;
	loop_advance(env->loop, 100);
	assert_int_equal(env->holder.opened, 2);
	run_idle(env->loop);
	assert_int_equal(env->holder.hangups, 1);
	close(listener);
}

/* ---- wait=on ---- */

static void dial_until_answered(const char *path)
{
	struct sockaddr_un name = unix_name(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	while (connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		sched_yield();
	(void)!write(fd, "first", 5);
	_exit(0);
}

static void server_waits_for_its_first_client(void **state)
{
	struct env *env = *state;
	const char *path = env_path(env, "s");
	struct chardev *server;
	pid_t pid = fork();

	if (pid == 0)
		dial_until_answered(path);
	server = env_add(env, "socket,id=s,server=on,path=%s/s");
	assert_true(chardev_is_open(server));
	env_attach(env, server);
	RUN_UNTIL(env->loop, env->holder.hangups == 1);
	assert_true(fake_holder_in_is(&env->holder, "first"));
	waitpid(pid, NULL, 0);
}

static void do_nothing(int number)
{
	(void)number;
}

/* Knocks until the parent closes the other end. */
static void signal_until_heard(int fd)
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, (char[1]){ 0 }, 1) < 0) {
		kill(getppid(), SIGCHLD);
		kill(getppid(), SIGTERM);
		sched_yield();
	}
	_exit(0);
}

static void signal_ends_the_wait(void **state)
{
	struct sigaction action = { .sa_handler = do_nothing }, old;
	int pipe_fds[2];
	pid_t pid;

	sigaction(SIGTERM, &action, &old);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(pipe_fds[1]);
		signal_until_heard(pipe_fds[0]);
	}
	env_add_fails(*state, "socket,id=s,server=on,path=%s/s",
		"socket 's': no client has come: Interrupted system call");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	while (waitpid(pid, NULL, 0) < 0)
		continue;
	sigaction(SIGTERM, &old, NULL);
	assert_int_equal(access(env_path(*state, "s"), F_OK), -1);
}

/* ---- limits ---- */

static void clients_are_turned_away_when_descriptors_run_out(void **state)
{
	struct env *env = *state;
	struct rlimit old, low;
	int clients[3], lowest;

	attach_for_peers(env, env_add(env, UNIX_SERVER ",clients=100"));
	run_idle(env->loop);
	for (int i = 0; i < 3; i++)
		clients[i] = env_dial(env, "s");
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	lowest = dup(0);
	close(lowest);
	low.rlim_cur = (rlim_t)lowest + 1;
	setrlimit(RLIMIT_NOFILE, &low);
	assert_says(env, clients[2], "charhub: out of file descriptors\r\n");
	assert_true(wakeups(env->loop) <= WAKEUPS_IDLE);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(env->holder.n_peers, 1);
	close(clients[0]);
	clients[0] = env_dial(env, "s");
	RUN_UNTIL(env->loop, env->holder.n_peers == 2);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(unix_server_serves_one_client_after_another),
		CASE(tcp_server_serves_one_client_after_another),
		CASE(second_client_is_told_and_sent_away),
		CASE(half_closed_client_still_gets_output_and_makes_way),
		CASE(what_is_lost_with_who_makes_way_is_told),
		CASE(half_closed_client_that_leaves_is_noticed),
		CASE(reset_of_a_half_closed_tcp_client_is_noticed),
		CASE(half_closed_tcp_client_is_probed),
		CASE(urgent_data_is_data),
		CASE(disconnect_closes_the_connection),
		CASE(each_client_is_a_chardev_of_its_own),
		CASE(client_beyond_the_number_is_sent_away_and_places_come_back),
		CASE(half_closed_one_of_several_makes_way),
		CASE(holder_may_refuse_a_client),
		CASE(several_clients_need_a_holder_that_takes_them),
		CASE(abstract_name_is_served),
		CASE(stale_socket_is_replaced_and_nothing_else),
		CASE(socket_file_goes_with_the_server_if_it_is_its_own),
		CASE(socket_file_has_the_mode_that_is_asked_for),
		CASE(next_free_port_of_a_range_is_taken),
		CASE(inherited_listener_is_served),
		CASE(inherited_connection_is_used),
		CASE(bad_options_are_errors),
		CASE(path_may_have_108_bytes),
		CASE(client_connects_at_once_and_ends_for_good),
		CASE(unix_client_reconnects),
		CASE(tcp_client_reconnects),
		CASE(name_is_looked_up_for_each_attempt),
		CASE(removal_during_a_lookup_is_safe),
		CASE(client_waits_for_its_server_to_come),
		CASE(disconnect_inside_opened_reconnects),
		CASE(server_waits_for_its_first_client),
		CASE(signal_ends_the_wait),
		CASE(clients_are_turned_away_when_descriptors_run_out),
	};

	return cmocka_run_group_tests_name("backend/socket", tests, NULL, NULL);
}
