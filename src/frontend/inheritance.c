/* SPDX-License-Identifier: MIT */
/*
 * A frontend is found by its key, and has what was left of it while it is opened: where it listens
 * and which number it has cannot be changed later. It is loaded when all have been made, in the
 * order in which they were saved: a bus before its ports.
 */
#include "frontend/inheritance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_STATE = 2 };

const struct snapshot_field frontend_state_fields[] = {
	SNAPSHOT_FIELD(struct frontend_state, key, 1, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct frontend_state, state, TAG_STATE, SNAPSHOT_EACH),
	SNAPSHOT_FIELD(struct frontend_state, class, 3, SNAPSHOT_STRING, .needed = true),
	{ 0 },
};

/* ---- leaving it ---- */

bool frontend_goes_on(const struct frontend *frontend)
{
	const struct frontend_handover *handover = frontend->class->handover;

	return handover && (!handover->goes_on || handover->goes_on(frontend));
}

void frontend_save(const struct frontend *frontend, struct chardev_bequest *to)
{
	const struct frontend_state state = { .key = frontend->key,
		.class = frontend->class->name };

	snapshot_put(&to->writer, frontend_state_fields, &state);
	snapshot_begin_group(&to->writer, TAG_STATE, false);
	frontend->class->handover->save(frontend, to);
	snapshot_end_group(&to->writer);
}

int frontend_check_state(const struct frontend_class *const *classes,
	const struct snapshot_part *part, struct error **err)
{
	const struct frontend_class *class;
	struct frontend_state left;
	struct snapshot_part state;
	int r = snapshot_get(part, frontend_state_fields, &left, err);

	if (r < 0)
		return r;
	class = frontend_class_find(classes, left.class);
	if (!class || !class->handover || !snapshot_next_group(&left.state, &state))
		return error_set(err, ENOTSUP, "device '%s': this program cannot go on with a %s",
			left.key, left.class);
	r = snapshot_check(&state, class->handover->fields, class->handover->size, err);
	if (r < 0)
		error_prefix(err, "device '%s': ", left.key);
	return r;
}

/* ---- going on ---- */

/** struct entry - @part: of the class; @state: once it was found */
struct entry {
	struct frontend_state left;
	struct snapshot_part part;
	void *state;
};

struct frontend_inheritance {
	struct entry *entries;
	size_t n;
};

int frontend_inheritance_new(
	const struct snapshot_groups *frontends, struct frontend_inheritance **ret_inheritance)
{
	struct frontend_inheritance *all = calloc(1, sizeof(*all));
	struct snapshot_groups groups = *frontends;
	size_t n = snapshot_count_groups(groups);
	struct snapshot_part part;

	if (all)
		all->entries = calloc(n ? n : 1, sizeof(*all->entries));
	if (!all || !all->entries) {
		free(all);
		return -ENOMEM;
	}
	while (snapshot_next_group(&groups, &part)) {
		struct entry *entry = &all->entries[all->n];
		struct snapshot_groups states;

		if (snapshot_get(&part, frontend_state_fields, &entry->left, NULL) < 0)
			continue;
		states = entry->left.state;
		all->n += snapshot_next_group(&states, &entry->part);
	}
	*ret_inheritance = all;
	return 0;
}

static void let_go(struct entry *entry)
{
	snapshot_close_fds(&entry->part);
	free(entry->state);
	*entry = (struct entry){ 0 };
}

void frontend_inheritance_free(struct frontend_inheritance *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->n; i++)
		let_go(&all->entries[i]);
	free(all->entries);
	free(all);
}

static bool is_left_of(const struct entry *entry, const struct frontend *frontend)
{
	return !entry->state && !strcmp(entry->left.class, frontend->class->name) &&
	       !strcmp(entry->left.key, frontend->key);
}

const void *frontend_inheritance_find(
	struct frontend_inheritance *all, const struct frontend *frontend)
{
	const struct frontend_handover *handover = frontend->class->handover;

	for (size_t i = 0; handover && i < all->n; i++) {
		struct entry *entry = &all->entries[i];

		if (!is_left_of(entry, frontend))
			continue;
		entry->state = malloc(handover->size);
		if (entry->state &&
			snapshot_get(&entry->part, handover->fields, entry->state, NULL) == 0)
			return entry->state;
		free(entry->state);
		entry->state = NULL;
		return NULL;
	}
	return NULL;
}

static struct frontend *find_heir(const struct entry *entry, const struct frontend_set *set)
{
	struct frontend *frontend = NULL;

	while (entry->state && (frontend = frontend_set_next(set, frontend)))
		if (frontend->left == entry->state)
			return frontend;
	return NULL;
}

void frontend_inheritance_load(struct frontend_inheritance *all, const struct frontend_set *set)
{
	for (size_t i = 0; i < all->n; i++) {
		struct entry *entry = &all->entries[i];
		struct frontend *frontend = find_heir(entry, set);

		if (frontend) {
			frontend->class->handover->load(frontend, entry->state);
			frontend->left = NULL;
		}
		let_go(entry);
	}
}
