/* SPDX-License-Identifier: MIT */
/*
 * A console device whose guest memory the input fills. Input: 2 bytes of choices (format, how the
 * ports behave), then steps of what a hostile driver does: write bytes anywhere in the first pages,
 * kick, start and stop queues, add and remove ports, give input, cut the file short.
 */
#include "base/log.h"
#include "lib/bus-error.h"
#include "virtio/console.h"
#include "virtio/wire.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MEMORY = 64 * 1024,
	QUEUE_SPACE = 4096,
	PORTS = 3,
	QUEUES = 2 * (PORTS + 1),
	NUM = 8,
	STEPS = 400
};

struct input {
	const uint8_t *data;
	size_t left;
};

struct port {
	struct virtio_console_port *port;
	struct guest *guest;
	uint8_t buf[64];
	unsigned turn;
};

struct guest {
	struct virtio_console *console;
	struct guest_memory *memory;
	uint8_t *base;
	int fd;
	struct port ports[PORTS];
	unsigned behaviour;
};

static uint8_t take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->data++;
}

/* ---- ports that are full, gone, or in a hurry to leave, in turns ---- */

static int reserve(void *user, struct iovec iov[2])
{
	struct port *p = user;

	p->turn++;
	if (p->guest->behaviour & 1 && p->turn % 3 == 0)
		return 0;
	if (p->guest->behaviour & 2)
		return p->turn % 5 ? -ENOTSUP : -EPIPE;
	iov[0] = (struct iovec){ p->buf, 7 };
	iov[1] = (struct iovec){ p->buf + 7, sizeof(p->buf) - 7 };
	return 2;
}

static void commit(void *user, size_t len)
{
	struct port *p = user;

	if (len == 0 || len > sizeof(p->buf))
		abort();
	if (p->guest->behaviour & 4)
		virtio_console_port_in(p->port, p->buf, len);
	if (p->guest->behaviour & 8 && p->turn % 7 == 0) {
		virtio_console_remove_port(p->port);
		p->port = NULL;
	}
}

static ssize_t out(void *user, const void *buf, size_t len)
{
	struct port *p = user;

	(void)buf;
	return (ssize_t)(p->turn % 2 ? len : len / 2);
}

static void on_in_room(void *user)
{
	struct port *p = user;

	virtio_console_port_in(p->port, p->buf, sizeof(p->buf));
}

static const struct virtio_console_port_ops port_ops = {
	.out_reserve = reserve, .out_commit = commit, .out = out, .on_in_room = on_in_room
};

static void on_queue(void *transport, unsigned queue)
{
	(void)transport;
	if (queue >= QUEUES)
		abort();
}

static void on_event(void *transport)
{
	(void)transport;
}

static void on_broken(void *transport, const char *why)
{
	(void)transport;
	if (!why || !*why)
		abort();
}

static const struct virtio_console_transport_ops transport_ops = {
	.notify = on_queue,
	.config_changed = on_event,
	.wake = on_event,
	.broken = on_broken,
};

/* ---- steps ---- */

static void add_port(struct guest *g, unsigned id)
{
	struct virtio_console_port_config config = { .id = id, .console = id == 0, .name = "p" };
	struct port *p = &g->ports[id];

	if (p->port)
		return;
	p->guest = g;
	if (virtio_console_add_port(g->console, &config, &port_ops, p, &p->port) < 0)
		abort();
	virtio_console_port_set_open(p->port, true);
}

static void start_queue(struct guest *g, unsigned queue, uint32_t base)
{
	uint64_t at = (uint64_t)queue * QUEUE_SPACE;
	struct virtqueue_setup setup = { .num = NUM,
		.base = base,
		.desc = at,
		.driver = at + 512,
		.device = at + 1024,
		.log = true,
		.log_addr = at };
	const char *why;

	virtio_console_stop_queue(g->console, queue);
	virtio_console_start_queue(g->console, queue, &setup, &why);
}

static void write_memory(struct guest *g, struct input *in)
{
	unsigned at = take(in) | (unsigned)take(in) << 8, len = take(in) % 64;

	while (len-- > 0 && in->left > 0)
		g->base[at++ % MEMORY] = take(in);
}

/* A sane descriptor and its place in the ring, which bytes alone would take long to hit upon. */
static void offer(struct guest *g, struct input *in)
{
	unsigned queue = take(in) % QUEUES, slot = take(in) % NUM;
	uint8_t *ring = g->base + queue * QUEUE_SPACE, *desc = ring + slot * 16,
		*avail = ring + 512;
	uint64_t addr = 0x8000 + take(in) * 16u;
	uint32_t len = take(in);
	uint16_t flags = take(in), next = take(in) % NUM, idx;

	wire_put_u64(desc, addr);
	wire_put_u32(desc + 8, len);
	if (virtio_console_features(g->console) && (g->behaviour & 16)) {
		flags = (uint16_t)(flags | (take(in) & 1 ? 1 << 7 : 1 << 15));
		wire_put_u16(desc + 12, (uint16_t)slot);
		wire_put_u16(desc + 14, flags);
	} else {
		wire_put_u16(desc + 12, flags);
		wire_put_u16(desc + 14, next);
		idx = wire_get_u16(avail + 2);
		wire_put_u16(avail + 4 + (idx % NUM) * 2, (uint16_t)slot);
		wire_put_u16(avail + 2, (uint16_t)(idx + 1));
	}
	virtio_console_kick(g->console, queue);
}

static void use_port(struct guest *g, struct input *in)
{
	struct port *p = &g->ports[take(in) % PORTS];
	unsigned what = take(in);
	struct iovec iov[2];

	if (!p->port)
		return;
	switch (what % 6) {
	case 0: virtio_console_port_in(p->port, p->buf, what / 6 % 64); break;
	case 1:
		if (virtio_console_port_in_reserve(p->port, iov) > 0) {
			memset(iov[0].iov_base, 'x', iov[0].iov_len);
			virtio_console_port_in_commit(p->port, iov[0].iov_len);
		}
		break;
	case 2: virtio_console_port_out_resume(p->port); break;
	case 3: virtio_console_port_set_open(p->port, what & 64); break;
	case 4: virtio_console_port_resize(p->port, what, what); break;
	default:
		if (virtio_console_port_in_room(p->port) > VIRTIO_CONSOLE_ROOM_MAX)
			abort();
	}
}

static void step(struct guest *g, struct input *in)
{
	unsigned what = take(in), arg = take(in);

	switch (what % 10) {
	case 0: write_memory(g, in); break;
	case 1:
	case 2: offer(g, in); break;
	case 3: virtio_console_kick(g->console, arg); break;
	case 4: virtio_console_process(g->console, arg * 16u); break;
	case 5: use_port(g, in); break;
	case 6: start_queue(g, arg % QUEUES, take(in) | (uint32_t)take(in) << 8); break;
	case 7:
		if (arg & 1)
			virtio_console_write_config(g->console, arg % 16, "abcd", 4);
		else
			virtio_console_stop_queue(g->console, arg % QUEUES);
		break;
	case 8:
		add_port(g, arg % PORTS);
		if (arg > 200) {
			virtio_console_remove_port(g->ports[arg % PORTS].port);
			g->ports[arg % PORTS].port = NULL;
		}
		break;
	default:
		if (arg == 255 && bus_error_tells_where() && ftruncate(g->fd, 4096) < 0)
			abort();
		if (arg == 254)
			virtio_console_reset(g->console);
		if (arg >= 250 && arg < 254)
			virtio_console_set_polling(g->console, arg & 3);
	}
}

static void open_guest(struct guest *g, unsigned choices)
{
	struct virtio_console_config config = { PORTS, true, true, false };
	struct guest_memory_region region = { 0, MEMORY, 0, 0 };
	uint64_t features = choices & 1 ? VIRTIO_F_BIT(1) | VIRTIO_F_BIT(0) : 0;
	const char *why;

	if (choices & 2)
		features |= VIRTIO_F_RING_PACKED_BIT;
	if (choices & 4)
		features |= VIRTIO_RING_F_EVENT_IDX;
	if (choices & 8)
		features |= VIRTIO_RING_F_INDIRECT;
	g->behaviour |= choices & 2 ? 16 : 0;
	g->fd = memfd_create("fuzz", MFD_CLOEXEC);
	g->memory = guest_memory_new();
	if (g->fd < 0 || ftruncate(g->fd, MEMORY) < 0 || !g->memory ||
		guest_memory_add(g->memory, &region, g->fd, &why) < 0 ||
		virtio_console_new(&config, &g->console) < 0)
		abort();
	g->base = guest_memory_at_user(g->memory, 0, MEMORY);
	virtio_console_set_transport(g->console, g->memory, &transport_ops, g);
	for (unsigned i = 0; i < PORTS; i++)
		add_port(g, i);
	if (virtio_console_set_features(g->console, features) < 0)
		abort();
	for (unsigned i = 0; i < QUEUES; i++)
		start_queue(g, i, choices & 2 ? 0x8000 : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct guest g = { 0 };
	unsigned choices = take(&in);

	log_set_level(LOG_ERROR);
	g.behaviour = take(&in) & 15;
	open_guest(&g, choices);
	for (int i = 0; i < STEPS && in.left > 0; i++)
		step(&g, &in);
	for (int i = 0; i < 100 && virtio_console_process(g.console, 1 << 16); i++)
		;
	virtio_console_free(g.console);
	guest_memory_free(g.memory);
	close(g.fd);
	return 0;
}
