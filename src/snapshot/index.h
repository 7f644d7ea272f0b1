/* SPDX-License-Identifier: MIT */
#ifndef SNAPSHOT_INDEX_H
#define SNAPSHOT_INDEX_H

#include "base/names.h"
#include "snapshot/reader.h"

/** struct snapshot_entry - a part; @key: what it is found by; NULL: it makes no sense */
struct snapshot_entry {
	struct name name;
	char *key;
	struct snapshot_part part;
};

/** struct snapshot_index - parts by name, each to be taken once; all zero: there are none */
struct snapshot_index {
	struct names names;
	struct snapshot_entry *entries;
	size_t n;
};

/**
 * snapshot_index_init() - find out which there are
 * @groups: the snapshot outlives the index
 * @key_of: what a part is found by, to be freed. Return: 0; -ENOMEM; -EBADMSG: it makes no sense
 *
 * Return: 0; -ENOMEM: the index is empty, and all descriptors are the caller's.
 */
int snapshot_index_init(struct snapshot_index *index, struct snapshot_groups groups,
	int (*key_of)(const struct snapshot_part *part, char **ret_key));

/** snapshot_index_done() - the descriptors of what nobody has taken are closed */
void snapshot_index_done(struct snapshot_index *index);

/** snapshot_index_find() - of two that have one key any; NULL: there is none, or it was taken */
struct snapshot_entry *snapshot_index_find(const struct snapshot_index *index, const char *key);

/** snapshot_index_take() - its descriptors are the caller's now, and nobody finds it any more */
void snapshot_index_take(struct snapshot_entry *entry);

#endif
