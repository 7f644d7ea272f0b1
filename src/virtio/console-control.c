/* SPDX-License-Identifier: MIT */
/*
 * Control messages of a device with several ports [virtio 1.2 5.3.6.2].
 *
 *	guest: DEVICE_READY 1	 host: PORT_ADD for each port
 *	guest: PORT_READY n	 host: CONSOLE_PORT (a console), PORT_NAME, PORT_OPEN, RESIZE
 *	guest: PORT_OPEN n 0|1	 a process opened or closed it
 *
 * Linux waits with interrupts off until a message of its own is used, so the queue is served first
 * of all. Messages to the guest wait, as bits of their port number, until it posts a buffer:
 * several openings and closings in between are one message with the last state, and the order
 * within a port is that of the bits, a removal before the addition of a successor.
 *
 * A second DEVICE_READY is a driver that was loaded again (no other sign of it comes from
 * User-Mode Linux): all ports are closed then and told anew.
 */
#include "virtio/console-impl.h"
#include "virtio/wire.h"

#include <errno.h>
#include <string.h>

enum {
	EVENT_DEVICE_READY = 0,
	EVENT_PORT_ADD = 1,
	EVENT_PORT_REMOVE = 2,
	EVENT_PORT_READY = 3,
	EVENT_CONSOLE_PORT = 4,
	EVENT_RESIZE = 5,
	EVENT_PORT_OPEN = 6,
	EVENT_PORT_NAME = 7,
	EVENT_OFFSET = 4,
	VALUE_OFFSET = 6,
	MESSAGE_SIZE = 8, /* id u32, event u16, value u16 */
	MESSAGE_MAX = MESSAGE_SIZE + VIRTIO_CONSOLE_NAME_MAX + 1,
	MESSAGE_COST = 1024, /* bytes of budget: what a message makes us do */
};

struct control_message {
	uint32_t id;
	uint16_t event, value;
};

/* ---- from the guest ---- */

static void handle_device_ready(struct virtio_console *console, const struct control_message *m)
{
	if (m->value != 1) {
		console->driver_ready = false;
		return;
	}
	console->driver_ready = true;
	for (unsigned i = 0; i < console->config.max_ports; i++) {
		struct virtio_console_port *port = console->slots[i].port;

		console->slots[i].pending = 0;
		console->slots[i].known = false;
		if (!port)
			continue;
		control_post(console, i, PENDING_ADD);
		port_set_guest_open(port, false);
	}
}

static struct virtio_console_port *known_port(
	struct virtio_console *console, const struct control_message *m)
{
	if (m->id >= console->config.max_ports || !console->slots[m->id].known)
		return NULL;
	return console->slots[m->id].port;
}

static void handle_port_ready(struct virtio_console *console, const struct control_message *m)
{
	struct virtio_console_port *port = known_port(console, m);

	if (!port || m->value != 1)
		return;
	control_post(console, m->id,
		(port->is_console ? PENDING_CONSOLE : 0u) | (port->name ? PENDING_NAME : 0u) |
			(port->host_open ? PENDING_OPEN : 0u) | (port->cols ? PENDING_RESIZE : 0u));
}

static void handle_port_open(struct virtio_console *console, const struct control_message *m)
{
	struct virtio_console_port *port = known_port(console, m);

	if (port)
		port_set_guest_open(port, m->value);
}

static void (*const handlers[])(struct virtio_console *, const struct control_message *) = {
	[EVENT_DEVICE_READY] = handle_device_ready,
	[EVENT_PORT_READY] = handle_port_ready,
	[EVENT_PORT_OPEN] = handle_port_open,
};

/* Copy the message out of the current chain. Return: bytes; fewer: malformed; -EPROTO */
static int read_message(struct virtqueue *vq, struct control_message *ret_message)
{
	uint8_t raw[MESSAGE_SIZE];
	size_t done = 0, n;
	void *data;
	int ret;

	while (done < sizeof(raw)) {
		ret = virtqueue_segment(vq, VIRTQUEUE_OUT, &data, &n);
		if (ret <= 0)
			return ret < 0 ? ret : (int)done;
		if (n > sizeof(raw) - done)
			n = sizeof(raw) - done;
		memcpy(raw + done, data, n);
		virtqueue_consume(vq, n);
		done += n;
	}
	*ret_message = (struct control_message){ .id = wire_get_u32(raw),
		.event = wire_get_u16(raw + EVENT_OFFSET),
		.value = wire_get_u16(raw + VALUE_OFFSET) };
	return (int)done;
}

/* Return: 1: a message was worked off; 0: none there; -EPROTO */
static int serve_message(struct virtio_console *console, struct virtqueue *vq)
{
	struct control_message message;
	int ret = virtqueue_pop(vq), len;

	if (ret <= 0)
		return ret;
	len = read_message(vq, &message);
	if (len < 0 || virtqueue_push(vq) < 0)
		return -EPROTO;
	console_note_pushed(console, CONTROL_OUT_QUEUE);
	if (len == MESSAGE_SIZE && message.event < sizeof(handlers) / sizeof(handlers[0]) &&
		handlers[message.event])
		handlers[message.event](console, &message);
	return 1;
}

bool control_serve_out(struct virtio_console *console, size_t *budget)
{
	struct virtqueue *vq = virtio_console_queue(console, CONTROL_OUT_QUEUE);
	int ret = 1;

	if (!vq || !virtqueue_is_running(vq))
		return false;
	virtqueue_want_kick(vq, false);
	while (*budget > 0 && ret > 0) {
		ret = serve_message(console, vq);
		console_charge(vq, MESSAGE_COST, budget);
		if (ret == 0 && virtqueue_want_kick(vq, true)) {
			virtqueue_want_kick(vq, false);
			ret = 1;
		}
	}
	if (ret < 0)
		console_break(console, virtqueue_broken(vq));
	return ret > 0;
}

/* ---- to the guest ---- */

void control_post(struct virtio_console *console, unsigned id, unsigned pending)
{
	if (!console->driver_ready || !pending)
		return;
	console->slots[id].pending |= pending;
	console->control_pending = true;
	console_wake(console);
}

void control_resume(struct virtio_console *console)
{
	console->driver_ready = true;
	for (unsigned i = 0; i < console->config.max_ports; i++) {
		struct virtio_console_port *port = console->slots[i].port;

		if (!port)
			continue;
		/* Whether a process has it open is not told again: better to offer than to hold. */
		console->slots[i].known = true;
		control_post(console, i, PENDING_OPEN | (port->cols ? PENDING_RESIZE : 0u));
		port_set_guest_open(port, true);
	}
}

/* Put the message for one bit of a port together. Return: bytes; 0: not to be sent */
static size_t build(
	struct virtio_console *console, unsigned id, unsigned bit, uint8_t out[MESSAGE_MAX])
{
	const struct virtio_console_port *port = console->slots[id].port;
	const size_t half = sizeof(uint16_t);
	bool rows_first = console->config.resize_rows_first;
	uint16_t event = 0, value = 1;
	size_t len = MESSAGE_SIZE;

	if (!port && bit != PENDING_REMOVE)
		return 0;
	switch (bit) {
	case PENDING_REMOVE: event = EVENT_PORT_REMOVE; break;
	case PENDING_ADD: event = EVENT_PORT_ADD; break;
	case PENDING_CONSOLE: event = EVENT_CONSOLE_PORT; break;
	case PENDING_OPEN:
		event = EVENT_PORT_OPEN;
		value = port->host_open;
		break;
	case PENDING_NAME:
		event = EVENT_PORT_NAME;
		memcpy(out + len, port->name, strlen(port->name) + 1);
		len += strlen(port->name) + 1;
		break;
	case PENDING_RESIZE:
		if (!console_has_feature(console, VIRTIO_CONSOLE_F_SIZE) || !port->cols)
			return 0;
		event = EVENT_RESIZE;
		wire_put_u16(out + len + (rows_first ? half : 0), (uint16_t)port->cols);
		wire_put_u16(out + len + (rows_first ? 0 : half), (uint16_t)port->rows);
		len += 2 * half;
		break;
	default: return 0;
	}
	wire_put_u32(out, id);
	wire_put_u16(out + EVENT_OFFSET, event);
	wire_put_u16(out + VALUE_OFFSET, value);
	return len;
}

/* Return: 1: sent; 0: the guest has posted no buffer; -EPROTO */
static int send_message(
	struct virtio_console *console, struct virtqueue *vq, const uint8_t *bytes, size_t len)
{
	size_t done = 0, n;
	void *data;
	int ret = virtqueue_pop(vq);

	if (ret == 0 && virtqueue_want_kick(vq, true)) {
		virtqueue_want_kick(vq, false);
		ret = virtqueue_pop(vq);
	}
	if (ret <= 0)
		return ret;
	while (done < len && (ret = virtqueue_segment(vq, VIRTQUEUE_IN, &data, &n)) > 0) {
		if (n > len - done)
			n = len - done;
		memcpy(data, bytes + done, n);
		virtqueue_consume(vq, n);
		done += n;
	}
	if (ret < 0 || virtqueue_push(vq) < 0)
		return -EPROTO;
	console_note_pushed(console, CONTROL_IN_QUEUE);
	return 1;
}

/* All that is pending for one port number; as send_message(). 0, too, where the budget ends. */
static int flush_slot(
	struct virtio_console *console, struct virtqueue *vq, unsigned id, size_t *budget)
{
	struct port_slot *slot = &console->slots[id];
	uint8_t bytes[MESSAGE_MAX];

	while (slot->pending) {
		unsigned bit = slot->pending & -slot->pending;
		size_t len = build(console, id, bit, bytes);
		int ret;

		if (*budget == 0)
			return 0;
		ret = len ? send_message(console, vq, bytes, len) : 1;
		console_charge(vq, MESSAGE_COST, budget);
		if (ret <= 0)
			return ret;
		slot->pending &= ~bit;
		if (bit == PENDING_ADD)
			slot->known = true;
	}
	return 1;
}

bool control_flush(struct virtio_console *console, size_t *budget)
{
	struct virtqueue *vq = virtio_console_queue(console, CONTROL_IN_QUEUE);
	int ret = 1;

	if (!vq || !virtqueue_is_running(vq))
		return false;
	if (!console->control_pending) {
		virtqueue_want_kick(vq, false);
		return false;
	}
	for (unsigned i = 0; i < console->config.max_ports && ret > 0; i++)
		ret = flush_slot(console, vq, i, budget);
	if (ret > 0)
		console->control_pending = false;
	if (ret < 0)
		console_break(console, virtqueue_broken(vq));
	return ret == 0 && *budget == 0;
}
