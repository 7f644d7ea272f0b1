/* SPDX-License-Identifier: MIT */
#ifndef VIRTIO_INFLIGHT_H
#define VIRTIO_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The part of a buffer, shared with the frontend, in which a queue notes the chain that it works
 * on, so that it survives the process [vhost-user, "Inflight I/O tracking"].
 *
 * Chains of ours are used in order and one at a time, so what a successor must know is one
 * position. For a split ring the used index, which is in guest memory, says it already; a packed
 * ring keeps no index in memory, and the position is taken from here. (A backend of another make
 * can go on with a split ring; for a packed one it would want copies of the descriptors.)
 */

/** inflight_size() - bytes for one queue of @num descriptors; a multiple of 64 */
size_t inflight_size(bool packed, unsigned num);

/** inflight_init() - fill the zeroed part of a queue */
void inflight_init(void *part, bool packed, unsigned num);

/** inflight_fits() - is this the part of a queue with at least @num descriptors */
bool inflight_fits(const void *part, bool packed, unsigned num);

/** inflight_split_begin() - the chain with head @id (below the part's size) is being worked on */
void inflight_split_begin(void *part, uint16_t id, uint64_t counter);

/** inflight_split_ending() - it is about to be used: the last of its batch */
void inflight_split_ending(void *part, uint16_t id);

/** inflight_split_end() - it has been used, the used index is @used_idx now */
void inflight_split_end(void *part, uint16_t id, uint16_t used_idx);

/** inflight_packed_ending() - a chain is about to be used; the next position will be @position */
void inflight_packed_ending(void *part, uint16_t position, bool wrap);

/** inflight_packed_end() - it has been used */
void inflight_packed_end(void *part);

/** struct inflight_position - a place in a packed ring and its wrap counter */
struct inflight_position {
	uint16_t index;
	bool wrap;
};

/**
 * inflight_packed_position() - where a predecessor stood
 *
 * Where it stopped between ending and end, @ret_new is behind the chain that @ret_old is at, and
 * the ring says whether that chain was used. Otherwise both are the same.
 */
void inflight_packed_position(
	const void *part, struct inflight_position *ret_old, struct inflight_position *ret_new);

#endif
