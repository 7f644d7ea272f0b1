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

#include <endian.h>
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
	DESCRIPTORS_A_TURN = 512, /* and the rest of a message, whose chain may be long */
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
	size_t done = 0, n;
	uint8_t raw[sizeof(*ret_message)];
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
	memcpy(ret_message, raw, sizeof(raw));
	ret_message->id = le32toh(ret_message->id);
	ret_message->event = le16toh(ret_message->event);
	ret_message->value = le16toh(ret_message->value);
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
	if (len == sizeof(message) && message.event < sizeof(handlers) / sizeof(handlers[0]) &&
		handlers[message.event])
		handlers[message.event](console, &message);
	return 1;
}

bool control_serve_out(struct virtio_console *console)
{
	struct virtqueue *vq = virtio_console_queue(console, CONTROL_OUT_QUEUE);
	unsigned work = 0;
	int ret = 1;

	if (!vq || !virtqueue_is_running(vq))
		return false;
	virtqueue_want_kick(vq, false);
	while (work < DESCRIPTORS_A_TURN && ret > 0) {
		ret = serve_message(console, vq);
		if (ret == 0 && virtqueue_want_kick(vq, true)) {
			virtqueue_want_kick(vq, false);
			ret = 1;
		}
		work += virtqueue_work(vq) + 1;
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
static size_t build(struct virtio_console *console, unsigned id, unsigned bit,
	uint8_t out[sizeof(struct control_message) + VIRTIO_CONSOLE_NAME_MAX + 1])
{
	const struct virtio_console_port *port = console->slots[id].port;
	struct control_message m = { .id = htole32(id), .value = htole16(1) };
	size_t len = sizeof(m);
	uint16_t size[2], event = 0;

	if (!port && bit != PENDING_REMOVE)
		return 0;
	switch (bit) {
	case PENDING_REMOVE: event = EVENT_PORT_REMOVE; break;
	case PENDING_ADD: event = EVENT_PORT_ADD; break;
	case PENDING_CONSOLE: event = EVENT_CONSOLE_PORT; break;
	case PENDING_OPEN:
		event = EVENT_PORT_OPEN;
		m.value = htole16(port->host_open);
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
		size[console->config.resize_rows_first] = htole16((uint16_t)port->cols);
		size[!console->config.resize_rows_first] = htole16((uint16_t)port->rows);
		memcpy(out + len, size, sizeof(size));
		len += sizeof(size);
		break;
	default: return 0;
	}
	m.event = htole16(event);
	memcpy(out, &m, sizeof(m));
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

/* All that is pending for one port number; as send_message() */
static int flush_slot(struct virtio_console *console, struct virtqueue *vq, unsigned id)
{
	uint8_t bytes[sizeof(struct control_message) + VIRTIO_CONSOLE_NAME_MAX + 1];
	struct port_slot *slot = &console->slots[id];

	while (slot->pending) {
		unsigned bit = slot->pending & -slot->pending;
		size_t len = build(console, id, bit, bytes);
		int ret = len ? send_message(console, vq, bytes, len) : 1;

		if (ret <= 0)
			return ret;
		slot->pending &= ~bit;
		if (bit == PENDING_ADD)
			slot->known = true;
	}
	return 1;
}

void control_flush(struct virtio_console *console)
{
	struct virtqueue *vq = virtio_console_queue(console, CONTROL_IN_QUEUE);
	int ret = 1;

	if (!vq || !virtqueue_is_running(vq))
		return;
	if (!console->control_pending) {
		virtqueue_want_kick(vq, false);
		return;
	}
	for (unsigned i = 0; i < console->config.max_ports && ret > 0; i++)
		ret = flush_slot(console, vq, i);
	virtqueue_work(vq);
	if (ret > 0)
		console->control_pending = false;
	if (ret < 0)
		console_break(console, virtqueue_broken(vq));
}
