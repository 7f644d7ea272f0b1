/* SPDX-License-Identifier: MIT */
/*
 * A chunk is address space of its own, aligned as large pages are. Of the chunk that was used last
 * the lowest block is taken, so that blocks that are taken one after the other lie side by side
 * mostly; but for those that are warm.
 */
/* syscalls: madvise mmap munmap */
#include "io/arena.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { BLOCKS_MAX = 128, WORD_BITS = 64 };

/**
 * struct arena_chunk - bits of its blocks
 * @free: nobody has it
 * @warm: nobody has it, and it has pages
 */
struct arena_chunk {
	struct arena *arena;
	struct list node;
	char *bytes;
	size_t n_free;
	bool is_touched;
	uint64_t free[BLOCKS_MAX / WORD_BITS], warm[BLOCKS_MAX / WORD_BITS];
};

static size_t blocks_a_chunk(const struct arena *arena)
{
	return ARENA_CHUNK / arena->block_len;
}

static struct arena_chunk *chunk_of(struct list *node)
{
	return container_of(node, struct arena_chunk, node);
}

static bool is_set(const uint64_t *bits, size_t i)
{
	return bits[i / WORD_BITS] >> i % WORD_BITS & 1;
}

static void set(uint64_t *bits, size_t i, bool on)
{
	uint64_t bit = UINT64_C(1) << i % WORD_BITS;

	bits[i / WORD_BITS] = on ? bits[i / WORD_BITS] | bit : bits[i / WORD_BITS] & ~bit;
}

/* Return: the first that is set; BLOCKS_MAX: none. */
static size_t first_of(const uint64_t *bits)
{
	for (size_t i = 0; i < BLOCKS_MAX / WORD_BITS; i++)
		if (bits[i])
			return i * WORD_BITS + (size_t)__builtin_ctzll(bits[i]);
	return BLOCKS_MAX;
}

void arena_init(struct arena *arena, size_t block_len, bool large)
{
	assert(ARENA_CHUNK / block_len <= BLOCKS_MAX);
	*arena = (struct arena){ .block_len = block_len, .large = large };
	list_init(&arena->warm);
	list_init(&arena->roomy);
	list_init(&arena->full);
}

/* ---- chunks ---- */

/* Address space for a chunk, where one may begin. Return: NULL: there is none. */
static char *map_aligned(void)
{
	char *bytes = mmap(NULL, 2 * ARENA_CHUNK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before = ARENA_CHUNK - (uintptr_t)bytes % ARENA_CHUNK;

	if (bytes == MAP_FAILED)
		return NULL;
	munmap(bytes, before);
	if (before < ARENA_CHUNK)
		munmap(bytes + before + ARENA_CHUNK, ARENA_CHUNK - before);
	return bytes + before;
}

static int add_chunk(struct arena *arena)
{
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return -ENOMEM;
	chunk->bytes = map_aligned();
	if (!chunk->bytes) {
		free(chunk);
		return -ENOMEM;
	}
	chunk->arena = arena;
	chunk->n_free = blocks_a_chunk(arena);
	for (size_t i = 0; i < chunk->n_free; i++)
		set(chunk->free, i, true);
	list_append(&arena->roomy, &chunk->node);
	arena->blocks += chunk->n_free;
	return 0;
}

static void free_chunk(struct arena_chunk *chunk)
{
	chunk->arena->blocks -= blocks_a_chunk(chunk->arena);
	list_remove(&chunk->node);
	munmap(chunk->bytes, ARENA_CHUNK);
	free(chunk);
}

/* Chunks that nobody has a block of, and nobody was promised one of. */
static void drop_chunks(struct arena *arena)
{
	list_for_each_safe (chunk, &arena->roomy, struct arena_chunk, node) {
		if (arena->blocks - blocks_a_chunk(arena) < arena->promised)
			return;
		if (chunk->n_free == blocks_a_chunk(arena))
			free_chunk(chunk);
	}
}

int arena_promise(struct arena *arena, size_t n)
{
	int r = 0;

	while (arena->blocks < arena->promised + n && r == 0)
		r = add_chunk(arena);
	if (r == 0)
		arena->promised += n;
	else
		drop_chunks(arena);
	return r;
}

void arena_release(struct arena *arena, size_t n)
{
	arena->promised -= n;
}

/* ---- blocks ---- */

static void ask_for_pages(struct arena_chunk *chunk)
{
	const struct arena *arena = chunk->arena;
	bool large = arena->large && arena->taken >= blocks_a_chunk(arena);

	madvise(chunk->bytes, ARENA_CHUNK, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	chunk->is_touched = true;
}

/* Where it belongs, in front of the others. */
static void put_in_list(struct arena_chunk *chunk)
{
	struct arena *arena = chunk->arena;
	struct list *list = first_of(chunk->warm) < BLOCKS_MAX ? &arena->warm
			    : chunk->n_free		       ? &arena->roomy
							       : &arena->full;

	list_remove(&chunk->node);
	list_add_before(list->next, &chunk->node);
}

struct arena_block arena_take(struct arena *arena)
{
	bool warm = !list_is_empty(&arena->warm);
	struct arena_chunk *chunk = chunk_of(warm ? arena->warm.next : arena->roomy.next);
	size_t i = first_of(warm ? chunk->warm : chunk->free);

	assert(arena->taken < arena->promised);
	if (!chunk->is_touched)
		ask_for_pages(chunk);
	set(chunk->free, i, false);
	set(chunk->warm, i, false);
	chunk->n_free--;
	arena->taken++;
	put_in_list(chunk);
	return (struct arena_block){ chunk->bytes + i * arena->block_len, chunk, warm };
}

void arena_give(struct arena_block *block)
{
	struct arena_chunk *chunk = block->chunk;
	size_t i;

	if (!block->bytes)
		return;
	i = (size_t)(block->bytes - chunk->bytes) / chunk->arena->block_len;
	assert(!is_set(chunk->free, i));
	set(chunk->free, i, true);
	set(chunk->warm, i, true);
	chunk->n_free++;
	chunk->arena->taken--;
	put_in_list(chunk);
	*block = (struct arena_block){ 0 };
}

static void cool(struct arena_chunk *chunk)
{
	size_t len = chunk->arena->block_len, i;

	while ((i = first_of(chunk->warm)) < BLOCKS_MAX) {
		size_t end = i;

		for (; end < BLOCKS_MAX && is_set(chunk->warm, end); end++)
			set(chunk->warm, end, false);
		madvise(chunk->bytes + i * len, (end - i) * len, MADV_DONTNEED);
	}
	put_in_list(chunk);
}

void arena_trim(struct arena *arena)
{
	while (!list_is_empty(&arena->warm))
		cool(chunk_of(arena->warm.next));
	drop_chunks(arena);
}

void arena_done(struct arena *arena)
{
	assert(!arena->taken && !arena->promised);
	arena_trim(arena);
}
