/* SPDX-License-Identifier: MIT */
#include "console-rig.h"

#include "virtio/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- transport ---- */

static void on_notify(void *transport, unsigned queue)
{
	((struct rig *)transport)->calls[queue]++;
}

static void on_config_changed(void *transport)
{
	((struct rig *)transport)->config_changes++;
}

static void on_wake(void *transport)
{
	((struct rig *)transport)->wakes++;
}

static void on_broken(void *transport, const char *why)
{
	struct rig *rig = transport;

	rig->breaks++;
	rig->why = why;
}

static bool is_time_up(void *transport)
{
	return ((struct rig *)transport)->time_is_up;
}

static bool may_linger(void *transport)
{
	struct rig *rig = transport;

	rig->looks++;
	if (!rig->late)
		return rig->lingers;
	rig->late--;
	rig_write(rig, 1, "x", 1);
	return true;
}

static const struct virtio_console_transport_ops transport_ops = {
	.notify = on_notify,
	.config_changed = on_config_changed,
	.wake = on_wake,
	.broken = on_broken,
	.is_time_up = is_time_up,
	.may_linger = may_linger,
};

/* ---- ports ---- */

static int reserve(void *user, struct iovec iov[2])
{
	struct rig_port *p = user;
	size_t room = p->room;

	if (p->error)
		return p->error;
	assert(p->out_len + room <= RIG_OUT_MAX);
	if (p->window && room > p->window)
		room = p->window;
	if (room == 0)
		return 0;
	/* Two pieces, so that both are used. */
	iov[0] = (struct iovec){ p->out + p->out_len, (room + 1) / 2 };
	iov[1] = (struct iovec){ p->out + p->out_len + (room + 1) / 2, room / 2 };
	return room > 1 ? 2 : 1;
}

static void commit(void *user, size_t len)
{
	struct rig_port *p = user;

	assert(len > 0 && len <= p->room);
	p->out_len += len;
	p->room -= len;
	p->commits++;
	if (p->removes_itself) {
		virtio_console_remove_port(p->port);
		p->port = NULL;
	}
}

static ssize_t out(void *user, const void *buf, size_t len)
{
	struct rig_port *p = user;
	size_t n = len < p->room ? len : p->room;

	memcpy(p->out + p->out_len, buf, n);
	p->out_len += n;
	p->room -= n;
	return (ssize_t)n;
}

static void on_guest_open(void *user, bool open)
{
	struct rig_port *p = user;

	if (open)
		p->opens++;
	else
		p->closes++;
}

static void on_in_room(void *user)
{
	((struct rig_port *)user)->rooms++;
}

static const struct virtio_console_port_ops port_ops = {
	.out_reserve = reserve,
	.out_commit = commit,
	.out = out,
	.on_guest_open = on_guest_open,
	.on_in_room = on_in_room,
};

/* ---- rig ---- */

void rig_open(struct rig *rig, unsigned ports, uint64_t features)
{
	struct virtio_console_config config = {
		.max_ports = ports, .emergency_write = true, .size = true
	};
	const char *why;
	int ret;

	memset(rig, 0, sizeof(*rig));
	driver_memory_init(&rig->dm, 8 << 20);
	rig->memory = guest_memory_new();
	ret = guest_memory_add(rig->memory, &rig->dm.region, rig->dm.fd, &why);
	assert(ret == 0);
	ret = virtio_console_new(&config, &rig->console);
	assert(ret == 0);
	virtio_console_set_transport(rig->console, rig->memory, &transport_ops, rig);
	rig->features = features;
	ret = virtio_console_set_features(rig->console, features);
	assert(ret == 0);
}

void rig_close(struct rig *rig)
{
	virtio_console_free(rig->console);
	guest_memory_free(rig->memory);
	driver_memory_done(&rig->dm);
}

void rig_add(struct rig *rig, unsigned id, bool console, const char *name)
{
	struct virtio_console_port_config config = { .id = id, .console = console, .name = name };
	struct rig_port *p = &rig->ports[id];
	int ret;

	*p = (struct rig_port){ .room = RIG_OUT_MAX };
	ret = virtio_console_add_port(rig->console, &config, &port_ops, p, &p->port);
	assert(ret == 0);
}

void rig_start(struct rig *rig)
{
	for (unsigned i = 0; i < virtio_console_queue_count(rig->console); i++) {
		struct virtqueue_setup setup;
		const char *why = NULL;
		int ret;

		driver_queue_init(&rig->queues[i], &rig->dm, RIG_NUM, rig->features);
		setup = driver_queue_setup(&rig->queues[i]);
		ret = virtio_console_start_queue(rig->console, i, &setup, &why);
		assert(ret == 0);
	}
	rig_process(rig);
}

void rig_process(struct rig *rig)
{
	while (virtio_console_process(rig->console, 1 << 16))
		;
}

static void add(struct rig *rig, unsigned queue, const struct driver_segment *segments,
	unsigned n_out, unsigned n_in)
{
	int id = driver_add(&rig->queues[queue], segments, n_out, n_in);

	assert(id >= 0);
	if (driver_wants_kick(&rig->queues[queue])) {
		rig->kicks[queue]++;
		virtio_console_kick(rig->console, queue);
	}
}

void rig_write(struct rig *rig, unsigned queue, const char *text, size_t piece)
{
	struct driver_segment segments[DRIVER_SEGMENTS_MAX];
	size_t len = strlen(text);
	uint64_t addr = driver_alloc(&rig->dm, len);
	unsigned n = 0;

	memcpy(driver_at(&rig->dm, addr), text, len);
	for (size_t at = 0; at < len; at += piece)
		segments[n++] = (struct driver_segment){ addr + at,
			(uint32_t)(len - at < piece ? len - at : piece) };
	add(rig, queue, segments, n, 0);
}

uint64_t rig_post(struct rig *rig, unsigned queue, uint32_t len)
{
	struct driver_segment segment = { driver_alloc(&rig->dm, len), len };

	add(rig, queue, &segment, 0, 1);
	return segment.addr;
}

void rig_control(struct rig *rig, unsigned id, unsigned event, unsigned value)
{
	struct driver_segment segment = { driver_alloc(&rig->dm, 8), 8 };
	uint8_t *m = driver_at(&rig->dm, segment.addr);

	wire_put_u32(m, id);
	wire_put_u16(m + 4, (uint16_t)event);
	wire_put_u16(m + 6, (uint16_t)value);
	add(rig, 3, &segment, 1, 0);
	rig_process(rig);
}

unsigned rig_used(struct rig *rig, unsigned queue, uint32_t *ret_len)
{
	unsigned count = 0;
	uint32_t len;

	while (driver_get_used(&rig->queues[queue], &len) >= 0) {
		if (ret_len)
			*ret_len = len;
		count++;
	}
	return count;
}
