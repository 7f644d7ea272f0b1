/* SPDX-License-Identifier: MIT */
/*
 * The packer is the loop's, one for all its stores. It goes through those that have something to
 * be packed once in STORE_REST_MS: what was used since it was here last is marked as not used, what
 * was not is packed. There is one piece at work at a time:
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
 */
#include "io/store-impl.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static struct store *store_of(struct list *node)
{
	return container_of(node, struct store, node);
}

/* ---- the limit ---- */

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

void packer_plan(struct store_packer *packer)
{
	if (!packer->in_round && !timer_is_running(packer->timer))
		plan_round(packer);
}

void packer_look_at_limit(struct store_packer *packer)
{
	if (is_pressed(packer) && timer_is_running(packer->timer) && !packer->hurries)
		plan_round(packer);
	if (is_over(packer))
		packer->limit->on_passed(packer->limit->data);
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

/* ---- a piece at work ---- */

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
	len = compress(packer->compressor, packer->out, packer->from, packer->from_len);
	work_pool_lock(packer->pool);
	packer->out_len = len;
	return WORK_TELLS;
}

static void submit(struct store_packer *packer, struct store *store)
{
	const struct store_piece *piece = &store->pieces[packer->at];

	packer->store = store;
	packer->from_len = piece->ready;
	store_copy_piece(store, piece, packer->from);
	packer->at_work = true;
	work_pool_lock(packer->pool);
	work_submit(packer->pool, &packer->work);
	work_pool_unlock(packer->pool);
}

/* From now on it is @len bytes at @out. */
static void keep(struct store *store, struct store_piece *piece, const char *out, size_t len)
{
	void *packed = len ? malloc(len) : NULL;

	if (!packed) {
		piece->stays = true;
		return;
	}
	memcpy(packed, out, len);
	store_keep_packed(store, piece, packed, (uint32_t)len);
}

/* ---- a round ---- */

void store_give_back_freed(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

/* Blocks that were packed are needed again while there is printing; then all is the kernel's. */
static void give_back_pages(struct store_packer *packer, bool is_quiet)
{
	packer->at_hand = is_quiet ? STORE_AT_HAND : (packer->at_hand + STORE_AT_HAND) / 2;
	arena_trim(&packer->first, is_quiet ? 0 : STORE_AT_HAND);
	arena_trim(&packer->whole, is_quiet ? 0 : packer->at_hand);
	park_trim(&packer->park);
	if (is_quiet)
		store_give_back_freed();
}

static void end_round(struct store_packer *packer)
{
	bool is_quiet = !packer->asked && list_is_empty(&packer->waiting);

	packer->in_round = false;
	free(packer->from);
	free(packer->out);
	ZSTD_freeCCtx(packer->compressor);
	packer->from = packer->out = NULL;
	packer->compressor = NULL;
	give_back_pages(packer, is_quiet);
	if (!is_quiet)
		plan_round(packer);
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
		waits |= store_is_open(piece) ||
			 (store_is_plain(piece) && !piece->stays && store_is_large(store));
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

			if (piece->used)
				continue;
			if (store_is_open(piece))
				store_close_piece(store, piece);
			if (store_is_plain(piece) && !piece->stays) {
				submit(packer, store);
				return;
			}
		}
		end_turn(packer, store);
	}
	end_round(packer);
}

static void put_packer(struct store_packer *packer);

static void done(struct work *work)
{
	struct store_packer *packer = container_of(work, struct store_packer, work);
	struct store *store = packer->store;
	struct store_piece *piece = store ? &store->pieces[packer->at++] : NULL;

	packer->at_work = false;
	packer->store = NULL;
	if (piece && !piece->used && store_is_plain(piece))
		keep(store, piece, packer->out, packer->out_len);
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

int packer_need_decompressor(struct store_packer *packer)
{
	if (!packer->decompressor)
		packer->decompressor = ZSTD_createDCtx();
	return packer->decompressor ? 0 : -ENOMEM;
}

static int begin_round(struct store_packer *packer)
{
	packer->from = malloc(STORE_PIECE);
	packer->out = malloc(STORE_PIECE);
	packer->compressor = new_compressor();
	if (packer_need_decompressor(packer) < 0)
		return -ENOMEM;
	return packer->from && packer->out && packer->compressor ? 0 : -ENOMEM;
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

void packer_wait(struct store *store)
{
	list_append(&store->packer->waiting, &store->node);
	packer_plan(store->packer);
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

/* ---- packed from the beginning ---- */

/* What does not get smaller is kept as it is. */
static int put_packed(
	struct store *store, struct store_piece *piece, const char *bytes, size_t ready, size_t len)
{
	void *packed = malloc(len);

	if (!packed)
		return -ENOMEM;
	memcpy(packed, bytes, len);
	store_put_packed(store, piece, packed, len, ready);
	return 0;
}

static int pack_all(struct store *store, ZSTD_CCtx *compressor, const char *bytes, size_t len)
{
	char *out = malloc(STORE_PIECE);
	int r = out ? packer_need_decompressor(store->packer) : -ENOMEM;

	for (size_t i = 0, at = 0; r == 0 && at < len; i++, at += STORE_PIECE) {
		size_t ready = len - at < STORE_PIECE ? len - at : STORE_PIECE;
		size_t packed = compress(compressor, out, bytes + at, ready);

		r = put_packed(store, &store->pieces[i], packed ? out : bytes + at, ready,
			packed ? packed : ready);
	}
	free(out);
	return r;
}

static bool has_room(const struct store_packer *packer, size_t len)
{
	return !packer->limit ||
	       packer->hot - packer->open + packer->packed + len <= packer->limit->bytes;
}

struct store *store_new_packed(struct loop *loop, const void *bytes, size_t len)
{
	struct store *store = store_new(loop, len);
	ZSTD_CCtx *compressor = store && has_room(store->packer, len) ? new_compressor() : NULL;
	int r = compressor ? pack_all(store, compressor, bytes, len) : -ENOMEM;

	ZSTD_freeCCtx(compressor);
	if (r == 0)
		return store;
	store_free(store);
	return NULL;
}

/* ---- life ---- */

static void free_packer(struct store_packer *packer)
{
	task_cancel(&packer->own_task);
	work_pool_put(packer->pool);
	timer_free(packer->timer);
	free(packer->from);
	free(packer->out);
	ZSTD_freeCCtx(packer->compressor);
	ZSTD_freeDCtx(packer->decompressor);
	arena_done(&packer->first);
	arena_done(&packer->whole);
	park_done(&packer->park);
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
	packer->at_hand = STORE_AT_HAND;
	list_init(&packer->work.node);
	list_init(&packer->waiting);
	list_init(&packer->turn);
	list_init(&packer->borrowers);
	list_init(&packer->several);
	list_init(&packer->single);
	arena_init(&packer->first, STORE_FIRST, false);
	arena_init(&packer->whole, STORE_PIECE, true);
	park_init(&packer->park, STORE_PIECE);
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

struct store_packer *packer_join(struct loop *loop, size_t pieces)
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

void packer_leave(struct store *store)
{
	struct store_packer *packer = store->packer;

	arena_release(&packer->first, store_pieces(store));
	arena_release(&packer->whole, store_pieces(store));
	if (packer->turn.next == &store->node)
		packer->at = 0;
	if (packer->store == store)
		packer->store = NULL;
	list_remove(&store->node);
	list_remove(&store->recent);
	list_remove(&store->borrower);
	packer->refs--;
	put_packer(packer);
}
