/* SPDX-License-Identifier: MIT */
#ifndef IO_PARK_H
#define IO_PARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct park - blocks of memory that nobody needs just now, in a file in memory
 * @slot_len: bytes of a slot, whole pages
 * @fd:       the file; -1: nothing is parked
 * @n:        slots that the file has, from 1 on
 * @spare:    those of them that nobody has, @n_spare, with room for @size; the first @n_cold have
 *            no pages
 *
 * To write a page of a file costs a fiftieth of what the first touch of a page of one's own does
 * (io/arena.h), since the kernel has them all mapped already, and to read it back no more. So what
 * comes in a rush goes through few pages of one's own, and what it leaves waits here.
 */
struct park {
	size_t slot_len;
	int fd;
	uint32_t n;
	uint32_t *spare;
	size_t n_spare, n_cold, size;
};

/** park_init() - an empty one, which costs nothing */
void park_init(struct park *park, size_t slot_len);

/** park_done() - nothing is parked any more */
void park_done(struct park *park);

/**
 * park_put() - leave @len bytes, 1..@slot_len
 *
 * Return: the slot; 0: there is no memory, or no descriptor.
 */
uint32_t park_put(struct park *park, const void *bytes, size_t len);

/** park_get() - bytes as they were left, which stay there. Return: false: they are lost */
bool park_get(const struct park *park, uint32_t slot, void *to, size_t len);

/** park_leave() - the slot is not needed any more; its pages are for who comes next */
void park_leave(struct park *park, uint32_t slot);

/** park_trim() - let the kernel have the pages of slots that nobody has, or the empty file */
void park_trim(struct park *park);

#endif
