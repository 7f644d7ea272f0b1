/* SPDX-License-Identifier: MIT */
#ifndef VNC_ENCODE_CACHE_H
#define VNC_ENCODE_CACHE_H

#include "vnc/encode.h"

#include <stddef.h>
#include <stdint.h>

/**
 * struct encode_key - what an encoded rectangle is of
 * @picture: name that the display gave the picture; never 0
 * @place:   column, row, columns, rows
 */
struct encode_key {
	uint64_t picture;
	uint16_t place[4];
	const struct encoding *encoding;
	struct pixel_format format;
};

/** struct encode_cached - a rectangle's bytes as in struct encoded */
struct encode_cached {
	struct encode_key key;
	size_t head, body;
	uint8_t bytes[];
};

#define ENCODE_CACHE_SLOTS 256u
#define ENCODE_CACHE_BYTES (256u << 10)

/**
 * struct encode_cache - rectangles that were encoded a moment ago, for the next viewer that sees
 * the same; all zero is an empty one
 */
struct encode_cache {
	struct encode_cached *slots[ENCODE_CACHE_SLOTS];
	size_t bytes;
};

/** encode_cache_find() - NULL: not there; borrowed until the next call */
const struct encode_cached *encode_cache_find(
	const struct encode_cache *cache, const struct encode_key *key);

/** encode_cache_add() - keep a copy, or not */
void encode_cache_add(
	struct encode_cache *cache, const struct encode_key *key, const struct encoded *encoded);

/** encode_cache_clear() */
void encode_cache_clear(struct encode_cache *cache);

#endif
