/* SPDX-License-Identifier: MIT */
/*
 * A key is typed, the guest echoes it: how long until it is seen? client -> hub -> guest -> hub ->
 * client, beside the least that three processes can do: client -> relay -> guest and back, where
 * the relay does a poll, a read and a write. With four members the other three are processes that
 * read along; they need the processor as well, so that has a bare relay of its own beside it.
 *
 *	bench-echo CHARHUBD [rounds of 100 keys each, default 200]
 *
 * All are there at the same time and take turns; each has a guest of its own.
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS_A_ROUND = 100, ROUNDS_MAX = 10000 };

enum { CLIENTS_MAX = 4 };

/** struct path - one way from the client to the guest and back */
struct path {
	const char *name, *hub_options; /* no options: the bare relay */
	int clients;
	char *guest, *client;
	pid_t relay, echo;
	int fd;
	double *us;
	size_t n;
};

static struct path paths[] = {
	{ .name = "bare relay, one reader", .clients = 1 },
	{ .name = "hub, one member", .hub_options = "terminal=off", .clients = 1 },
	{ .name = "hub, one member, terminal=on",
		.hub_options = "terminal=on,replay=none",
		.clients = 1 },
	{ .name = "bare relay, four readers", .clients = 4 },
	{ .name = "hub, four members", .hub_options = "terminal=off", .clients = 4 },
	{ .name = "hub, four members, terminal=on",
		.hub_options = "terminal=on,replay=none",
		.clients = 4 },
};

enum { N_PATHS = sizeof(paths) / sizeof(paths[0]) };

static void run_echo(void *data)
{
	const struct path *path = data;
	int fd = bench_connect(path->guest);
	char buf[256];
	size_t got;

	while ((got = bench_read(fd, buf, sizeof(buf))))
		bench_write_all(fd, buf, got);
}

/* Takes what the echoes are, so that nobody ever has to wait for this reader. */
static void run_drain(void *data)
{
	const struct path *path = data;
	int fd = bench_connect(path->client);
	char buf[4096];

	while (bench_read(fd, buf, sizeof(buf)))
		;
}

/* The guest's bytes go to all clients, the first client's go to the guest. */
static void run_bare_relay(void *data)
{
	const struct path *path = data;
	int guest = bench_listen(path->guest), client = bench_listen(path->client);
	struct pollfd ends[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int clients[CLIENTS_MAX];
	char buf[4096];
	size_t got;

	ends[0].fd = bench_accept(guest);
	for (int i = 0; i < path->clients; i++)
		clients[i] = bench_accept(client);
	ends[1].fd = clients[0];
	for (;;) {
		poll(ends, 2, -1);
		if (ends[0].revents) {
			got = bench_read(ends[0].fd, buf, sizeof(buf));
			for (int i = 0; i < path->clients; i++)
				bench_write_all(clients[i], buf, got);
		}
		if (ends[1].revents) {
			got = bench_read(ends[1].fd, buf, sizeof(buf));
			bench_write_all(ends[0].fd, buf, got);
		}
	}
}

static pid_t start_charhubd(const char *program, const struct path *path)
{
	AUTO_FREE
	char *guest = bench_format("socket,id=g,path=%s,server=on,wait=off", path->guest);
	AUTO_FREE
	char *shared =
		bench_format("socket,id=s,path=%s,server=on,wait=off,clients=16", path->client);
	AUTO_FREE
	char *hub = bench_format("hub,id=h,chardevs.0=s,%s", path->hub_options);
	const char *args[] = { "-chardev", guest, "-chardev", shared, "-chardev", hub, "-device",
		"console,guest=g,chardev=h", NULL };

	return bench_charhubd(program, args);
}

static void type_key(struct path *path, char key)
{
	uint64_t start_ns = bench_now_ns();
	char echoed;

	bench_write_all(path->fd, &key, 1);
	bench_read_all(path->fd, &echoed, 1);
	if (echoed != key)
		bench_die("%s: '%c' came back as '%c'", path->name, key, echoed);
	path->us[path->n++] = (double)(bench_now_ns() - start_ns) / 1e3;
}

static void start(struct path *path, size_t index, const char *program, size_t keys)
{
	AUTO_FREE
	char *guest = bench_format("guest.%zu", index);
	AUTO_FREE
	char *client = bench_format("client.%zu", index);

	path->guest = bench_tmp(guest);
	path->client = bench_tmp(client);
	path->us = calloc(keys, sizeof(*path->us));
	if (!path->us)
		bench_die("out of memory");
	path->relay = path->hub_options ? start_charhubd(program, path)
					: bench_fork(run_bare_relay, path);
	path->echo = bench_fork(run_echo, path);
	path->fd = bench_connect(path->client);
	for (int i = 1; i < path->clients; i++)
		bench_fork(run_drain, path);
	for (char key = 'a'; key <= 'z'; key++)
		type_key(path, key);
	path->n = 0;
}

static void print(struct path *path)
{
	double p50 = bench_percentile(path->us, path->n, 50);
	double p99 = bench_percentile(path->us, path->n, 99);
	static double bare_p50, bare_p99; /* of the bare relay before it in the table */

	if (!path->hub_options) {
		bare_p50 = p50;
		bare_p99 = p99;
	}
	printf("| %s | %.1f | %.1f | %.2f | %.2f |\n", path->name, p50, p99, p50 / bare_p50,
		p99 / bare_p99);
}

int main(int argc, char **argv)
{
	uint64_t rounds = 200;

	if (argc < 2 || (argc > 2 && (parse_u64(argv[2], &rounds) < 0 || rounds > ROUNDS_MAX)))
		bench_die("usage: bench-echo CHARHUBD [rounds]");
	for (size_t i = 0; i < N_PATHS; i++)
		start(&paths[i], i, argv[1], rounds * KEYS_A_ROUND);
	for (size_t key = 0; key < rounds * KEYS_A_ROUND * N_PATHS; key++)
		type_key(&paths[key / KEYS_A_ROUND % N_PATHS], (char)('a' + key % 26));
	printf("| path | p50 us | p99 us | p50 of bare | p99 of bare |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < N_PATHS; i++)
		print(&paths[i]);
	bench_end_all();
	return 0;
}
