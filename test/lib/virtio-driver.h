/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_VIRTIO_DRIVER_H
#define TEST_LIB_VIRTIO_DRIVER_H

#include "virtio/memory.h"
#include "virtio/virtqueue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The guest's side of virtqueues, for tests: a memory file, and rings in it that are driven as a
 * driver would, in every format that real guests seldom use. Numbers are little-endian on every
 * machine. It asserts that the device keeps the rules (ids that were given, used in order where
 * IN_ORDER says so).
 */
enum {
	DRIVER_QUEUE_NUM_MAX = 1024,
	DRIVER_SEGMENTS_MAX = 64,
};

/** struct driver_memory - guest memory: one file, one region, a simple allocator */
struct driver_memory {
	int fd;
	uint8_t *base;
	size_t size, used;
	struct guest_memory_region region;
};

void driver_memory_init(struct driver_memory *memory, size_t size);
void driver_memory_done(struct driver_memory *memory);

/** driver_alloc() - guest-physical address of zeroed bytes, aligned to 64; freed with the memory */
uint64_t driver_alloc(struct driver_memory *memory, size_t len);

/** driver_at() - our pointer to a guest-physical address */
void *driver_at(struct driver_memory *memory, uint64_t guest_addr);

/** struct driver_segment - a piece of a buffer */
struct driver_segment {
	uint64_t addr;
	uint32_t len;
};

/**
 * struct driver_desc - a descriptor, for those who break the rules
 * @third, @fourth: flags and successor (split, its tables); id and flags (packed, its tables)
 */
struct driver_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t third, fourth;
};

/** driver_put_desc() - write one to guest memory */
void driver_put_desc(void *at, const struct driver_desc *desc);

struct driver_queue {
	struct driver_memory *memory;
	unsigned num;
	uint64_t features;
	bool indirect;		       /* put every buffer of more than one piece into a table */
	uint64_t desc, driver, device; /* guest-physical */
	uint64_t tables;	       /* DRIVER_SEGMENTS_MAX descriptors for each id */

	uint16_t free[DRIVER_QUEUE_NUM_MAX]; /* ids (split: heads) */
	unsigned n_free, slots_free;
	uint16_t slots[DRIVER_QUEUE_NUM_MAX]; /* descriptors taken by an id */
	uint16_t order[DRIVER_QUEUE_NUM_MAX]; /* ids as they were added */
	unsigned order_head, order_tail;
	uint16_t avail, used, kicked; /* indices; packed: positions */
	bool avail_wrap, used_wrap;
	unsigned unkicked;
};

/** driver_queue_init() - lay a ring out; @features: of virtqueue.h */
void driver_queue_init(
	struct driver_queue *queue, struct driver_memory *memory, unsigned num, uint64_t features);

/** driver_queue_setup() - what the device is to be told, at the ring's start */
struct virtqueue_setup driver_queue_setup(const struct driver_queue *queue);

/** driver_add() - make a buffer available; Return: its id, or -1: no room in the ring */
int driver_add(struct driver_queue *queue, const struct driver_segment *segments, unsigned n_out,
	unsigned n_in);

/** driver_wants_kick() - does the device want a kick for what was added since the last call */
bool driver_wants_kick(struct driver_queue *queue);

/** driver_get_used() - Return: id of the next used buffer, its written bytes; -1: none */
int driver_get_used(struct driver_queue *queue, uint32_t *ret_len);

/** driver_want_call() - ask for an interrupt for the next used buffer, or for none */
void driver_want_call(struct driver_queue *queue, bool want);

#endif
