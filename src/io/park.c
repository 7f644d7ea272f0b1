/* SPDX-License-Identifier: MIT */
/*
 * The slots that nobody has are a stack: the one that was left last is the first to be taken, pages
 * and all. Those that park_trim() took the pages of are at its bottom.
 */
/* syscalls: close fallocate memfd_create pread64 pwrite64 */
#include "io/park.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOTS_FIRST = 64 };

void park_init(struct park *park, size_t slot_len)
{
	*park = (struct park){ .slot_len = slot_len, .fd = -1 };
}

static void forget_file(struct park *park)
{
	if (park->fd >= 0)
		close(park->fd);
	free(park->spare);
	park_init(park, park->slot_len);
}

void park_done(struct park *park)
{
	assert(park->n_spare == park->n);
	forget_file(park);
}

static off_t place_of(const struct park *park, uint32_t slot)
{
	return (off_t)(slot - 1) * (off_t)park->slot_len;
}

/* One more slot, and room for it among those that nobody has. Return: 0: there is no memory. */
static uint32_t add_slot(struct park *park)
{
	if (park->fd < 0)
		park->fd = memfd_create("charhub-park", MFD_CLOEXEC);
	if (park->fd < 0)
		return 0;
	if (park->n == park->size) {
		size_t size = park->size ? 2 * park->size : SLOTS_FIRST;
		uint32_t *spare = realloc(park->spare, size * sizeof(*spare));

		if (!spare)
			return 0;
		park->spare = spare;
		park->size = size;
	}
	return ++park->n;
}

uint32_t park_put(struct park *park, const void *bytes, size_t len)
{
	uint32_t slot = park->n_spare ? park->spare[--park->n_spare] : add_slot(park);

	if (!slot)
		return 0;
	if (park->n_cold > park->n_spare)
		park->n_cold = park->n_spare;
	if (pwrite(park->fd, bytes, len, place_of(park, slot)) == (ssize_t)len)
		return slot;
	park_leave(park, slot);
	return 0;
}

bool park_get(const struct park *park, uint32_t slot, void *to, size_t len)
{
	return pread(park->fd, to, len, place_of(park, slot)) == (ssize_t)len;
}

void park_leave(struct park *park, uint32_t slot)
{
	park->spare[park->n_spare++] = slot;
}

void park_trim(struct park *park)
{
	if (park->n_spare == park->n) {
		forget_file(park);
		return;
	}
	while (park->n_cold < park->n_spare) {
		uint32_t slot = park->spare[park->n_cold++];

		fallocate(park->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			place_of(park, slot), (off_t)park->slot_len);
	}
}
