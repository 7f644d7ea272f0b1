/* SPDX-License-Identifier: MIT */
/*
 * The layouts are the protocol's, so that a backend of another make could go on too. The memory is
 * shared with the frontend: what is read from it (at a start) is checked by the caller, and after
 * that it is only written.
 */
#include "virtio/inflight.h"

enum { INFLIGHT_VERSION = 1, INFLIGHT_ALIGN = 64 };

struct split_desc {
	uint8_t inflight;
	uint8_t padding[5];
	uint16_t next;
	uint64_t counter;
};

struct split_part {
	uint64_t features;
	uint16_t version, desc_num, last_batch_head, used_idx;
	struct split_desc desc[];
};

struct packed_desc {
	uint8_t inflight, padding;
	uint16_t next, last, num;
	uint64_t counter;
	uint16_t id, flags;
	uint32_t len;
	uint64_t addr;
};

struct packed_part {
	uint64_t features;
	uint16_t version, desc_num, free_head, old_free_head, used_idx, old_used_idx;
	uint8_t used_wrap_counter, old_used_wrap_counter;
	uint8_t padding[7];
	struct packed_desc desc[];
};

_Static_assert(sizeof(struct split_desc) == 16, "the protocol's layout");
_Static_assert(sizeof(struct split_part) == 16, "the protocol's layout");
_Static_assert(sizeof(struct packed_desc) == 32, "the protocol's layout");

/* Keep the order of what another process may read after this one has died. */
static void store_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

size_t inflight_size(bool packed, unsigned num)
{
	size_t size = packed ? sizeof(struct packed_part) + num * sizeof(struct packed_desc)
			     : sizeof(struct split_part) + num * sizeof(struct split_desc);

	return (size + INFLIGHT_ALIGN - 1) & ~(size_t)(INFLIGHT_ALIGN - 1);
}

void inflight_init(void *part, bool packed, unsigned num)
{
	struct packed_part *p = part;
	struct split_part *s = part;

	if (!packed) {
		s->version = INFLIGHT_VERSION;
		s->desc_num = (uint16_t)num;
		return;
	}
	p->version = INFLIGHT_VERSION;
	p->desc_num = (uint16_t)num;
	p->used_wrap_counter = p->old_used_wrap_counter = 1;
	for (unsigned i = 0; i + 1 < num; i++)
		p->desc[i].next = (uint16_t)(i + 1);
}

bool inflight_fits(const void *part, bool packed, unsigned num)
{
	const struct packed_part *p = part;
	const struct split_part *s = part;

	return packed ? p->version == INFLIGHT_VERSION && p->desc_num >= num
		      : s->version == INFLIGHT_VERSION && s->desc_num >= num;
}

void inflight_split_begin(void *part, uint16_t id, uint64_t counter)
{
	struct split_part *s = part;

	s->desc[id].counter = counter;
	store_barrier();
	s->desc[id].inflight = 1;
}

void inflight_split_ending(void *part, uint16_t id)
{
	struct split_part *s = part;

	s->last_batch_head = id;
	store_barrier();
}

void inflight_split_end(void *part, uint16_t id, uint16_t used_idx)
{
	struct split_part *s = part;

	store_barrier();
	s->desc[id].inflight = 0;
	store_barrier();
	s->used_idx = used_idx;
}

void inflight_packed_ending(void *part, uint16_t position, bool wrap)
{
	struct packed_part *p = part;

	p->used_idx = position;
	p->used_wrap_counter = wrap;
	store_barrier();
}

void inflight_packed_end(void *part)
{
	struct packed_part *p = part;

	store_barrier();
	p->old_used_idx = p->used_idx;
	p->old_used_wrap_counter = p->used_wrap_counter;
}

void inflight_packed_position(
	const void *part, struct inflight_position *ret_old, struct inflight_position *ret_new)
{
	const struct packed_part *p = part;

	*ret_old = (struct inflight_position){ p->old_used_idx, p->old_used_wrap_counter & 1 };
	*ret_new = (struct inflight_position){ p->used_idx, p->used_wrap_counter & 1 };
}
