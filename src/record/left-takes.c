/* SPDX-License-Identifier: MIT */
#include "record/left-takes.h"

#include "base/cleanup.h"
#include "snapshot/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct left_takes {
	struct snapshot_index index;
};

/* No id has a slash in it. Return: to be freed; NULL: no memory. */
static char *put_key(const char *record, const char *console)
{
	char *key;

	return asprintf(&key, "%s/%s", record, console) < 0 ? NULL : key;
}

static int key_of(const struct snapshot_part *part, char **ret_key)
{
	struct take_state state;

	if (snapshot_get(part, take_fields, &state, NULL) < 0)
		return -EBADMSG;
	*ret_key = put_key(state.record, state.console);
	return *ret_key ? 0 : -ENOMEM;
}

struct left_takes *left_takes_new(const struct snapshot_groups *groups)
{
	struct left_takes *left = calloc(1, sizeof(*left));

	if (left && snapshot_index_init(&left->index, *groups, key_of) < 0)
		free(TAKE_PTR(left));
	return left;
}

void left_takes_free(struct left_takes *left)
{
	if (!left)
		return;
	snapshot_index_done(&left->index);
	free(left);
}

bool left_takes_take(struct left_takes *left, const char *record, const char *console,
	struct take_state *ret_state)
{
	AUTO_FREE char *key = put_key(record, console);
	struct snapshot_entry *entry = key ? snapshot_index_find(&left->index, key) : NULL;

	if (!entry || snapshot_get(&entry->part, take_fields, ret_state, NULL) < 0)
		return false;
	snapshot_index_take(entry);
	return true;
}
