/* SPDX-License-Identifier: MIT */
/* Every class of this folder against the suite of test/lib/conformance.c. */
#include "backend/backends.h"
#include "backend/ringbuf.h"
#include "base/cleanup.h"
#include "lib/conformance.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <cmocka.h>

static const struct chardev_class *const classes[] = { &backend_exec_class, &backend_file_class,
	&backend_journald_class, &backend_null_class, &backend_pipe_class, &backend_udp_class,
	&backend_pty_class, &backend_ringbuf_class, &backend_serial_class, &backend_socket_class,
	&backend_stdio_class, NULL };

/* ---- null, ringbuf ---- */

static struct chardev *make_null(struct conformance_peer *peer)
{
	return env_add(peer->env, "null,id=c");
}

static struct chardev *make_ringbuf(struct conformance_peer *peer)
{
	return env_add(peer->env, "ringbuf,id=c");
}

static ssize_t take_from_ringbuf(struct conformance_peer *peer, void *buf, size_t len)
{
	return (ssize_t)ringbuf_read(peer->chardev, buf, len);
}

/* ---- file: a FIFO each way ---- */

static int fifo(struct env *env, const char *name)
{
	assert_int_equal(mkfifo(env_path(env, name), 0600), 0);
	return open(env_path(env, name), O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static struct chardev *make_file(struct conformance_peer *peer)
{
	char text[256];

	peer->to_guest = fifo(peer->env, "in");
	peer->from_guest = fifo(peer->env, "out");
	snprintf(text, sizeof(text), "file,id=c,path=%s/out,input-path=%s/in", peer->env->dir,
		peer->env->dir);
	return env_add(peer->env, text);
}

/* ---- pipe ---- */

static struct chardev *make_pipe(struct conformance_peer *peer)
{
	peer->to_guest = fifo(peer->env, "p.in");
	peer->from_guest = fifo(peer->env, "p.out");
	return env_add(peer->env, "pipe,id=c,path=%s/p");
}

/* ---- udp ---- */

/* A socket at a free port of the loopback address. */
static int bind_udp(struct sockaddr_in *ret_name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret_name);

	*ret_name = (struct sockaddr_in){ .sin_family = AF_INET };
	ret_name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)ret_name, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_name, &len), 0);
	return fd;
}

static struct chardev *make_udp(struct conformance_peer *peer)
{
	struct sockaddr_in here, there;
	int fd = bind_udp(&here), other = bind_udp(&there);
	char text[128];

	close(other);
	assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof(there)), 0);
	peer->to_guest = peer->from_guest = fd;
	snprintf(text, sizeof(text),
		"udp,id=c,host=127.0.0.1,port=%u,localaddr=127.0.0.1,localport=%u",
		ntohs(here.sin_port), ntohs(there.sin_port));
	return env_add(peer->env, text);
}

/* ---- journald: entries are no bytes as they came; how it is full is in test-sink ---- */

static struct chardev *make_journald(struct conformance_peer *peer)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct chardev *chardev;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", env_path(peer->env, "j"));
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	peer->to_guest = peer->from_guest = fd;
	chardev = env_add(peer->env, "journald,id=c,path=%s/j");
	run_idle(peer->env->loop);
	return chardev;
}

/* ---- serial: the slave of a pty ---- */

static struct chardev *make_serial(struct conformance_peer *peer)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	char slave[64], text[128];

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	assert_int_equal(ptsname_r(master, slave, sizeof(slave)), 0);
	snprintf(text, sizeof(text), "serial,id=c,path=%s", slave);
	peer->to_guest = peer->from_guest = master;
	return env_add(peer->env, text);
}

/* ---- pty ---- */

static void open_slave(struct conformance_peer *peer)
{
	AUTO_FREE char *text = chardev_describe(chardev_set_find(peer->env->set, "c"));

	peer->to_guest = open(text + 4, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(peer->to_guest >= 0);
	peer->from_guest = peer->to_guest;
}

static struct chardev *make_pty(struct conformance_peer *peer)
{
	struct chardev *chardev = env_add(peer->env, "pty,id=c");

	open_slave(peer);
	RUN_UNTIL(peer->env->loop, chardev_is_open(chardev));
	return chardev;
}

/* ---- exec: the test acts through the child's terminal ---- */

static struct chardev *make_exec(struct conformance_peer *peer)
{
	struct chardev *chardev = env_add(peer->env, "exec,id=c,command=exec sleep 100000");
	AUTO_FREE char *text = chardev_describe(chardev);
	struct termios mode;

	text[strlen(text) - 1] = 0;
	peer->to_guest = open(strstr(text, "/dev/pts/"), O_RDWR | O_NOCTTY | O_CLOEXEC);
	peer->from_guest = peer->to_guest;
	assert_int_equal(tcgetattr(peer->to_guest, &mode), 0);
	cfmakeraw(&mode);
	assert_int_equal(tcsetattr(peer->to_guest, TCSANOW, &mode), 0);
	return chardev;
}

static void kill_exec(struct conformance_peer *peer)
{
	AUTO_FREE char *text = chardev_describe(peer->chardev);
	int pid;

	assert_int_equal(sscanf(strstr(text, "(pid "), "(pid %d", &pid), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

/* ---- stdio ---- */

static struct chardev *make_stdio(struct conformance_peer *peer)
{
	int in[2], out[2], *saved = test_malloc(2 * sizeof(*saved));

	saved[0] = dup(0);
	saved[1] = dup(1);
	peer->data = saved;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	dup2(in[0], 0);
	dup2(out[1], 1);
	close(in[0]);
	close(out[1]);
	peer->to_guest = in[1];
	peer->from_guest = out[0];
	return env_add(peer->env, "stdio,id=c");
}

static void close_stdio_input(struct conformance_peer *peer)
{
	close(peer->to_guest);
	peer->to_guest = -1;
}

static void done_stdio(struct conformance_peer *peer)
{
	int *saved = peer->data;

	chardev_free(peer->chardev);
	dup2(saved[0], 0);
	dup2(saved[1], 1);
	close(saved[0]);
	close(saved[1]);
	test_free(saved);
}

/* ---- socket ---- */

static void connect_unix(struct conformance_peer *peer)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", env_path(peer->env, "s"));
	peer->to_guest = peer->from_guest = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(peer->to_guest, (struct sockaddr *)&name, sizeof(name)), 0);
}

static struct chardev *make_unix_server(struct conformance_peer *peer)
{
	struct chardev *chardev = env_add(peer->env, "socket,id=c,server=on,wait=off,path=%s/s");

	connect_unix(peer);
	RUN_UNTIL(peer->env->loop, chardev_is_open(chardev));
	return chardev;
}

static void shut_socket(struct conformance_peer *peer)
{
	assert_int_equal(shutdown(peer->to_guest, SHUT_WR), 0);
}

static void connect_tcp(struct conformance_peer *peer)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	const unsigned *port = peer->data;

	name.sin_port = htons((uint16_t)*port);
	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer->to_guest = peer->from_guest = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(peer->to_guest, (struct sockaddr *)&name, sizeof(name)), 0);
}

static struct chardev *make_tcp_server(struct conformance_peer *peer)
{
	struct chardev *chardev = env_add(
		peer->env, "socket,id=c,server=on,wait=off,host=127.0.0.1,port=0,nodelay=on");
	AUTO_FREE char *text = chardev_describe(chardev);
	unsigned *port = test_malloc(sizeof(*port));

	assert_int_equal(sscanf(text, "disconnected:tcp:127.0.0.1:%u,", port), 1);
	peer->data = port;
	connect_tcp(peer);
	RUN_UNTIL(peer->env->loop, chardev_is_open(chardev));
	return chardev;
}

static void done_tcp(struct conformance_peer *peer)
{
	test_free(peer->data);
}

/* By a reset: a TCP peer that closes in order looks half-closed until something is sent to it. */
static void reset_tcp(struct conformance_peer *peer)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(peer->to_guest, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(peer->to_guest);
	peer->to_guest = peer->from_guest = -1;
}

static struct chardev *make_unix_client(struct conformance_peer *peer)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct chardev *chardev;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", env_path(peer->env, "s"));
	assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(listener, 1), 0);
	chardev = env_add(peer->env, "socket,id=c,path=%s/s");
	peer->to_guest = peer->from_guest = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return chardev;
}

/* One client of a server with several; the server's holder is @data. */
static struct chardev *make_one_of_several(struct conformance_peer *peer)
{
	struct chardev *server =
		env_add(peer->env, "socket,id=s,server=on,wait=off,clients=8,path=%s/s");
	struct fake_holder *holder = test_malloc(sizeof(*holder));

	fake_holder_init(holder, peer->env->loop);
	assert_int_equal(fake_holder_attach(holder, server, FAKE_HOLDER_PEERS, NULL), 0);
	peer->data = holder;
	connect_unix(peer);
	RUN_UNTIL(peer->env->loop, holder->n_peers == 1);
	holder->n_peers = 0;
	return holder->peers[0];
}

static void done_one_of_several(struct conformance_peer *peer)
{
	chardev_free(peer->chardev);
	fake_holder_done(peer->data);
	test_free(peer->data);
}

static const struct conformance adapters[] = {
	{ .name = "null",
		.flags = CONFORMS_NO_INPUT | CONFORMS_NEVER_FULL | CONFORMS_ALWAYS_OPEN |
			 CONFORMS_NO_RECORD,
		.make = make_null },
	{ .name = "ringbuf",
		.flags = CONFORMS_NO_INPUT | CONFORMS_NEVER_FULL | CONFORMS_ALWAYS_OPEN,
		.make = make_ringbuf,
		.take = take_from_ringbuf },
	{ .name = "file", .flags = CONFORMS_ALWAYS_OPEN, .make = make_file },
	{ .name = "pipe", .flags = CONFORMS_ALWAYS_OPEN, .make = make_pipe },
	{ .name = "udp",
		.flags = CONFORMS_ALWAYS_OPEN | CONFORMS_NEVER_FULL | CONFORMS_NO_RECORD,
		.make = make_udp },
	{ .name = "journald",
		.flags = CONFORMS_NO_INPUT | CONFORMS_NEVER_FULL | CONFORMS_ALWAYS_OPEN |
			 CONFORMS_NO_RECORD,
		.make = make_journald },
	{ .name = "pty", .make = make_pty, .come_back = open_slave },
	{ .name = "serial", .flags = CONFORMS_FORGETS, .make = make_serial },
	{ .name = "exec", .flags = CONFORMS_DISCONNECTS, .make = make_exec, .close = kill_exec },
	{ .name = "stdio",
		.flags = CONFORMS_HALF_CLOSE,
		.make = make_stdio,
		.close_input = close_stdio_input,
		.done = done_stdio },
	{ .name = "socket: unix server",
		.flags = CONFORMS_HALF_CLOSE | CONFORMS_DISCONNECTS,
		.make = make_unix_server,
		.close_input = shut_socket,
		.come_back = connect_unix },
	{ .name = "socket: tcp server",
		.flags = CONFORMS_HALF_CLOSE | CONFORMS_DISCONNECTS,
		.make = make_tcp_server,
		.close_input = shut_socket,
		.close = reset_tcp,
		.come_back = connect_tcp,
		.done = done_tcp },
	{ .name = "socket: unix client",
		.flags = CONFORMS_HALF_CLOSE | CONFORMS_DISCONNECTS,
		.make = make_unix_client,
		.close_input = shut_socket },
	{ .name = "socket: one of several clients",
		.flags = CONFORMS_HALF_CLOSE | CONFORMS_DISCONNECTS,
		.make = make_one_of_several,
		.close_input = shut_socket,
		.done = done_one_of_several },
};

int main(int argc, char **argv)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++) {
		struct conformance adapter = adapters[i];

		adapter.classes = classes;
		if (adapter.make == make_serial && !has_serial_lines())
			continue;
		if (argc < 2 || strstr(adapter.name, argv[1]))
			failed += conformance_run(&adapter);
	}
	return failed;
}
