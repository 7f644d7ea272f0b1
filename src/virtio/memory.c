/* SPDX-License-Identifier: MIT */
/*
 * Guest-physical addresses are looked up for every buffer, so the region of the last hit is tried
 * first; with one region, as most guests have, that is all. Regions are kept sorted by
 * guest-physical address and never overlap there. What the frontend says of its own addresses is
 * only used to find rings, and may overlap: the first match counts.
 *
 * A buffer may lie across two regions that follow each other in the guest but not in our address
 * space: guest_memory_at() hands out what is there in one piece, the caller comes again.
 */
#include "virtio/memory.h"

#include "virtio/shared-map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_PAGE_SHIFT = 12 };

struct region {
	struct guest_memory_region at;
	struct shared_map map;
};

struct guest_memory {
	struct region *regions[GUEST_MEMORY_REGIONS_MAX]; /* sorted by guest_addr */
	unsigned count;
	unsigned last; /* index of the last hit */
	uint8_t *log;
	size_t log_size;
	bool log_on;
};

struct guest_memory *guest_memory_new(void)
{
	return calloc(1, sizeof(struct guest_memory));
}

void guest_memory_free(struct guest_memory *memory)
{
	if (!memory)
		return;
	guest_memory_clear(memory);
	free(memory);
}

unsigned guest_memory_count(const struct guest_memory *memory)
{
	return memory->count;
}

int guest_memory_region(
	const struct guest_memory *memory, unsigned index, struct guest_memory_region *ret_region)
{
	*ret_region = memory->regions[index]->at;
	return memory->regions[index]->map.fd;
}

/* ---- regions come and go ---- */

/* Where a region would stand, by its address; all before it end before it begins. */
static unsigned position_of(const struct guest_memory *memory, uint64_t guest_addr)
{
	unsigned i = 0;

	while (i < memory->count && memory->regions[i]->at.guest_addr < guest_addr)
		i++;
	return i;
}

static bool overlaps(
	const struct guest_memory *memory, unsigned position, const struct guest_memory_region *at)
{
	const struct guest_memory_region *other;

	if (position > 0) {
		other = &memory->regions[position - 1]->at;
		if (at->guest_addr - other->guest_addr < other->size)
			return true;
	}
	if (position < memory->count) {
		other = &memory->regions[position]->at;
		if (other->guest_addr - at->guest_addr < at->size)
			return true;
	}
	return false;
}

static int check_region(const struct guest_memory *memory, const struct guest_memory_region *at,
	const char **ret_why)
{
	if (memory->count == GUEST_MEMORY_REGIONS_MAX) {
		*ret_why = "is one too many";
		return -ENOSPC;
	}
	if (at->size == 0 || at->guest_addr > UINT64_MAX - at->size ||
		at->user_addr > UINT64_MAX - at->size || at->file_offset > INT64_MAX - at->size) {
		*ret_why = "is empty or wraps around";
		return -EINVAL;
	}
	if (overlaps(memory, position_of(memory, at->guest_addr), at)) {
		*ret_why = "overlaps another one";
		return -EINVAL;
	}
	return 0;
}

int guest_memory_add(struct guest_memory *memory, const struct guest_memory_region *at, int fd,
	const char **ret_why)
{
	unsigned position = position_of(memory, at->guest_addr);
	struct region *region;
	int ret = check_region(memory, at, ret_why);

	if (ret < 0)
		return ret;
	region = calloc(1, sizeof(*region));
	if (!region) {
		*ret_why = "found no memory";
		return -ENOMEM;
	}
	ret = shared_map_init(&region->map, fd, at->file_offset, at->size, ret_why);
	if (ret < 0) {
		free(region);
		return ret;
	}
	region->at = *at;
	memmove(&memory->regions[position + 1], &memory->regions[position],
		(memory->count - position) * sizeof(memory->regions[0]));
	memory->regions[position] = region;
	memory->count++;
	return 0;
}

static void region_free(struct region *region)
{
	shared_map_done(&region->map);
	free(region);
}

int guest_memory_remove(struct guest_memory *memory, const struct guest_memory_region *at)
{
	unsigned position = position_of(memory, at->guest_addr);
	struct region *region = position < memory->count ? memory->regions[position] : NULL;

	if (!region || region->at.guest_addr != at->guest_addr || region->at.size != at->size ||
		region->at.user_addr != at->user_addr)
		return -ENOENT;
	memory->count--;
	memmove(&memory->regions[position], &memory->regions[position + 1],
		(memory->count - position) * sizeof(memory->regions[0]));
	memory->last = 0;
	region_free(region);
	return 0;
}

void guest_memory_clear(struct guest_memory *memory)
{
	for (unsigned i = 0; i < memory->count; i++)
		region_free(memory->regions[i]);
	memory->count = memory->last = 0;
}

bool guest_memory_is_broken(const struct guest_memory *memory)
{
	for (unsigned i = 0; i < memory->count; i++)
		if (memory->regions[i]->map.broken)
			return true;
	return false;
}

/* ---- addresses ---- */

static bool region_holds(const struct region *region, uint64_t guest_addr)
{
	return guest_addr - region->at.guest_addr < region->at.size;
}

static const struct region *find_region(struct guest_memory *memory, uint64_t guest_addr)
{
	unsigned low = 0, high = memory->count;

	if (memory->last < memory->count && region_holds(memory->regions[memory->last], guest_addr))
		return memory->regions[memory->last];
	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (region_holds(memory->regions[middle], guest_addr)) {
			memory->last = middle;
			return memory->regions[middle];
		}
		if (memory->regions[middle]->at.guest_addr < guest_addr)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void *guest_memory_at(struct guest_memory *memory, uint64_t guest_addr, size_t len, size_t *ret_len)
{
	const struct region *region = find_region(memory, guest_addr);
	uint64_t offset;

	if (!region)
		return NULL;
	offset = guest_addr - region->at.guest_addr;
	*ret_len = len < region->at.size - offset ? len : (size_t)(region->at.size - offset);
	return region->map.data + offset;
}

void *guest_memory_at_user(const struct guest_memory *memory, uint64_t user_addr, size_t len)
{
	for (unsigned i = 0; i < memory->count; i++) {
		const struct region *region = memory->regions[i];
		uint64_t offset = user_addr - region->at.user_addr;

		if (offset < region->at.size && len <= region->at.size - offset)
			return region->map.data + offset;
	}
	return NULL;
}

uint64_t guest_memory_user_to_guest(const struct guest_memory *memory, uint64_t user_addr)
{
	for (unsigned i = 0; i < memory->count; i++) {
		const struct guest_memory_region *at = &memory->regions[i]->at;

		if (user_addr - at->user_addr < at->size)
			return at->guest_addr + (user_addr - at->user_addr);
	}
	return 0;
}

int guest_memory_read(struct guest_memory *memory, uint64_t guest_addr, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len > 0) {
		size_t n = 0;
		const void *from = guest_memory_at(memory, guest_addr, len, &n);

		if (!from)
			return -EFAULT;
		memcpy(to, from, n);
		to += n;
		guest_addr += n;
		len -= n;
	}
	/* The compiler may not go back to guest memory for what it has copied. */
	__asm__ volatile("" ::: "memory");
	return 0;
}

/* ---- dirty log ---- */

void guest_memory_set_log(struct guest_memory *memory, uint8_t *log, size_t size)
{
	memory->log = log;
	memory->log_size = log ? size : 0;
}

void guest_memory_log_enable(struct guest_memory *memory, bool on)
{
	memory->log_on = on;
}

void guest_memory_mark(struct guest_memory *memory, uint64_t guest_addr, size_t len)
{
	uint64_t page, last;

	if (!memory->log_on || !memory->log || len == 0)
		return;
	last = (guest_addr + len - 1) >> LOG_PAGE_SHIFT;
	for (page = guest_addr >> LOG_PAGE_SHIFT; page <= last && page / 8 < memory->log_size;
		page++)
		__atomic_fetch_or(
			&memory->log[page / 8], (uint8_t)(1u << (page % 8)), __ATOMIC_RELAXED);
}
