/* SPDX-License-Identifier: MIT */
/*
 * One source, N readers on unix sockets: how fast is the slowest reader, and how much CPU time does
 * the relay in the middle need? charhubd is measured beside relays that do nothing else, in turns,
 * so that whatever else the machine does falls on all of them alike.
 *
 *	bench-fanout CHARHUBD [rounds, default 5] [percent of the bytes, default 100]
 *		[only so many readers: 1, 4, 8, 16 or 64]
 *
 * A second table says what a client costs while nothing happens.
 *
 * Each reader is a process of its own that reads as fast as it can. A first, untimed run of each
 * relay with each N compares every byte; the timed runs only count them.
 */
#include "lib.h"
#include "relay.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_BYTES = 64 << 10,
	READ_BYTES = 256 << 10,
	ROUNDS_MAX = 99,
	HELLO_BYTES = 8,
	TELNET_GREETING = 18, /* what a server says at first */
	FRAME_HEAD_MAX = 10,
	IDLE_CLIENTS = 200,
};

struct setup;

static const char upgrade[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
			      "Connection: Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			      "Sec-WebSocket-Version: 13\r\n\r\n";

/** struct relay - something that stands between the source and the readers */
struct relay {
	const char *name;
	pid_t (*start)(const struct setup *setup, const struct relay *relay);
	void (*body)(void *job);
	const char *hub_options, *reader_options;
	size_t greeting; /* bytes that a reader gets before the stream */
	bool websocket;
};

/** struct setup - one run; @checked: compare every byte */
struct setup {
	const char *charhubd;
	char *source, *readers;
	int n_readers;
	uint64_t bytes;
	bool checked;
};

/** struct result - of one run: bytes a second at the slowest reader, CPU seconds a GB */
struct result {
	double rate, cpu;
};

static pid_t start_own(const struct setup *setup, const struct relay *relay)
{
	struct relay_job *job = malloc(sizeof(*job));

	if (!job)
		bench_die("out of memory");
	*job = (struct relay_job){ setup->source, setup->readers, setup->n_readers };
	return bench_fork(relay->body, job);
}

static pid_t start_charhubd(const struct setup *setup, const struct relay *relay)
{
	AUTO_FREE
	char *source = bench_format("socket,id=g,path=%s,server=on,wait=off", setup->source);
	AUTO_FREE
	char *readers = bench_format("socket,id=s,path=%s,server=on,wait=off,clients=256%s",
		setup->readers, relay->reader_options ? relay->reader_options : "");
	AUTO_FREE
	char *hub = bench_format("hub,id=h,chardevs.0=s,stall=wait,%s", relay->hub_options);
	const char *args[] = { "-chardev", source, "-chardev", readers, "-chardev", hub, "-device",
		"console,guest=g,chardev=h", NULL };

	return bench_charhubd(setup->charhubd, args);
}

static const struct relay relays[] = {
	{ .name = "one ring", .start = start_own, .body = relay_ring },
	{ .name = "splice+tee", .start = start_own, .body = relay_splice },
	{ .name = "splice+tee, and a ring", .start = start_own, .body = relay_splice_keep },
	{ .name = "charhubd", .start = start_charhubd, .hub_options = "terminal=off" },
	{ .name = "charhubd, telnet=on",
		.start = start_charhubd,
		.hub_options = "terminal=off",
		.reader_options = ",telnet=on",
		.greeting = TELNET_GREETING },
	{ .name = "charhubd, websocket=on",
		.start = start_charhubd,
		.hub_options = "terminal=off",
		.reader_options = ",websocket=on",
		.websocket = true },
	{ .name = "charhubd, terminal=on",
		.start = start_charhubd,
		.hub_options = "terminal=on,replay=window" },
};

enum { N_RELAYS = sizeof(relays) / sizeof(relays[0]) };

/* ---- a reader ---- */

/** struct frames - messages of a server: how much is left of this one, and the head of the next */
struct frames {
	uint64_t left;
	uint8_t head[FRAME_HEAD_MAX];
	size_t len;
};

struct reader {
	const struct setup *setup;
	const struct relay *relay;
	int fd, ready_fd;
	uint64_t *ret_end_ns;
	struct frames frames;
};

/* One more byte of a head, which has 2, 4 or 10 [RFC 6455 5.2]. */
static void add_to_head(struct frames *frames, uint8_t byte)
{
	size_t size;

	frames->head[frames->len++] = byte;
	if (frames->len < 2)
		return;
	size = frames->head[1] < 126 ? 2 : frames->head[1] == 126 ? 4 : 10;
	if (frames->len < size)
		return;
	frames->left = size == 2 ? frames->head[1] : 0;
	for (size_t i = 2; i < size; i++)
		frames->left = frames->left << 8 | frames->head[i];
	frames->len = 0;
}

/* Leave nothing but the messages' bytes. Return: how many. */
static size_t unwrap(struct frames *frames, char *buf, size_t len)
{
	size_t n = 0;

	for (size_t at = 0, part; at < len; at += part) {
		part = frames->left < len - at ? (size_t)frames->left : len - at;
		if (part) {
			memmove(buf + n, buf + at, part);
			frames->left -= part;
			n += part;
		} else {
			add_to_head(frames, (uint8_t)buf[at]);
			part = 1;
		}
	}
	return n;
}

/* Return: bytes of the stream. */
static size_t read_stream(struct reader *reader, char *buf, size_t len)
{
	size_t got;

	do {
		got = bench_read(reader->fd, buf, len);
		if (!got)
			bench_die("a reader's stream ended");
		if (reader->relay->websocket)
			got = unwrap(&reader->frames, buf, got);
	} while (!got);
	return got;
}

static void shake_hands(const struct relay *relay, int fd)
{
	char greeting[TELNET_GREETING];
	unsigned lines = 0;

	bench_read_all(fd, greeting, relay->greeting);
	if (!relay->websocket)
		return;
	bench_write_all(fd, upgrade, sizeof(upgrade) - 1);
	for (char last = 0, byte; lines < 2; last = byte) {
		bench_read_all(fd, &byte, 1);
		if (byte == '\n')
			lines++;
		else if (byte != '\r' || last != '\n')
			lines = 0;
	}
}

/* The first bytes come alone: who has them is attached. */
static void read_hello(struct reader *reader)
{
	char hello[HELLO_BYTES];

	shake_hands(reader->relay, reader->fd);
	for (size_t n = 0; n < sizeof(hello);)
		n += read_stream(reader, hello + n, 1);
	if (!bench_pattern_check(hello, 0, sizeof(hello)))
		bench_die("a reader's first bytes are wrong");
	bench_write_all(reader->ready_fd, hello, 1);
}

static void run_reader(void *data)
{
	struct reader *reader = data;
	const struct setup *setup = reader->setup;
	uint64_t offset = HELLO_BYTES;
	char *buf = malloc(READ_BYTES);

	if (!buf)
		bench_die("out of memory");
	read_hello(reader);
	while (offset < setup->bytes) {
		size_t got = read_stream(reader, buf, READ_BYTES);

		if (setup->checked && !bench_pattern_check(buf, offset, got))
			bench_die("a reader's bytes are wrong from %ju on", (uintmax_t)offset);
		offset += got;
	}
	if (offset > setup->bytes)
		bench_die("a reader got %ju bytes, not %ju", (uintmax_t)offset,
			(uintmax_t)setup->bytes);
	*reader->ret_end_ns = bench_now_ns();
}

/* ---- the source ---- */

static void send_all(const struct setup *setup, int fd)
{
	static char block[BLOCK_BYTES];
	uint64_t offset = HELLO_BYTES;

	bench_pattern_fill(block, 0, sizeof(block));
	while (offset < setup->bytes) {
		uint64_t left = setup->bytes - offset;
		size_t len = left < sizeof(block) ? (size_t)left : sizeof(block);

		if (setup->checked)
			bench_pattern_fill(block, offset, len);
		bench_write_all(fd, block, len);
		offset += len;
	}
}

static void say_hello(int fd)
{
	char hello[HELLO_BYTES];

	bench_pattern_fill(hello, 0, sizeof(hello));
	bench_write_all(fd, hello, sizeof(hello));
}

/* ---- a run ---- */

static void start_readers(const struct setup *setup, const struct relay *relay, pid_t *pids,
	uint64_t *ends_ns, int ready_fd)
{
	for (int i = 0; i < setup->n_readers; i++) {
		struct reader reader = { setup, relay, bench_connect(setup->readers), ready_fd,
			&ends_ns[i], { 0 } };

		pids[i] = bench_fork(run_reader, &reader);
		close(reader.fd);
	}
}

static uint64_t latest(const uint64_t *ns, int n)
{
	uint64_t last = 0;

	for (int i = 0; i < n; i++)
		last = ns[i] > last ? ns[i] : last;
	return last;
}

static struct result run(const struct setup *setup, const struct relay *relay)
{
	pid_t pids[256], pid = relay->start(setup, relay);
	uint64_t *ends_ns = bench_shared(sizeof(*ends_ns) * (size_t)setup->n_readers);
	uint64_t start_ns, cpu_ns;
	double seconds, gigabytes = (double)setup->bytes / 1e9;
	char ready[256];
	int source, pipe_fds[2];

	bench_pipe(pipe_fds);
	start_readers(setup, relay, pids, ends_ns, pipe_fds[1]);
	close(pipe_fds[1]);
	source = bench_connect(setup->source);
	say_hello(source);
	bench_read_all(pipe_fds[0], ready, (size_t)setup->n_readers);
	cpu_ns = bench_cpu_ns(pid);
	start_ns = bench_now_ns();
	send_all(setup, source);
	for (int i = 0; i < setup->n_readers; i++)
		bench_join(pids[i]);
	cpu_ns = bench_cpu_ns(pid) - cpu_ns;
	seconds = (double)(latest(ends_ns, setup->n_readers) - start_ns) / 1e9;
	close(source);
	close(pipe_fds[0]);
	bench_end(pid);
	return (struct result){ gigabytes * 1000 / seconds, (double)cpu_ns / 1e9 / gigabytes };
}

static void check_all(const struct setup *timed)
{
	struct setup setup = *timed;

	setup.checked = true;
	setup.bytes /= 4;
	for (int i = 0; i < N_RELAYS; i++)
		run(&setup, &relays[i]);
}

static void measure(const struct setup *setup, size_t rounds)
{
	static double rates[N_RELAYS][ROUNDS_MAX], cpus[N_RELAYS][ROUNDS_MAX];
	static double ratios[N_RELAYS][ROUNDS_MAX];

	check_all(setup);
	for (size_t round = 0; round < rounds; round++) {
		for (int i = 0; i < N_RELAYS; i++) {
			struct result result = run(setup, &relays[i]);

			rates[i][round] = result.rate;
			cpus[i][round] = result.cpu;
			ratios[i][round] = result.rate / rates[0][round];
		}
	}
	for (int i = 0; i < N_RELAYS; i++)
		printf("| %d | %s | %.0f | %.2f | %.2f |\n", setup->n_readers, relays[i].name,
			bench_median(rates[i], rounds), bench_median(ratios[i], rounds),
			bench_median(cpus[i], rounds));
	fflush(stdout);
}

/* ---- what a client costs ---- */

/* All have been shown the same by the guest, so that what they had to hold has been used. */
static void measure_memory(struct setup *setup, const struct relay *relay)
{
	static int clients[IDLE_CLIENTS];
	static char block[BLOCK_BYTES];
	pid_t pid = relay->start(setup, relay);
	int source = bench_connect(setup->source);
	uint64_t before_kb;

	bench_write_all(source, block, sizeof(block));
	close(bench_connect(setup->readers));
	before_kb = bench_memory_kb(pid);
	for (int i = 0; i < IDLE_CLIENTS; i++) {
		clients[i] = bench_connect(setup->readers);
		shake_hands(relay, clients[i]);
	}
	bench_write_all(source, block, sizeof(block));
	for (int i = 0; i < IDLE_CLIENTS; i++)
		bench_read_all(clients[i], block, sizeof(block));
	printf("| %s | %.1f |\n", relay->name,
		(double)(bench_memory_kb(pid) - before_kb) / IDLE_CLIENTS);
	for (int i = 0; i < IDLE_CLIENTS; i++)
		close(clients[i]);
	close(source);
	bench_end(pid);
}

static uint64_t read_number(const char *text, uint64_t max)
{
	uint64_t number;

	if (parse_u64(text, &number) < 0 || !number || number > max)
		bench_die("'%s' is not a number of 1 to %ju", text, (uintmax_t)max);
	return number;
}

int main(int argc, char **argv)
{
	static const struct {
		int n_readers;
		uint64_t bytes;
	} loads[] = { { 1, 1u << 30 }, { 4, 512u << 20 }, { 8, 320u << 20 }, { 16, 160u << 20 },
		{ 64, 40u << 20 } };
	size_t rounds = argc > 2 ? read_number(argv[2], ROUNDS_MAX) : 5;
	uint64_t percent = argc > 3 ? read_number(argv[3], 10000) : 100;
	uint64_t only = argc > 4 ? read_number(argv[4], 64) : 0;
	struct setup setup = {
		.charhubd = argv[1], .source = bench_tmp("source"), .readers = bench_tmp("readers")
	};

	if (argc < 2)
		bench_die("usage: bench-fanout CHARHUBD [rounds] [percent of the bytes] [readers]");
	printf("| readers | relay | MB/s at the slowest reader | of one ring | relay CPU s/GB |\n"
	       "|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (only && loads[i].n_readers != (int)only)
			continue;
		setup.n_readers = loads[i].n_readers;
		setup.bytes = loads[i].bytes * percent / 100;
		measure(&setup, rounds);
	}
	printf("\n| %d clients | KB each |\n|---|---|\n", IDLE_CLIENTS);
	for (int i = 0; i < N_RELAYS; i++)
		if (relays[i].start == start_charhubd)
			measure_memory(&setup, &relays[i]);
	free(setup.source);
	free(setup.readers);
	return 0;
}
