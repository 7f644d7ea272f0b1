/* SPDX-License-Identifier: MIT */
#include "snapshot/index.h"

#include "base/list.h"

#include <errno.h>
#include <stdlib.h>

static void let_go(struct snapshot_index *index)
{
	for (size_t i = 0; i < index->n; i++) {
		names_remove(&index->entries[i].name);
		free(index->entries[i].key);
	}
	names_done(&index->names);
	free(index->entries);
	*index = (struct snapshot_index){ 0 };
}

int snapshot_index_init(struct snapshot_index *index, struct snapshot_groups groups,
	int (*key_of)(const struct snapshot_part *part, char **ret_key))
{
	size_t n = snapshot_count_groups(groups);
	struct snapshot_part part;

	*index = (struct snapshot_index){ .entries = calloc(n ? n : 1, sizeof(*index->entries)) };
	if (!index->entries)
		return -ENOMEM;
	while (snapshot_next_group(&groups, &part)) {
		struct snapshot_entry *entry = &index->entries[index->n++];
		int r = key_of(&part, &entry->key);

		entry->part = part;
		if (r == 0) {
			names_add(&index->names, &entry->name, entry->key);
		} else if (r == -ENOMEM) {
			let_go(index);
			return r;
		}
	}
	return 0;
}

void snapshot_index_done(struct snapshot_index *index)
{
	for (size_t i = 0; i < index->n; i++) {
		const struct snapshot_entry *entry = &index->entries[i];

		if (entry->name.in || !entry->key)
			snapshot_close_fds(&entry->part);
	}
	let_go(index);
}

struct snapshot_entry *snapshot_index_find(const struct snapshot_index *index, const char *key)
{
	struct name *name = names_find(&index->names, key);

	return name ? container_of(name, struct snapshot_entry, name) : NULL;
}

void snapshot_index_take(struct snapshot_entry *entry)
{
	names_remove(&entry->name);
}
