/* SPDX-License-Identifier: MIT */
#ifndef RECORD_LEFT_TAKES_H
#define RECORD_LEFT_TAKES_H

#include "record/take.h"
#include "snapshot/reader.h"

/** struct left_takes - takes that another program has left, by recorder and console */
struct left_takes;

/**
 * left_takes_new() - find out which there are
 * @groups: of take_fields; the snapshot outlives it
 *
 * Return: NULL: no memory.
 */
struct left_takes *left_takes_new(const struct snapshot_groups *groups);

/** left_takes_free() - the files that nobody has taken are closed; NULL is fine */
void left_takes_free(struct left_takes *left);

/**
 * left_takes_take() - the one of this recorder at this console, once
 * @ret_state: borrowed from the snapshot, but for its descriptor, which is the caller's now
 *
 * Return: false: there is none, or it makes no sense.
 */
bool left_takes_take(struct left_takes *left, const char *record, const char *console,
	struct take_state *ret_state);

#endif
