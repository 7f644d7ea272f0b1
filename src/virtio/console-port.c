/* SPDX-License-Identifier: MIT */
/*
 * A port and its data. Out: bytes are copied once, from the guest's buffer into memory that the
 * port's user reserved; small buffers share a reservation. In: bytes are copied, or read by the
 * kernel, straight into the guest's buffers.
 *
 * Invariant: no callback is made between virtqueue_segment(), which hands out a pointer, and
 * virtqueue_consume(): a callback may take guest memory away.
 *
 * A user that refuses holds its port back: the chain stays current until
 * virtio_console_port_out_resume(). A console's user cannot: Linux waits for the buffer with
 * interrupts off, so what it refuses is dropped and counted.
 */
#include "virtio/console-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	CALL_COST = 512,   /* bytes of budget: of asking the port's user for room, or to take */
	IN_A_CALL = 16384, /* budget of a call that puts something in, or asks for room */
	PAGE_MIN = 4096,
	LOOKS_A_TURN = 256,  /* for the next buffers of a console's guest: 10 us, about */
	LINGER_BYTES = 1024, /* are enough to be handed over at once */
	LINGER_AFTER = 16,   /* buffers that were polled for: what echoes a key is no stream */
};

/* ---- life ---- */

static int check_port(
	const struct virtio_console *console, const struct virtio_console_port_config *config)
{
	if (config->id >= console->config.max_ports)
		return -ERANGE;
	if (console->slots[config->id].port)
		return -EEXIST;
	if (config->name && strlen(config->name) > VIRTIO_CONSOLE_NAME_MAX)
		return -EINVAL;
	return 0;
}

int virtio_console_add_port(struct virtio_console *console,
	const struct virtio_console_port_config *config, const struct virtio_console_port_ops *ops,
	void *user, struct virtio_console_port **ret_port)
{
	struct virtio_console_port *port;
	int ret = check_port(console, config);

	if (ret < 0)
		return ret;
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	*port = (struct virtio_console_port){ .console = console,
		.ops = ops,
		.user = user,
		.id = config->id,
		.is_console = config->console,
		.host_open = config->console };
	if (config->name && !(port->name = strdup(config->name))) {
		free(port);
		return -ENOMEM;
	}
	console->slots[port->id].port = port;
	console_follow_added(port);
	if (console->driver_ready)
		control_post(console, port->id, PENDING_ADD);
	*ret_port = port;
	return 0;
}

/* Let go of a buffer of which a part was taken: the next user shall not get the rest. */
static void drop_current_out(struct virtio_console_port *port)
{
	unsigned queue = port_out_queue(port->id);
	struct virtqueue *vq = virtio_console_queue(port->console, queue);

	if (!vq || !virtqueue_has_chain(vq))
		return;
	if (virtqueue_push(vq) < 0)
		console_break(port->console, virtqueue_broken(vq));
	console_note_pushed(port->console, queue);
}

void virtio_console_remove_port(struct virtio_console_port *port)
{
	struct virtio_console *console;
	struct port_slot *slot;

	if (!port || port->removed)
		return;
	console = port->console;
	slot = &console->slots[port->id];
	console_enter(console);
	port->removed = true;
	drop_current_out(port);
	virtio_console_kick(console, port_out_queue(port->id));
	slot->port = NULL;
	slot->pending &= PENDING_REMOVE;
	if (slot->known)
		control_post(console, port->id, PENDING_REMOVE);
	slot->known = false;
	port->next_dead = console->dead;
	console->dead = port;
	console_leave(console);
}

unsigned virtio_console_port_id(const struct virtio_console_port *port)
{
	return port->id;
}

bool virtio_console_port_guest_open(const struct virtio_console_port *port)
{
	return port->guest_open;
}

void virtio_console_port_stats(
	const struct virtio_console_port *port, struct virtio_console_port_stats *ret_stats)
{
	*ret_stats = port->stats;
}

void port_set_guest_open(struct virtio_console_port *port, bool open)
{
	if (port->guest_open == open || port->removed)
		return;
	port->guest_open = open;
	if (open) /* there may be room now that somebody waits for */
		virtio_console_kick(port->console, port_in_queue(port->id));
	if (port->ops->on_guest_open)
		port->ops->on_guest_open(port->user, open);
}

void virtio_console_port_set_open(struct virtio_console_port *port, bool open)
{
	if (port->is_console || port->host_open == open)
		return;
	port->host_open = open;
	port->out_held = false;
	if (!open)
		virtio_console_kick(port->console, port_out_queue(port->id));
	if (port->console->slots[port->id].known)
		control_post(port->console, port->id, PENDING_OPEN);
}

void virtio_console_port_resize(struct virtio_console_port *port, unsigned cols, unsigned rows)
{
	struct virtio_console *console = port->console;

	if (!port->is_console || (port->cols == cols && port->rows == rows))
		return;
	port->cols = cols;
	port->rows = rows;
	if (console_has_feature(console, VIRTIO_CONSOLE_F_MULTIPORT)) {
		if (console->slots[port->id].known)
			control_post(console, port->id, PENDING_RESIZE);
	} else if (port->guest_open && console->transport_ops) {
		console->transport_ops->config_changed(console->transport);
	}
}

/* ---- out ---- */

/*
 * Memory of the port's user that is being filled; what is in it is handed over by sink_commit().
 * @cost: of calls to the user, in bytes of budget, that is not charged yet
 */
struct sink {
	struct virtio_console_port *port; /* NULL: swallow */
	struct iovec iov[2];
	int n, at;	    /* segments, the one being filled */
	size_t fill, total; /* bytes in that one, in all */
	size_t cost;
};

static void sink_commit(struct sink *sink)
{
	size_t total = sink->total;

	sink->n = sink->at = 0;
	sink->fill = sink->total = 0;
	if (total == 0 || !sink->port || sink->port->removed)
		return;
	sink->port->stats.out += total;
	sink->port->ops->out_commit(sink->port->user, total);
}

static bool sink_is_full(struct sink *sink)
{
	while (sink->at < sink->n && sink->fill == sink->iov[sink->at].iov_len) {
		sink->at++;
		sink->fill = 0;
	}
	return sink->at == sink->n;
}

/* 1: there is room; 0: the user is full; -ENOTSUP: use out(); another -errno: it is gone */
static int sink_make_room(struct sink *sink)
{
	int ret;

	if (!sink_is_full(sink))
		return 1;
	sink_commit(sink);
	if (sink->port->removed)
		return -ENODEV;
	if (!sink->port->ops->out_reserve)
		return sink->port->ops->out ? -ENOTSUP : -ENODEV;
	sink->cost += CALL_COST;
	ret = sink->port->ops->out_reserve(sink->port->user, sink->iov);
	if (ret <= 0)
		return ret;
	sink->n = ret;
	return sink_is_full(sink) ? 0 : 1;
}

/* One segment's worth into the reservation. Return: bytes, at least 1; 0: the chain ends; -errno */
static ssize_t copy_to_sink(struct sink *sink, struct virtqueue *vq, size_t max)
{
	struct iovec *iov = &sink->iov[sink->at];
	size_t room = iov->iov_len - sink->fill, n;
	void *data;
	int ret = virtqueue_segment(vq, VIRTQUEUE_OUT, &data, &n);

	if (ret <= 0)
		return ret;
	if (n > room)
		n = room;
	if (n > max)
		n = max;
	memcpy((uint8_t *)iov->iov_base + sink->fill, data, n);
	virtqueue_consume(vq, n);
	sink->fill += n;
	sink->total += n;
	return (ssize_t)n;
}

/* The same by way of private memory. -EAGAIN: the user is full; -ENODEV: it is gone */
static ssize_t copy_to_user(struct sink *sink, struct virtqueue *vq, size_t max)
{
	struct virtio_console_port *port = sink->port;
	struct virtio_console *console = port->console;
	ssize_t taken;
	void *data;
	size_t n;
	int ret = virtqueue_segment(vq, VIRTQUEUE_OUT, &data, &n);

	if (ret <= 0)
		return ret;
	if (n > max)
		n = max;
	if (n > sizeof(console->bounce))
		n = sizeof(console->bounce);
	memcpy(console->bounce, data, n);
	__asm__ volatile("" ::: "memory"); /* the copy is what counts */
	sink->cost += CALL_COST;
	taken = port->ops->out(port->user, console->bounce, n);
	if (taken < 0 || port->removed)
		return -ENODEV;
	if (taken == 0)
		return -EAGAIN;
	port->stats.out += (uint64_t)taken;
	virtqueue_consume(vq, (size_t)taken);
	return taken;
}

/* Pass over a segment. Return: bytes, 0: the chain ends, -EPROTO */
static ssize_t swallow(struct virtqueue *vq, uint64_t *count)
{
	void *data;
	size_t n;
	int ret = virtqueue_segment(vq, VIRTQUEUE_OUT, &data, &n);

	if (ret <= 0)
		return ret;
	virtqueue_consume(vq, n);
	if (count)
		*count += n;
	return (ssize_t)n;
}

/* The same for the rest of a chain: what is not copied costs nothing. Return: 0; -EPROTO */
static ssize_t swallow_chain(struct virtqueue *vq, uint64_t *count)
{
	ssize_t n;

	do
		n = swallow(vq, count);
	while (n > 0);
	return n;
}

/* Some bytes of the current chain. Return: bytes; 0: it ends; -EAGAIN: held back; -EPROTO */
static ssize_t move_out(struct sink *sink, struct virtqueue *vq, size_t max)
{
	struct virtio_console_port *port = sink->port;
	ssize_t ret;
	void *data;
	size_t n;

	if (!port || port->removed)
		return swallow_chain(vq, NULL);
	if (!port->host_open)
		return swallow_chain(vq, &port->stats.out_unheard);
	if (!port->ops->out_reserve && !port->ops->out)
		return swallow_chain(vq, &port->stats.out);
	ret = virtqueue_segment(vq, VIRTQUEUE_OUT, &data, &n);
	if (ret <= 0)
		return ret; /* no need to ask for room */
	ret = sink_make_room(sink);
	if (ret > 0)
		return copy_to_sink(sink, vq, max);
	if (ret == -ENOTSUP && port->ops->out)
		ret = copy_to_user(sink, vq, max);
	else if (ret == 0)
		ret = -EAGAIN;
	if (ret >= 0 || ret == -EPROTO)
		return ret;
	if (ret == -EAGAIN && !port->is_console)
		return ret;
	return swallow_chain(vq, port->removed ? NULL : &port->stats.out_dropped);
}

/* Return: 1: the chain was given back; 0: budget is used up; -EAGAIN: held back; -EPROTO */
static int serve_chain(struct sink *sink, struct virtqueue *vq, size_t *budget)
{
	ssize_t n;

	do {
		if (*budget == 0)
			return 0;
		n = move_out(sink, vq, *budget);
		console_charge(vq, sink->cost + (n > 0 ? (size_t)n : 0), budget);
		sink->cost = 0;
	} while (n > 0);
	if (n < 0)
		return (int)n;
	return virtqueue_push(vq) < 0 ? -EPROTO : 1;
}

/* Is there a chain; where there is none, a kick is asked for unless it @polls. 1, 0, -EPROTO */
static int next_chain(struct virtqueue *vq, bool polls)
{
	int ret = virtqueue_pop(vq);

	if (ret == 0 && !polls && virtqueue_want_kick(vq, true)) {
		virtqueue_want_kick(vq, false);
		ret = virtqueue_pop(vq);
	}
	return ret;
}

static bool may_linger(const struct virtio_console *console)
{
	return console->transport_ops && console->transport_ops->may_linger &&
	       console->transport_ops->may_linger(console->transport);
}

/*
 * The guest of a polled console has its buffer back, and makes the next one while we wait: to hand
 * over several at once takes hardly longer than one. @looks: that are left in this turn. Return: 1;
 * 0: none has come; -EPROTO
 */
static int await_chain(struct virtio_console *console, struct virtqueue *vq, unsigned *looks)
{
	int ret = 0;

	while (ret == 0 && *looks > 0 && may_linger(console)) {
		--*looks;
		ret = virtqueue_pop(vq);
	}
	return ret;
}

bool port_serve_out(struct virtio_console *console, struct virtio_console_port *port,
	unsigned queue, size_t *budget)
{
	struct virtqueue *vq = console->queues[queue];
	struct sink sink = { .port = port };
	bool polls = console_polls(console, port);
	unsigned looks =
		polls && port->is_console && port->streak >= LINGER_AFTER ? LOOKS_A_TURN : 0;
	int ret = 1;

	if (port && port->out_held)
		return false;
	virtqueue_want_kick(vq, false);
	while (*budget > 0 && ret > 0) {
		ret = next_chain(vq, polls);
		if (ret == 0 && sink.total > 0 && sink.total < LINGER_BYTES)
			ret = await_chain(console, vq, &looks);
		if (ret <= 0)
			break;
		ret = serve_chain(&sink, vq, budget);
		if (ret == 0)
			ret = 1; /* goes on in the next turn */
		console_note_pushed(console, queue);
		if (port)
			port->streak = polls ? port->streak + 1 : 0;
		if (port)
			*(port->is_console ? &console->taken.console : &console->taken.serial) += 1;
	}
	if (ret == -EAGAIN)
		port->out_held = true;
	else if (ret < 0)
		console_break(console, virtqueue_broken(vq));
	sink_commit(&sink);
	return ret > 0;
}

void virtio_console_port_out_resume(struct virtio_console_port *port)
{
	if (!port->out_held)
		return;
	port->out_held = false;
	virtio_console_kick(port->console, port_out_queue(port->id));
}

void port_emergency_out(struct virtio_console_port *port, uint8_t byte)
{
	struct sink sink = { .port = port };
	int ret;

	if (port->removed)
		return;
	ret = sink_make_room(&sink);
	if (ret > 0) {
		*(uint8_t *)sink.iov[sink.at].iov_base = byte;
		sink.total = 1;
		sink_commit(&sink);
		return;
	}
	if (ret == -ENOTSUP && port->ops->out && port->ops->out(port->user, &byte, 1) == 1)
		port->stats.out++;
	else
		port->stats.out_dropped++;
}

/* ---- in ---- */

static struct virtqueue *usable_in_queue(struct virtio_console_port *port)
{
	struct virtio_console *console = port->console;
	struct virtqueue *vq = virtio_console_queue(console, port_in_queue(port->id));

	if (!port->guest_open || console->broken || port->removed || !vq ||
		!virtqueue_is_running(vq)) {
		port->in_waiting = true;
		return NULL;
	}
	return vq;
}

/*
 * Make a chain with writable bytes current; one without is given back, it would be met again and
 * again. 1; 0: none; -EAGAIN: not among those that the budget is enough for; -EPROTO
 */
static int next_in_chain(struct virtio_console *console, struct virtqueue *vq, unsigned queue,
	size_t *budget, struct iovec *ret_segment)
{
	int ret;

	while (*budget > 0) {
		ret = virtqueue_pop(vq);
		if (ret <= 0)
			return ret;
		ret = virtqueue_segment(
			vq, VIRTQUEUE_IN, &ret_segment->iov_base, &ret_segment->iov_len);
		if (ret == 0)
			ret = virtqueue_push(vq) < 0 ? -EPROTO : 0;
		console_charge(vq, 0, budget);
		if (ret != 0)
			return ret;
		console_note_pushed(console, queue);
	}
	return -EAGAIN;
}

/* There is no buffer: hear of the next one. Return: true: there is one already */
static bool wait_for_buffer(struct virtqueue *vq)
{
	if (!virtqueue_want_kick(vq, true))
		return false;
	virtqueue_want_kick(vq, false);
	return true;
}

/*
 * The buffer that is to be filled next. 1; 0: the guest has posted none, or nothing but empty ones
 * for as long as the budget lasted, and the port is looked at again in the next turn; -EPROTO
 */
static int in_segment(struct virtio_console_port *port, struct virtqueue *vq, size_t *budget,
	struct iovec *ret_segment)
{
	unsigned queue = port_in_queue(port->id);
	int ret = next_in_chain(port->console, vq, queue, budget, ret_segment);

	if (ret == 0 && !console_polls_input(port->console, port) && wait_for_buffer(vq))
		ret = next_in_chain(port->console, vq, queue, budget, ret_segment);
	port->in_waiting = ret <= 0;
	if (ret == -EPROTO)
		console_break(port->console, virtqueue_broken(vq));
	if (ret != -EAGAIN)
		return ret;
	virtio_console_kick(port->console, queue);
	return 0;
}

static void push_in(struct virtio_console_port *port, struct virtqueue *vq)
{
	if (virtqueue_push(vq) < 0)
		console_break(port->console, virtqueue_broken(vq));
	console_note_pushed(port->console, port_in_queue(port->id));
}

/* Fill the current chain. Return: bytes, at least 1 */
static size_t fill_chain(
	struct virtqueue *vq, const uint8_t *buf, size_t len, const struct iovec *first)
{
	size_t done = 0, n, room = first->iov_len;
	void *data = first->iov_base;

	do {
		n = len - done < room ? len - done : room;
		memcpy(data, buf + done, n);
		virtqueue_consume(vq, n);
		done += n;
	} while (done < len && virtqueue_segment(vq, VIRTQUEUE_IN, &data, &room) > 0);
	return done;
}

size_t virtio_console_port_in(struct virtio_console_port *port, const void *buf, size_t len)
{
	struct virtqueue *vq = usable_in_queue(port);
	size_t done = 0, budget = IN_A_CALL;
	struct iovec segment;

	if (!vq)
		return 0;
	while (done < len && in_segment(port, vq, &budget, &segment) > 0) {
		done += fill_chain(vq, (const uint8_t *)buf + done, len - done, &segment);
		push_in(port, vq);
	}
	port->stats.in += done;
	console_wake(port->console);
	return done;
}

size_t virtio_console_port_in_room(struct virtio_console_port *port)
{
	struct virtqueue *vq = usable_in_queue(port);
	size_t budget = IN_A_CALL;
	struct iovec segment;

	if (!vq || in_segment(port, vq, &budget, &segment) <= 0)
		return 0;
	return virtqueue_room(vq, VIRTIO_CONSOLE_ROOM_MAX);
}

/* A system call that meets a page which is gone says EFAULT where our own access mends it. */
static bool is_there(struct guest_memory *memory, const struct iovec *iov)
{
	const volatile uint8_t *bytes = iov->iov_base;

	for (size_t at = 0; at < iov->iov_len; at += PAGE_MIN)
		(void)bytes[at];
	(void)bytes[iov->iov_len - 1];
	return !guest_memory_is_broken(memory);
}

int virtio_console_port_in_reserve(struct virtio_console_port *port, struct iovec iov[2])
{
	struct virtqueue *vq = usable_in_queue(port);
	size_t budget = IN_A_CALL;

	if (!vq || in_segment(port, vq, &budget, &iov[0]) <= 0)
		return 0;
	if (iov[0].iov_len > VIRTIO_CONSOLE_ROOM_MAX)
		iov[0].iov_len = VIRTIO_CONSOLE_ROOM_MAX;
	if (is_there(port->console->memory, &iov[0]))
		return 1;
	console_wake(port->console);
	return 0;
}

void virtio_console_port_in_commit(struct virtio_console_port *port, size_t len)
{
	struct virtqueue *vq = usable_in_queue(port);

	if (!vq || !virtqueue_has_chain(vq) || len == 0)
		return;
	virtqueue_consume(vq, len);
	push_in(port, vq);
	port->stats.in += len;
	console_wake(port->console);
}

bool port_serve_in(struct virtio_console *console, struct virtio_console_port *port, unsigned queue,
	size_t *budget)
{
	struct virtqueue *vq = console->queues[queue];
	struct iovec segment;

	if (!port || !port->in_waiting) {
		virtqueue_want_kick(vq, false);
		return false;
	}
	if (!port->guest_open || in_segment(port, vq, budget, &segment) <= 0)
		return false;
	virtqueue_want_kick(vq, false);
	console->taken.input += !port->is_console;
	if (port->ops->on_in_room)
		port->ops->on_in_room(port->user);
	return false;
}
