/* SPDX-License-Identifier: MIT */
/*
 * A chunk is address space of its own, aligned as large pages are. Of the chunk that was used last
 * the lowest block is taken, so that blocks that are taken one after the other lie side by side
 * mostly; but for those that are warm.
 */
/* syscalls: madvise mmap munmap */
#include "io/arena.h"

#include "base/poison.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	BLOCKS_MAX = 128,
	WORD_BITS = 64,
	SPARE_MAX = 32, /* chunks that nobody has been promised a block of */
};

/**
 * struct arena_chunk - bits of its blocks
 * @number: its place in @chunks
 * @free: nobody has it
 * @warm: nobody has it, and it has pages
 */
struct arena_chunk {
	struct arena *arena;
	struct list node;
	size_t number;
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

/* Address space for @n chunks, where one may begin. Return: NULL: there is none. */
static char *map_aligned(size_t n)
{
	size_t len = n * ARENA_CHUNK;
	char *bytes = mmap(NULL, len + ARENA_CHUNK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before = ARENA_CHUNK - (uintptr_t)bytes % ARENA_CHUNK;

	if (bytes == MAP_FAILED)
		return NULL;
	munmap(bytes, before);
	if (before < ARENA_CHUNK)
		munmap(bytes + before + len, ARENA_CHUNK - before);
	return bytes + before;
}

/* Let there be a place for one more chunk at @next. */
static int make_place(struct arena *arena)
{
	size_t n = arena->n_chunks ? 2 * arena->n_chunks : 1;
	struct arena_chunk **chunks;

	while (arena->next < arena->n_chunks && arena->chunks[arena->next])
		arena->next++;
	if (arena->next < arena->n_chunks)
		return 0;
	chunks = realloc(arena->chunks, n * sizeof(struct arena_chunk *));
	if (!chunks)
		return -ENOMEM;
	memset(chunks + arena->n_chunks, 0, (n - arena->n_chunks) * sizeof(struct arena_chunk *));
	arena->chunks = chunks;
	arena->n_chunks = n;
	return 0;
}

/* @bytes: its address space, which is the chunk's on success */
static int add_chunk(struct arena *arena, char *bytes)
{
	struct arena_chunk *chunk;

	if (make_place(arena) < 0)
		return -ENOMEM;
	chunk = calloc(1, sizeof(*chunk));
	if (!chunk)
		return -ENOMEM;
	chunk->bytes = bytes;
	chunk->arena = arena;
	chunk->number = arena->next++;
	arena->chunks[chunk->number] = chunk;
	chunk->n_free = blocks_a_chunk(arena);
	for (size_t i = 0; i < chunk->n_free; i++)
		set(chunk->free, i, true);
	list_append(&arena->roomy, &chunk->node);
	arena->blocks += chunk->n_free;
	return 0;
}

/* Side by side. After a failure some of them may be there. */
static int add_chunks(struct arena *arena, size_t n)
{
	char *bytes = map_aligned(n);
	size_t added = 0;

	if (!bytes)
		return -ENOMEM;
	while (added < n && add_chunk(arena, bytes + added * ARENA_CHUNK) == 0)
		added++;
	if (added == n)
		return 0;
	munmap(bytes + added * ARENA_CHUNK, (n - added) * ARENA_CHUNK);
	return -ENOMEM;
}

static void free_chunk(struct arena_chunk *chunk)
{
	struct arena *arena = chunk->arena;

	arena->blocks -= blocks_a_chunk(arena);
	arena->chunks[chunk->number] = NULL;
	if (chunk->number < arena->next)
		arena->next = chunk->number;
	list_remove(&chunk->node);
	unpoison(chunk->bytes, ARENA_CHUNK);
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

/*
 * Let there be @n blocks more than now. Who comes one after the other, as the hubs of a
 * configuration do, finds what was mapped for one of them.
 */
static int add_blocks(struct arena *arena, size_t n)
{
	size_t a_chunk = blocks_a_chunk(arena), chunks = (n + a_chunk - 1) / a_chunk;
	size_t more = arena->blocks / a_chunk / 4;

	if (more > SPARE_MAX)
		more = SPARE_MAX;
	if (more > chunks && add_chunks(arena, more) == 0)
		return 0;
	return add_chunks(arena, chunks);
}

int arena_promise(struct arena *arena, size_t n)
{
	size_t wanted = arena->promised + n;
	int r = wanted > arena->blocks ? add_blocks(arena, wanted - arena->blocks) : 0;

	if (r == 0)
		arena->promised = wanted;
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

uint32_t arena_take(struct arena *arena)
{
	bool warm = arena_is_warm(arena);
	struct arena_chunk *chunk = chunk_of(warm ? arena->warm.next : arena->roomy.next);
	size_t i = first_of(warm ? chunk->warm : chunk->free);

	assert(arena->taken < arena->promised);
	if (!chunk->is_touched)
		ask_for_pages(chunk);
	set(chunk->free, i, false);
	set(chunk->warm, i, false);
	chunk->n_free--;
	arena->n_warm -= warm;
	arena->taken++;
	put_in_list(chunk);
	unpoison(chunk->bytes + i * arena->block_len, arena->block_len);
	return (uint32_t)(chunk->number * blocks_a_chunk(arena) + i + 1);
}

char *arena_bytes(const struct arena *arena, uint32_t block)
{
	size_t n = blocks_a_chunk(arena), i = block - 1;

	return arena->chunks[i / n]->bytes + i % n * arena->block_len;
}

void arena_give(struct arena *arena, uint32_t block)
{
	size_t n = blocks_a_chunk(arena), i = (block - 1) % n;
	struct arena_chunk *chunk = arena->chunks[(block - 1) / n];

	assert(!is_set(chunk->free, i));
	set(chunk->free, i, true);
	set(chunk->warm, i, true);
	chunk->n_free++;
	arena->n_warm++;
	arena->taken--;
	put_in_list(chunk);
	poison(chunk->bytes + i * arena->block_len, arena->block_len);
}

static void cool(struct arena_chunk *chunk)
{
	size_t len = chunk->arena->block_len, i;

	while ((i = first_of(chunk->warm)) < BLOCKS_MAX) {
		size_t end = i;

		for (; end < BLOCKS_MAX && is_set(chunk->warm, end); end++)
			set(chunk->warm, end, false);
		chunk->arena->n_warm -= end - i;
		madvise(chunk->bytes + i * len, (end - i) * len, MADV_DONTNEED);
	}
	put_in_list(chunk);
}

void arena_trim(struct arena *arena, size_t keep)
{
	while (arena->n_warm && arena->taken + arena->n_warm > keep)
		cool(chunk_of(arena->warm.next));
	drop_chunks(arena);
}

void arena_done(struct arena *arena)
{
	assert(!arena->taken && !arena->promised);
	arena_trim(arena, 0);
	free(arena->chunks);
}
