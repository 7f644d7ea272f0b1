/* SPDX-License-Identifier: MIT */
/*
 * Viewers of one console mostly get the same rectangles at the same time. A slot has one rectangle;
 * another one that falls there replaces it. When the limit is reached, all go: a picture is of no
 * use any more once the next one is there.
 */
#include "vnc/encode-cache.h"

#include <stdlib.h>
#include <string.h>

struct encode_cached {
	struct encode_key key;
	struct encode_rect rect;
	uint8_t bytes[];
};

static unsigned slot_of(const struct encode_key *key)
{
	uint64_t hash = key->picture;

	for (unsigned i = 0; i < 4; i++)
		hash = (hash ^ key->place[i]) * 0x9e3779b97f4a7c15u;
	hash ^= (uint64_t)(uint32_t)key->encoding->number << 8 ^ key->format.bytes;
	return (unsigned)(hash * 0x9e3779b97f4a7c15u >> 48) % ENCODE_CACHE_SLOTS;
}

static bool is_same(const struct encode_key *a, const struct encode_key *b)
{
	return a->picture == b->picture && !memcmp(a->place, b->place, sizeof(a->place)) &&
	       a->encoding == b->encoding && a->level == b->level &&
	       pixel_format_equal(&a->format, &b->format);
}

bool encode_cache_find(const struct encode_cache *cache, const struct encode_key *key,
	struct encode_rect *ret_rect)
{
	const struct encode_cached *cached = cache->slots[slot_of(key)];

	if (!cached || !is_same(&cached->key, key))
		return false;
	*ret_rect = cached->rect;
	return true;
}

static size_t size_of(const struct encode_rect *rect)
{
	return sizeof(struct encode_cached) + rect->head + rect->body;
}

static void drop(struct encode_cache *cache, unsigned slot)
{
	struct encode_cached *cached = cache->slots[slot];

	if (!cached)
		return;
	cache->bytes -= size_of(&cached->rect);
	free(cached);
	cache->slots[slot] = NULL;
}

void encode_cache_add(
	struct encode_cache *cache, const struct encode_key *key, const struct encode_rect *rect)
{
	size_t size = size_of(rect);
	unsigned slot = slot_of(key);
	struct encode_cached *cached;

	if (size > ENCODE_CACHE_BYTES / 8)
		return;
	if (cache->bytes + size > ENCODE_CACHE_BYTES)
		encode_cache_clear(cache);
	drop(cache, slot);
	cached = malloc(size);
	if (!cached)
		return;
	cached->key = *key;
	cached->rect = *rect;
	cached->rect.bytes = cached->bytes;
	memcpy(cached->bytes, rect->bytes, rect->head + rect->body);
	cache->slots[slot] = cached;
	cache->bytes += size;
}

void encode_cache_clear(struct encode_cache *cache)
{
	for (unsigned i = 0; i < ENCODE_CACHE_SLOTS; i++)
		drop(cache, i);
}
