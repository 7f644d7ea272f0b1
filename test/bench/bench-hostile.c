/* SPDX-License-Identifier: MIT */
/*
 * What does a hostile guest cost the others? It drives a virtio console as fast as it can, with
 * rings that are always full of the largest chains, and never waits; beside it somebody types on
 * another console of the same charhubd, whose guest echoes.
 *
 *	bench-hostile CHARHUBD [keys, default 400]
 *
 * The hostile guest spins on a processor of its own, if there is one: the figures are those of the
 * echo, beside the same without it.
 */
#include "lib.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "lib/vhost-user-frontend.h"
#include "vhost-user/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

enum {
	OUT_QUEUE = 1,
	SEGMENT_BYTES = 4096,
	SEGMENTS = 32,
	TYPING_PAUSE_NS = 2000000,
};

#define FEATURES (VIRTIO_F_VERSION_1_BIT | VIRTIO_RING_F_INDIRECT | VU_F_PROTOCOL_FEATURES)

/* @text: what its buffers are full of; NULL: there is no hostile guest */
struct attack {
	const char *name, *text, *hub_options;
};

static const struct attack attacks[] = {
	{ "none", NULL, "terminal=on" },
	{ "bytes for nobody", "x", "terminal=off" },
	{ "text", "The quick brown fox jumps over the lazy dog.\r\n", "terminal=on" },
	{ "lines", "\n", "terminal=on" },
	{ "ESC # 8", "\033#8", "terminal=on" },
	{ "rectangles", "\033[1;1;24;80;1;2;2;1$v", "terminal=on" },
};

struct guest {
	const char *path;
	const struct attack *attack;
};

static void boot(struct frontend *guest, const char *path)
{
	frontend_init(guest, NULL, bench_connect(path));
	frontend_negotiate(guest, FEATURES, 1ULL << VU_PF_REPLY_ACK);
	frontend_share_memory(guest);
	for (unsigned i = 0; i <= OUT_QUEUE; i++) {
		frontend_set_queue(guest, i, FEATURES, true);
		frontend_set_fds(guest, i);
		frontend_state(guest, VU_SET_VRING_ENABLE, i, 1);
	}
}

/* A chain whose pieces are all the same memory: as many bytes as it likes cost a guest nothing. */
static void fill_chain(struct frontend *guest, const char *text, struct driver_segment *chain)
{
	uint64_t addr = driver_alloc(&guest->dm, SEGMENT_BYTES);
	char *bytes = driver_at(&guest->dm, addr);
	size_t len = strlen(text), fits = SEGMENT_BYTES / len * len;

	for (size_t at = 0; at < fits; at++)
		bytes[at] = text[at % len];
	for (int i = 0; i < SEGMENTS; i++)
		chain[i] = (struct driver_segment){ addr, (uint32_t)fits };
}

static void run_hostile(void *data)
{
	struct driver_segment chain[SEGMENTS];
	const struct guest *is = data;
	struct driver_queue *queue;
	struct frontend guest;
	uint32_t len;

	boot(&guest, is->path);
	fill_chain(&guest, is->attack->text, chain);
	queue = &guest.queues[OUT_QUEUE];
	queue->indirect = true;
	for (;;) {
		while (driver_add(queue, chain, SEGMENTS, 0) >= 0)
			;
		eventfd_write(guest.kick_fds[OUT_QUEUE], 1);
		while (driver_get_used(queue, &len) >= 0)
			;
	}
}

static void run_echo(void *data)
{
	int fd = bench_connect(data);
	char buf[256];
	size_t got;

	while ((got = bench_read(fd, buf, sizeof(buf))))
		bench_write_all(fd, buf, got);
}

static pid_t start_charhubd(const char *program, const struct attack *attack, const char *guest,
	const char *client, const char *hostile)
{
	AUTO_FREE
	char *g = bench_format("socket,id=g,path=%s,server=on,wait=off", guest);
	AUTO_FREE
	char *c = bench_format("socket,id=c,path=%s,server=on,wait=off", client);
	AUTO_FREE
	char *hub = bench_format("hub,id=h,chardevs.0=n,%s", attack->hub_options);
	AUTO_FREE
	char *bus = bench_format("virtio-serial,socket=%s,max_ports=1", hostile);
	const char *args[] = { "-chardev", g, "-chardev", c, "-device", "console,guest=g,chardev=c",
		"-chardev", "null,id=n", "-chardev", hub, "-device", bus, "-device",
		"virtconsole,chardev=h", NULL };

	return bench_charhubd(program, args);
}

static double type_key(int fd)
{
	uint64_t begin_ns = bench_now_ns();
	char byte = 'k';

	bench_write_all(fd, &byte, 1);
	bench_read_all(fd, &byte, 1);
	return (double)(bench_now_ns() - begin_ns) / 1e6;
}

static void run(const char *program, const struct attack *attack, size_t keys)
{
	AUTO_FREE
	char *guest = bench_tmp("guest");
	AUTO_FREE
	char *client = bench_tmp("client");
	AUTO_FREE
	char *hostile = bench_tmp("hostile");
	pid_t charhubd = start_charhubd(program, attack, guest, client, hostile), hostile_pid = 0;
	pid_t echo = bench_fork(run_echo, guest);
	struct guest is = { hostile, attack };
	int fd = bench_connect(client);
	double *ms = malloc(keys * sizeof(*ms));

	if (!ms)
		bench_die("out of memory");
	type_key(fd); /* all are there */
	if (attack->text)
		hostile_pid = bench_fork(run_hostile, &is);
	for (size_t i = 0; i < keys; i++) {
		bench_wait_until(bench_now_ns() + TYPING_PAUSE_NS);
		ms[i] = type_key(fd);
	}
	printf("| %s | %.2f | %.2f | %.2f |\n", attack->name, bench_percentile(ms, keys, 50),
		bench_percentile(ms, keys, 99), bench_percentile(ms, keys, 100));
	fflush(stdout);
	if (hostile_pid)
		bench_end(hostile_pid);
	bench_end(charhubd);
	close(fd);
	bench_end(echo);
	free(ms);
}

int main(int argc, char **argv)
{
	uint64_t keys = 400;

	if (argc < 2 || (argc > 2 && parse_u64(argv[2], &keys) < 0) || keys < 1 || keys > 100000)
		bench_die("usage: bench-hostile CHARHUBD [keys, 1 to 100000]");
	printf("| hostile guest | echo of another console, p50 ms | p99 ms | longest ms |\n"
	       "|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		run(argv[1], &attacks[i], keys);
	return 0;
}
