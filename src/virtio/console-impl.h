/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_CONSOLE_IMPL_H
#define VIRTIO_CONSOLE_IMPL_H

#include "virtio/console.h"

/* What the files of the console device share; see console.c. */

#define VIRTIO_CONSOLE_F_SIZE	     VIRTIO_F_BIT(0)
#define VIRTIO_CONSOLE_F_MULTIPORT   VIRTIO_F_BIT(1)
#define VIRTIO_CONSOLE_F_EMERG_WRITE VIRTIO_F_BIT(2)

enum {
	CONTROL_IN_QUEUE = 2,
	CONTROL_OUT_QUEUE = 3,
	QUEUES_MAX = 2 * (VIRTIO_CONSOLE_PORTS_MAX + 1),
	QUEUE_WORDS = QUEUES_MAX / 64,
	BOUNCE_SIZE = 4096,
	DESCRIPTOR_COST = 64, /* bytes of budget */
};

/* Messages to the guest that wait for a buffer, in the order in which a port's go out. */
enum control_pending {
	PENDING_REMOVE = 1,
	PENDING_ADD = 2,
	PENDING_CONSOLE = 4,
	PENDING_NAME = 8,
	PENDING_OPEN = 16,
	PENDING_RESIZE = 32,
};

struct virtio_console_port {
	struct virtio_console *console;
	struct virtio_console_port *next_dead;
	const struct virtio_console_port_ops *ops;
	void *user;
	unsigned id;
	bool is_console, host_open, guest_open;
	bool removed;	 /* memory goes after the dispatch */
	bool out_held;	 /* the user refused: wait for out_resume() */
	bool in_waiting; /* the user wants to hear of room */
	unsigned cols, rows;
	struct virtio_console_port_stats stats;
	char *name;
	unsigned streak; /* buffers out since it is polled */
};

/**
 * struct port_slot - one port number
 * @pending: enum control_pending
 * @known:   the guest has been told of the port
 */
struct port_slot {
	struct virtio_console_port *port;
	unsigned pending;
	bool known;
};

struct virtio_console {
	struct virtio_console_config config;
	struct guest_memory *memory;
	const struct virtio_console_transport_ops *transport_ops;
	void *transport;
	uint64_t features; /* taken by the driver */
	const char *broken;
	bool broken_told;
	bool restoring; /* nothing that follows is news */

	struct port_slot *slots; /* config.max_ports */
	bool driver_ready;	 /* F_MULTIPORT: DEVICE_READY came */
	bool control_pending;	 /* a slot has something pending */

	unsigned queue_count;
	struct virtqueue *queues[QUEUES_MAX]; /* made when first started */
	uint64_t kicked[QUEUE_WORDS];
	uint64_t pushed[QUEUE_WORDS], put_off[QUEUE_WORDS]; /* calls that are due, that may wait */
	unsigned polling;				    /* enum virtio_console_polling */
	struct virtio_console_taken taken;
	unsigned next_queue; /* whose turn it is */

	unsigned depth; /* of calls that may call back */
	bool freed;
	struct virtio_console_port *dead;
	uint8_t bounce[BOUNCE_SIZE];
};

/** console_enter(), console_leave() - around all that may call back; memory is freed at the end */
void console_enter(struct virtio_console *console);
void console_leave(struct virtio_console *console);

/** console_break() - the driver broke the rules; served no more until a reset */
void console_break(struct virtio_console *console, const char *why);

/** console_wake() - ask the transport to call virtio_console_process() */
void console_wake(struct virtio_console *console);

/** console_note_pushed() - a queue has used buffers of which the guest may want to hear */
void console_note_pushed(struct virtio_console *console, unsigned queue);

/** console_follow_added() - a new port of a single-port device whose driver runs is open at once */
void console_follow_added(struct virtio_console_port *port);

/** port_set_guest_open() - tell the user if it is a change */
void port_set_guest_open(struct virtio_console_port *port, bool open);

/** port_serve_out() - work off a port's buffers; @port may be NULL; Return: true: more waits */
bool port_serve_out(struct virtio_console *console, struct virtio_console_port *port,
	unsigned queue, size_t *budget);

/** port_serve_in() - the guest posted buffers. Return: true: look again */
bool port_serve_in(struct virtio_console *console, struct virtio_console_port *port, unsigned queue,
	size_t *budget);

/** port_emergency_out() - one byte for a port, outside of any queue */
void port_emergency_out(struct virtio_console_port *port, uint8_t byte);

/** control_serve_out() - messages of the guest. Return: true: more wait */
bool control_serve_out(struct virtio_console *console, size_t *budget);

/**
 * control_flush() - send what is pending, as far as the guest has posted buffers
 *
 * Return: true: the budget ended before the messages and the buffers did.
 */
bool control_flush(struct virtio_console *console, size_t *budget);

/** control_post() - have messages sent for a port number */
void control_post(struct virtio_console *console, unsigned id, unsigned pending);

/** control_resume() - a driver that was set up with an earlier process of ours goes on */
void control_resume(struct virtio_console *console);

/** console_charge() - take from a budget what moving @bytes through @vq was worth */
static inline void console_charge(struct virtqueue *vq, size_t bytes, size_t *budget)
{
	size_t cost = bytes + (size_t)virtqueue_work(vq) * DESCRIPTOR_COST;

	*budget -= cost < *budget ? cost : *budget;
}

static inline bool console_has_feature(const struct virtio_console *console, uint64_t feature)
{
	return console->features & feature;
}

/** console_polls() - does the transport look at the port's out queue again without a kick */
static inline bool console_polls(
	const struct virtio_console *console, const struct virtio_console_port *port)
{
	return port && (console->polling & (port->is_console ? VIRTIO_CONSOLE_POLL_CONSOLES
							     : VIRTIO_CONSOLE_POLL_SERIAL));
}

/** console_polls_input() - the same for its in queue, where somebody waits for a buffer */
static inline bool console_polls_input(
	const struct virtio_console *console, const struct virtio_console_port *port)
{
	return port && !port->is_console && (console->polling & VIRTIO_CONSOLE_POLL_INPUT);
}

static inline unsigned port_in_queue(unsigned id)
{
	return id ? 2 * id + 2 : 0;
}

static inline unsigned port_out_queue(unsigned id)
{
	return port_in_queue(id) + 1;
}

#endif
