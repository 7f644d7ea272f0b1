/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_VIRTQUEUE_IMPL_H
#define VIRTIO_VIRTQUEUE_IMPL_H

#include "virtio/virtqueue.h"

/* What the two ring formats share: see virtqueue.c. Only the files of the ring include this. */

enum {
	DESC_F_NEXT = 1,
	DESC_F_WRITE = 2,
	DESC_F_INDIRECT = 4,
	DESC_SIZE = 16, /* addr u64, len u32, then split: flags u16, next u16; packed: id, flags */
	DESC_LEN_OFFSET = 8,
};

/* A descriptor, copied out of guest memory, of either format. */
struct descriptor {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next; /* split only */
};

/**
 * struct chain - a walk along the descriptors of one buffer
 * @position: of the chain in the ring: available ring index (split), descriptor (packed)
 * @wrap:     packed: wrap counter at @position
 * @id:       what the used ring is told
 * @slots:    packed: descriptors of the ring it takes, as far as walked
 * @next:     descriptor to read next, in the ring or, with @table_len, in the indirect table
 * @more:     there is one to read
 * @left:     how many it may still have, so that a loop ends
 * @addr, @len, @writable: what is left of the descriptor that was read last
 * @skip:     bytes that were consumed before the queue was stopped and started again
 */
struct chain {
	uint16_t position, id;
	bool wrap;
	unsigned slots;
	uint32_t next, left;
	bool more;
	uint64_t table;
	uint32_t table_len;
	uint64_t addr;
	uint32_t len;
	bool writable, seen_writable;
	uint64_t consumed, skip;
	uint32_t written;
};

/**
 * struct ring_ops - a ring format
 *
 * Texts of failures (@why) are static.
 */
struct ring_ops {
	/** Bytes of the three areas of a ring of @num; @align: what their addresses must be. */
	void (*layout)(unsigned num, bool event_idx, size_t size[3]);
	size_t align[3];

	/** Take up at @base; the areas are mapped. Returns 0 or -errno with @why. */
	int (*start)(struct virtqueue *vq, uint32_t base, const char **why);
	uint32_t (*base)(const struct virtqueue *vq);

	/**
	 * Find the chain that follows @after (walked to its end), or the first one that is not
	 * used (NULL). Returns 1 with *ret_chain; 0: the driver has made none available; -EPROTO.
	 */
	int (*locate)(struct virtqueue *vq, const struct chain *after, struct chain *ret_chain,
		const char **why);

	/** Read the descriptor at chain->next of the ring, set @next and @more to what follows. */
	int (*read)(struct virtqueue *vq, struct chain *chain, struct descriptor *ret_desc,
		const char **why);

	/** The same for 16 bytes of an indirect table. */
	int (*read_table)(struct chain *chain, const uint8_t raw[DESC_SIZE],
		struct descriptor *ret_desc, const char **why);

	/** Give vq->chain back. */
	void (*push)(struct virtqueue *vq);
	bool (*wants_call)(struct virtqueue *vq);
	bool (*want_kick)(struct virtqueue *vq, bool want);
};

extern const struct ring_ops split_ring_ops;
extern const struct ring_ops packed_ring_ops;

struct virtqueue {
	struct guest_memory *memory;
	const struct ring_ops *ops; /* NULL: not running */
	struct virtqueue_setup setup;
	uint64_t features;
	uint8_t *desc, *driver, *device; /* setup's areas, mapped */
	const char *broken;

	bool has_chain;
	struct chain chain;

	/*
	 * Where the ring stands. Chains are used in the order in which they came and one at a
	 * time, so the next available and the next used place are the same.
	 */
	uint16_t position;
	bool wrap;	      /* packed */
	uint16_t avail;	      /* split: the driver's index as of the last look */
	unsigned unsignalled; /* split: chains, packed: slots, pushed since the last wants_call */
	unsigned work;
	uint64_t inflight_count;

	uint32_t stopped_base;
	struct virtqueue_setup stopped_setup;
	uint64_t stopped_consumed; /* of the chain that was current */
	bool restored;		   /* the next start may be that of virtqueue_restore() */
};

/** chain_next() - go to the next descriptor. Return: 1; 0: the chain ends; -EPROTO with @why */
int chain_next(struct virtqueue *vq, struct chain *chain, const char **why);

static inline bool virtqueue_has_feature(const struct virtqueue *vq, uint64_t feature)
{
	return vq->features & feature;
}

/* Has the index moved past @event with the last step from @old to @new [virtio 1.2 2.7.10]. */
static inline bool ring_event_passed(uint16_t event, uint16_t new_index, uint16_t old_index)
{
	return (uint16_t)(new_index - event - 1) < (uint16_t)(new_index - old_index);
}

#endif
