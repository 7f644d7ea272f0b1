/* SPDX-License-Identifier: MIT */
/*
 * The pieces of a store are its own; the memory that they are in is shared by all stores of a loop.
 *
 * Whoever needs a block beyond those at hand gets one that has had pages, if another store can
 * leave it: what stood in it is parked (io/park.h). It is left by a store that has several, by one
 * that has only what it is at if there is none, and among them by that which was used longest ago;
 * who is used in the present dispatch leaves none, since its bytes may be touched until that ends.
 * Where what is parked has to come back again and again, more blocks are at hand: one for as many
 * returns as cost what its first touch does.
 *
 * What was taken over from another program lies where that has left it. It is BORROWED, also what
 * was in pages there and is not compressed: to have it in pages is to copy it. A task makes all of
 * it the stores' own after a while, so that there are not two ways for good.
 */
/* syscalls: madvise */
#include "io/store.h"

#include "base/log.h"
#include "io/store-impl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096, RETURNS_A_BLOCK = 4 };

static size_t round_up(size_t len, size_t unit)
{
	return (len + unit - 1) / unit * unit;
}

/* ---- its pages ---- */

/* Where blocks for so many bytes are. */
static struct arena *arena_of(const struct store *store, size_t len)
{
	return len <= STORE_FIRST ? &store->packer->first : &store->packer->whole;
}

static char *bytes_of(const struct store *store, const struct store_piece *piece)
{
	return arena_bytes(arena_of(store, piece->ready), piece->block);
}

/* Who is used in this dispatch is the last that has to leave a block. */
static void note_use(struct store *store)
{
	struct store_packer *packer = store->packer;

	store->used_in = packer->loop->dispatches;
	list_remove(&store->recent);
	list_append(store->whole_blocks > 1 ? &packer->several : &packer->single, &store->recent);
}

/* Nobody needs it: the next round ends with giving its pages to the kernel. */
static void give_block(struct store *store, size_t len, uint32_t block)
{
	struct arena *arena = arena_of(store, len);

	arena_give(arena, block);
	store->whole_blocks -= arena == &store->packer->whole;
	packer_plan(store->packer);
}

static void drop_block(struct store *store, struct store_piece *piece)
{
	if (!piece->block)
		return;
	give_block(store, piece->ready, piece->block);
	piece->block = 0;
}

static bool leave_block(struct store *store, struct store_piece *piece)
{
	struct park *park = &store->packer->park;
	uint32_t slot;

	if (store_is_open(piece)) {
		store_close_piece(store, piece);
		return true;
	}
	slot = park_put(park, bytes_of(store, piece), piece->ready);
	if (!slot)
		return false;
	piece->copy = COPY_PARKED;
	piece->slot = slot;
	drop_block(store, piece);
	return true;
}

/* In a ring the oldest one, and the one that was used last if there is no other. */
static struct store_piece *find_whole_block(const struct store *store)
{
	size_t n = store_pieces(store);

	for (size_t i = 1; i <= n; i++) {
		struct store_piece *piece = &store->pieces[(store->last + i) % n];

		if (piece->block && piece->ready > STORE_FIRST)
			return piece;
	}
	return NULL;
}

/* By the first of these that has more than it keeps. Return: whether one has left a block. */
static bool leave_any(struct store_packer *packer, struct list *stores, unsigned keeps)
{
	while (!list_is_empty(stores)) {
		struct store *store = container_of(stores->next, struct store, recent);

		if (store->used_in == packer->loop->dispatches)
			return false;
		if (store->whole_blocks > keeps)
			return leave_block(store, find_whole_block(store));
		list_remove(&store->recent);
		if (store->whole_blocks)
			list_add_before(packer->single.next, &store->recent);
	}
	return false;
}

/* Return: for the piece, which will have @len bytes. */
static uint32_t take_block(struct store *store, struct store_piece *piece, size_t len)
{
	struct store_packer *packer = store->packer;
	struct arena *arena = arena_of(store, len);
	bool is_whole = arena == &packer->whole;

	if (is_whole && !arena_is_warm(arena) && arena->taken >= packer->at_hand &&
		!leave_any(packer, &packer->several, 1))
		leave_any(packer, &packer->single, 0);
	piece->warm = arena_is_warm(arena);
	store->whole_blocks += is_whole;
	note_use(store);
	return arena_take(arena);
}

/* Pages in one call, which costs a tenth of as many faults. Where it fails they come one by one. */
static void fetch_pages(const struct store *store, const struct store_piece *piece, size_t from)
{
#ifdef MADV_POPULATE_WRITE
	if (!piece->warm)
		madvise(bytes_of(store, piece) + from, piece->ready - from, MADV_POPULATE_WRITE);
#else
	(void)store;
	(void)piece;
	(void)from;
#endif
}

/* ---- a piece ---- */

static void count(struct store *store, const struct store_piece *piece, int sign)
{
	struct store_packer *packer = store->packer;
	size_t ready = (size_t)sign * piece->ready;

	if (store_is_plain(piece)) {
		packer->hot += ready;
		store->hot += ready;
		return;
	}
	if (store_is_open(piece)) {
		packer->hot += ready;
		packer->open += ready;
		store->hot += ready;
	}
	if (piece->copy != COPY_NONE)
		packer->packed += (size_t)sign * piece->packed_len;
}

static void touch(struct store *store, struct store_piece *piece)
{
	piece->used = true;
	piece->stays = false;
	store->last = (uint32_t)(piece - store->pieces);
	if (store->used_in != store->packer->loop->dispatches)
		note_use(store);
	if (list_is_empty(&store->node) && (store_is_large(store) || store_is_open(piece)))
		packer_wait(store);
}

static void give_back(struct store_packer *packer)
{
	void (*fn)(void *data) = packer->on_owned;

	if (--packer->borrowed || !fn)
		return;
	packer->on_owned = NULL;
	fn(packer->on_owned_data);
}

static void forget_copy(struct store *store, struct store_piece *piece)
{
	enum store_copy copy = piece->copy;

	piece->copy = COPY_NONE;
	if (copy == COPY_PACKED)
		free(piece->packed);
	else if (copy == COPY_PARKED)
		park_leave(&store->packer->park, piece->slot);
	else if (copy == COPY_BORROWED)
		give_back(store->packer);
}

static bool is_compressed(const struct store_piece *piece)
{
	return piece->packed_len < piece->ready;
}

/* What another program has left may be damaged: that costs a piece of history, and nothing else. */
static bool read_copy(const struct store *store, const struct store_piece *piece, char *to)
{
	struct store_packer *packer = store->packer;

	if (piece->copy == COPY_PARKED)
		return park_get(&packer->park, piece->slot, to, piece->ready);
	if (is_compressed(piece))
		return ZSTD_decompressDCtx(packer->decompressor, to, piece->ready, piece->packed,
			       piece->packed_len) == piece->ready;
	memcpy(to, piece->packed, piece->ready);
	return true;
}

static void fetch_copy(const struct store *store, const struct store_piece *piece, char *to)
{
	if (read_copy(store, piece, to))
		return;
	log_error("%" PRIu32 " bytes of what a console has printed are damaged: they are blank now",
		piece->ready);
	memset(to, ' ', piece->ready);
}

static void open_piece(struct store *store, struct store_piece *piece)
{
	struct store_packer *packer = store->packer;

	count(store, piece, -1);
	piece->block = take_block(store, piece, piece->ready);
	count(store, piece, 1);
	fetch_pages(store, piece, 0);
	fetch_copy(store, piece, bytes_of(store, piece));
	if (piece->copy == COPY_PARKED && ++packer->returns % RETURNS_A_BLOCK == 0)
		packer->at_hand++;
}

void store_close_piece(struct store *store, struct store_piece *piece)
{
	count(store, piece, -1);
	drop_block(store, piece);
	count(store, piece, 1);
}

void store_copy_piece(const struct store *store, const struct store_piece *piece, char *to)
{
	if (piece->block)
		memcpy(to, bytes_of(store, piece), piece->ready);
	else
		fetch_copy(store, piece, to);
}

void store_keep_packed(struct store *store, struct store_piece *piece, void *packed, uint32_t len)
{
	count(store, piece, -1);
	forget_copy(store, piece);
	piece->copy = COPY_PACKED;
	piece->packed = packed;
	piece->packed_len = len;
	drop_block(store, piece);
	count(store, piece, 1);
}

void store_put_packed(
	struct store *store, struct store_piece *piece, void *packed, size_t len, size_t ready)
{
	*piece = (struct store_piece){ .packed = packed,
		.packed_len = (uint32_t)len,
		.ready = (uint32_t)ready,
		.copy = COPY_PACKED };
	count(store, piece, 1);
}

/* It may be written to. */
static void make_hot(struct store *store, struct store_piece *piece)
{
	if (!piece->block)
		open_piece(store, piece);
	count(store, piece, -1);
	forget_copy(store, piece);
	count(store, piece, 1);
	packer_look_at_limit(store->packer);
	touch(store, piece);
}

/*
 * Let its first @len bytes be pages. The very first ones come when they are written to: many a
 * store is asked what it has room for, and never gets a byte.
 */
static void make_ready(struct store *store, struct store_piece *piece, size_t len)
{
	uint32_t block = piece->block, ready = piece->ready;
	bool moves = !block || arena_of(store, len) != arena_of(store, ready);
	bool is_asked = !store->hot;

	if (moves)
		piece->block = take_block(store, piece, len);
	count(store, piece, -1);
	piece->ready = (uint32_t)len;
	count(store, piece, 1);
	if (!is_asked) {
		fetch_pages(store, piece, moves ? 0 : ready);
		touch(store, piece);
	}
	if (moves && block) {
		memcpy(bytes_of(store, piece), arena_bytes(arena_of(store, ready), block), ready);
		give_block(store, ready, block);
	}
	packer_look_at_limit(store->packer);
}

/* ---- bytes ---- */

void store_use(struct store *store, size_t at, size_t len)
{
	for (size_t i = at / STORE_PIECE; len && i <= (at + len - 1) / STORE_PIECE; i++) {
		struct store_piece *piece = &store->pieces[i];

		if (!piece->block && piece->copy != COPY_NONE)
			open_piece(store, piece);
		touch(store, piece);
	}
}

size_t store_make(struct store *store, size_t at, size_t len)
{
	size_t step = store->hot < STORE_FIRST ? STORE_FIRST : store->hot, done = 0;

	while (done < len) {
		struct store_piece *piece = &store->pieces[(at + done) / STORE_PIECE];
		size_t from = (at + done) % STORE_PIECE, have;
		size_t most = STORE_PIECE - from < len - done ? STORE_PIECE - from : len - done;

		if (done >= STORE_FIRST && !piece->block)
			return done; /* is enough for now: who asks may have little to write */
		if (piece->copy != COPY_NONE)
			make_hot(store, piece);
		have = piece->ready > from ? piece->ready - from : 0;
		if (have < most && done + have < step / 2) {
			have = most < step ? most : step;
			make_ready(store, piece, round_up(from + have, PAGE_BYTES));
		}
		if (have < most)
			return done + have;
		done += most;
	}
	return len;
}

char *store_at(const struct store *store, size_t at)
{
	return bytes_of(store, &store->pieces[at / STORE_PIECE]) + at % STORE_PIECE;
}

static size_t left_of_piece(size_t at, size_t len)
{
	size_t left = STORE_PIECE - at % STORE_PIECE;

	return left < len ? left : len;
}

void store_write(struct store *store, size_t at, const void *from, size_t len)
{
	const char *bytes = from;

	while (len) {
		size_t n = store_make(store, at, left_of_piece(at, len));

		memcpy(store_at(store, at), bytes, n);
		store_use(store, at, n);
		at += n;
		bytes += n;
		len -= n;
	}
}

void store_read(struct store *store, size_t at, void *to, size_t len)
{
	char *bytes = to;

	while (len) {
		size_t n = left_of_piece(at, len);

		store_use(store, at, n);
		memcpy(bytes, store_at(store, at), n);
		at += n;
		bytes += n;
		len -= n;
	}
}

/* It is the same one: a piece at work has been used, so that nothing comes of that. */
static void make_fresh(struct store *store, struct store_piece *piece)
{
	count(store, piece, -1);
	drop_block(store, piece);
	forget_copy(store, piece);
	*piece = (struct store_piece){ .used = true };
}

/* The last piece may be a short one. */
void store_forget(struct store *store, size_t at, size_t len)
{
	for (size_t i = round_up(at, STORE_PIECE) / STORE_PIECE; i * STORE_PIECE < store->size;
		i++) {
		size_t end = (i + 1) * STORE_PIECE;

		if ((end < store->size ? end : store->size) > at + len)
			break;
		if (store->pieces[i].ready)
			make_fresh(store, &store->pieces[i]);
	}
}

/* Its pages stay, if it has some. Return: false: there is no memory. */
static bool own(struct store *store, struct store_piece *piece)
{
	void *packed;

	if (!is_compressed(piece)) {
		make_hot(store, piece);
		return true;
	}
	packed = malloc(piece->packed_len);
	if (!packed)
		return false;
	memcpy(packed, piece->packed, piece->packed_len);
	forget_copy(store, piece);
	piece->copy = COPY_PACKED;
	piece->packed = packed;
	return true;
}

bool store_pass(struct store *from, size_t from_at, struct store *to, size_t to_at)
{
	struct store_piece *piece = &from->pieces[from_at / STORE_PIECE];
	struct store_piece *taken = &to->pieces[to_at / STORE_PIECE];

	if (piece->copy == COPY_BORROWED && !own(from, piece))
		return false;
	if (piece->copy == COPY_NONE || piece->ready < STORE_PIECE ||
		to->size < to_at + STORE_PIECE)
		return false;
	if (piece->block)
		store_close_piece(from, piece);
	count(from, piece, -1);
	*taken = *piece;
	*piece = (struct store_piece){ .used = true };
	count(to, taken, 1);
	if (store_is_plain(taken))
		touch(to, taken);
	return true;
}

/* ---- a piece as it is ---- */

size_t store_pieces(const struct store *store)
{
	return round_up(store->size, STORE_PIECE) / STORE_PIECE;
}

struct store_part store_part(const struct store *store, size_t i, size_t end, char *room)
{
	const struct store_piece *piece = &store->pieces[i];
	size_t from = i * STORE_PIECE, most = from < end ? round_up(end - from, PAGE_BYTES) : 0;
	uint32_t len = piece->ready < most ? piece->ready : (uint32_t)most;

	if (!store_is_plain(piece))
		return (struct store_part){ piece->packed, piece->packed_len, piece->ready };
	if (piece->block)
		return (struct store_part){ bytes_of(store, piece), len, len };
	if (room)
		fetch_copy(store, piece, room);
	return (struct store_part){ room, len, len };
}

static bool is_part_of(const struct store *store, size_t i, const struct store_part *part)
{
	size_t left = store->size - i * STORE_PIECE;

	if (part->ready > STORE_PIECE || part->ready > left || part->len > part->ready)
		return false;
	return part->len == part->ready ||
	       ZSTD_getFrameContentSize(part->bytes, part->len) == part->ready;
}

static void borrow(struct store *store, size_t i, const struct store_part *part)
{
	struct store_piece *piece = &store->pieces[i];
	struct store_packer *packer = store->packer;

	*piece = (struct store_piece){ .packed = (void *)(uintptr_t)part->bytes,
		.packed_len = part->len,
		.ready = part->ready,
		.copy = COPY_BORROWED };
	packer->borrowed++;
	if (list_is_empty(&store->borrower))
		list_append(&packer->borrowers, &store->borrower);
	count(store, piece, 1);
	packer_look_at_limit(packer);
}

int store_take_part(struct store *store, size_t i, const struct store_part *part)
{
	if (!is_part_of(store, i, part))
		return -EBADMSG;
	if (!part->ready)
		return 0;
	if (part->len < part->ready && packer_need_decompressor(store->packer) < 0)
		return -ENOMEM;
	borrow(store, i, part);
	return 0;
}

void store_borrow(struct store *store, const void *bytes, size_t len)
{
	for (size_t at = 0; at < len; at += STORE_PIECE) {
		uint32_t n = (uint32_t)left_of_piece(at, len - at);

		borrow(store, at / STORE_PIECE,
			&(struct store_part){ (const char *)bytes + at, n, n });
	}
}

static struct store_piece *find_borrowed(const struct store *store)
{
	for (size_t i = 0; i < store_pieces(store); i++)
		if (store->pieces[i].copy == COPY_BORROWED)
			return &store->pieces[i];
	return NULL;
}

static void own_one(void *data)
{
	struct store_packer *packer = data;
	struct list *first = packer->borrowers.next;
	struct store *store = container_of(first, struct store, borrower);
	struct store_piece *piece;

	if (list_is_empty(&packer->borrowers))
		return;
	piece = find_borrowed(store);
	if (!piece || !own(store, piece))
		list_remove(first);
	if (packer->borrowed)
		task_post(packer->loop, &packer->own_task, own_one, packer);
}

bool store_own(struct loop *loop, void (*fn)(void *data), void *data)
{
	struct store_packer *packer = *loop_slot(loop, LOOP_SLOT_PACKER);

	if (!packer || !packer->borrowed)
		return false;
	packer->on_owned = fn;
	packer->on_owned_data = data;
	task_post(loop, &packer->own_task, own_one, packer);
	return true;
}

/* ---- life ---- */

struct store *store_new(struct loop *loop, size_t size)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	list_init(&store->node);
	list_init(&store->recent);
	list_init(&store->borrower);
	store->size = round_up(size, PAGE_BYTES);
	store->pieces = calloc(store_pieces(store), sizeof(*store->pieces));
	if (store->pieces)
		store->packer = packer_join(loop, store_pieces(store));
	if (store->packer)
		return store;
	store_free(store);
	return NULL;
}

static void forget_all(struct store *store)
{
	for (size_t i = 0; i < store_pieces(store); i++)
		make_fresh(store, &store->pieces[i]);
}

void store_free(struct store *store)
{
	if (!store)
		return;
	if (store->packer) {
		forget_all(store);
		packer_leave(store);
	}
	free(store->pieces);
	free(store);
}
