/* SPDX-License-Identifier: MIT */
#ifndef IO_ARENA_H
#define IO_ARENA_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARENA_CHUNK = 2 * 1024 * 1024 /* what the kernel has large pages of */ };

struct arena_chunk;

/**
 * struct arena - memory in blocks of one size, which are used again while they are warm
 * @block_len: bytes of a block; a power of two, @ARENA_CHUNK at most
 * @large:     take large pages where the kernel has them, from the second chunk on: who needs
 *             little shall not pay for much
 * @promised:  how many blocks may be taken at a time
 * @blocks:    how many there is address space for, which costs no memory
 * @taken:     how many are; @n_warm: how many have pages and nobody
 * @warm:      chunks with a block that has pages and nobody; @roomy: others with one to give;
 *             @full: with none
 * @chunks:    all of them by number, @n_chunks places, of which none below @next is free
 *
 * A block is known by a number, from 1 on; 0 is none: whoever has many has them in little room.
 *
 * The first touch of a page is the dearest thing that can be done to it: a fault, and on a virtual
 * machine often an exit to its host besides, 20 us in all. A block that was given back is the first
 * to be taken again, pages and all, until arena_trim() gives them to the kernel.
 */
struct arena {
	size_t block_len;
	bool large;
	size_t promised, blocks, taken, n_warm;
	struct list warm, roomy, full;
	struct arena_chunk **chunks;
	size_t n_chunks, next;
};

/** arena_init() - nothing is promised yet */
void arena_init(struct arena *arena, size_t block_len, bool large);

/** arena_done() - no block is taken any more */
void arena_done(struct arena *arena);

/**
 * arena_promise() - let @n blocks more be taken at a time
 *
 * Return: 0; -ENOMEM: there is no address space, nothing has changed.
 */
int arena_promise(struct arena *arena, size_t n);

/** arena_release() - @n blocks of those promised are not needed any more */
void arena_release(struct arena *arena, size_t n);

/** arena_is_warm() - has the next block that is taken had pages all the time */
static inline bool arena_is_warm(const struct arena *arena)
{
	return !list_is_empty(&arena->warm);
}

/** arena_take() - a block that is promised; what it holds means nothing */
uint32_t arena_take(struct arena *arena);

/** arena_bytes() - where a block is that somebody has */
char *arena_bytes(const struct arena *arena, uint32_t block);

/** arena_give() - the block is not needed any more, and may not be touched */
void arena_give(struct arena *arena, uint32_t block);

/**
 * arena_trim() - let the kernel have the pages of blocks that nobody has
 * @keep: of that many blocks, those that are taken among them, pages may stay
 */
void arena_trim(struct arena *arena, size_t keep);

#endif
