/* SPDX-License-Identifier: MIT */
/*
 * The part of a virtqueue that does not depend on the ring's format: walking a chain, indirect
 * tables, stop and start.
 *
 * A chain is walked lazily: descriptors are read when their bytes are wanted, so that a chain of
 * any legal length needs no memory, and a chain can stay current for as long as its reader wants.
 * Nothing that is kept between calls is a pointer into guest memory except the three areas of the
 * ring, which virtqueue_remap() finds again; buffers and indirect tables are kept as guest-physical
 * addresses and looked up when they are touched.
 *
 * What a hostile driver can do: make a chain as long as its ring (or its table, which is bounded),
 * overlap buffers, change anything at any time. It cannot make us read a descriptor twice, walk for
 * ever, or leave guest memory; virtqueue_work() tells how much it made us do.
 */
#include "virtio/virtqueue.h"

#include "virtio/inflight.h"
#include "virtio/virtqueue-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOM_CHAINS = 32, /* looked at by virtqueue_room() */
	ROOM_DESCRIPTORS = 64,
};

static const struct ring_ops *ops_of(uint64_t features)
{
	return features & VIRTIO_F_RING_PACKED_BIT ? &packed_ring_ops : &split_ring_ops;
}

struct virtqueue *virtqueue_new(void)
{
	return calloc(1, sizeof(struct virtqueue));
}

void virtqueue_free(struct virtqueue *vq)
{
	free(vq);
}

static int break_queue(struct virtqueue *vq, const char *why)
{
	vq->broken = why;
	vq->has_chain = false;
	return -EPROTO;
}

const char *virtqueue_broken(const struct virtqueue *vq)
{
	return vq->broken;
}

bool virtqueue_is_running(const struct virtqueue *vq)
{
	return vq->ops;
}

bool virtqueue_has_chain(const struct virtqueue *vq)
{
	return vq->has_chain;
}

/* ---- start and stop ---- */

static int map_areas(struct virtqueue *vq, const struct ring_ops *ops,
	const struct virtqueue_setup *setup, uint64_t features, const char **ret_why)
{
	const uint64_t at[3] = { setup->desc, setup->driver, setup->device };
	uint8_t **area[3] = { &vq->desc, &vq->driver, &vq->device };
	size_t size[3];

	ops->layout(setup->num, features & VIRTIO_RING_F_EVENT_IDX, size);
	for (int i = 0; i < 3; i++) {
		*area[i] = guest_memory_at_user(vq->memory, at[i], size[i]);
		if (!*area[i]) {
			*ret_why = "is outside guest memory";
			return -EFAULT;
		}
		if ((uintptr_t)*area[i] & (ops->align[i] - 1)) {
			*ret_why = "is not aligned";
			return -EINVAL;
		}
	}
	return 0;
}

static bool same_place(const struct virtqueue_setup *a, const struct virtqueue_setup *b)
{
	return a->num == b->num && a->desc == b->desc && a->driver == b->driver &&
	       a->device == b->device;
}

/* What was consumed of the current chain, by now or before the queue was stopped. */
static uint64_t consumed_of(const struct virtqueue *vq)
{
	return vq->has_chain ? vq->chain.consumed + vq->chain.skip : 0;
}

void virtqueue_save(const struct virtqueue *vq, struct virtqueue_state *ret_state)
{
	bool running = vq->ops;

	*ret_state = (struct virtqueue_state){ .running = running,
		.setup = running ? vq->setup : vq->stopped_setup,
		.consumed = running ? consumed_of(vq) : vq->stopped_consumed,
		.unsignalled = vq->unsignalled };
	ret_state->setup.base = virtqueue_base(vq);
}

void virtqueue_restore(struct virtqueue *vq, const struct virtqueue_state *state)
{
	vq->stopped_base = state->setup.base;
	vq->stopped_setup = state->setup;
	vq->stopped_consumed = state->consumed;
	vq->unsignalled = state->unsignalled;
	vq->restored = state->running;
}

/* The chain of which a part was consumed before the stop is current again, less that part. */
static void take_up_chain(struct virtqueue *vq)
{
	uint64_t consumed = vq->stopped_consumed;

	vq->stopped_consumed = 0;
	if (consumed == 0 || !same_place(&vq->setup, &vq->stopped_setup) ||
		vq->ops->base(vq) != vq->stopped_base)
		return;
	if (virtqueue_pop(vq) > 0)
		vq->chain.skip = consumed;
}

int virtqueue_start(struct virtqueue *vq, struct guest_memory *memory,
	const struct virtqueue_setup *setup, uint64_t features, const char **ret_why)
{
	const struct ring_ops *ops = ops_of(features);
	bool packed = ops == &packed_ring_ops;
	int ret;

	*ret_why = "";
	if (setup->num < 1 || setup->num > VIRTQUEUE_NUM_MAX ||
		(!packed && (setup->num & (setup->num - 1)))) {
		*ret_why = "has a size that cannot be";
		return -EINVAL;
	}
	if (setup->inflight && !inflight_fits(setup->inflight, packed, setup->num)) {
		*ret_why = "does not fit its inflight buffer";
		return -EPROTO;
	}
	vq->memory = memory;
	ret = map_areas(vq, ops, setup, features, ret_why);
	if (ret < 0)
		return ret;
	vq->setup = *setup;
	vq->features = features;
	vq->has_chain = false;
	vq->work = 0;
	vq->restored = vq->restored && same_place(setup, &vq->stopped_setup) &&
		       setup->base == vq->stopped_base;
	if (!vq->restored)
		vq->unsignalled = 0;
	ret = ops->start(vq, setup->base, ret_why);
	vq->restored = false;
	if (ret < 0)
		return ret;
	vq->ops = ops;
	take_up_chain(vq);
	return 0;
}

void virtqueue_stop(struct virtqueue *vq)
{
	if (!vq->ops)
		return;
	vq->stopped_base = vq->ops->base(vq);
	vq->stopped_setup = vq->setup;
	vq->stopped_consumed = consumed_of(vq);
	vq->has_chain = false;
	vq->ops = NULL;
	vq->desc = vq->driver = vq->device = NULL;
}

void virtqueue_forget(struct virtqueue *vq)
{
	virtqueue_stop(vq);
	vq->stopped_consumed = 0;
	vq->stopped_base = 0;
	vq->restored = false;
	vq->broken = NULL;
}

uint32_t virtqueue_base(const struct virtqueue *vq)
{
	return vq->ops ? vq->ops->base(vq) : vq->stopped_base;
}

void virtqueue_set_log(struct virtqueue *vq, bool log, uint64_t log_addr)
{
	vq->setup.log = log;
	vq->setup.log_addr = log_addr;
}

int virtqueue_remap(struct virtqueue *vq)
{
	const char *why = "";

	if (!vq->ops || map_areas(vq, vq->ops, &vq->setup, vq->features, &why) == 0)
		return 0;
	virtqueue_stop(vq);
	break_queue(vq, "a ring's memory is gone");
	return -EFAULT;
}

/* ---- chains ---- */

static int enter_table(
	struct virtqueue *vq, struct chain *chain, const struct descriptor *desc, const char **why)
{
	if (!virtqueue_has_feature(vq, VIRTIO_RING_F_INDIRECT) || chain->table_len) {
		*why = "an indirect descriptor where none may be";
		return -EPROTO;
	}
	if (desc->flags & DESC_F_NEXT) {
		*why = "an indirect descriptor with a successor";
		return -EPROTO;
	}
	if (desc->len == 0 || desc->len % DESC_SIZE ||
		desc->len / DESC_SIZE > VIRTQUEUE_INDIRECT_MAX) {
		*why = "an indirect table of a size that cannot be";
		return -EPROTO;
	}
	chain->table = desc->addr;
	chain->table_len = chain->left = desc->len / DESC_SIZE;
	chain->next = 0;
	chain->more = true;
	return 0;
}

static int read_descriptor(
	struct virtqueue *vq, struct chain *chain, struct descriptor *ret_desc, const char **why)
{
	uint8_t raw[DESC_SIZE];

	if (chain->left-- == 0) {
		*why = "a chain of descriptors that loops";
		return -EPROTO;
	}
	vq->work++;
	if (!chain->table_len)
		return vq->ops->read(vq, chain, ret_desc, why);
	if (guest_memory_read(vq->memory, chain->table + (uint64_t)chain->next * DESC_SIZE, raw,
		    sizeof(raw)) < 0) {
		*why = "an indirect table outside guest memory";
		return -EPROTO;
	}
	return vq->ops->read_table(chain, raw, ret_desc, why);
}

int chain_next(struct virtqueue *vq, struct chain *chain, const char **why)
{
	struct descriptor desc;

	chain->len = 0;
	while (chain->more) {
		if (read_descriptor(vq, chain, &desc, why) < 0)
			return -EPROTO;
		if (desc.flags & DESC_F_INDIRECT) {
			if (enter_table(vq, chain, &desc, why) < 0)
				return -EPROTO;
			continue;
		}
		chain->addr = desc.addr;
		chain->len = desc.len;
		chain->writable = desc.flags & DESC_F_WRITE;
		if (!chain->writable && chain->seen_writable) {
			*why = "a readable descriptor behind a writable one";
			return -EPROTO;
		}
		chain->seen_writable = chain->writable;
		return 1;
	}
	return 0;
}

int virtqueue_pop(struct virtqueue *vq)
{
	const char *why = NULL;
	int ret;

	if (vq->broken)
		return -EPROTO;
	if (!vq->ops || vq->has_chain)
		return vq->has_chain;
	ret = vq->ops->locate(vq, NULL, &vq->chain, &why);
	if (ret < 0)
		return break_queue(vq, why);
	if (ret == 0)
		return 0;
	vq->has_chain = true;
	if (vq->setup.inflight && vq->ops == &split_ring_ops)
		inflight_split_begin(vq->setup.inflight, vq->chain.id, vq->inflight_count++);
	return 1;
}

/* Pass over bytes that were consumed before the queue was stopped. */
static void skip_consumed(struct chain *chain)
{
	uint32_t n = chain->skip < chain->len ? (uint32_t)chain->skip : chain->len;

	chain->skip -= n;
	chain->consumed += n;
	chain->addr += n;
	chain->len -= n;
}

int virtqueue_segment(
	struct virtqueue *vq, enum virtqueue_direction direction, void **ret_data, size_t *ret_len)
{
	struct chain *chain = &vq->chain;
	const char *why = NULL;
	int ret;

	if (vq->broken)
		return -EPROTO;
	if (!vq->has_chain)
		return 0;
	for (;;) {
		if (chain->len > 0 && chain->writable && direction == VIRTQUEUE_OUT)
			return 0; /* readable ones come first */
		if (chain->len > 0 && chain->writable == (direction == VIRTQUEUE_IN) && chain->skip)
			skip_consumed(chain);
		if (chain->len > 0 && chain->writable == (direction == VIRTQUEUE_IN))
			break;
		ret = chain_next(vq, chain, &why);
		if (ret <= 0)
			return ret < 0 ? break_queue(vq, why) : 0;
	}
	*ret_data = guest_memory_at(vq->memory, chain->addr, chain->len, ret_len);
	return *ret_data ? 1 : break_queue(vq, "a buffer outside guest memory");
}

void virtqueue_consume(struct virtqueue *vq, size_t len)
{
	struct chain *chain = &vq->chain;
	uint32_t n = len < chain->len ? (uint32_t)len : chain->len;

	if (!vq->has_chain)
		return;
	if (chain->writable) {
		guest_memory_mark(vq->memory, chain->addr, n);
		chain->written += n;
	}
	chain->addr += n;
	chain->len -= n;
	chain->consumed += n;
}

unsigned virtqueue_work(struct virtqueue *vq)
{
	unsigned work = vq->work;

	vq->work = 0;
	return work;
}

int virtqueue_push(struct virtqueue *vq)
{
	const char *why = NULL;
	int ret = 1;

	if (vq->broken)
		return -EPROTO;
	if (!vq->has_chain)
		return 0;
	/* A packed ring must know how many descriptors there are, and the id in the last one. */
	while (ret > 0 && vq->ops == &packed_ring_ops && !vq->chain.table_len)
		ret = chain_next(vq, &vq->chain, &why);
	if (ret < 0)
		return break_queue(vq, why);
	vq->ops->push(vq);
	vq->has_chain = false;
	return 0;
}

/* ---- notifications and looking ahead ---- */

bool virtqueue_wants_call(struct virtqueue *vq)
{
	if (!vq->ops || vq->broken || vq->unsignalled == 0)
		return false;
	return vq->ops->wants_call(vq);
}

bool virtqueue_is_half_used(const struct virtqueue *vq)
{
	return vq->unsignalled >= (vq->setup.num + 1) / 2;
}

bool virtqueue_want_kick(struct virtqueue *vq, bool want)
{
	if (!vq->ops || vq->broken)
		return false;
	return vq->ops->want_kick(vq, want);
}

/* Add up the writable bytes of a chain from where it stands; false: do not look further. */
static bool add_room(
	struct virtqueue *vq, struct chain *chain, size_t max, unsigned *descriptors, size_t *sum)
{
	const char *why = NULL;
	int ret;

	for (; *descriptors > 0; --*descriptors) {
		if (chain->len > 0 && chain->writable)
			*sum += chain->len;
		if (*sum >= max)
			return false;
		ret = chain_next(vq, chain, &why);
		if (ret <= 0)
			return ret == 0;
	}
	return false;
}

size_t virtqueue_room(struct virtqueue *vq, size_t max)
{
	unsigned descriptors = ROOM_DESCRIPTORS, work = vq->work;
	const char *why = NULL;
	struct chain chain;
	size_t sum = 0;

	if (!vq->ops || vq->broken)
		return 0;
	if (vq->has_chain)
		chain = vq->chain;
	else if (vq->ops->locate(vq, NULL, &chain, &why) <= 0)
		return 0;
	for (unsigned i = 0; i < ROOM_CHAINS; i++) {
		struct chain after;

		if (!add_room(vq, &chain, max, &descriptors, &sum))
			break;
		after = chain;
		if (vq->ops->locate(vq, &after, &chain, &why) <= 0)
			break;
	}
	vq->work = work;
	return sum < max ? sum : max;
}
