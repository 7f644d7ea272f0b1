/* SPDX-License-Identifier: MIT */
/*
 * How long does a guest wait for its console, and what does a member that stalls add to it?
 *
 *	bench-hvc CHARHUBD [MiB, default 64]
 *
 * The guest is a driver of our own, over vhost-user: it makes a buffer of 2 KiB available, kicks if
 * it is asked to, and spins until the buffer is used, as Linux does with interrupts off; nothing of
 * a guest's own is in the figures. The hub has two members, one of which reads all; the other one
 * reads, too, or has stopped before the first byte.
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
	BUFFER_BYTES = 2048,
	LINE_BYTES = 64,
	GIVE_UP_S = 60,
	PAUSE_NS = 1000000, /* a wait that long is a pause */
};

#define FEATURES (VIRTIO_F_VERSION_1_BIT | VU_F_PROTOCOL_FEATURES)

static pid_t start_charhubd(const char *program, const char *guest, const char *members)
{
	AUTO_FREE
	char *socket = bench_format("socket,id=s,path=%s,server=on,wait=off,clients=2", members);
	AUTO_FREE
	char *bus = bench_format("virtio-serial,socket=%s,max_ports=1", guest);
	const char *args[] = { "-chardev", socket, "-chardev", "hub,id=h,chardevs.0=s", "-device",
		bus, "-device", "virtconsole,chardev=h", NULL };

	return bench_charhubd(program, args);
}

static void run_reader(void *data)
{
	static char buf[256 << 10];

	while (bench_read(*(int *)data, buf, sizeof(buf)) > 0)
		;
}

/* ---- the guest ---- */

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

/* Return: for how long the guest spun, in ns */
static uint64_t put_chars(struct frontend *guest, const struct driver_segment *buffer)
{
	struct driver_queue *queue = &guest->queues[OUT_QUEUE];
	uint64_t begin_ns = bench_now_ns(), now_ns;
	uint32_t len;

	driver_add(queue, buffer, 1, 0);
	if (driver_wants_kick(queue))
		eventfd_write(guest->kick_fds[OUT_QUEUE], 1);
	do {
		now_ns = bench_now_ns();
		if (now_ns - begin_ns > GIVE_UP_S * 1000000000ull)
			bench_die("the guest hangs: its console's buffer is not used");
	} while (driver_get_used(queue, &len) < 0);
	return now_ns - begin_ns;
}

static struct driver_segment make_text(struct frontend *guest)
{
	struct driver_segment buffer = { driver_alloc(&guest->dm, BUFFER_BYTES), BUFFER_BYTES };
	char *text = driver_at(&guest->dm, buffer.addr);

	memset(text, 'x', BUFFER_BYTES);
	for (size_t at = LINE_BYTES; at <= BUFFER_BYTES; at += LINE_BYTES)
		memcpy(text + at - 2, "\r\n", 2);
	return buffer;
}

static void print_row(const char *what, double *waits_us, size_t n, double seconds)
{
	double paused_ms = 0;

	for (size_t i = 0; i < n; i++)
		paused_ms += waits_us[i] * 1e3 >= PAUSE_NS ? waits_us[i] / 1e3 : 0;
	printf("| %s | %.0f | %.1f | %.1f | %.2f | %.1f |\n", what,
		(double)n * BUFFER_BYTES / seconds / 1e6, bench_percentile(waits_us, n, 50),
		bench_percentile(waits_us, n, 99), bench_percentile(waits_us, n, 100) / 1e3,
		paused_ms);
	fflush(stdout);
}

static void run(const char *program, const char *what, size_t mib, bool stalled)
{
	AUTO_FREE
	char *path = bench_tmp("guest");
	AUTO_FREE
	char *members = bench_tmp("members");
	pid_t charhubd = start_charhubd(program, path, members), readers[2];
	size_t n = (mib << 20) / BUFFER_BYTES, count = stalled ? 1 : 2;
	double *waits_us = malloc(n * sizeof(*waits_us));
	struct driver_segment buffer;
	struct frontend guest;
	uint64_t begin_ns;
	int fds[2];

	if (!waits_us)
		bench_die("out of memory");
	for (size_t i = 0; i < 2; i++)
		fds[i] = bench_connect(members);
	boot(&guest, path);
	buffer = make_text(&guest);
	for (size_t i = 0; i < count; i++)
		readers[i] = bench_fork(run_reader, &fds[i]);
	begin_ns = bench_now_ns();
	for (size_t i = 0; i < n; i++)
		waits_us[i] = (double)put_chars(&guest, &buffer) / 1e3;
	print_row(what, waits_us, n, (double)(bench_now_ns() - begin_ns) / 1e9);
	bench_end(charhubd);
	for (size_t i = 0; i < count; i++)
		bench_join(readers[i]);
	for (size_t i = 0; i < 2; i++)
		close(fds[i]);
	frontend_done(&guest);
	free(waits_us);
}

int main(int argc, char **argv)
{
	uint64_t mib = 64;

	if (argc < 2 || (argc > 2 && parse_u64(argv[2], &mib) < 0) || mib < 1 || mib > 4096)
		bench_die("usage: bench-hvc CHARHUBD [MiB, 1 to 4096]");
	printf("| two members | MB/s | wait for a buffer, p50 us | p99 us | longest ms | waits of "
	       "over 1 ms, sum ms |\n|---|---|---|---|---|---|\n");
	for (int i = 0; i < 3; i++) {
		run(argv[1], "both read", mib, false);
		run(argv[1], "one has stalled", mib, true);
	}
	return 0;
}
