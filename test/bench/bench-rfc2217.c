/* SPDX-License-Identifier: MIT */
/*
 * A key is typed at a serial line that is served by RFC 2217: how long until its echo is there?
 * client -> charhubd -> serial line -> board and back, beside ser2net. The line is a pty, which has
 * no speed: the 0.17 ms that two characters take at 115,200 baud would come on top.
 *
 *	bench-rfc2217 CHARHUBD [rounds of 100 keys each, default 50]
 *
 * All are there at the same time and take turns. Ser2net waits a millisecond for more characters
 * unless it is told not to.
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { KEYS_A_ROUND = 100, ROUNDS_MAX = 10000, BURST_BYTES = 64 };

/* [RFC 854], [RFC 856], [RFC 2217] */
enum {
	IAC = 255,
	DONT = 254,
	DO = 253,
	WONT = 252,
	WILL = 251,
	SB = 250,
	SE = 240,
	BINARY = 0,
	COM_PORT = 44,
	SET_BAUDRATE = 1,
	BAUDRATE_IS = 101,
};

/** struct path - one way from the client to the board and back */
struct path {
	const char *name, *hub, *ser2net_options;
	int board; /* the master of the line */
	char line[64];
	char *socket, *config, *pidfile;
	int fd;
	double *us[2]; /* of a key, of a burst */
	size_t n[2];
};

static struct path paths[] = {
	{ .name = "ser2net, chardelay: false", .ser2net_options = "chardelay: false" },
	{ .name = "ser2net as it is preset", .ser2net_options = "chardelay: true" },
	{ .name = "charhubd, no hub", .hub = "" },
	{ .name = "charhubd, a hub", .hub = "hub,id=h,chardevs.0=t" },
};

enum { N_PATHS = sizeof(paths) / sizeof(paths[0]) };

/* ---- the board ---- */

static void run_board(void *data)
{
	const struct path *path = data;
	char buf[256];
	size_t got;

	while ((got = bench_read(path->board, buf, sizeof(buf))))
		bench_write_all(path->board, buf, got);
}

static void make_line(struct path *path)
{
	struct termios mode;
	int slave;

	path->board = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (path->board < 0 || grantpt(path->board) < 0 || unlockpt(path->board) < 0 ||
		ptsname_r(path->board, path->line, sizeof(path->line)))
		bench_die("pty: %s", strerror(errno));
	slave = open(path->line, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &mode) < 0)
		bench_die("%s: %s", path->line, strerror(errno));
	cfmakeraw(&mode);
	tcsetattr(slave, TCSANOW, &mode); /* stays open: the master would hang up */
}

/* ---- who serves it ---- */

static void run_ser2net(void *data)
{
	const struct path *path = data;

	/* Its complaint that there is no mDNS here says nothing. */
	if (!freopen("/dev/null", "w", stderr))
		bench_die("/dev/null: %s", strerror(errno));
	execlp("ser2net", "ser2net", "-n", "-u", "-c", path->config, "-P", path->pidfile,
		(char *)NULL);
	bench_die("ser2net: %s", strerror(errno));
}

static void start_ser2net(const struct path *path)
{
	FILE *file = fopen(path->config, "we");

	if (!file)
		bench_die("%s: %s", path->config, strerror(errno));
	fprintf(file,
		"connection: &line\n"
		"  accepter: telnet(rfc2217),unix,%s\n"
		"  connector: serialdev,%s,115200n81,local\n"
		"  options:\n"
		"    %s\n",
		path->socket, path->line, path->ser2net_options);
	fclose(file);
	bench_fork(run_ser2net, (void *)(uintptr_t)path);
}

static void start_charhubd(const struct path *path, const char *program)
{
	AUTO_FREE char *serial = bench_format("serial,id=g,path=%s,speed=115200", path->line);
	AUTO_FREE char *server =
		bench_format("socket,id=t,path=%s,server=on,wait=off,telnet=on", path->socket);
	const char *with_hub[] = { "-chardev", serial, "-chardev", server, "-chardev", path->hub,
		"-device", "console,guest=g,chardev=h", NULL };
	const char *without[] = { "-chardev", serial, "-chardev", server, "-device",
		"console,guest=g,chardev=t", NULL };

	bench_charhubd(program, *path->hub ? with_hub : without);
}

/* ---- the client ---- */

/**
 * struct ear - what of the stream from the server was heard last
 * @answers: that the line has a speed
 */
struct ear {
	enum { TEXT, COMMAND, OPTION, SUB, SUB_COMMAND } state;
	unsigned char first, second; /* of a subnegotiation */
	size_t sub_len;
	unsigned answers;
};

/* Return: is it a byte of the line. */
static bool hear(struct ear *ear, unsigned char byte)
{
	switch (ear->state) {
	case TEXT:
		if (byte != IAC)
			return true;
		ear->state = COMMAND;
		break;
	case COMMAND:
		ear->state = byte == SB ? SUB : byte >= WILL && byte < IAC ? OPTION : TEXT;
		ear->sub_len = 0;
		return byte == IAC;
	case OPTION: ear->state = TEXT; break;
	case SUB:
		if (byte == IAC)
			ear->state = SUB_COMMAND;
		else if (ear->sub_len++ == 0)
			ear->first = byte;
		else if (ear->sub_len == 2)
			ear->second = byte;
		break;
	case SUB_COMMAND:
		ear->state = byte == SE ? TEXT : SUB;
		if (byte == SE && ear->first == COM_PORT && ear->second == BAUDRATE_IS)
			ear->answers++;
		break;
	}
	return false;
}

static struct ear ears[N_PATHS];

static void expect(const struct path *path, const char *bytes, size_t len)
{
	struct ear *ear = &ears[path - paths];
	char buf[512];
	size_t at = 0;

	while (at < len) {
		size_t got = bench_read(path->fd, buf, sizeof(buf));

		if (!got)
			bench_die("%s: has closed", path->name);
		for (size_t i = 0; i < got; i++)
			if (hear(ear, (unsigned char)buf[i]) && buf[i] != bytes[at++])
				bench_die("%s: another byte came back", path->name);
	}
}

static void shake_hands(const struct path *path)
{
	static const unsigned char orders[] = { IAC, WILL, BINARY, IAC, DO, BINARY, IAC, WILL,
		COM_PORT, IAC, SB, COM_PORT, SET_BAUDRATE, 0, 1, 0xc2, 0, IAC, SE };
	struct ear *ear = &ears[path - paths];
	char byte;

	bench_write_all(path->fd, orders, sizeof(orders));
	while (!ear->answers) {
		bench_read_all(path->fd, &byte, 1);
		hear(ear, (unsigned char)byte);
	}
}

static void type(struct path *path, bool burst, size_t count)
{
	char bytes[BURST_BYTES];
	size_t len = burst ? sizeof(bytes) : 1;
	uint64_t start_ns;

	memset(bytes, 'a' + (int)(count % 26), sizeof(bytes));
	start_ns = bench_now_ns();
	bench_write_all(path->fd, bytes, len);
	expect(path, bytes, len);
	path->us[burst][path->n[burst]++] = (double)(bench_now_ns() - start_ns) / 1e3;
}

/* ---- */

static void start(struct path *path, size_t index, const char *program, size_t keys)
{
	AUTO_FREE char *socket = bench_format("line.%zu", index);
	AUTO_FREE char *config = bench_format("ser2net.%zu.yaml", index);
	AUTO_FREE char *pidfile = bench_format("pid.%zu", index);

	path->socket = bench_tmp(socket);
	path->config = bench_tmp(config);
	path->pidfile = bench_tmp(pidfile);
	make_line(path);
	bench_fork(run_board, path);
	if (path->hub)
		start_charhubd(path, program);
	else
		start_ser2net(path);
	path->fd = bench_connect(path->socket);
	shake_hands(path);
	for (int burst = 0; burst < 2; burst++) {
		path->us[burst] = calloc(keys, sizeof(double));
		if (!path->us[burst])
			bench_die("out of memory");
		for (size_t i = 0; i < 26; i++)
			type(path, burst, i);
		path->n[burst] = 0;
	}
}

int main(int argc, char **argv)
{
	uint64_t rounds = 50;
	size_t keys;

	if (argc < 2 || (argc > 2 && (parse_u64(argv[2], &rounds) < 0 || rounds > ROUNDS_MAX)))
		bench_die("usage: bench-rfc2217 CHARHUBD [rounds]");
	keys = rounds * KEYS_A_ROUND;
	for (size_t i = 0; i < N_PATHS; i++)
		start(&paths[i], i, argv[1], keys + 26);
	for (size_t key = 0; key < keys * N_PATHS; key++)
		for (int burst = 0; burst < 2; burst++)
			type(&paths[key / KEYS_A_ROUND % N_PATHS], burst, key);
	printf("| served by | a key: p50 us | p99 us | 64 bytes: p50 us | p99 us "
	       "|\n|---|---|---|---|---|\n");
	for (struct path *path = paths; path < paths + N_PATHS; path++)
		printf("| %s | %.1f | %.1f | %.1f | %.1f |\n", path->name,
			bench_percentile(path->us[0], path->n[0], 50),
			bench_percentile(path->us[0], path->n[0], 99),
			bench_percentile(path->us[1], path->n[1], 50),
			bench_percentile(path->us[1], path->n[1], 99));
	bench_end_all();
	return 0;
}
