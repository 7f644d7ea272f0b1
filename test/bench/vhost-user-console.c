/* SPDX-License-Identifier: MIT */
/*
 * A vhost-user console without a hub behind it, for trying real guests and as the reference that a
 * hub is measured against:
 *
 *	vhost-user-console SOCKET PORT...
 *
 *	stdio     a virtconsole: out to stdout, in from stdin
 *	hvc       a virtconsole: out is counted
 *	count     a virtserialport: out is counted
 *	echo      what is written comes back
 *	send=N    N bytes are sent once the guest opens it
 *
 * The first PORT is port 0. With a single one the device has no F_MULTIPORT. Lines of stdin that
 * begin with Ctrl-A are commands: resize COLS ROWS, open PORT, close PORT, stall PORT, resume PORT,
 * remove PORT, stats, quit. Events are told on stderr, a line each.
 */
#include "base/parse.h"
#include "io/loop.h"
#include "vhost-user/vhost-user.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PORTS_MAX = 31, BUFFER = 256 * 1024, LINE = 256, COMMAND = 1 };

enum kind { STDIO, HVC, COUNT, ECHO, SEND };

struct port {
	struct server *server;
	struct virtio_console_port *port;
	enum kind kind;
	unsigned nr;
	uint64_t to_send, sent, sum;
	struct timespec first, last;
	bool stalled, refused;
	uint8_t *buf;
	size_t kept; /* ECHO: bytes of buf that wait for room */
};

struct server {
	struct loop *loop;
	struct virtio_console *console;
	struct vhost_user *vu;
	struct watch *input;
	struct port ports[PORTS_MAX];
	unsigned count;
	char line[LINE];
	size_t line_len;
	bool in_line, in_command;
};

static double seconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) * 1e-9;
}

static void put_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

/* ---- ports ---- */

static int reserve(void *user, struct iovec iov[2])
{
	struct port *p = user;

	p->refused = p->stalled || p->kept == BUFFER;
	if (p->refused)
		return 0;
	iov[0] = (struct iovec){ p->buf + p->kept, BUFFER - p->kept };
	return 1;
}

static void pump(struct port *p)
{
	if (p->kind == ECHO && p->kept > 0) {
		size_t n = virtio_console_port_in(p->port, p->buf, p->kept);

		p->kept -= n;
		memmove(p->buf, p->buf + n, p->kept);
		if (n > 0 && p->refused)
			virtio_console_port_out_resume(p->port);
	}
	while (p->kind == SEND && p->sent < p->to_send) {
		uint64_t left = p->to_send - p->sent;
		size_t n = virtio_console_port_in(
			p->port, p->buf, left < BUFFER / 4 ? (size_t)left : BUFFER / 4);

		p->sent += n;
		if (n == 0)
			return;
	}
}

static void commit(void *user, size_t len)
{
	struct port *p = user;

	if (p->sum == 0)
		clock_gettime(CLOCK_MONOTONIC, &p->first);
	clock_gettime(CLOCK_MONOTONIC, &p->last);
	p->sum += len;
	if (p->kind == STDIO)
		put_all(STDOUT_FILENO, p->buf, len);
	if (p->kind != ECHO)
		return;
	p->kept += len;
	pump(p);
}

static void print_stats(struct port *p)
{
	struct virtio_console_port_stats s;
	double time = seconds(&p->first, &p->last);

	virtio_console_port_stats(p->port, &s);
	fprintf(stderr,
		"port %u out=%" PRIu64 " in=%" PRIu64 " dropped=%" PRIu64 " unheard=%" PRIu64
		" seconds=%.4f MB/s=%.0f\n",
		p->nr, s.out, s.in, s.out_dropped, s.out_unheard, time,
		time > 0 ? (double)p->sum / time / 1e6 : 0);
}

static void on_guest_open(void *user, bool open)
{
	struct port *p = user;

	fprintf(stderr, "port %u %s\n", p->nr, open ? "opened" : "closed");
	if (open) {
		p->sent = p->sum = 0;
		pump(p);
	} else {
		print_stats(p);
	}
}

static void on_in_room(void *user)
{
	pump(user);
}

static const struct virtio_console_port_ops port_ops = {
	.out_reserve = reserve,
	.out_commit = commit,
	.on_guest_open = on_guest_open,
	.on_in_room = on_in_room,
};

/* ---- commands ---- */

static struct port *port_of(struct server *s, const char *text)
{
	uint64_t nr = 0;

	if (!text || parse_u64(text, &nr) < 0 || nr >= s->count || !s->ports[nr].port)
		return NULL;
	return &s->ports[nr];
}

static void port_command(struct port *p, const char *word)
{
	if (strcmp(word, "open") == 0 || strcmp(word, "close") == 0) {
		virtio_console_port_set_open(p->port, word[0] == 'o');
	} else if (strcmp(word, "stall") == 0) {
		p->stalled = true;
	} else if (strcmp(word, "resume") == 0) {
		p->stalled = false;
		virtio_console_port_out_resume(p->port);
	} else if (strcmp(word, "remove") == 0) {
		virtio_console_remove_port(p->port);
		p->port = NULL;
	}
}

static void command(struct server *s, char *line)
{
	char *rest, *word = strtok_r(line, " ", &rest), *a = strtok_r(NULL, " ", &rest);
	const char *b = strtok_r(NULL, " ", &rest);
	uint64_t cols = 0, rows = 0;

	if (!word)
		return;
	if (strcmp(word, "quit") == 0)
		loop_stop(s->loop);
	else if (strcmp(word, "resize") == 0 && a && b && parse_u64(a, &cols) == 0 &&
		 parse_u64(b, &rows) == 0)
		virtio_console_port_resize(s->ports[0].port, (unsigned)cols, (unsigned)rows);
	else if (strcmp(word, "stats") == 0)
		for (unsigned i = 0; i < s->count; i++)
			print_stats(&s->ports[i]);
	else if (port_of(s, a))
		port_command(port_of(s, a), word);
	fprintf(stderr, "done %s\n", word);
}

static void input_byte(struct server *s, char c)
{
	if (!s->in_command && !s->in_line && c == COMMAND) {
		s->in_command = true;
		s->line_len = 0;
		return;
	}
	if (!s->in_command) {
		s->in_line = c != '\n';
		virtio_console_port_in(s->ports[0].port, &c, 1);
	} else if (c == '\n') {
		s->line[s->line_len] = '\0';
		s->in_command = false;
		command(s, s->line);
	} else if (s->line_len < LINE - 1) {
		s->line[s->line_len++] = c;
	}
}

static void on_input(void *data, unsigned events)
{
	struct server *s = data;
	char buf[1024];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	(void)events;
	if (n <= 0) {
		loop_stop(s->loop);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		input_byte(s, buf[i]);
}

/* ---- life ---- */

static int add_port(struct server *s, const char *text)
{
	static const char *const names[] = { "stdio", "hvc", "count", "echo", "send" };
	struct port *p = &s->ports[s->count];
	struct virtio_console_port_config config = { .id = s->count };
	const char *number = strchr(text, '=');
	size_t len = number ? (size_t)(number - text) : strlen(text);
	char name[32];

	*p = (struct port){ .server = s, .nr = s->count, .buf = calloc(1, BUFFER) };
	while (p->kind <= SEND && strncmp(names[p->kind], text, len) != 0)
		p->kind++;
	if (p->kind > SEND || !p->buf || (number && parse_size(number + 1, &p->to_send) < 0))
		return -EINVAL;
	config.console = p->kind == STDIO || p->kind == HVC;
	snprintf(name, sizeof(name), "test.%u", s->count);
	config.name = name;
	if (virtio_console_add_port(s->console, &config, &port_ops, p, &p->port) < 0)
		return -EINVAL;
	virtio_console_port_set_open(p->port, true);
	s->count++;
	return 0;
}

int main(int argc, char **argv)
{
	static struct server s;
	struct virtio_console_config config = { .emergency_write = true, .size = true };
	struct vhost_user_options options = { .id = "bench" };
	struct error *err = NULL;

	if (argc < 3 || argc - 2 > PORTS_MAX)
		return 2;
	config.max_ports = argc == 3 ? 1 : (unsigned)argc - 2;
	options.path = argv[1];
	s.loop = loop_new();
	if (!s.loop || virtio_console_new(&config, &s.console) < 0)
		return 1;
	for (int i = 2; i < argc; i++)
		if (add_port(&s, argv[i]) < 0) {
			fprintf(stderr, "bad port '%s'\n", argv[i]);
			return 2;
		}
	if (vhost_user_new(s.loop, s.console, &options, &s.vu, &err) < 0) {
		fprintf(stderr, "%s\n", error_message(err));
		error_free(err);
		return 1;
	}
	if (watch_new(s.loop, STDIN_FILENO, on_input, &s, &s.input) == 0)
		watch_set(s.input, WATCH_READ);
	fprintf(stderr, "ready\n");
	loop_run(s.loop);
	watch_free(s.input);
	vhost_user_free(s.vu);
	virtio_console_free(s.console);
	loop_free(s.loop);
	for (unsigned i = 0; i < s.count; i++)
		free(s.ports[i].buf);
	return 0;
}
