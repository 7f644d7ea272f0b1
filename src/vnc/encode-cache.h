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
 * @level:   of compression
 */
struct encode_key {
	uint64_t picture;
	uint16_t place[4];
	const struct encoding *encoding;
	struct pixel_format format;
	int level;
};

/**
 * struct encode_rect - a rectangle's bytes, ready for any viewer of its kind
 * @bytes: @head and then @body
 * @is_deflated: @body is, and goes into the viewer's zlib stream with its length in front
 */
struct encode_rect {
	const uint8_t *bytes;
	size_t head, body;
	bool is_deflated;
};

struct encode_cached;

/* Some whole pictures of the largest usual size. */
#define ENCODE_CACHE_SLOTS 1024u
#define ENCODE_CACHE_BYTES (1u << 20)

/**
 * struct encode_cache - rectangles that were encoded a moment ago, for the next viewer that sees
 * the same; all zero is an empty one
 */
struct encode_cache {
	struct encode_cached *slots[ENCODE_CACHE_SLOTS];
	size_t bytes;
};

/** encode_cache_find() - Return: whether it is there; its bytes are borrowed until the next call */
bool encode_cache_find(const struct encode_cache *cache, const struct encode_key *key,
	struct encode_rect *ret_rect);

/** encode_cache_add() - keep a copy, or not */
void encode_cache_add(
	struct encode_cache *cache, const struct encode_key *key, const struct encode_rect *rect);

/** encode_cache_clear() */
void encode_cache_clear(struct encode_cache *cache);

#endif
