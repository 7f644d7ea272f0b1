/* SPDX-License-Identifier: MIT */
/*
 * What the device itself costs: a driver double fills a ring with 4 KiB buffers, the time is taken
 * while the device copies them out. Beside it the same bytes by memcpy(3) alone.
 */
#include "lib/virtio-driver.h"
#include "virtio/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NUM = 256, BUFFER = 4096, ROUNDS = 2000, SINK = 256 * 1024 };

static uint8_t sink[SINK];
static size_t sink_at;
static uint64_t bytes;

static int reserve(void *user, struct iovec iov[2])
{
	(void)user;
	if (sink_at == SINK)
		sink_at = 0;
	iov[0] = (struct iovec){ sink + sink_at, SINK - sink_at };
	return 1;
}

static void commit(void *user, size_t len)
{
	(void)user;
	sink_at += len;
	bytes += len;
}

static void on_notify(void *transport, unsigned queue)
{
	(void)transport, (void)queue;
}

static void on_event(void *transport)
{
	(void)transport;
}

static void on_broken(void *transport, const char *why)
{
	(void)transport;
	fprintf(stderr, "broken: %s\n", why);
	exit(1);
}

static const struct virtio_console_port_ops port_ops = { .out_reserve = reserve,
	.out_commit = commit };
static const struct virtio_console_transport_ops transport_ops = {
	.notify = on_notify,
	.config_changed = on_event,
	.wake = on_event,
	.broken = on_broken,
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double measure_memcpy(void)
{
	static uint8_t source[NUM * BUFFER];
	double took = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now();

		for (size_t i = 0; i < NUM; i++) {
			memcpy(sink + i * BUFFER % SINK, source + i * BUFFER, BUFFER);
			__asm__ volatile("" ::: "memory");
		}
		took += now() - start;
	}
	return (double)ROUNDS * NUM * BUFFER / took / 1e9;
}

struct bench {
	struct driver_memory dm;
	struct guest_memory *memory;
	struct virtio_console *console;
	struct driver_queue queues[2];
	struct driver_segment buffers[NUM][2];
	unsigned pieces;
};

static void open_bench(struct bench *b, uint64_t features, uint32_t size, unsigned pieces)
{
	struct virtio_console_config config = { .max_ports = 1 };
	struct virtio_console_port_config port_config = { .console = true };
	struct virtio_console_port *port;
	const char *why = "";
	int ret;

	driver_memory_init(&b->dm, 16 << 20);
	b->memory = guest_memory_new();
	b->pieces = pieces;
	ret = guest_memory_add(b->memory, &b->dm.region, b->dm.fd, &why);
	ret |= virtio_console_new(&config, &b->console);
	virtio_console_set_transport(b->console, b->memory, &transport_ops, b);
	ret |= virtio_console_add_port(b->console, &port_config, &port_ops, NULL, &port);
	ret |= virtio_console_set_features(b->console, features);
	for (unsigned i = 0; i < 2; i++) {
		struct virtqueue_setup setup;

		driver_queue_init(&b->queues[i], &b->dm, NUM, features);
		b->queues[i].indirect = pieces > 1;
		setup = driver_queue_setup(&b->queues[i]);
		ret |= virtio_console_start_queue(b->console, i, &setup, &why);
	}
	if (ret < 0)
		exit(1);
	for (unsigned i = 0; i < NUM; i++)
		for (unsigned k = 0; k < pieces; k++)
			b->buffers[i][k] =
				(struct driver_segment){ driver_alloc(&b->dm, size / pieces),
					size / pieces };
}

static double measure(const char *name, uint64_t features, uint32_t size, unsigned pieces)
{
	struct bench b;
	double took = 0, rate;
	uint32_t len;

	open_bench(&b, features, size, pieces);
	bytes = 0;
	for (int round = 0; round < ROUNDS; round++) {
		double start;

		for (unsigned i = 0; i < NUM; i++)
			driver_add(&b.queues[1], b.buffers[i], pieces, 0);
		start = now();
		virtio_console_kick(b.console, 1);
		while (virtio_console_process(b.console, 256 * 1024))
			;
		took += now() - start;
		while (driver_get_used(&b.queues[1], &len) >= 0)
			;
	}
	rate = (double)bytes / took / 1e9;
	printf("%-34s %7.2f GB/s %7.0f ns/buffer\n", name, rate, took / ROUNDS / NUM * 1e9);
	virtio_console_free(b.console);
	guest_memory_free(b.memory);
	driver_memory_done(&b.dm);
	return rate;
}

int main(void)
{
	const uint64_t packed = VIRTIO_F_RING_PACKED_BIT, event = VIRTIO_RING_F_EVENT_IDX,
		       indirect = VIRTIO_RING_F_INDIRECT;

	printf("%-34s %7.2f GB/s\n", "memcpy, 4 KiB", measure_memcpy());
	measure("split, 4 KiB", 0, BUFFER, 1);
	measure("split, event index, 4 KiB", event, BUFFER, 1);
	measure("split, indirect, 2 x 2 KiB", indirect, BUFFER, 2);
	measure("packed, 4 KiB", packed, BUFFER, 1);
	measure("packed, event index, 4 KiB", packed | event, BUFFER, 1);
	measure("packed, indirect, 2 x 2 KiB", packed | indirect, BUFFER, 2);
	measure("split, 64 bytes", 0, 64, 1);
	measure("packed, 64 bytes", packed, 64, 1);
	return 0;
}
