/* SPDX-License-Identifier: MIT */
#ifndef IO_STORE_IMPL_H
#define IO_STORE_IMPL_H

#include "io/arena.h"
#include "io/loop-impl.h"
#include "io/park.h"
#include "io/store.h"
#include "io/work-pool.h"

#include <zstd.h>

/* What the store's two files share: store.c (pieces and their pages), store-packer.c (rounds). */

/** Where else a piece is, besides its block */
enum store_copy {
	COPY_NONE,
	COPY_PACKED,   /* compressed */
	COPY_BORROWED, /* another one's: compressed, or as it is */
	COPY_PARKED,   /* as it is, in the packer's park */
};

/**
 * struct store_piece
 * @packed: with COPY_PACKED and COPY_BORROWED: @packed_len bytes, no fewer than @ready if they are
 *          as they are
 * @slot:   with COPY_PARKED
 * @block:  its pages, of @first or of @whole by @ready; 0: none
 * @ready:  how many bytes it has
 * @copy:   an enum store_copy
 * @warm:   the block had pages when it was taken
 * @used:   since the packer was here
 * @stays:  packing it was of no use; until it is used again
 */
struct store_piece {
	union {
		void *packed;
		uint32_t slot;
	};
	uint32_t block, packed_len, ready;
	uint8_t copy;
	bool warm : 1, used : 1, stays : 1;
};

/**
 * struct store_packer - what the stores of a loop share
 * @waiting: stores that have a piece that may be packed
 * @turn:    those of them that this round has not been through; @at: the piece of the first
 * @store:   whose piece is at work, from @from to @out; NULL: nobody's any more
 * @out_len: what the thread made of it; 0: nothing
 * @asked:   for a round of its own, by who is told by @fn; @in_asked: that is this one
 * @hot, @packed: what all stores take, as it is and compressed; @open: pages of what is compressed
 * @limit:   of that; NULL: none
 * @borrowed: pieces that are, of the stores in @borrowers; who is not there has found no memory
 * @first, @whole: blocks of STORE_FIRST and of STORE_PIECE; one of each is promised for each piece
 * @park:    what is left by pieces that have no block
 * @several, @single: stores that have more than one of @whole, and those that have one or none, the
 *           one that was not used for longest first; who has none may be missing
 * @at_hand: how many of @whole are taken before pieces have to leave theirs
 * @returns: how many pieces had to come back from the park
 */
struct store_packer {
	struct loop *loop;
	struct work_pool *pool;
	unsigned refs;
	struct timer *timer;
	struct list waiting, turn;
	struct work work;
	bool in_round, at_work, hurries;
	struct store *store;
	size_t at, from_len, out_len;
	char *from, *out;
	ZSTD_CCtx *compressor;
	ZSTD_DCtx *decompressor;
	size_t hot, packed, open;
	const struct store_limit *limit;
	bool asked, in_asked;
	void (*fn)(void *data);
	void *data;
	struct list borrowers;
	size_t borrowed;
	struct arena first, whole;
	struct park park;
	struct list several, single;
	size_t at_hand;
	unsigned returns;
	struct task own_task;
	void (*on_owned)(void *data);
	void *on_owned_data;
};

/** store_is_plain() - has it bytes that are not compressed, in pages or parked */
static inline bool store_is_plain(const struct store_piece *piece)
{
	return piece->ready && (piece->copy == COPY_NONE || piece->copy == COPY_PARKED);
}

/** store_is_open() - is it in pages besides where it is else */
static inline bool store_is_open(const struct store_piece *piece)
{
	return piece->block && piece->copy != COPY_NONE;
}

/** store_is_large() - has it so much that a round is worth while */
static inline bool store_is_large(const struct store *store)
{
	return store->hot > STORE_FIRST;
}

/** store_copy_piece() - its bytes, @ready of them; it is plain */
void store_copy_piece(const struct store *store, const struct store_piece *piece, char *to);

/** store_close_piece() - it is open: its pages are not needed */
void store_close_piece(struct store *store, struct store_piece *piece);

/** store_keep_packed() - it is plain; compressed it is @len bytes at @packed, the store's now */
void store_keep_packed(struct store *store, struct store_piece *piece, void *packed, uint32_t len);

/** store_put_packed() - a fresh piece has @ready bytes now, which are @len at @packed, its own */
void store_put_packed(
	struct store *store, struct store_piece *piece, void *packed, size_t len, size_t ready);

/**
 * packer_join() - one store more, of so many pieces, which may all be in pages at a time
 *
 * Return: NULL: no memory, or no descriptor.
 */
struct store_packer *packer_join(struct loop *loop, size_t pieces);

/** packer_leave() - one less; it has no bytes any more */
void packer_leave(struct store *store);

/** packer_need_decompressor() - what is compressed is to be read some day. Return: 0; -ENOMEM */
int packer_need_decompressor(struct store_packer *packer);

/** packer_wait() - the store has something to be packed, or to be closed */
void packer_wait(struct store *store);

/** packer_plan() - let there be a round, which ends with giving pages back */
void packer_plan(struct store_packer *packer);

/** packer_look_at_limit() - the stores have taken some more */
void packer_look_at_limit(struct store_packer *packer);

#endif
