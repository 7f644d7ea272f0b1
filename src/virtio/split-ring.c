/* SPDX-License-Identifier: MIT */
/*
 * Split rings [virtio 1.2 2.7]. The driver writes the descriptor table and the available ring, the
 * device the used ring.
 *
 * Chains are used in order, so the used index, which stands in guest memory, is also the next
 * available index. When a queue is started the used index counts and not what the frontend says: a
 * frontend that lost its backend cannot know how far that one came.
 */
#include "virtio/virtqueue-impl.h"

#include "virtio/inflight.h"
#include "virtio/wire.h"

#include <errno.h>
#include <string.h>

enum {
	AVAIL_F_NO_INTERRUPT = 1,
	USED_F_NO_NOTIFY = 1,
	RING_HEADER = 4,    /* flags u16, idx u16 */
	USED_ELEM_SIZE = 8, /* id u32, len u32 */
	DESC_FLAGS_OFFSET = 12,
	DESC_NEXT_OFFSET = 14,
};

static void split_layout(unsigned num, bool event_idx, size_t size[3])
{
	size_t event = event_idx ? sizeof(uint16_t) : 0;

	size[0] = (size_t)num * DESC_SIZE;
	size[1] = RING_HEADER + (size_t)num * sizeof(uint16_t) + event;
	size[2] = RING_HEADER + (size_t)num * USED_ELEM_SIZE + event;
}

static uint16_t load_avail_idx(const struct virtqueue *vq)
{
	uint16_t idx = wire_load_u16(vq->driver + 2);

	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* entries are read after the index */
	return idx;
}

static int split_start(struct virtqueue *vq, uint32_t base, const char **why)
{
	if (base > UINT16_MAX) {
		*why = "has a base that cannot be";
		return -EINVAL;
	}
	vq->position = vq->avail = wire_load_u16(vq->device + 2);
	return 0;
}

static uint32_t split_base(const struct virtqueue *vq)
{
	return vq->position;
}

static int split_locate(
	struct virtqueue *vq, const struct chain *after, struct chain *ret_chain, const char **why)
{
	uint16_t position = after ? (uint16_t)(after->position + 1) : vq->position;
	uint16_t head;

	if (vq->avail == position)
		vq->avail = load_avail_idx(vq);
	if (vq->avail == position)
		return 0;
	if ((uint16_t)(vq->avail - vq->position) > vq->setup.num) {
		*why = "an available index out of range";
		return -EPROTO;
	}
	head = wire_load_u16(vq->driver + RING_HEADER + (position & (vq->setup.num - 1)) * 2u);
	if (head >= vq->setup.num) {
		*why = "a head descriptor out of range";
		return -EPROTO;
	}
	*ret_chain = (struct chain){
		.position = position, .id = head, .next = head, .more = true, .left = vq->setup.num
	};
	return 1;
}

/* Take over what a descriptor says of its successor; @limit: descriptors in its table. */
static int follow(
	struct chain *chain, const struct descriptor *desc, uint32_t limit, const char **why)
{
	chain->more = desc->flags & DESC_F_NEXT;
	if (chain->more && desc->next >= limit) {
		*why = "a descriptor's successor out of range";
		return -EPROTO;
	}
	chain->next = desc->next;
	return 0;
}

static void decode(const uint8_t raw[DESC_SIZE], struct descriptor *ret_desc)
{
	*ret_desc = (struct descriptor){ .addr = wire_get_u64(raw),
		.len = wire_get_u32(raw + DESC_LEN_OFFSET),
		.flags = wire_get_u16(raw + DESC_FLAGS_OFFSET),
		.next = wire_get_u16(raw + DESC_NEXT_OFFSET) };
}

static int split_read(
	struct virtqueue *vq, struct chain *chain, struct descriptor *ret_desc, const char **why)
{
	uint8_t raw[DESC_SIZE];

	memcpy(raw, vq->desc + (size_t)chain->next * DESC_SIZE, sizeof(raw));
	__asm__ volatile("" ::: "memory"); /* no second look */
	decode(raw, ret_desc);
	return follow(chain, ret_desc, vq->setup.num, why);
}

static int split_read_table(struct chain *chain, const uint8_t raw[DESC_SIZE],
	struct descriptor *ret_desc, const char **why)
{
	decode(raw, ret_desc);
	return follow(chain, ret_desc, chain->table_len, why);
}

static void mark(struct virtqueue *vq, size_t offset, size_t len)
{
	if (vq->setup.log)
		guest_memory_mark(vq->memory, vq->setup.log_addr + offset, len);
}

static void split_push(struct virtqueue *vq)
{
	size_t offset = RING_HEADER + (vq->position & (vq->setup.num - 1)) * (size_t)USED_ELEM_SIZE;
	uint8_t elem[USED_ELEM_SIZE];

	if (vq->setup.inflight)
		inflight_split_ending(vq->setup.inflight, vq->chain.id);
	wire_put_u32(elem, vq->chain.id);
	wire_put_u32(elem + sizeof(uint32_t), vq->chain.written);
	memcpy(vq->device + offset, elem, sizeof(elem));
	mark(vq, offset, sizeof(elem));
	__atomic_thread_fence(__ATOMIC_RELEASE); /* the entry is there before the index says so */
	wire_store_u16(vq->device + 2, ++vq->position);
	mark(vq, 2, 2);
	vq->unsignalled++;
	if (vq->setup.inflight)
		inflight_split_end(vq->setup.inflight, vq->chain.id, vq->position);
}

static bool split_wants_call(struct virtqueue *vq)
{
	unsigned pushed = vq->unsignalled;

	vq->unsignalled = 0;
	__atomic_thread_fence(
		__ATOMIC_SEQ_CST); /* the index is out before the driver's wish is read */
	if (!virtqueue_has_feature(vq, VIRTIO_RING_F_EVENT_IDX))
		return !(wire_load_u16(vq->driver) & AVAIL_F_NO_INTERRUPT);
	return pushed > UINT16_MAX ||
	       ring_event_passed(wire_load_u16(vq->driver + RING_HEADER + vq->setup.num * 2u),
		       vq->position, (uint16_t)(vq->position - pushed));
}

static bool split_want_kick(struct virtqueue *vq, bool want)
{
	size_t event = RING_HEADER + (size_t)vq->setup.num * USED_ELEM_SIZE;

	if (!virtqueue_has_feature(vq, VIRTIO_RING_F_EVENT_IDX)) {
		wire_store_u16(vq->device, want ? 0 : USED_F_NO_NOTIFY);
		mark(vq, 0, 2);
	} else if (want) {
		wire_store_u16(vq->device + event, vq->position);
		mark(vq, event, 2);
	}
	if (!want)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the wish is out before the index is looked at */
	return load_avail_idx(vq) != vq->position;
}

const struct ring_ops split_ring_ops = {
	.layout = split_layout,
	.align = { 16, 2, 4 },
	.start = split_start,
	.base = split_base,
	.locate = split_locate,
	.read = split_read,
	.read_table = split_read_table,
	.push = split_push,
	.wants_call = split_wants_call,
	.want_kick = split_want_kick,
};
