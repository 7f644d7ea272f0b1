/* SPDX-License-Identifier: MIT */
/*
 * Packed rings [virtio 1.2 2.8]: one ring of descriptors that driver and device both write. Whose
 * turn a descriptor is, two bits in its flags say, read against a wrap counter that flips with each
 * round.
 *
 * A chain is used by writing one descriptor over its first one; since chains are used in order,
 * that is the place where the chain began, and the next place is behind its last descriptor.
 */
#include "virtio/virtqueue-impl.h"

#include "virtio/inflight.h"
#include "virtio/wire.h"

#include <errno.h>
#include <string.h>

enum {
	DESC_F_AVAIL = 1 << 7,
	DESC_F_USED = 1 << 15,
	DESC_ID_OFFSET = 12,
	DESC_FLAGS_OFFSET = 14,
	EVENT_SIZE = 4, /* off_wrap u16, flags u16 */
	EVENT_ENABLE = 0,
	EVENT_DISABLE = 1,
	EVENT_DESC = 2,
	INDEX_MASK = 0x7fff,
	WRAP_SHIFT = 15,
	BASE_USED_SHIFT = 16,
};

static void packed_layout(unsigned num, bool event_idx, size_t size[3])
{
	(void)event_idx;
	size[0] = (size_t)num * DESC_SIZE;
	size[1] = size[2] = EVENT_SIZE;
}

static uint8_t *flags_at(const struct virtqueue *vq, unsigned index)
{
	return vq->desc + (size_t)index * DESC_SIZE + DESC_FLAGS_OFFSET;
}

static bool is_available(const struct virtqueue *vq, unsigned index, bool wrap)
{
	uint16_t flags = wire_load_u16(flags_at(vq, index));

	__atomic_thread_fence(__ATOMIC_ACQUIRE); /* the rest is read after the flags */
	return !!(flags & DESC_F_AVAIL) == wrap && !!(flags & DESC_F_USED) != wrap;
}

static bool is_used(const struct virtqueue *vq, unsigned index, bool wrap)
{
	uint16_t flags = wire_load_u16(flags_at(vq, index));

	return !!(flags & DESC_F_AVAIL) == wrap && !!(flags & DESC_F_USED) == wrap;
}

/* Where a predecessor that noted its position in the inflight buffer stood. */
static void take_up(struct virtqueue *vq, struct inflight_position *ret_at)
{
	struct inflight_position before, after;

	inflight_packed_position(vq->setup.inflight, &before, &after);
	*ret_at = before;
	if ((before.index != after.index || before.wrap != after.wrap) &&
		before.index < vq->setup.num && is_used(vq, before.index, before.wrap))
		*ret_at = after;
	inflight_packed_ending(vq->setup.inflight, ret_at->index, ret_at->wrap);
	inflight_packed_end(vq->setup.inflight);
}

/*
 * Frontends that do not know of packed rings say 0 for a new one, with a wrap counter that is wrong
 * (User-Mode Linux 6.1). At that place with that counter the first descriptor would have its used
 * bit set, from the round before or from this one; in a new ring it has not.
 */
static bool is_new_ring(const struct virtqueue *vq)
{
	return !(wire_load_u16(flags_at(vq, 0)) & DESC_F_USED);
}

static int packed_start(struct virtqueue *vq, uint32_t base, const char **why)
{
	struct inflight_position at = { base & INDEX_MASK, base >> WRAP_SHIFT & 1 };

	if (at.index == 0 && !at.wrap && !vq->restored)
		at.wrap = is_new_ring(vq);
	if (vq->setup.inflight)
		take_up(vq, &at);
	if (at.index >= vq->setup.num) {
		*why = "has a base that cannot be";
		return -EINVAL;
	}
	vq->position = at.index;
	vq->wrap = at.wrap;
	return 0;
}

static uint32_t packed_base(const struct virtqueue *vq)
{
	uint32_t half = vq->position | (uint32_t)vq->wrap << WRAP_SHIFT;

	return half | half << BASE_USED_SHIFT;
}

/* Step over @slots descriptors (at most the ring). */
static void step(const struct virtqueue *vq, unsigned slots, uint16_t *position, bool *wrap)
{
	unsigned next = *position + slots;

	if (next >= vq->setup.num) {
		next -= vq->setup.num;
		*wrap = !*wrap;
	}
	*position = (uint16_t)next;
}

static int packed_locate(
	struct virtqueue *vq, const struct chain *after, struct chain *ret_chain, const char **why)
{
	uint16_t position = after ? after->position : vq->position;
	bool wrap = after ? after->wrap : vq->wrap;

	(void)why;
	if (after)
		step(vq, after->slots, &position, &wrap);
	if (!is_available(vq, position, wrap))
		return 0;
	*ret_chain = (struct chain){ .position = position,
		.wrap = wrap,
		.next = position,
		.more = true,
		.left = vq->setup.num };
	return 1;
}

static void decode(const uint8_t raw[DESC_SIZE], struct descriptor *ret_desc)
{
	*ret_desc = (struct descriptor){ .addr = wire_get_u64(raw),
		.len = wire_get_u32(raw + DESC_LEN_OFFSET),
		.flags = wire_get_u16(raw + DESC_FLAGS_OFFSET) };
}

static int packed_read(
	struct virtqueue *vq, struct chain *chain, struct descriptor *ret_desc, const char **why)
{
	uint8_t raw[DESC_SIZE];

	(void)why;
	memcpy(raw, vq->desc + (size_t)chain->next * DESC_SIZE, sizeof(raw));
	__asm__ volatile("" ::: "memory"); /* no second look */
	decode(raw, ret_desc);
	chain->id = wire_get_u16(raw + DESC_ID_OFFSET); /* the last one's counts [2.8.6] */
	chain->slots++;
	chain->next = chain->next + 1 == vq->setup.num ? 0 : chain->next + 1;
	chain->more = ret_desc->flags & DESC_F_NEXT;
	return 0;
}

static int packed_read_table(struct chain *chain, const uint8_t raw[DESC_SIZE],
	struct descriptor *ret_desc, const char **why)
{
	(void)why;
	decode(raw, ret_desc);
	chain->more = ++chain->next < chain->table_len; /* NEXT means nothing here [2.8.7] */
	return 0;
}

/* The protocol has an address for the log of the used ring only, which a packed ring has not. */
static void mark(struct virtqueue *vq, uint64_t user_addr, size_t len)
{
	if (vq->setup.log)
		guest_memory_mark(
			vq->memory, guest_memory_user_to_guest(vq->memory, user_addr), len);
}

static void packed_push(struct virtqueue *vq)
{
	size_t offset = (size_t)vq->position * DESC_SIZE;
	uint16_t flags = (uint16_t)((vq->wrap ? DESC_F_AVAIL | DESC_F_USED : 0) |
				    (vq->chain.written ? DESC_F_WRITE : 0));
	uint16_t position = vq->position;
	uint8_t *used = vq->desc + offset;
	bool wrap = vq->wrap;

	step(vq, vq->chain.slots, &position, &wrap);
	if (vq->setup.inflight)
		inflight_packed_ending(vq->setup.inflight, position, wrap);
	wire_put_u32(used + DESC_LEN_OFFSET, vq->chain.written);
	wire_put_u16(used + DESC_ID_OFFSET, vq->chain.id);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* the flags hand it over */
	wire_store_u16(used + DESC_FLAGS_OFFSET, flags);
	mark(vq, vq->setup.desc + offset, DESC_SIZE);
	vq->position = position;
	vq->wrap = wrap;
	vq->unsignalled += vq->chain.slots;
	if (vq->setup.inflight)
		inflight_packed_end(vq->setup.inflight);
}

static bool packed_wants_call(struct virtqueue *vq)
{
	unsigned pushed = vq->unsignalled;
	uint16_t off_wrap, flags, event;

	vq->unsignalled = 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	flags = wire_load_u16(vq->driver + 2) & 3;
	if (flags != EVENT_DESC || !virtqueue_has_feature(vq, VIRTIO_RING_F_EVENT_IDX))
		return flags != EVENT_DISABLE;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	off_wrap = wire_load_u16(vq->driver);
	event = off_wrap & INDEX_MASK;
	if ((off_wrap >> WRAP_SHIFT) != vq->wrap)
		event = (uint16_t)(event - vq->setup.num);
	return pushed > vq->setup.num ||
	       ring_event_passed(event, vq->position, (uint16_t)(vq->position - pushed));
}

static bool packed_want_kick(struct virtqueue *vq, bool want)
{
	uint16_t flags = want ? EVENT_ENABLE : EVENT_DISABLE;

	if (want && virtqueue_has_feature(vq, VIRTIO_RING_F_EVENT_IDX)) {
		wire_store_u16(vq->device, (uint16_t)(vq->position | vq->wrap << WRAP_SHIFT));
		__atomic_thread_fence(__ATOMIC_RELEASE);
		flags = EVENT_DESC;
	}
	wire_store_u16(vq->device + 2, flags);
	mark(vq, vq->setup.device, EVENT_SIZE);
	if (!want)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return is_available(vq, vq->position, vq->wrap);
}

const struct ring_ops packed_ring_ops = {
	.layout = packed_layout,
	.align = { 16, 4, 4 },
	.start = packed_start,
	.base = packed_base,
	.locate = packed_locate,
	.read = packed_read,
	.read_table = packed_read_table,
	.push = packed_push,
	.wants_call = packed_wants_call,
	.want_kick = packed_want_kick,
};
