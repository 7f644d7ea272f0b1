/* SPDX-License-Identifier: MIT */
/* syscalls: close */
#include "record/left-takes.h"

#include "base/cleanup.h"
#include "base/names.h"

#include <stdio.h>
#include <stdlib.h>

/** struct entry - @key: see key_of(); NULL: it makes no sense */
struct entry {
	struct name name;
	char *key;
	struct snapshot_part part;
};

struct left_takes {
	struct names names;
	struct entry *entries;
	size_t n;
};

/* No id has a slash in it. Return: to be freed; NULL: no memory. */
static char *key_of(const char *record, const char *console)
{
	char *key;

	return asprintf(&key, "%s/%s", record, console) < 0 ? NULL : key;
}

/* Return: is there memory? */
static bool note(struct left_takes *left, const struct snapshot_part *part)
{
	struct entry *entry = &left->entries[left->n++];
	struct take_state state;

	entry->part = *part;
	if (snapshot_get(part, take_fields, &state, NULL) < 0)
		return true;
	entry->key = key_of(state.record, state.console);
	if (entry->key)
		names_add(&left->names, &entry->name, entry->key);
	return entry->key;
}

struct left_takes *left_takes_new(const struct snapshot_groups *groups)
{
	struct left_takes *left = calloc(1, sizeof(*left));
	struct snapshot_groups rest = *groups;
	size_t n = snapshot_count_groups(rest);
	struct snapshot_part part;
	bool is_whole;

	if (left)
		left->entries = calloc(n ? n : 1, sizeof(*left->entries));
	is_whole = left && left->entries;
	while (is_whole && snapshot_next_group(&rest, &part))
		is_whole = note(left, &part);
	if (!is_whole)
		left_takes_free(TAKE_PTR(left));
	return left;
}

void left_takes_free(struct left_takes *left)
{
	if (!left)
		return;
	for (size_t i = 0; i < left->n; i++) {
		struct entry *entry = &left->entries[i];

		if (entry->name.in || !entry->key)
			snapshot_close_fds(&entry->part);
		names_remove(&entry->name);
		free(entry->key);
	}
	names_done(&left->names);
	free(left->entries);
	free(left);
}

bool left_takes_take(struct left_takes *left, const char *record, const char *console,
	struct take_state *ret_state)
{
	AUTO_FREE char *key = key_of(record, console);
	struct name *name = key ? names_find(&left->names, key) : NULL;

	if (!name || snapshot_get(&container_of(name, struct entry, name)->part, take_fields,
			     ret_state, NULL) < 0)
		return false;
	names_remove(name);
	return true;
}
