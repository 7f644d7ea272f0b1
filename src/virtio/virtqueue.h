/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_VIRTQUEUE_H
#define VIRTIO_VIRTQUEUE_H

#include "virtio/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The device's side of one virtqueue [virtio 1.2 2.6-2.8], split or packed. One chain of
 * descriptors is current at a time: it is popped, read or filled piece by piece, and pushed back;
 * chains come back in the order in which they came (which is what IN_ORDER asks for).
 *
 *	while (virtqueue_pop(vq) > 0) {
 *		while (virtqueue_segment(vq, VIRTQUEUE_OUT, &data, &len) > 0)
 *			virtqueue_consume(vq, take(data, len));
 *		virtqueue_push(vq);
 *	}
 *	if (virtqueue_wants_call(vq))
 *		interrupt the guest
 *
 * Every word of guest memory is read once and checked before it is used. A driver that breaks the
 * rules breaks its queue: each call returns -EPROTO from then on, virtqueue_broken() says why.
 */
struct virtqueue;

enum {
	VIRTQUEUE_NUM_MAX = 1024,      /* ring size */
	VIRTQUEUE_INDIRECT_MAX = 1024, /* descriptors in an indirect table; QEMU's limit, too */
};

/* Feature bits that change how rings work. */
#define VIRTIO_F_BIT(n)		 (1ULL << (n))
#define VIRTIO_RING_F_INDIRECT	 VIRTIO_F_BIT(28)
#define VIRTIO_RING_F_EVENT_IDX	 VIRTIO_F_BIT(29)
#define VIRTIO_F_VERSION_1_BIT	 VIRTIO_F_BIT(32)
#define VIRTIO_F_RING_PACKED_BIT VIRTIO_F_BIT(34)
#define VIRTIO_F_IN_ORDER_BIT	 VIRTIO_F_BIT(35)

/**
 * struct virtqueue_setup - where a ring is
 * @num:      ring size, 1..VIRTQUEUE_NUM_MAX; a power of 2 for a split ring
 * @base:     where to go on. Split: next index in the available ring. Packed: bits 0-14 next
 *            available descriptor, 15 its wrap counter, 16-30 next used one, 31 its wrap counter
 * @desc, @driver, @device: frontend's addresses of the descriptor table (or packed ring), the
 *            available ring (or driver event area), the used ring (or device event area)
 * @log_addr: guest-physical address of the used ring, for the dirty log; @log: whether to log it
 * @inflight: this queue's part of a shared buffer in which chains that are current are noted, so
 *            that another process can go on; NULL: none; borrowed while the queue runs
 */
struct virtqueue_setup {
	unsigned num;
	uint32_t base;
	uint64_t desc, driver, device;
	uint64_t log_addr;
	bool log;
	void *inflight;
};

enum virtqueue_direction { VIRTQUEUE_OUT, VIRTQUEUE_IN };

/** virtqueue_new() - a queue that does not run; NULL if memory ran out */
struct virtqueue *virtqueue_new(void);

/** virtqueue_free() - NULL is fine */
void virtqueue_free(struct virtqueue *vq);

/**
 * virtqueue_start() - find the ring in guest memory and begin
 * @memory:   guest memory, borrowed while it runs
 * @features: what the driver took
 * @ret_why:  set where it is refused: a sentence's end, static
 *
 * Return: 0; -EINVAL: size, base or alignment; -EFAULT: not in guest memory; -EPROTO: what an
 * inflight buffer says cannot be; -ENOMEM.
 */
int virtqueue_start(struct virtqueue *vq, struct guest_memory *memory,
	const struct virtqueue_setup *setup, uint64_t features, const char **ret_why);

/**
 * virtqueue_stop() - let go of the ring
 *
 * The current chain, if any, counts as not popped; how much of it was consumed is remembered and
 * skipped if the queue is started again with the same setup.
 */
void virtqueue_stop(struct virtqueue *vq);

/** virtqueue_forget() - after a reset of the device: nothing is remembered, broken is mended */
void virtqueue_forget(struct virtqueue *vq);

bool virtqueue_is_running(const struct virtqueue *vq);

/** virtqueue_base() - where it stands, or stood, as in struct virtqueue_setup */
uint32_t virtqueue_base(const struct virtqueue *vq);

/**
 * struct virtqueue_state - what is left of a queue to another program that goes on with it
 * @setup:       where its ring is, or was, and where it stands: without the log and inflight
 * @consumed:    bytes of the chain that is current
 * @unsignalled: what was pushed since virtqueue_wants_call() was asked last
 */
struct virtqueue_state {
	bool running;
	struct virtqueue_setup setup;
	uint64_t consumed;
	unsigned unsignalled;
};

void virtqueue_save(const struct virtqueue *vq, struct virtqueue_state *ret_state);

/** virtqueue_restore() - a start at the same place goes on exactly where that one stood */
void virtqueue_restore(struct virtqueue *vq, const struct virtqueue_state *state);

/** virtqueue_set_log() - change the logging of a ring, as in struct virtqueue_setup */
void virtqueue_set_log(struct virtqueue *vq, bool log, uint64_t log_addr);

/** virtqueue_remap() - guest memory has changed. Return: 0; -EFAULT: the ring is gone, broken */
int virtqueue_remap(struct virtqueue *vq);

/** virtqueue_broken() - which rule the driver broke; NULL: none */
const char *virtqueue_broken(const struct virtqueue *vq);

/** virtqueue_is_half_used() - so much was pushed since virtqueue_wants_call() was asked last */
bool virtqueue_is_half_used(const struct virtqueue *vq);

/** virtqueue_pop() - Return: 1: a chain is current (perhaps still); 0: none available; -EPROTO */
int virtqueue_pop(struct virtqueue *vq);

/** virtqueue_has_chain() - is a chain current */
bool virtqueue_has_chain(const struct virtqueue *vq);

/**
 * virtqueue_segment() - the next bytes of the current chain in one direction
 * @ret_data: guest memory, readable (VIRTQUEUE_OUT) or writable (VIRTQUEUE_IN)
 * @ret_len:  at least 1
 *
 * Segments of the other direction are passed over. Return: 1; 0: the chain has no more; -EPROTO.
 */
int virtqueue_segment(
	struct virtqueue *vq, enum virtqueue_direction direction, void **ret_data, size_t *ret_len);

/** virtqueue_consume() - the first @len bytes of the segment have been read or written */
void virtqueue_consume(struct virtqueue *vq, size_t len);

/** virtqueue_work() - descriptors looked at since the last call: for accounting */
unsigned virtqueue_work(struct virtqueue *vq);

/**
 * virtqueue_push() - give the current chain back, with as many bytes as were written to it
 *
 * Return: 0; -EPROTO.
 */
int virtqueue_push(struct virtqueue *vq);

/** virtqueue_wants_call() - does the driver want to hear of what was pushed since the last call */
bool virtqueue_wants_call(struct virtqueue *vq);

/**
 * virtqueue_want_kick() - whether the driver should kick when it makes buffers available
 *
 * Return: with @want: true: there are some already, and no kick will come for them.
 */
bool virtqueue_want_kick(struct virtqueue *vq, bool want);

/**
 * virtqueue_room() - writable bytes in the buffers that are available, at most @max
 *
 * A look ahead at a bounded number of descriptors, from which nothing but the sum is used.
 */
size_t virtqueue_room(struct virtqueue *vq, size_t max);

#endif
