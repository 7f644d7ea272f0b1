/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_CONSOLE_H
#define VIRTIO_CONSOLE_H

#include "virtio/memory.h"
#include "virtio/virtqueue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * A virtio console device [virtio 1.2 5.3] with any number of ports. It stands between two users
 * who do not know each other:
 *
 *	the transport	(src/vhost-user) brings guest memory, queues and kicks, and carries
 *			interrupts and configuration changes to the guest;
 *	the ports' user	(src/frontend) takes what the guest writes, brings what the guest reads.
 *
 * Directions are the guest's: **out** is guest to world, **in** is world to guest.
 *
 * Nothing here blocks, opens or waits. In every callback the users may call any function of this
 * file, removal of the port and virtio_console_free() included: memory goes after the dispatch.
 */
struct virtio_console;
struct virtio_console_port;

enum {
	VIRTIO_CONSOLE_PORTS_MAX = 511,
	VIRTIO_CONSOLE_NAME_MAX = 255, /* bytes of a port's name, without the NUL */
	VIRTIO_CONSOLE_CONFIG_SIZE = 12,
};

/* ---- the device ---- */

/**
 * struct virtio_console_config - what the device is like; fixed for its life
 * @max_ports:        1..VIRTIO_CONSOLE_PORTS_MAX; 1: no F_MULTIPORT, two queues, port 0 only
 * @emergency_write:  offer F_EMERG_WRITE: bytes written to the configuration space are port 0's out
 * @size:             offer F_SIZE and tell the guest the size of its consoles
 * @resize_rows_first: send RESIZE as {rows, cols}, as Linux before 6.1 reads it, instead of the
 *                    standard's {cols, rows}
 */
struct virtio_console_config {
	unsigned max_ports;
	bool emergency_write;
	bool size;
	bool resize_rows_first;
};

/**
 * virtio_console_new() - make a device without ports and without a transport
 *
 * Return: 0; -EINVAL: @config->max_ports out of range; -ENOMEM.
 */
int virtio_console_new(
	const struct virtio_console_config *config, struct virtio_console **ret_console);

/** virtio_console_free() - with its ports, whose users are told nothing more; NULL is fine */
void virtio_console_free(struct virtio_console *console);

/** virtio_console_broken() - why the guest's driver is not served any more; NULL: it is served */
const char *virtio_console_broken(const struct virtio_console *console);

/* ---- ports: for those who use them ---- */

/**
 * struct virtio_console_port_ops - what the user of a port implements
 *
 * Only out_reserve with out_commit, or out, are required (neither: what the guest writes is
 * swallowed, as by a port without a chardev).
 *
 * A port that is no console is held back by refusing: the guest's buffer stays with the device and
 * virtio_console_port_out_resume() goes on at the exact byte. A console port cannot be held back,
 * since its guest spins with interrupts off until the buffer is used: what is refused is dropped
 * and counted (out_dropped), so its user should make room instead.
 */
struct virtio_console_port_ops {
	/**
	 * Memory to copy the guest's bytes into. Fills 1 or 2 segments, returns how many; 0: full;
	 * -ENOTSUP: has none, use out(); another -errno: gone, the bytes are dropped and counted.
	 */
	int (*out_reserve)(void *user, struct iovec iov[2]);

	/** @len bytes (at least 1) have been put into what out_reserve() gave, from its start. */
	void (*out_commit)(void *user, size_t len);

	/**
	 * Bytes in private memory, where out_reserve() is NULL or said -ENOTSUP. Returns how many
	 * are taken, 0..@len; fewer: full; -errno: gone, the bytes are dropped and counted.
	 */
	ssize_t (*out)(void *user, const void *buf, size_t len);

	/**
	 * A process of the guest opened or closed the port (VSERPORT_CHANGE). A single-port device
	 * is open while its driver runs. Only changes are told.
	 */
	void (*on_guest_open)(void *user, bool open);

	/** The guest has posted buffers after the port had no room; once each time. */
	void (*on_in_room)(void *user);
};

/**
 * struct virtio_console_port_config - what a port is like
 * @id:      0..max_ports - 1
 * @console: a virtconsole (hvc, never held back); otherwise a virtserialport
 * @name:    for the guest's /sys/class/virtio-ports; NULL or at most VIRTIO_CONSOLE_NAME_MAX bytes
 */
struct virtio_console_port_config {
	unsigned id;
	bool console;
	const char *name;
};

/** struct virtio_console_port_stats - counters since the port was added, in bytes */
struct virtio_console_port_stats {
	uint64_t out;	      /* taken by the user */
	uint64_t out_dropped; /* refused by a console's user, or by one that is gone */
	uint64_t out_unheard; /* written while the host's side was closed */
	uint64_t in;	      /* put into the guest's buffers */
};

/**
 * virtio_console_add_port() - plug a port; a running guest sees it at once
 * @ops:  static
 * @user: handed to @ops
 *
 * The host's side of a virtserialport starts closed, that of a virtconsole is always open. Whether
 * the guest has it open already is to be asked: on_guest_open() tells changes.
 *
 * Return: 0; -ERANGE: the id is out of range; -EEXIST: the id is taken; -EINVAL: name too long;
 * -ENOMEM.
 */
int virtio_console_add_port(struct virtio_console *console,
	const struct virtio_console_port_config *config, const struct virtio_console_port_ops *ops,
	void *user, struct virtio_console_port **ret_port);

/** virtio_console_remove_port() - unplug; no callback comes any more; NULL is fine */
void virtio_console_remove_port(struct virtio_console_port *port);

/** virtio_console_port_id() - the number it was added with */
unsigned virtio_console_port_id(const struct virtio_console_port *port);

/**
 * virtio_console_port_set_open() - open or close the host's side
 *
 * While it is closed a virtserialport's guest cannot write (it sleeps), and what it had written
 * and not been taken is dropped. No effect on a virtconsole.
 */
void virtio_console_port_set_open(struct virtio_console_port *port, bool open);

/**
 * virtio_console_port_out_resume() - the user has room again after it refused
 *
 * No callback is made from here: the transport is woken.
 */
void virtio_console_port_out_resume(struct virtio_console_port *port);

/**
 * virtio_console_port_in_room() - how many bytes the guest has posted buffers for
 *
 * Looks at a few buffers only: at least so many, up to VIRTIO_CONSOLE_ROOM_MAX. 0 while no process
 * of the guest has the port open, and without a running driver; on_in_room() comes then. A guest
 * that takes its buffers back makes this a lie, so count what virtio_console_port_in() returns.
 */
size_t virtio_console_port_in_room(struct virtio_console_port *port);

enum { VIRTIO_CONSOLE_ROOM_MAX = 64 * 1024 };

/**
 * virtio_console_port_in() - put bytes into the guest's buffers
 * @buf: borrowed until return
 *
 * One used buffer may hold as many bytes as the guest made it; the interrupts of several calls in
 * one dispatch are one interrupt. No callback is made from here.
 *
 * Return: bytes accepted, 0..@len; fewer than @len: on_in_room() comes once there is room.
 */
size_t virtio_console_port_in(struct virtio_console_port *port, const void *buf, size_t len);

/**
 * virtio_console_port_in_reserve() - the guest's own memory, to be read into without a copy
 *
 * Valid until the caller returns to the loop. Hand the memory to read(2) and the like only: the
 * guest can change it at any time. A reservation that is not committed lapses.
 *
 * Return: number of segments, 1 or 2; 0: no room, on_in_room() comes.
 */
int virtio_console_port_in_reserve(struct virtio_console_port *port, struct iovec iov[2]);

/** virtio_console_port_in_commit() - @len bytes from the start of the reservation are there */
void virtio_console_port_in_commit(struct virtio_console_port *port, size_t len);

/**
 * virtio_console_port_resize() - the size of a console, 1..65535 each; kept for drivers to come
 *
 * Goes to the guest by RESIZE, and for the only port of a device without F_MULTIPORT by the
 * configuration space and a configuration interrupt. The same size again is not sent again. No
 * effect on a virtserialport.
 */
void virtio_console_port_resize(struct virtio_console_port *port, unsigned cols, unsigned rows);

/** virtio_console_port_guest_open() - has a process of the guest opened it */
bool virtio_console_port_guest_open(const struct virtio_console_port *port);

/** virtio_console_port_stats() - read the counters */
void virtio_console_port_stats(
	const struct virtio_console_port *port, struct virtio_console_port_stats *ret_stats);

/* ---- the transport's side ---- */

/**
 * struct virtio_console_transport_ops - what a transport implements
 *
 * notify and wake come often: they only note it, and act after the dispatch.
 */
struct virtio_console_transport_ops {
	/** The guest wants to hear of the used buffers of @queue. */
	void (*notify)(void *transport, unsigned queue);

	/** The configuration space has changed. */
	void (*config_changed)(void *transport);

	/** Call virtio_console_process() soon. */
	void (*wake)(void *transport);

	/** The driver broke the rules (@why): needs a reset; tell the operator. Once. */
	void (*broken)(void *transport, const char *why);

	/**
	 * Others wait: asked between two turns of virtio_console_process(), which then leaves the
	 * rest for its next call. NULL: never.
	 */
	bool (*is_time_up)(void *transport);

	/**
	 * Nobody else waits: asked before each look for the next buffer of a console that is
	 * polled, while what it has given is not handed over yet. NULL: never.
	 */
	bool (*may_linger)(void *transport);
};

/**
 * virtio_console_set_transport() - join device and transport
 * @memory: guest memory, the transport's, that all queues live in
 * @ops:    static; NULL: without a transport, which implies virtio_console_reset()
 */
void virtio_console_set_transport(struct virtio_console *console, struct guest_memory *memory,
	const struct virtio_console_transport_ops *ops, void *transport);

/** virtio_console_features() - the feature bits that the device offers */
uint64_t virtio_console_features(const struct virtio_console *console);

/**
 * virtio_console_set_features() - the feature bits that the driver took
 *
 * Return: 0; -EINVAL: bits that were not offered; -EBUSY: a queue runs.
 */
int virtio_console_set_features(struct virtio_console *console, uint64_t features);

/** virtio_console_queue_count() - 2, or 2 * (max_ports + 1) with F_MULTIPORT offered */
unsigned virtio_console_queue_count(const struct virtio_console *console);

/** virtio_console_queue() - for reading its state; NULL: there is none of that number */
struct virtqueue *virtio_console_queue(struct virtio_console *console, unsigned queue);

/**
 * virtio_console_start_queue() - begin to serve a queue
 * @setup: of virtqueue_start(); the features are the device's
 *
 * What the driver put into the ring before is looked at without a kick.
 *
 * Return: 0 or as virtqueue_start().
 */
int virtio_console_start_queue(struct virtio_console *console, unsigned queue,
	const struct virtqueue_setup *setup, const char **ret_why);

/**
 * virtio_console_stop_queue() - serve it no longer
 *
 * A buffer of which a part was taken is remembered: a queue that goes on at the same place goes on
 * at the same byte.
 */
void virtio_console_stop_queue(struct virtio_console *console, unsigned queue);

/** virtio_console_remap() - after guest memory came or went: find the running rings again */
void virtio_console_remap(struct virtio_console *console);

/** virtio_console_kick() - the driver made buffers available in a queue; any number is accepted */
void virtio_console_kick(struct virtio_console *console, unsigned queue);

/**
 * virtio_console_process() - work off what the guest has made available
 * @budget: bytes to move at most, about; the control queue is always served first, and one turn of
 *          a port at least, whatever is_time_up() says
 *
 * Ports take turns. Return: true: more is waiting, call again after others had their turn.
 */
bool virtio_console_process(struct virtio_console *console, size_t budget);

/**
 * struct virtio_console_taken - buffers of the guest, ever; one taken in parts counts for each
 * @console: of virtconsoles: the guest spins for each of them
 * @serial:  of virtserialports
 * @input:   of these, how often one was waited for and came
 */
struct virtio_console_taken {
	uint64_t console, serial, input;
};

/** virtio_console_taken() - counts that grow fast where a transport had better poll */
const struct virtio_console_taken *virtio_console_taken(const struct virtio_console *console);

enum virtio_console_polling {
	VIRTIO_CONSOLE_POLL_CONSOLES = 1,
	VIRTIO_CONSOLE_POLL_SERIAL = 2,
	VIRTIO_CONSOLE_POLL_INPUT = 4,
};

/**
 * virtio_console_set_polling() - the transport looks again soon, by itself, until it says no
 * @polling: enum virtio_console_polling: at the out queues of which ports, and at the in queues of
 *           virtserialports that have found no buffer
 *
 * virtio_console_process() looks at these queues each time, and the guest is not asked to kick
 * them. Their interrupts are put off meanwhile, up to half a ring: those of a console until the
 * end, since Linux waits for the buffer and not for the interrupt, those of a serial port until a
 * look at it finds nothing. The end of polling wakes the transport once more.
 */
void virtio_console_set_polling(struct virtio_console *console, unsigned polling);

/** virtio_console_reset() - as after power-on: no queue runs, no feature is taken */
void virtio_console_reset(struct virtio_console *console);

/* ---- in another program's place ---- */

/**
 * struct virtio_console_slot - what the driver knows, and is to be told, of a port number
 * @pending: messages that wait for a buffer, as bits
 * @known:   it has been told of the port
 */
struct virtio_console_slot {
	unsigned id, pending;
	bool known, guest_open, host_open;
	unsigned cols, rows;
	struct virtio_console_port_stats stats;
};

/** struct virtio_console_driver - @ready: DEVICE_READY came; @broken: it broke the rules */
struct virtio_console_driver {
	bool ready, broken;
};

/** virtio_console_driver() - what is left of it besides features, slots and queues */
struct virtio_console_driver virtio_console_driver(const struct virtio_console *console);

/** virtio_console_slot() - Return: false: there is nothing to be known of that number */
bool virtio_console_slot(
	const struct virtio_console *console, unsigned id, struct virtio_console_slot *ret_slot);

enum { VIRTIO_CONSOLE_PENDING_MAX = 63 };

/**
 * virtio_console_restore() - go on with a driver that another program has served
 *
 * The transport is set, the features are, all ports have been added. Slots and queues follow, the
 * queues are started, and virtio_console_restored() ends it. No callback is made until then: the
 * ports' users knew.
 */
void virtio_console_restore(
	struct virtio_console *console, const struct virtio_console_driver *driver);

/** virtio_console_restore_slot() - one that has a number beyond the last is ignored */
void virtio_console_restore_slot(
	struct virtio_console *console, const struct virtio_console_slot *slot);

/** virtio_console_restore_queue() - before it is started. Return: 0; -ENOMEM */
int virtio_console_restore_queue(
	struct virtio_console *console, unsigned queue, const struct virtqueue_state *state);

void virtio_console_restored(struct virtio_console *console);

/* ---- configuration space ---- */

/**
 * virtio_console_read_config() - configuration space {cols u16, rows u16, max_nr_ports u32,
 * emerg_wr u32}, little-endian [virtio 1.2 5.3.4]
 *
 * Bytes past its end read as zero.
 */
void virtio_console_read_config(
	const struct virtio_console *console, uint32_t offset, void *buf, size_t len);

/** virtio_console_write_config() - only emerg_wr can be written; the rest is ignored */
void virtio_console_write_config(
	struct virtio_console *console, uint32_t offset, const void *buf, size_t len);

#endif
