/* SPDX-License-Identifier: MIT */
/*
 * What does a hostile guest cost the others? It drives a virtio console as fast as it can, with a
 * ring that is always full of the longest chains, and never waits; beside it somebody types on
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
#include "virtio/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

enum {
	IN_QUEUE = 0,
	OUT_QUEUE = 1,
	CONTROL_QUEUE = 3,
	QUEUES = 4,
	PIECE_BYTES = 4096,
	PIECES = 32,
	PIECES_MAX = 1024,
	DESC_BYTES = 16,
	INDIRECT = 4, /* flags of a descriptor */
	NEXT = 1,
	MESSAGE_BYTES = 8,
	TYPING_PAUSE_NS = 2000000,
};

#define FEATURES    (VIRTIO_F_VERSION_1_BIT | VIRTIO_RING_F_INDIRECT | VU_F_PROTOCOL_FEATURES)
#define F_MULTIPORT VIRTIO_F_BIT(1)

/**
 * struct attack - a ring of one and the same chain, which a guest may have for nothing
 * @queue:  whose; where it is the one for input, somebody types without end
 * @pieces: of the chain; 0: there is no hostile guest
 * @bytes:  of each piece but the last one, which has @last; all are the same memory
 * @text:   repeated in them; NULL: the message DEVICE_READY
 */
struct attack {
	const char *name, *hub_options;
	unsigned queue, pieces;
	uint32_t bytes, last;
	const char *text;
};

#define OUTPUT(text) OUT_QUEUE, PIECES, PIECE_BYTES, PIECE_BYTES, text
#define NOTHING	     PIECES_MAX, 0, 0, "x"

static const struct attack attacks[] = {
	{ .name = "none", .hub_options = "terminal=on" },
	{ "bytes for nobody", "terminal=off", OUTPUT("x") },
	{ "text", "terminal=on", OUTPUT("The quick brown fox jumps over the lazy dog.\r\n") },
	{ "lines", "terminal=on", OUTPUT("\n") },
	{ "ESC # 8", "terminal=on", OUTPUT("\033#8") },
	{ "rectangles", "terminal=on", OUTPUT("\033[1;1;24;80;1;2;2;1$v") },
	{ "bytes one by one", "terminal=on", OUT_QUEUE, PIECES_MAX, 1, 1, "x" },
	{ "output of no bytes", "terminal=on", OUT_QUEUE, NOTHING },
	{ "buffers for input without room", "terminal=on", IN_QUEUE, NOTHING },
	{ "control messages", "terminal=on", CONTROL_QUEUE, PIECES_MAX, 0, MESSAGE_BYTES, NULL },
};

struct guest {
	const char *path;
	const struct attack *attack;
};

static void boot(struct frontend *guest, const struct guest *is)
{
	uint64_t features = FEATURES | (is->attack->queue == CONTROL_QUEUE ? F_MULTIPORT : 0);

	frontend_init(guest, NULL, bench_connect(is->path));
	frontend_negotiate(guest, features, 1ULL << VU_PF_REPLY_ACK);
	frontend_share_memory(guest);
	for (unsigned i = 0; i < QUEUES; i++) {
		frontend_set_queue(guest, i, features, true);
		frontend_set_fds(guest, i);
		frontend_state(guest, VU_SET_VRING_ENABLE, i, 1);
	}
}

static uint64_t make_bytes(struct frontend *guest, const struct attack *attack)
{
	uint64_t addr = driver_alloc(&guest->dm, PIECE_BYTES);
	uint8_t *bytes = driver_at(&guest->dm, addr);
	size_t len = attack->text ? strlen(attack->text) : 0;

	for (size_t at = 0; len && at < PIECE_BYTES; at++)
		bytes[at] = (uint8_t)attack->text[at % len];
	if (!len)
		wire_put_u16(bytes + 6, 1); /* value; port and event are 0 */
	return addr;
}

/* All places of the ring lead to one table. */
static void make_ring(struct frontend *guest, const struct attack *attack)
{
	const struct driver_queue *queue = &guest->queues[attack->queue];
	uint64_t bytes = make_bytes(guest, attack);
	uint64_t table = driver_alloc(&guest->dm, attack->pieces * (uint64_t)DESC_BYTES);
	uint8_t *ring = driver_at(&guest->dm, queue->desc);
	uint8_t *chain = driver_at(&guest->dm, table),
		*avail = driver_at(&guest->dm, queue->driver);

	for (unsigned i = 0; i < attack->pieces; i++) {
		bool last = i + 1 == attack->pieces;
		struct driver_desc desc = { bytes, last ? attack->last : attack->bytes,
			last ? 0 : NEXT, last ? 0 : (uint16_t)(i + 1) };

		driver_put_desc(chain + i * DESC_BYTES, &desc);
	}
	for (unsigned i = 0; i < queue->num; i++) {
		struct driver_desc desc = { table, attack->pieces * DESC_BYTES, INDIRECT, 0 };

		driver_put_desc(ring + i * DESC_BYTES, &desc);
		wire_put_u16(avail + 4 + i * sizeof(uint16_t), (uint16_t)i);
	}
}

static void run_hostile(void *data)
{
	const struct guest *is = data;
	const struct driver_queue *queue;
	uint8_t *avail, *used;
	struct frontend guest;

	boot(&guest, is);
	make_ring(&guest, is->attack);
	queue = &guest.queues[is->attack->queue];
	avail = driver_at(&guest.dm, queue->driver);
	used = driver_at(&guest.dm, queue->device);
	for (;;) { /* until it is ended */
		wire_store_u16(avail + 2, (uint16_t)(wire_load_u16(used + 2) + queue->num));
		eventfd_write(guest.kick_fds[is->attack->queue], 1);
	}
}

/* Somebody whose keys the hostile guest's console is full of. */
static void run_typist(void *data)
{
	static char keys[PIECE_BYTES];
	int fd = bench_connect(data);

	memset(keys, 'k', sizeof(keys));
	for (;;) /* until it is ended */
		bench_write_all(fd, keys, sizeof(keys));
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
	const char *client, const char *hostile, const char *typist)
{
	AUTO_FREE
	char *g = bench_format("socket,id=g,path=%s,server=on,wait=off", guest);
	AUTO_FREE
	char *c = bench_format("socket,id=c,path=%s,server=on,wait=off", client);
	AUTO_FREE
	char *t = bench_format("socket,id=t,path=%s,server=on,wait=off", typist);
	AUTO_FREE
	char *hub = bench_format("hub,id=h,chardevs.0=n,chardevs.1=t,%s", attack->hub_options);
	AUTO_FREE
	char *bus = bench_format("virtio-serial,socket=%s", hostile);
	const char *args[] = { "-chardev", g, "-chardev", c, "-device", "console,guest=g,chardev=c",
		"-chardev", "null,id=n", "-chardev", t, "-chardev", hub, "-device", bus, "-device",
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
	AUTO_FREE
	char *typist = bench_tmp("typist");
	pid_t charhubd = start_charhubd(program, attack, guest, client, hostile, typist);
	pid_t echo = bench_fork(run_echo, guest), hostile_pid = 0, typist_pid = 0;
	struct guest is = { hostile, attack };
	int fd = bench_connect(client);
	double *ms = malloc(keys * sizeof(*ms));

	if (!ms)
		bench_die("out of memory");
	type_key(fd); /* all are there */
	if (attack->pieces)
		hostile_pid = bench_fork(run_hostile, &is);
	if (attack->pieces && attack->queue == IN_QUEUE)
		typist_pid = bench_fork(run_typist, typist);
	for (size_t i = 0; i < keys; i++) {
		bench_wait_until(bench_now_ns() + TYPING_PAUSE_NS);
		ms[i] = type_key(fd);
	}
	printf("| %s | %.2f | %.2f | %.2f |\n", attack->name, bench_percentile(ms, keys, 50),
		bench_percentile(ms, keys, 99), bench_percentile(ms, keys, 100));
	fflush(stdout);
	if (typist_pid)
		bench_end(typist_pid);
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
