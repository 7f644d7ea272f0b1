/* SPDX-License-Identifier: MIT */
#include "virtio-driver.h"

#include "virtio/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	GUEST_BASE = 0x100000,
	F_NEXT = 1,
	F_WRITE = 2,
	F_INDIRECT = 4,
	F_AVAIL = 1 << 7,
	F_USED = 1 << 15,
};

#define USER_BASE 0x7f1200000000ULL

/* ---- memory ---- */

void driver_memory_init(struct driver_memory *memory, size_t size)
{
	*memory = (struct driver_memory){ .size = size };
	memory->fd = memfd_create("guest", MFD_CLOEXEC);
	assert(memory->fd >= 0 && ftruncate(memory->fd, (off_t)size) == 0);
	memory->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	assert(memory->base != MAP_FAILED);
	memory->region = (struct guest_memory_region){
		.guest_addr = GUEST_BASE, .size = size, .user_addr = USER_BASE
	};
}

void driver_memory_done(struct driver_memory *memory)
{
	munmap(memory->base, memory->size);
	close(memory->fd);
}

uint64_t driver_alloc(struct driver_memory *memory, size_t len)
{
	uint64_t addr = memory->region.guest_addr + memory->used;

	memory->used += (len + 63) & ~(size_t)63;
	assert(memory->used <= memory->size);
	return addr;
}

void *driver_at(struct driver_memory *memory, uint64_t guest_addr)
{
	return memory->base + (guest_addr - memory->region.guest_addr);
}

/* ---- words of the ring ---- */

static uint16_t load(const struct driver_queue *queue, uint64_t addr)
{
	uint16_t value = wire_load_u16(driver_at(queue->memory, addr));

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return value;
}

static void store(const struct driver_queue *queue, uint64_t addr, uint16_t value)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	wire_store_u16(driver_at(queue->memory, addr), value);
}

void driver_put_desc(void *at, const struct driver_desc *desc)
{
	uint8_t *to = at;

	wire_put_u64(to, desc->addr);
	wire_put_u32(to + 8, desc->len);
	wire_put_u16(to + 12, desc->third);
	wire_put_u16(to + 14, desc->fourth);
}

/* Descriptor @index of the ring or table at a guest-physical address. */
static uint8_t *desc_at(const struct driver_queue *queue, uint64_t table, unsigned index)
{
	return (uint8_t *)driver_at(queue->memory, table) + index * 16ul;
}

static void put_desc(const struct driver_queue *queue, uint64_t table, unsigned index,
	const struct driver_desc *desc)
{
	driver_put_desc(desc_at(queue, table, index), desc);
}

static bool is_packed(const struct driver_queue *queue)
{
	return queue->features & VIRTIO_F_RING_PACKED_BIT;
}

static bool has_event_idx(const struct driver_queue *queue)
{
	return queue->features & VIRTIO_RING_F_EVENT_IDX;
}

/* ---- rings ---- */

void driver_queue_init(
	struct driver_queue *queue, struct driver_memory *memory, unsigned num, uint64_t features)
{
	assert(num >= 1 && num <= DRIVER_QUEUE_NUM_MAX);
	*queue = (struct driver_queue){ .memory = memory,
		.num = num,
		.features = features,
		.n_free = num,
		.slots_free = num,
		.avail_wrap = true,
		.used_wrap = true };
	queue->desc = driver_alloc(memory, num * 16ul);
	queue->driver = driver_alloc(memory, 6 + num * 2ul);
	queue->device = driver_alloc(memory, 6 + num * 8ul);
	queue->tables = driver_alloc(memory, num * DRIVER_SEGMENTS_MAX * 16ul);
	for (unsigned i = 0; i < num; i++)
		queue->free[i] = (uint16_t)(num - 1 - i);
}

static uint64_t user_addr(const struct driver_queue *queue, uint64_t guest_addr)
{
	return guest_addr - queue->memory->region.guest_addr + queue->memory->region.user_addr;
}

struct virtqueue_setup driver_queue_setup(const struct driver_queue *queue)
{
	return (struct virtqueue_setup){ .num = queue->num,
		.base = is_packed(queue) ? 0x80008000u : 0,
		.desc = user_addr(queue, queue->desc),
		.driver = user_addr(queue, queue->driver),
		.device = user_addr(queue, queue->device),
		.log_addr = queue->device };
}

static bool uses_table(const struct driver_queue *queue, unsigned n)
{
	return queue->indirect && n > 1;
}

static uint64_t table_of(const struct driver_queue *queue, unsigned id)
{
	return queue->tables + id * DRIVER_SEGMENTS_MAX * 16ul;
}

/* Split: a chain's descriptors are those of its ids, one for each piece. */
static int add_split(struct driver_queue *queue, const struct driver_segment *segments,
	unsigned n_out, unsigned n)
{
	bool table = uses_table(queue, n);
	unsigned takes = table ? 1 : n;
	uint16_t head, at, next;

	if (queue->n_free < takes)
		return -1;
	head = at = queue->free[queue->n_free - 1];
	if (table)
		put_desc(queue, queue->desc, head,
			&(struct driver_desc){ table_of(queue, head), n * 16, F_INDIRECT, 0 });
	for (unsigned i = 0; i < n; i++) {
		uint16_t flags = (uint16_t)((i >= n_out ? F_WRITE : 0) | (i + 1 < n ? F_NEXT : 0));

		next = table	   ? (uint16_t)(i + 1)
		       : i + 1 < n ? queue->free[queue->n_free - 2 - i]
				   : 0;
		put_desc(queue, table ? table_of(queue, head) : queue->desc, table ? i : at,
			&(struct driver_desc){ segments[i].addr, segments[i].len, flags, next });
		at = next;
	}
	queue->n_free -= takes;
	queue->slots[head] = (uint16_t)takes;
	store(queue, queue->driver + 4 + (queue->avail % queue->num) * 2ul, head);
	store(queue, queue->driver + 2, ++queue->avail);
	queue->unkicked++;
	return head;
}

static uint16_t packed_flags(bool wrap, uint16_t flags)
{
	return (uint16_t)(flags | (wrap ? F_AVAIL : F_USED));
}

/* The flags of the first descriptor are put there last: they hand the chain over. */
static int add_packed(struct driver_queue *queue, const struct driver_segment *segments,
	unsigned n_out, unsigned n)
{
	bool table = uses_table(queue, n), wrap = queue->avail_wrap;
	unsigned takes = table ? 1 : n, at = queue->avail;
	uint16_t head = queue->avail, id, head_flags = 0;

	if (queue->slots_free < takes || queue->n_free == 0)
		return -1;
	id = queue->free[--queue->n_free];
	for (unsigned i = 0; table && i < n; i++)
		put_desc(queue, table_of(queue, id), i,
			&(struct driver_desc){
				segments[i].addr, segments[i].len, 0, i >= n_out ? F_WRITE : 0 });
	for (unsigned i = 0; i < takes; i++) {
		struct driver_desc desc = { segments[i].addr, segments[i].len, id,
			(uint16_t)((i >= n_out ? F_WRITE : 0) | (i + 1 < n ? F_NEXT : 0)) };

		if (table)
			desc = (struct driver_desc){ table_of(queue, id), n * 16, id, F_INDIRECT };
		desc.fourth = packed_flags(wrap, desc.fourth);
		if (i == 0) {
			head_flags = desc.fourth;
			desc.fourth = load(queue, queue->desc + head * 16ul + 14);
		}
		put_desc(queue, queue->desc, at, &desc);
		if (++at == queue->num) {
			at = 0;
			wrap = !wrap;
		}
	}
	store(queue, queue->desc + head * 16ul + 14, head_flags);
	queue->avail = (uint16_t)at;
	queue->avail_wrap = wrap;
	queue->slots[id] = (uint16_t)takes;
	queue->slots_free -= takes;
	queue->unkicked += takes;
	return id;
}

int driver_add(struct driver_queue *queue, const struct driver_segment *segments, unsigned n_out,
	unsigned n_in)
{
	unsigned n = n_out + n_in;
	int id;

	assert(n >= 1 && n <= DRIVER_SEGMENTS_MAX);
	id = is_packed(queue) ? add_packed(queue, segments, n_out, n)
			      : add_split(queue, segments, n_out, n);
	if (id >= 0)
		queue->order[queue->order_tail++ % queue->num] = (uint16_t)id;
	return id;
}

static bool event_passed(uint16_t event, uint16_t now, uint16_t before)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

bool driver_wants_kick(struct driver_queue *queue)
{
	uint16_t added = (uint16_t)queue->unkicked, event, flags;

	queue->unkicked = 0;
	if (added == 0)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!is_packed(queue)) {
		if (!has_event_idx(queue))
			return !(load(queue, queue->device) & 1);
		return event_passed(load(queue, queue->device + 4 + queue->num * 8ul), queue->avail,
			(uint16_t)(queue->avail - added));
	}
	flags = load(queue, queue->device + 2);
	if (flags != 2)
		return flags == 0;
	event = load(queue, queue->device);
	if ((event >> 15) != queue->avail_wrap)
		event = (uint16_t)((event & 0x7fff) - queue->num);
	else
		event &= 0x7fff;
	return event_passed(event, queue->avail, (uint16_t)(queue->avail - added));
}

static int used_split(struct driver_queue *queue, uint32_t *ret_len)
{
	const uint8_t *elem =
		driver_at(queue->memory, queue->device + 4 + (queue->used % queue->num) * 8ul);
	uint32_t id;

	if (load(queue, queue->device + 2) == queue->used)
		return -1;
	id = wire_get_u32(elem);
	assert(id < queue->num);
	*ret_len = wire_get_u32(elem + 4);
	queue->used++;
	return (int)id;
}

static int used_packed(struct driver_queue *queue, uint32_t *ret_len)
{
	const uint8_t *desc = desc_at(queue, queue->desc, queue->used);
	uint16_t flags = load(queue, queue->desc + queue->used * 16ul + 14), id;

	if (!!(flags & F_AVAIL) != queue->used_wrap || !!(flags & F_USED) != queue->used_wrap)
		return -1;
	id = wire_get_u16(desc + 12);
	assert(id < queue->num);
	*ret_len = flags & F_WRITE ? wire_get_u32(desc + 8) : 0;
	queue->used = (uint16_t)(queue->used + queue->slots[id]);
	queue->slots_free += queue->slots[id];
	if (queue->used >= queue->num) {
		queue->used = (uint16_t)(queue->used - queue->num);
		queue->used_wrap = !queue->used_wrap;
	}
	return id;
}

/* A split chain gives back as many descriptors as it took, found by walking it. */
static void free_split(struct driver_queue *queue, uint16_t head)
{
	uint16_t chain[DRIVER_SEGMENTS_MAX], at = head;
	unsigned n = queue->slots[head];

	for (unsigned i = 0; i < n; i++) {
		chain[i] = at;
		at = wire_get_u16(desc_at(queue, queue->desc, at) + 14);
	}
	for (unsigned i = n; i-- > 0;)
		queue->free[queue->n_free++] = chain[i];
}

int driver_get_used(struct driver_queue *queue, uint32_t *ret_len)
{
	int id = is_packed(queue) ? used_packed(queue, ret_len) : used_split(queue, ret_len);

	if (id < 0)
		return -1;
	assert(queue->slots[id] > 0); /* was given */
	assert(queue->order_head != queue->order_tail);
	assert(!(queue->features & VIRTIO_F_IN_ORDER_BIT) ||
		queue->order[queue->order_head % queue->num] == id);
	queue->order_head++;
	if (is_packed(queue))
		queue->free[queue->n_free++] = (uint16_t)id;
	else
		free_split(queue, (uint16_t)id);
	queue->slots[id] = 0;
	return id;
}

void driver_want_call(struct driver_queue *queue, bool want)
{
	if (!is_packed(queue)) {
		store(queue, queue->driver, want ? 0 : 1);
		if (want && has_event_idx(queue))
			store(queue, queue->driver + 4 + queue->num * 2ul, queue->used);
		if (!want && has_event_idx(queue))
			store(queue, queue->driver + 4 + queue->num * 2ul,
				(uint16_t)(queue->used - 1));
	} else if (want && has_event_idx(queue)) {
		store(queue, queue->driver, (uint16_t)(queue->used | queue->used_wrap << 15));
		store(queue, queue->driver + 2, 2);
	} else {
		store(queue, queue->driver + 2, want ? 0 : 1);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
