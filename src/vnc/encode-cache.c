/* SPDX-License-Identifier: MIT */
/*
 * Viewers of one console mostly get the same rectangles at the same time. A slot has one rectangle;
 * another one that falls there replaces it. When the limit is reached, all go: a picture is of no
 * use any more once the next one is there.
 */
#include "vnc/encode-cache.h"

#include <stdlib.h>
#include <string.h>

static unsigned slot_of(const struct encode_key *key)
{
	uint64_t hash = key->picture;

	for (unsigned i = 0; i < 4; i++)
		hash = (hash ^ key->place[i]) * 0x9e3779b97f4a7c15u;
	hash ^= (uint64_t)(uint32_t)key->encoding->number << 8 ^ key->format.bytes;
	return (unsigned)(hash * 0x9e3779b97f4a7c15u >> 56) % ENCODE_CACHE_SLOTS;
}

static bool is_same(const struct encode_key *a, const struct encode_key *b)
{
	return a->picture == b->picture && !memcmp(a->place, b->place, sizeof(a->place)) &&
	       a->encoding == b->encoding && pixel_format_equal(&a->format, &b->format);
}

const struct encode_cached *encode_cache_find(
	const struct encode_cache *cache, const struct encode_key *key)
{
	const struct encode_cached *cached = cache->slots[slot_of(key)];

	return cached && is_same(&cached->key, key) ? cached : NULL;
}

static void drop(struct encode_cache *cache, unsigned slot)
{
	struct encode_cached *cached = cache->slots[slot];

	if (!cached)
		return;
	cache->bytes -= sizeof(*cached) + cached->head + cached->body;
	free(cached);
	cache->slots[slot] = NULL;
}

void encode_cache_add(
	struct encode_cache *cache, const struct encode_key *key, const struct encoded *encoded)
{
	size_t len = encoded->head + encoded->body;
	unsigned slot = slot_of(key);
	struct encode_cached *cached;

	if (len > ENCODE_CACHE_BYTES / 4)
		return;
	if (cache->bytes + sizeof(*cached) + len > ENCODE_CACHE_BYTES)
		encode_cache_clear(cache);
	drop(cache, slot);
	cached = malloc(sizeof(*cached) + len);
	if (!cached)
		return;
	cached->key = *key;
	cached->head = encoded->head;
	cached->body = encoded->body;
	memcpy(cached->bytes, encoded->bytes, len);
	cache->slots[slot] = cached;
	cache->bytes += sizeof(*cached) + len;
}

void encode_cache_clear(struct encode_cache *cache)
{
	for (unsigned i = 0; i < ENCODE_CACHE_SLOTS; i++)
		drop(cache, i);
}
