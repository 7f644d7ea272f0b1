/* SPDX-License-Identifier: MIT */
#ifndef IO_ARENA_H
#define IO_ARENA_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>

enum { ARENA_CHUNK = 2 * 1024 * 1024 /* what the kernel has large pages of */ };

struct arena_chunk;

/**
 * struct arena - memory in blocks of one size, which are used again while they are warm
 * @block_len: bytes of a block; a power of two, @ARENA_CHUNK at most
 * @large:     take large pages where the kernel has them, from the second chunk on: who needs
 *             little shall not pay for much
 * @promised:  how many blocks may be taken at a time
 * @blocks:    how many there is address space for, which costs no memory
 * @taken:     how many are
 * @warm:      chunks with a block that has pages and nobody; @roomy: others with one to give;
 *             @full: with none
 *
 * The first touch of a page is the dearest thing that can be done to it: a fault, and on a virtual
 * machine often an exit to its host besides, 20 us in all. A block that was given back is the first
 * to be taken again, pages and all, until arena_trim() gives them to the kernel.
 */
struct arena {
	size_t block_len;
	bool large;
	size_t promised, blocks, taken;
	struct list warm, roomy, full;
};

/**
 * struct arena_block
 * @bytes: NULL: none
 * @warm:  it has had pages all the time
 */
struct arena_block {
	char *bytes;
	struct arena_chunk *chunk;
	bool warm;
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

/** arena_take() - a block that is promised; what it holds means nothing */
struct arena_block arena_take(struct arena *arena);

/** arena_give() - the block is not needed any more, and is none; one that is none is fine */
void arena_give(struct arena_block *block);

/** arena_trim() - let the kernel have the pages of all blocks that nobody has */
void arena_trim(struct arena *arena);

#endif
