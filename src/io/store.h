/* SPDX-License-Identifier: MIT */
#ifndef IO_STORE_H
#define IO_STORE_H

#include "base/list.h"
#include "io/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	STORE_PIECE = 64 * 1024, /* what is compressed in one go */
	STORE_FIRST = 16 * 1024, /* what a store takes first; it doubles as long as it is used */
	STORE_AT_HAND = 16,	 /* pieces in pages, more or less, before others leave theirs */
	STORE_REST_MS = 2000,	 /* who is not used for so long, twice as long at most, is packed */
	STORE_PRESSED_MS = 50,	 /* instead, while half of a limit and more is in pages */
	STORE_PACK_LEVEL = 3,	 /* of zstd; 1 packs logs a tenth worse, 6 at a fifth of the pace */
	STORE_WORTH =
		STORE_PIECE / 8, /* what packing has to save of a whole piece, or it is not done */
};

struct store_packer;
struct store_piece;

/**
 * struct store - a fixed size of memory, of which only what is used costs any
 * @size: in bytes, whole pages
 *
 * A piece is in one of five states:
 *
 *	FRESH	it has no pages. store_make() gives it some, more at a time the more the store has
 *	HOT	its first bytes are pages, which are read and written as any memory is
 *	PARKED	they were left for others, and are in a file in memory (io/park)
 *	PACKED	what it held is compressed
 *	OPEN	one of the two, and pages to read it; store_use() makes it so, which needs no memory
 *		but the pages and cannot fail. When it rests they are given back, which costs
 *		nothing; store_make() makes it hot
 *
 * Pages are for those who use them: beyond STORE_AT_HAND pieces whoever needs some has those of
 * another store's, which is parked. What comes in a rush is so kept at the price of a copy. A piece
 * that rests for STORE_REST_MS is compressed by a thread of io/work-pool, from a copy; when
 * it was used meanwhile the work was for nothing. Under a limit (store_set_limit()) it is sooner,
 * so that less of what is over it has to go. Its pages are for whoever needs some next, and at the
 * end of a round through all stores the kernel's (io/arena). One timer a loop does that, and runs
 * only while any store has a piece that is hot: what rests costs no wake-ups. Where memory for
 * that fails, and what compression does not make smaller, stays as it is. So does a store that has
 * had no more than STORE_FIRST.
 */
struct store {
	size_t size;
	struct store_packer *packer;
	struct store_piece *pieces;
	size_t hot;	  /* bytes that are not compressed, or are open */
	uint32_t used_in; /* which dispatch, of those of the loop */
	uint32_t last;	  /* the piece that was used then */
	uint32_t whole_blocks;
	struct list node;
	struct list recent;   /* since it was used, until it has nothing to leave */
	struct list borrower; /* while pieces of it are borrowed */
};

/**
 * store_new() - @size, 1 at least, is rounded up to whole pages
 *
 * Return: NULL: no memory, or no descriptor.
 */
struct store *store_new(struct loop *loop, size_t size);

/**
 * store_new_packed() - one that has these bytes, compressed at once, in the caller's time
 *
 * It takes no pages, and nothing that would make others give up what they hold.
 *
 * Return: NULL: all stores would be over their limit; no memory, or no descriptor.
 */
struct store *store_new_packed(struct loop *loop, const void *bytes, size_t len);

/** store_free() - give the memory back; NULL is fine */
void store_free(struct store *store);

/**
 * store_use() - bytes that store_make() gave were written, or are to be read
 *
 * They may be touched, see store_at(), until the dispatch ends; written only after a store_make()
 * in it.
 */
void store_use(struct store *store, size_t at, size_t len);

/**
 * store_make() - let bytes be written, new ones or over others
 * @len: at least 1
 *
 * Of those that are, store_use() is told.
 *
 * Return: how many from @at on, 1..@len, until the dispatch ends.
 */
size_t store_make(struct store *store, size_t at, size_t len);

/**
 * store_at() - where a byte is, and what follows in its piece; store_use() or store_make() was told
 *
 * Until the dispatch ends, or store_make() is told of more of that piece.
 */
char *store_at(const struct store *store, size_t at);

/** store_write() - @len bytes from @at on are those of @from */
void store_write(struct store *store, size_t at, const void *from, size_t len);

/** store_read() - bytes that are there */
void store_read(struct store *store, size_t at, void *to, size_t len);

/**
 * store_pass() - let a piece change its store, as it is; nothing is unpacked
 * @from_at, @to_at: of whole pieces; the one at @to_at is fresh
 *
 * Return: whether it has; not one that is hot, or not full.
 */
bool store_pass(struct store *from, size_t from_at, struct store *to, size_t to_at);

/** store_forget() - nobody needs what stands there: pieces wholly in it are fresh again */
void store_forget(struct store *store, size_t at, size_t len);

/**
 * struct store_part - what a piece holds, as it is
 * @bytes: borrowed, @len of them
 * @ready: how many they are; more than @len if they are compressed
 */
struct store_part {
	const void *bytes;
	uint32_t len, ready;
};

/** store_pieces() - how many there are */
size_t store_pieces(const struct store *store);

/**
 * store_part() - of the piece @i, as long as nobody uses the store
 * @end: what stands there and behind it means nothing, and is left out if it is not compressed
 * @room: for STORE_PIECE bytes, where @bytes may point to; NULL: they are not asked for
 */
struct store_part store_part(const struct store *store, size_t i, size_t end, char *room);

/**
 * store_take_part() - let a piece that is fresh hold what one of another program did
 * @part: its bytes are borrowed until store_own() says that they are not
 *
 * They are copied when they are written over, in pages also when they are read: to take them costs
 * no memory that has not been touched.
 *
 * Return: 0; -ENOMEM; -EBADMSG: that is no such part.
 */
int store_take_part(struct store *store, size_t i, const struct store_part *part);

/** store_borrow() - the same of a store that is fresh and of @len bytes, as they are */
void store_borrow(struct store *store, const void *bytes, size_t len);

/**
 * store_own() - let all stores of a loop copy what they borrow, a piece a round of the loop
 * @fn: called once nothing is borrowed any more, by whatever has given back the last: it may touch
 *      no store; NULL: by nobody
 *
 * A piece for which there is no memory stays borrowed until it is used, or goes.
 *
 * Return: whether anything is borrowed; if not @fn is not called.
 */
bool store_own(struct loop *loop, void (*fn)(void *data), void *data);

/**
 * store_pack_now() - let all stores of a loop pack what is not used just now
 * @fn: called when that is done, unless the last store goes before; NULL: by nobody any more
 *
 * Return: whether there is anything to be packed; if not @fn is not called.
 */
bool store_pack_now(struct loop *loop, void (*fn)(void *data), void *data);

/** store_give_back_freed() - what the C library keeps for later allocations is not needed soon */
void store_give_back_freed(void);

/** store_usage() - what all stores of a loop take: in pages or parked, and compressed */
void store_usage(struct loop *loop, size_t *ret_hot, size_t *ret_packed);

/**
 * struct store_limit - who wants to know when the stores of a loop take too much
 * @bytes:     what they may take, in pages, parked and compressed, besides the pages of what is
 *             open: these come back by themselves, and who reads shall not cost others what they
 *             hold
 * @on_passed: a store has taken some more, and it is more than that in all; posts a task at most
 */
struct store_limit {
	size_t bytes;
	void (*on_passed)(void *data);
	void *data;
};

/** store_set_limit() - the caller's, until the next call; NULL: none */
void store_set_limit(struct loop *loop, const struct store_limit *limit);

/** store_is_over() - do the stores of a loop take more than they may now */
bool store_is_over(struct loop *loop);

#endif
