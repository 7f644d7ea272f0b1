/* SPDX-License-Identifier: MIT */
/*
 * The device as a whole: features, queues, configuration space, and whose turn it is. The ports'
 * data is in console-port.c, the control messages are in console-control.c.
 *
 * Queues [virtio 1.2 5.3.2]: 0 and 1 are in and out of port 0, 2 and 3 in and out of the control
 * messages, from then on two for each port.
 *
 * Order of work in virtio_console_process(): messages of the guest, messages to the guest, then the
 * ports in turns, each with a bounded number of bytes. A queue is looked at when it was kicked,
 * started, polled, or left with work; while it is worked off, or polled, the guest is told not to
 * kick.
 *
 * What a hostile driver can do: break its own device, which is then not served until it is reset;
 * keep its own ports busy, within the budget that the transport gives. Messages to the guest cost
 * no memory: they are bits in a table with a row for each port number.
 */
#include "virtio/console.h"

#include "virtio/console-impl.h"
#include "virtio/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	TURN_BYTES = 64 * 1024, /* of one port before the next one has its turn */
	TURN_COST = 256,	/* of looking at a queue at all */
	CONFIG_COLS_OFFSET = 0,
	CONFIG_ROWS_OFFSET = 2,
	CONFIG_PORTS_OFFSET = 4,
	CONFIG_EMERGENCY_OFFSET = 8,
	PACKED_FIRST_BASE = 0x8000,
};

static bool bit_test(const uint64_t *words, unsigned bit)
{
	return words[bit / 64] >> (bit % 64) & 1;
}

static void bit_set(uint64_t *words, unsigned bit)
{
	words[bit / 64] |= 1ULL << (bit % 64);
}

static void bit_clear(uint64_t *words, unsigned bit)
{
	words[bit / 64] &= ~(1ULL << (bit % 64));
}

/* The first set bit from @from on, going round; -1: none. */
static int bit_next(const uint64_t *words, unsigned from)
{
	uint64_t word = words[from / 64] & (~0ULL << (from % 64));

	for (unsigned i = 0; i <= QUEUE_WORDS; i++) {
		unsigned at = (from / 64 + i) % QUEUE_WORDS;

		if (i > 0)
			word = words[at];
		if (word)
			return (int)(at * 64) + __builtin_ctzll(word);
	}
	return -1;
}

/* ---- life ---- */

int virtio_console_new(
	const struct virtio_console_config *config, struct virtio_console **ret_console)
{
	struct virtio_console *console;

	if (config->max_ports < 1 || config->max_ports > VIRTIO_CONSOLE_PORTS_MAX)
		return -EINVAL;
	console = calloc(1, sizeof(*console));
	if (!console)
		return -ENOMEM;
	console->config = *config;
	console->queue_count = config->max_ports > 1 ? 2 * (config->max_ports + 1) : 2;
	console->slots = calloc(config->max_ports, sizeof(*console->slots));
	if (!console->slots) {
		free(console);
		return -ENOMEM;
	}
	*ret_console = console;
	return 0;
}

static void free_dead_ports(struct virtio_console *console)
{
	struct virtio_console_port *port;

	while ((port = console->dead)) {
		console->dead = port->next_dead;
		free(port->name);
		free(port);
	}
}

static void free_queues(struct virtio_console *console)
{
	for (unsigned i = 0; i < console->queue_count; i++) {
		virtqueue_free(console->queues[i]);
		console->queues[i] = NULL;
	}
}

void virtio_console_free(struct virtio_console *console)
{
	if (!console)
		return;
	console_enter(console);
	for (unsigned i = 0; i < console->config.max_ports; i++)
		virtio_console_remove_port(console->slots[i].port);
	console->freed = true;
	console->transport_ops = NULL;
	console_leave(console);
}

void console_enter(struct virtio_console *console)
{
	console->depth++;
}

void console_leave(struct virtio_console *console)
{
	if (--console->depth > 0)
		return;
	free_dead_ports(console);
	if (!console->freed)
		return;
	free_queues(console);
	free(console->slots);
	free(console);
}

const char *virtio_console_broken(const struct virtio_console *console)
{
	return console->broken;
}

void console_break(struct virtio_console *console, const char *why)
{
	if (console->broken)
		return;
	console->broken = why;
	console_wake(console);
}

void console_wake(struct virtio_console *console)
{
	if (console->transport_ops)
		console->transport_ops->wake(console->transport);
}

void console_note_pushed(struct virtio_console *console, unsigned queue)
{
	bit_set(console->pushed, queue);
}

/* ---- transport and features ---- */

void virtio_console_set_transport(struct virtio_console *console, struct guest_memory *memory,
	const struct virtio_console_transport_ops *ops, void *transport)
{
	console_enter(console);
	virtio_console_reset(console);
	console->memory = ops ? memory : NULL;
	console->transport_ops = ops;
	console->transport = transport;
	console_leave(console);
}

uint64_t virtio_console_features(const struct virtio_console *console)
{
	uint64_t features = VIRTIO_RING_F_INDIRECT | VIRTIO_RING_F_EVENT_IDX |
			    VIRTIO_F_VERSION_1_BIT | VIRTIO_F_RING_PACKED_BIT |
			    VIRTIO_F_IN_ORDER_BIT;

	if (console->config.size)
		features |= VIRTIO_CONSOLE_F_SIZE;
	if (console->config.max_ports > 1)
		features |= VIRTIO_CONSOLE_F_MULTIPORT;
	if (console->config.emergency_write)
		features |= VIRTIO_CONSOLE_F_EMERG_WRITE;
	return features;
}

static bool any_queue_runs(const struct virtio_console *console)
{
	for (unsigned i = 0; i < console->queue_count; i++)
		if (console->queues[i] && virtqueue_is_running(console->queues[i]))
			return true;
	return false;
}

int virtio_console_set_features(struct virtio_console *console, uint64_t features)
{
	if (features & ~virtio_console_features(console))
		return -EINVAL;
	if (features == console->features)
		return 0;
	if (any_queue_runs(console))
		return -EBUSY;
	console->features = features;
	return 0;
}

/* ---- queues ---- */

unsigned virtio_console_queue_count(const struct virtio_console *console)
{
	return console->queue_count;
}

struct virtqueue *virtio_console_queue(struct virtio_console *console, unsigned queue)
{
	return queue < console->queue_count ? console->queues[queue] : NULL;
}

static struct virtio_console_port *port_of_queue(
	const struct virtio_console *console, unsigned queue)
{
	unsigned id = queue < CONTROL_IN_QUEUE ? 0 : queue / 2 - 1;

	return id < console->config.max_ports ? console->slots[id].port : NULL;
}

static bool queue_runs(const struct virtio_console *console, unsigned queue)
{
	return console->queues[queue] && virtqueue_is_running(console->queues[queue]);
}

/* Without F_MULTIPORT nobody says that the port is open: it is, while both queues run. */
static void follow_single_port(struct virtio_console *console)
{
	struct virtio_console_port *port = console->slots[0].port;
	bool open = queue_runs(console, 0) && queue_runs(console, 1);

	if (!port || console->restoring ||
		console_has_feature(console, VIRTIO_CONSOLE_F_MULTIPORT) ||
		open == port->guest_open)
		return;
	/* Linux looks at the size only when the configuration changes. */
	if (open && port->cols && console->transport_ops)
		console->transport_ops->config_changed(console->transport);
	port_set_guest_open(port, open);
}

void console_follow_added(struct virtio_console_port *port)
{
	struct virtio_console *console = port->console;

	if (port->id == 0 && !console_has_feature(console, VIRTIO_CONSOLE_F_MULTIPORT))
		port->guest_open = queue_runs(console, 0) && queue_runs(console, 1);
}

static bool is_resumed(struct virtio_console *console, struct virtqueue *vq)
{
	uint32_t first = console_has_feature(console, VIRTIO_F_RING_PACKED_BIT)
				 ? (uint32_t)PACKED_FIRST_BASE << 16 | PACKED_FIRST_BASE
				 : 0;

	return virtqueue_base(vq) != first;
}

int virtio_console_start_queue(struct virtio_console *console, unsigned queue,
	const struct virtqueue_setup *setup, const char **ret_why)
{
	int ret;

	*ret_why = "has a number that the device does not know";
	if (queue >= console->queue_count || !console->transport_ops)
		return -EINVAL;
	if (!console->queues[queue])
		console->queues[queue] = virtqueue_new();
	if (!console->queues[queue])
		return -ENOMEM;
	ret = virtqueue_start(
		console->queues[queue], console->memory, setup, console->features, ret_why);
	if (ret < 0)
		return ret;
	console_enter(console);
	if (queue == CONTROL_OUT_QUEUE && !console->driver_ready && !console->restoring &&
		is_resumed(console, console->queues[queue]))
		control_resume(console);
	virtio_console_kick(console, queue);
	follow_single_port(console);
	console_leave(console);
	return 0;
}

void virtio_console_stop_queue(struct virtio_console *console, unsigned queue)
{
	if (queue >= console->queue_count || !console->queues[queue])
		return;
	console_enter(console);
	virtqueue_stop(console->queues[queue]);
	bit_clear(console->kicked, queue);
	follow_single_port(console);
	console_leave(console);
}

void virtio_console_remap(struct virtio_console *console)
{
	for (unsigned i = 0; i < console->queue_count; i++)
		if (console->queues[i] && virtqueue_remap(console->queues[i]) < 0)
			console_break(console, virtqueue_broken(console->queues[i]));
}

void virtio_console_kick(struct virtio_console *console, unsigned queue)
{
	if (queue >= console->queue_count || !queue_runs(console, queue))
		return;
	bit_set(console->kicked, queue);
	console_wake(console);
}

void virtio_console_reset(struct virtio_console *console)
{
	console_enter(console);
	for (unsigned i = 0; i < console->queue_count; i++)
		if (console->queues[i])
			virtqueue_forget(console->queues[i]);
	memset(console->kicked, 0, sizeof(console->kicked));
	memset(console->pushed, 0, sizeof(console->pushed));
	memset(console->put_off, 0, sizeof(console->put_off));
	console->polling = 0;
	console->features = 0;
	console->broken = NULL;
	console->broken_told = console->restoring = false;
	console->driver_ready = false;
	console->control_pending = false;
	for (unsigned i = 0; i < console->config.max_ports; i++) {
		struct port_slot *slot = &console->slots[i];

		slot->pending = 0;
		slot->known = false;
		if (slot->port)
			slot->port->out_held = false;
		if (slot->port)
			port_set_guest_open(slot->port, false);
	}
	console_leave(console);
}

/* ---- work ---- */

static void serve_queue(struct virtio_console *console, unsigned queue, size_t *budget)
{
	size_t turn = *budget < TURN_BYTES ? *budget : TURN_BYTES, before = turn;
	bool more;

	bit_clear(console->kicked, queue);
	if (!queue_runs(console, queue))
		return;
	if (queue & 1)
		more = port_serve_out(console, port_of_queue(console, queue), queue, &turn);
	else
		more = port_serve_in(console, port_of_queue(console, queue), queue, &turn);
	if (more && queue_runs(console, queue))
		bit_set(console->kicked, queue);
	turn = before - turn + TURN_COST;
	*budget -= turn < *budget ? turn : *budget;
}

static void flush_control(struct virtio_console *console, size_t *budget)
{
	bit_clear(console->kicked, CONTROL_IN_QUEUE);
	if (control_flush(console, budget))
		bit_set(console->kicked, CONTROL_IN_QUEUE);
}

static void serve_control(struct virtio_console *console, size_t *budget)
{
	if (console->queue_count <= CONTROL_OUT_QUEUE)
		return;
	if (bit_test(console->kicked, CONTROL_OUT_QUEUE)) {
		bit_clear(console->kicked, CONTROL_OUT_QUEUE);
		if (control_serve_out(console, budget))
			bit_set(console->kicked, CONTROL_OUT_QUEUE);
	}
	flush_control(console, budget);
}

static bool is_time_up(const struct virtio_console *console)
{
	return console->transport_ops && console->transport_ops->is_time_up &&
	       console->transport_ops->is_time_up(console->transport);
}

static void serve_ports(struct virtio_console *console, size_t budget)
{
	uint64_t control = 3ULL << CONTROL_IN_QUEUE, kept;
	int queue;

	kept = console->queue_count > CONTROL_OUT_QUEUE ? console->kicked[0] & control : 0;
	console->kicked[0] &= ~kept;
	for (bool late = false; budget > 0 && !late && !console->broken && !console->freed;
		late = is_time_up(console)) {
		queue = bit_next(console->kicked, console->next_queue);
		if (queue < 0)
			break;
		console->next_queue = ((unsigned)queue + 1) % QUEUES_MAX;
		serve_queue(console, (unsigned)queue, &budget);
	}
	console->kicked[0] |= kept;
}

/*
 * While it is polled, until half the ring was used. A console's guest waits for its buffer, not for
 * the interrupt. A serial port's guest waits for the interrupt if it has no more to give: @pushed,
 * so it has.
 */
static bool call_can_wait(const struct virtio_console *console, unsigned queue, bool pushed)
{
	const struct virtio_console_port *port = port_of_queue(console, queue);

	return (queue & 1) && console_polls(console, port) && (pushed || port->is_console) &&
	       !virtqueue_is_half_used(console->queues[queue]);
}

static void send_calls(struct virtio_console *console)
{
	uint64_t due[QUEUE_WORDS];
	int next;

	for (unsigned i = 0; i < QUEUE_WORDS; i++)
		due[i] = console->pushed[i] | console->put_off[i];
	memset(console->put_off, 0, sizeof(console->put_off));
	while ((next = bit_next(due, 0)) >= 0) {
		unsigned queue = (unsigned)next;

		bit_clear(due, queue);
		if (!queue_runs(console, queue))
			continue;
		if (call_can_wait(console, queue, bit_test(console->pushed, queue)))
			bit_set(console->put_off, queue);
		else if (virtqueue_wants_call(console->queues[queue]) && console->transport_ops)
			console->transport_ops->notify(console->transport, queue);
	}
	memset(console->pushed, 0, sizeof(console->pushed));
}

static void tell_broken(struct virtio_console *console)
{
	if (!console->broken || console->broken_told)
		return;
	console->broken_told = true;
	memset(console->kicked, 0, sizeof(console->kicked));
	if (console->transport_ops)
		console->transport_ops->broken(console->transport, console->broken);
}

static void kick_polled(struct virtio_console *console)
{
	for (unsigned i = 0; console->polling && i < console->config.max_ports; i++) {
		const struct virtio_console_port *port = console->slots[i].port;

		if (console_polls(console, port))
			bit_set(console->kicked, port_out_queue(i));
		if (console_polls_input(console, port) && port->in_waiting)
			bit_set(console->kicked, port_in_queue(i));
	}
}

void virtio_console_set_polling(struct virtio_console *console, unsigned polling)
{
	if (console->polling & ~polling) {
		kick_polled(console);
		console_wake(console);
	}
	console->polling = polling;
}

const struct virtio_console_taken *virtio_console_taken(const struct virtio_console *console)
{
	return &console->taken;
}

bool virtio_console_process(struct virtio_console *console, size_t budget)
{
	size_t for_control = budget / 2;
	bool more;

	if (!console->transport_ops)
		return false;
	console_enter(console);
	if (!console->broken) {
		kick_polled(console);
		serve_control(console, &for_control);
		serve_ports(console, budget - (budget / 2 - for_control));
		if (console->control_pending)
			flush_control(console, &for_control);
		send_calls(console);
	}
	if (console->transport_ops && guest_memory_is_broken(console->memory))
		console_break(console, "guest memory was cut short");
	tell_broken(console);
	more = bit_next(console->kicked, 0) >= 0 && !console->broken && console->transport_ops;
	console_leave(console);
	return more;
}

/* ---- in another program's place ---- */

struct virtio_console_driver virtio_console_driver(const struct virtio_console *console)
{
	return (struct virtio_console_driver){ console->driver_ready, console->broken };
}

bool virtio_console_slot(
	const struct virtio_console *console, unsigned id, struct virtio_console_slot *ret_slot)
{
	const struct port_slot *slot;
	const struct virtio_console_port *port;

	if (id >= console->config.max_ports)
		return false;
	slot = &console->slots[id];
	port = slot->port;
	if (!port && !slot->pending)
		return false;
	*ret_slot = (struct virtio_console_slot){
		.id = id, .pending = slot->pending, .known = slot->known
	};
	if (!port)
		return true;
	ret_slot->guest_open = port->guest_open;
	ret_slot->host_open = port->host_open;
	ret_slot->cols = port->cols;
	ret_slot->rows = port->rows;
	ret_slot->stats = port->stats;
	return true;
}

void virtio_console_restore(
	struct virtio_console *console, const struct virtio_console_driver *driver)
{
	console->restoring = true;
	console->driver_ready = driver->ready;
	console->broken = driver->broken ? "as another program found" : NULL;
	console->broken_told = driver->broken;
}

/* A port that could not be made again is gone for the guest, too. */
void virtio_console_restore_slot(
	struct virtio_console *console, const struct virtio_console_slot *from)
{
	struct virtio_console_port *port;
	struct port_slot *slot;

	if (from->id >= console->config.max_ports)
		return;
	slot = &console->slots[from->id];
	port = slot->port;
	slot->known = from->known && port;
	slot->pending = from->pending;
	if (!port)
		slot->pending &= PENDING_REMOVE;
	if (!port && from->known)
		slot->pending |= PENDING_REMOVE;
	console->control_pending |= slot->pending;
	if (!port)
		return;
	port->guest_open = from->guest_open;
	port->host_open = from->host_open || port->is_console;
	port->cols = from->cols;
	port->rows = from->rows;
	port->stats = from->stats;
	port->in_waiting = true; /* whoever brings input may have asked in vain */
}

int virtio_console_restore_queue(
	struct virtio_console *console, unsigned queue, const struct virtqueue_state *state)
{
	if (queue >= console->queue_count)
		return 0;
	if (!console->queues[queue])
		console->queues[queue] = virtqueue_new();
	if (!console->queues[queue])
		return -ENOMEM;
	virtqueue_restore(console->queues[queue], state);
	console_note_pushed(console, queue);
	return 0;
}

void virtio_console_restored(struct virtio_console *console)
{
	console->restoring = false;
	console_enter(console);
	follow_single_port(console);
	console_wake(console);
	console_leave(console);
}

/* ---- configuration space ---- */

void virtio_console_read_config(
	const struct virtio_console *console, uint32_t offset, void *buf, size_t len)
{
	const struct virtio_console_port *port = console->slots[0].port;
	uint8_t config[VIRTIO_CONSOLE_CONFIG_SIZE] = { 0 };
	size_t n;

	wire_put_u16(config + CONFIG_COLS_OFFSET, (uint16_t)(port ? port->cols : 0));
	wire_put_u16(config + CONFIG_ROWS_OFFSET, (uint16_t)(port ? port->rows : 0));
	wire_put_u32(config + CONFIG_PORTS_OFFSET, console->config.max_ports);
	memset(buf, 0, len);
	if (offset >= sizeof(config))
		return;
	n = sizeof(config) - offset;
	memcpy(buf, config + offset, len < n ? len : n);
}

void virtio_console_write_config(
	struct virtio_console *console, uint32_t offset, const void *buf, size_t len)
{
	if (!console->config.emergency_write || offset > CONFIG_EMERGENCY_OFFSET ||
		len <= CONFIG_EMERGENCY_OFFSET - offset || !console->slots[0].port)
		return;
	console_enter(console);
	port_emergency_out(
		console->slots[0].port, ((const uint8_t *)buf)[CONFIG_EMERGENCY_OFFSET - offset]);
	console_leave(console);
}
