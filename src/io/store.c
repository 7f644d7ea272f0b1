/* SPDX-License-Identifier: MIT */
/*
 * The pieces of a store are its own; the packer is the loop's, one for all its stores. It goes
 * through those that have something hot once in STORE_REST_MS: what was used since it was here last
 * is marked as not used, what was not is packed. There is one piece at work at a time:
 *
 *	loop	copies a piece that rests, submits the work
 *	thread	compresses the copy
 *	loop	if the piece has rested on: keeps what came out, gives its pages back; then the next
 *
 * One that was opened only to be read has kept what came out: there is nothing to do but the last.
 *
 * The buffers and the compressor live as long as a round; the decompressor, which may not be
 * missing when it is needed, as long as the packer. A store that goes while its piece is at work
 * leaves the work to end for nothing.
 *
 * Who asks for it gets a round of its own, at once, in which all rests that is not used during it.
 *
 * What was taken over from another program lies where that has left it. It is PACKED, also what was
 * in pages there and is not compressed: to have it in pages is to copy it. A task makes all of it
 * the stores' own after a while, so that there are not two ways for good.
 */
/* syscalls: madvise */
#include "io/store.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/arena.h"
#include "io/loop-impl.h"
#include "io/work-pool.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

enum { PAGE_BYTES = 4096 };

/**
 * struct store_piece
 * @block:  its pages; of none while it is fresh, or packed and not open
 * @packed: compressed, @packed_len bytes; NULL: not; as it is, if these are no less than @ready
 * @ready:  how many of its bytes are in pages, or in @packed
 * @open:   they are in both
 * @borrowed: @packed is another one's
 * @used:   since the packer was here
 * @stays:  packing it was of no use; until it is used again
 */
struct store_piece {
	struct arena_block block;
	void *packed;
	uint32_t packed_len, ready;
	bool open, borrowed, used, stays;
};

/**
 * struct store_packer
 * @waiting: stores that have a piece that is hot and may be packed
 * @turn:    those of them that this round has not been through; @at: the piece of the first
 * @store:   whose piece is at work, from @copy to @out; NULL: nobody's any more
 * @out_len: what the thread made of it; 0: nothing
 * @asked:   for a round of its own, by who is told by @fn; @in_asked: that is this one
 * @hot, @packed: what all stores take, in pages and compressed; @open: pages of what is both
 * @limit:   of that; NULL: none
 * @borrowed: pieces that are, of the stores in @borrowers; who is not there has found no memory
 * @first, @whole: blocks of STORE_FIRST and of STORE_PIECE; one of each is promised for each piece
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
	size_t at, copy_len, out_len;
	char *copy, *out;
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
	struct task own_task;
	void (*on_owned)(void *data);
	void *on_owned_data;
};

static struct store *store_of(struct list *node)
{
	return container_of(node, struct store, node);
}

static size_t round_up(size_t len, size_t unit)
{
	return (len + unit - 1) / unit * unit;
}

/* ---- a piece ---- */

static bool is_hot(const struct store_piece *piece)
{
	return piece->ready && !piece->packed;
}

static bool has_pages(const struct store_piece *piece)
{
	return is_hot(piece) || piece->open;
}

static void count(struct store *store, const struct store_piece *piece, int sign)
{
	struct store_packer *packer = store->packer;
	size_t pages = has_pages(piece) ? (size_t)sign * piece->ready : 0;

	packer->hot += pages;
	store->hot += pages;
	if (piece->open)
		packer->open += pages;
	if (piece->packed)
		packer->packed += (size_t)sign * piece->packed_len;
}

static bool is_over(const struct store_packer *packer)
{
	return packer->limit && packer->hot - packer->open + packer->packed > packer->limit->bytes;
}

static bool is_pressed(const struct store_packer *packer)
{
	return packer->limit && packer->hot - packer->open > packer->limit->bytes / 2;
}

/* The next round begins after a rest, or at once. */
static void plan_round(struct store_packer *packer)
{
	packer->hurries = packer->asked || is_pressed(packer);
	timer_start(packer->timer, packer->asked     ? 0
				   : packer->hurries ? STORE_PRESSED_MS
						     : STORE_REST_MS);
}

static void look_at_limit(struct store_packer *packer)
{
	if (is_pressed(packer) && timer_is_running(packer->timer) && !packer->hurries)
		plan_round(packer);
	if (is_over(packer))
		packer->limit->on_passed(packer->limit->data);
}

/* What is less than the first step is not worth a round. */
static bool is_large(const struct store *store)
{
	return store->hot > STORE_FIRST;
}

/* ---- its pages ---- */

/* In one call, which costs a tenth of as many faults. Where it fails they come one by one. */
static void fetch_pages(char *from, size_t len)
{
#ifdef MADV_POPULATE_WRITE
	madvise(from, len, MADV_POPULATE_WRITE);
#else
	(void)from;
	(void)len;
#endif
}

/* Nobody needs it: the next round ends with giving its pages to the kernel. */
static void drop_block(struct store *store, struct arena_block *block)
{
	struct store_packer *packer = store->packer;

	arena_give(block);
	if (!packer->in_round && !timer_is_running(packer->timer))
		plan_round(packer);
}

/* Let the piece have a block for @len bytes, no fewer than it has. */
static void fit_block(struct store *store, struct store_piece *piece, size_t len)
{
	struct arena_block old = piece->block;
	bool is_first = len <= STORE_FIRST;

	if (old.bytes && is_first == (piece->ready <= STORE_FIRST))
		return;
	piece->block = arena_take(is_first ? &store->packer->first : &store->packer->whole);
	if (!old.bytes)
		return;
	memcpy(piece->block.bytes, old.bytes, piece->ready);
	drop_block(store, &old);
}

static void wait_for_rest(struct store *store);

static void touch(struct store *store, struct store_piece *piece)
{
	piece->used = true;
	piece->stays = false;
	if (list_is_empty(&store->node) && (is_large(store) || piece->open))
		wait_for_rest(store);
}

static void give_back(struct store_packer *packer)
{
	void (*fn)(void *data) = packer->on_owned;

	if (--packer->borrowed || !fn)
		return;
	packer->on_owned = NULL;
	fn(packer->on_owned_data);
}

static void forget_packed(struct store *store, struct store_piece *piece)
{
	void *packed = TAKE_PTR(piece->packed);

	if (!piece->borrowed) {
		free(packed);
		return;
	}
	piece->borrowed = false;
	give_back(store->packer);
}

static bool is_compressed(const struct store_piece *piece)
{
	return piece->packed_len < piece->ready;
}

/* What another program has left may be damaged: that costs a piece of history, and nothing else. */
static void unpack(const struct store *store, const struct store_piece *piece, char *to)
{
	size_t len = ZSTD_decompressDCtx(
		store->packer->decompressor, to, piece->ready, piece->packed, piece->packed_len);

	if (len == piece->ready)
		return;
	log_error("%" PRIu32 " bytes of what a console has printed are damaged: they are blank now",
		piece->ready);
	memset(to, ' ', piece->ready);
}

static void open_piece(struct store *store, struct store_piece *piece)
{
	char *to;

	fit_block(store, piece, piece->ready);
	to = piece->block.bytes;
	if (!piece->block.warm)
		fetch_pages(to, piece->ready);
	if (is_compressed(piece))
		unpack(store, piece, to);
	else
		memcpy(to, piece->packed, piece->ready);
	count(store, piece, -1);
	piece->open = true;
	count(store, piece, 1);
}

static void close_piece(struct store *store, struct store_piece *piece)
{
	count(store, piece, -1);
	piece->open = false;
	count(store, piece, 1);
	drop_block(store, &piece->block);
}

/* It may be written to. */
static void make_hot(struct store *store, struct store_piece *piece)
{
	if (!piece->open)
		open_piece(store, piece);
	count(store, piece, -1);
	forget_packed(store, piece);
	piece->open = false;
	count(store, piece, 1);
	look_at_limit(store->packer);
	touch(store, piece);
}

/*
 * Let its first @len bytes be pages. The very first ones come when they are written to: many a
 * store is asked what it has room for, and never gets a byte.
 */
static void make_ready(struct store *store, struct store_piece *piece, size_t len)
{
	fit_block(store, piece, len);
	if (store->hot) {
		if (!piece->block.warm)
			fetch_pages(piece->block.bytes + piece->ready, len - piece->ready);
		touch(store, piece);
	}
	count(store, piece, -1);
	piece->ready = (uint32_t)len;
	count(store, piece, 1);
	look_at_limit(store->packer);
}

void store_use(struct store *store, size_t at, size_t len)
{
	for (size_t i = at / STORE_PIECE; len && i <= (at + len - 1) / STORE_PIECE; i++) {
		struct store_piece *piece = &store->pieces[i];

		if (!has_pages(piece) && piece->packed)
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

		if (piece->packed)
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
	return store->pieces[at / STORE_PIECE].block.bytes + at % STORE_PIECE;
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
	drop_block(store, &piece->block);
	forget_packed(store, piece);
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
	forget_packed(store, piece);
	piece->packed = packed;
	return true;
}

bool store_pass(struct store *from, size_t from_at, struct store *to, size_t to_at)
{
	struct store_piece *piece = &from->pieces[from_at / STORE_PIECE];

	if (piece->borrowed && !own(from, piece))
		return false;
	if (!piece->packed || piece->ready < STORE_PIECE || to->size < to_at + STORE_PIECE)
		return false;
	if (piece->open)
		close_piece(from, piece);
	to->pieces[to_at / STORE_PIECE] = *piece;
	*piece = (struct store_piece){ .used = true };
	return true;
}

/* ---- a piece as it is ---- */

size_t store_pieces(const struct store *store)
{
	return round_up(store->size, STORE_PIECE) / STORE_PIECE;
}

struct store_part store_part(const struct store *store, size_t i, size_t end)
{
	const struct store_piece *piece = &store->pieces[i];
	size_t from = i * STORE_PIECE, most = from < end ? round_up(end - from, PAGE_BYTES) : 0;
	uint32_t len = piece->ready < most ? piece->ready : (uint32_t)most;

	return piece->packed ? (struct store_part){ piece->packed, piece->packed_len, piece->ready }
			     : (struct store_part){ piece->block.bytes, len, len };
}

static bool is_part_of(const struct store *store, size_t i, const struct store_part *part)
{
	size_t left = store->size - i * STORE_PIECE;

	if (part->ready > STORE_PIECE || part->ready > left || part->len > part->ready)
		return false;
	return part->len == part->ready ||
	       ZSTD_getFrameContentSize(part->bytes, part->len) == part->ready;
}

static int need_decompressor(struct store_packer *packer)
{
	if (!packer->decompressor)
		packer->decompressor = ZSTD_createDCtx();
	return packer->decompressor ? 0 : -ENOMEM;
}

int store_take_part(struct store *store, size_t i, const struct store_part *part)
{
	struct store_piece *piece = &store->pieces[i];
	struct store_packer *packer = store->packer;

	if (!is_part_of(store, i, part))
		return -EBADMSG;
	if (!part->ready)
		return 0;
	if (part->len < part->ready && need_decompressor(packer) < 0)
		return -ENOMEM;
	*piece = (struct store_piece){ .packed = (void *)(uintptr_t)part->bytes,
		.packed_len = part->len,
		.ready = part->ready,
		.borrowed = true };
	packer->borrowed++;
	if (list_is_empty(&store->borrower))
		list_append(&packer->borrowers, &store->borrower);
	count(store, piece, 1);
	look_at_limit(packer);
	return 0;
}

static struct store_piece *find_borrowed(const struct store *store)
{
	for (size_t i = 0; i < store_pieces(store); i++)
		if (store->pieces[i].borrowed)
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

/* ---- packing ---- */

static void put_packer(struct store_packer *packer);

/* Return: how much it is then; 0: that is not worth it. */
static size_t compress(ZSTD_CCtx *compressor, char *out, const char *from, size_t len)
{
	size_t most = len - len / (STORE_PIECE / STORE_WORTH);
	size_t packed = ZSTD_compress2(compressor, out, most, from, len);

	return ZSTD_isError(packed) ? 0 : packed;
}

/* In a thread. */
static enum work_result compress_copy(struct work *work)
{
	struct store_packer *packer = container_of(work, struct store_packer, work);
	size_t len;

	work_pool_unlock(packer->pool);
	len = compress(packer->compressor, packer->out, packer->copy, packer->copy_len);
	work_pool_lock(packer->pool);
	packer->out_len = len;
	return WORK_TELLS;
}

static void submit(struct store_packer *packer, struct store *store)
{
	packer->store = store;
	packer->copy_len = store->pieces[packer->at].ready;
	memcpy(packer->copy, store->pieces[packer->at].block.bytes, packer->copy_len);
	packer->at_work = true;
	work_pool_lock(packer->pool);
	work_submit(packer->pool, &packer->work);
	work_pool_unlock(packer->pool);
}

/* From now on it is @len bytes at @out. */
static void keep_packed(struct store *store, struct store_piece *piece, const char *out, size_t len)
{
	void *packed = len ? malloc(len) : NULL;

	if (!packed) {
		piece->stays = true;
		return;
	}
	memcpy(packed, out, len);
	count(store, piece, -1);
	piece->packed = packed;
	piece->packed_len = (uint32_t)len;
	count(store, piece, 1);
	drop_block(store, &piece->block);
}

void store_give_back_freed(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

static void end_round(struct store_packer *packer)
{
	packer->in_round = false;
	free(packer->copy);
	free(packer->out);
	ZSTD_freeCCtx(packer->compressor);
	packer->copy = packer->out = NULL;
	packer->compressor = NULL;
	if (packer->asked || !list_is_empty(&packer->waiting))
		plan_round(packer);
	else
		store_give_back_freed(); /* all is quiet */
	arena_trim(&packer->first);
	arena_trim(&packer->whole);
	if (packer->in_asked && packer->fn)
		packer->fn(packer->data);
}

/* The round has been through a store: has it something for another one? */
static void end_turn(struct store_packer *packer, struct store *store)
{
	bool waits = false;

	for (size_t i = 0; i < store_pieces(store); i++) {
		struct store_piece *piece = &store->pieces[i];

		piece->used = false;
		waits |= piece->open || (is_hot(piece) && !piece->stays && is_large(store));
	}
	packer->at = 0;
	list_remove(&store->node);
	if (waits)
		list_append(&packer->waiting, &store->node);
}

static void go_on(struct store_packer *packer)
{
	while (!list_is_empty(&packer->turn)) {
		struct store *store = store_of(packer->turn.next);

		for (; packer->at < store_pieces(store); packer->at++) {
			struct store_piece *piece = &store->pieces[packer->at];

			if (piece->open && !piece->used)
				close_piece(store, piece);
			if (is_hot(piece) && !piece->used && !piece->stays) {
				submit(packer, store);
				return;
			}
		}
		end_turn(packer, store);
	}
	end_round(packer);
}

static void done(struct work *work)
{
	struct store_packer *packer = container_of(work, struct store_packer, work);
	struct store *store = packer->store;
	struct store_piece *piece = store ? &store->pieces[packer->at++] : NULL;

	packer->at_work = false;
	packer->store = NULL;
	if (piece && !piece->used && is_hot(piece))
		keep_packed(store, piece, packer->out, packer->out_len);
	if (packer->refs)
		go_on(packer);
	else
		put_packer(packer);
}

/* With a checksum, so that what is damaged does not come back as text that nobody has printed. */
static ZSTD_CCtx *new_compressor(void)
{
	ZSTD_CCtx *compressor = ZSTD_createCCtx();

	if (!compressor)
		return NULL;
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, STORE_PACK_LEVEL);
	ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1);
	return compressor;
}

static int begin_round(struct store_packer *packer)
{
	packer->copy = malloc(STORE_PIECE);
	packer->out = malloc(STORE_PIECE);
	packer->compressor = new_compressor();
	if (need_decompressor(packer) < 0)
		return -ENOMEM;
	return packer->copy && packer->out && packer->compressor ? 0 : -ENOMEM;
}

static void let_rest(struct store *store)
{
	for (size_t i = 0; i < store_pieces(store); i++)
		store->pieces[i].used = false;
}

static void on_timer(void *data)
{
	struct store_packer *packer = data;

	packer->in_round = true;
	packer->in_asked = packer->asked;
	packer->asked = false;
	packer->at = 0;
	if (begin_round(packer) < 0) {
		end_round(packer);
		return;
	}
	while (!list_is_empty(&packer->waiting)) {
		struct store *store = store_of(packer->waiting.next);

		list_remove(&store->node);
		list_append(&packer->turn, &store->node);
		if (packer->in_asked)
			let_rest(store);
	}
	go_on(packer);
}

static void wait_for_rest(struct store *store)
{
	struct store_packer *packer = store->packer;

	list_append(&packer->waiting, &store->node);
	if (!packer->in_round && !timer_is_running(packer->timer))
		plan_round(packer);
}

/* ---- life ---- */

static void free_packer(struct store_packer *packer)
{
	task_cancel(&packer->own_task);
	work_pool_put(packer->pool);
	timer_free(packer->timer);
	free(packer->copy);
	free(packer->out);
	ZSTD_freeCCtx(packer->compressor);
	ZSTD_freeDCtx(packer->decompressor);
	arena_done(&packer->first);
	arena_done(&packer->whole);
	free(packer);
}

/* With its last store, or what was at work for it. */
static void put_packer(struct store_packer *packer)
{
	if (packer->refs || packer->at_work)
		return;
	*loop_slot(packer->loop, LOOP_SLOT_PACKER) = NULL;
	free_packer(packer);
}

static struct store_packer *new_packer(struct loop *loop)
{
	struct store_packer *packer = calloc(1, sizeof(*packer));

	if (!packer)
		return NULL;
	packer->loop = loop;
	packer->limit = *loop_slot(loop, LOOP_SLOT_STORE_LIMIT);
	packer->work.run = compress_copy;
	packer->work.done = done;
	list_init(&packer->work.node);
	list_init(&packer->waiting);
	list_init(&packer->turn);
	list_init(&packer->borrowers);
	arena_init(&packer->first, STORE_FIRST, false);
	arena_init(&packer->whole, STORE_PIECE, true);
	packer->timer = timer_new(loop, on_timer, packer);
	if (packer->timer && work_pool_get(loop, &packer->pool) == 0)
		return packer;
	free_packer(packer);
	return NULL;
}

static struct store_packer *get_packer(struct loop *loop)
{
	struct store_packer *packer = *loop_slot(loop, LOOP_SLOT_PACKER);

	if (!packer)
		packer = new_packer(loop);
	*loop_slot(loop, LOOP_SLOT_PACKER) = packer;
	return packer;
}

/* So many pieces may be in pages at a time, whatever they are in before. */
static int promise_blocks(struct store_packer *packer, size_t pieces)
{
	int r = arena_promise(&packer->first, pieces);

	if (r < 0)
		return r;
	r = arena_promise(&packer->whole, pieces);
	if (r < 0)
		arena_release(&packer->first, pieces);
	return r;
}

static struct store_packer *join_packer(struct loop *loop, size_t pieces)
{
	struct store_packer *packer = get_packer(loop);

	if (!packer)
		return NULL;
	packer->refs++;
	if (promise_blocks(packer, pieces) == 0)
		return packer;
	packer->refs--;
	put_packer(packer);
	return NULL;
}

struct store *store_new(struct loop *loop, size_t size)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	list_init(&store->node);
	list_init(&store->borrower);
	store->size = round_up(size, PAGE_BYTES);
	store->pieces = calloc(store_pieces(store), sizeof(*store->pieces));
	if (store->pieces)
		store->packer = join_packer(loop, store_pieces(store));
	if (store->packer)
		return store;
	store_free(store);
	return NULL;
}

static void leave_packer(struct store *store)
{
	struct store_packer *packer = store->packer;
	size_t n = store_pieces(store);

	for (size_t i = 0; i < n; i++) {
		count(store, &store->pieces[i], -1);
		drop_block(store, &store->pieces[i].block);
		forget_packed(store, &store->pieces[i]);
	}
	arena_release(&packer->first, n);
	arena_release(&packer->whole, n);
	if (packer->turn.next == &store->node)
		packer->at = 0;
	if (packer->store == store)
		packer->store = NULL;
	list_remove(&store->node);
	list_remove(&store->borrower);
	packer->refs--;
	put_packer(packer);
}

void store_free(struct store *store)
{
	if (!store)
		return;
	if (store->packer)
		leave_packer(store);
	free(store->pieces);
	free(store);
}

bool store_pack_now(struct loop *loop, void (*fn)(void *data), void *data)
{
	struct store_packer *packer = *loop_slot(loop, LOOP_SLOT_PACKER);

	if (!packer)
		return false;
	packer->fn = fn;
	packer->data = data;
	packer->asked = fn && packer->hot;
	if (packer->asked && !packer->in_round)
		plan_round(packer);
	return packer->asked;
}

void store_set_limit(struct loop *loop, const struct store_limit *limit)
{
	struct store_packer *packer = *loop_slot(loop, LOOP_SLOT_PACKER);
	void **slot = loop_slot(loop, LOOP_SLOT_STORE_LIMIT);

	*slot = (void *)(uintptr_t)limit;
	if (packer)
		packer->limit = limit;
}

void store_usage(struct loop *loop, size_t *ret_hot, size_t *ret_packed)
{
	const struct store_packer *packer = *loop_slot(loop, LOOP_SLOT_PACKER);

	*ret_hot = packer ? packer->hot : 0;
	*ret_packed = packer ? packer->packed : 0;
}

bool store_is_over(struct loop *loop)
{
	const struct store_packer *packer = *loop_slot(loop, LOOP_SLOT_PACKER);

	return packer && is_over(packer);
}
