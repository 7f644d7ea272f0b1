/* SPDX-License-Identifier: MIT */
/*
 * What another program has left, by name. A chardev that cannot be loaded is made anew, which is
 * told: nothing that fails here keeps the others from going on.
 */
#include "chardev/inheritance.h"

#include "base/list.h"
#include "chardev/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct name name;
	const char *class;
	struct snapshot_part part;
};

/**
 * struct chardev_inheritance
 * @orphans: clients that servers have loaded; a head
 */
struct chardev_inheritance {
	const struct snapshot *from;
	struct names names;
	struct entry *entries;
	size_t n;
	struct chardev_node orphans;
};

static size_t count(struct snapshot_groups groups)
{
	struct snapshot_part part;
	size_t n = 0;

	while (snapshot_next_group(&groups, &part))
		n++;
	return n;
}

static void note_entries(struct chardev_inheritance *all, struct snapshot_groups groups)
{
	struct snapshot_part part;

	while (snapshot_next_group(&groups, &part)) {
		struct entry *entry = &all->entries[all->n++];
		struct chardev_state state;

		if (snapshot_get(&part, chardev_state_fields, &state, NULL) < 0)
			continue;
		*entry = (struct entry){ .class = state.class, .part = part };
		names_add(&all->names, &entry->name, state.id);
	}
}

int chardev_inheritance_new(const struct snapshot *from, const struct snapshot_groups *chardevs,
	struct chardev_inheritance **ret_inheritance)
{
	struct chardev_inheritance *all = calloc(1, sizeof(*all));
	size_t n = count(*chardevs);

	if (all)
		all->entries = calloc(n ? n : 1, sizeof(*all->entries));
	if (!all || !all->entries) {
		free(all);
		return -ENOMEM;
	}
	all->from = from;
	all->orphans.prev = all->orphans.next = &all->orphans;
	note_entries(all, *chardevs);
	*ret_inheritance = all;
	return 0;
}

static void close_part(const struct snapshot_part *part)
{
	struct chardev_state state;

	if (snapshot_get(part, chardev_state_fields, &state, NULL) < 0)
		return;
	chardev_close_fds(&state.log);
	chardev_close_fds(&state.state);
}

void chardev_inheritance_free(struct chardev_inheritance *all)
{
	if (!all)
		return;
	while (all->orphans.next != &all->orphans)
		chardev_free(container_of(all->orphans.next, struct chardev, node));
	for (size_t i = 0; i < all->n; i++)
		if (all->entries[i].name.in) {
			close_part(&all->entries[i].part);
			names_remove(&all->entries[i].name);
		}
	names_done(&all->names);
	free(all->entries);
	free(all);
}

/* Once: what is made anew later under this name is another one. */
bool chardev_find_state(const struct chardev *chardev, struct chardev_state *ret_state)
{
	const struct chardev_inheritance *all = chardev->shared->inheritance;
	struct name *name = all ? names_find(&all->names, chardev->id) : NULL;
	struct entry *entry;

	if (!name)
		return false;
	entry = container_of(name, struct entry, name);
	if (strcmp(entry->class, chardev->class->name) != 0)
		return false;
	names_remove(name);
	return snapshot_get(&entry->part, chardev_state_fields, ret_state, NULL) == 0;
}

static int load(struct chardev *chardev, const struct opts *opts, const struct snapshot_part *part,
	struct error **err)
{
	const struct chardev_handover *handover = chardev->class->handover;
	void *state = malloc(handover->size);
	int r = state ? snapshot_get(part, handover->fields, state, err)
		      : error_set(err, ENOMEM, "out of memory");

	if (r == 0)
		r = handover->load(chardev, opts, chardev->shared->inheritance->from, state, err);
	free(state);
	return r;
}

int chardev_load(struct chardev *chardev, const struct opts *opts,
	const struct chardev_state *state, struct error **err)
{
	struct snapshot_groups groups = state->state;
	struct snapshot_part part;
	int r;

	chardev->out_bytes = state->out_bytes;
	chardev->in_bytes = state->in_bytes;
	if (!chardev->class->handover || !snapshot_next_group(&groups, &part))
		return -ENOENT;
	r = load(chardev, opts, &part, err);
	if (r == -ENOENT)
		r = -ENODEV;
	return r;
}

void chardev_close_fds(const struct snapshot_groups *groups)
{
	struct snapshot_groups left = *groups;
	struct snapshot_part part;

	while (snapshot_next_group(&left, &part))
		snapshot_close_fds(&part);
}

void chardev_leave_orphan(struct chardev *peer)
{
	struct chardev_node *head = &peer->shared->inheritance->orphans, *node = &peer->node;

	node->prev = head->prev;
	node->next = head;
	node->prev->next = head->prev = node;
}

struct chardev *chardev_inheritance_take(struct chardev_inheritance *all, const char *id)
{
	struct chardev_node *head = &all->orphans;

	for (struct chardev_node *node = head->next; node != head; node = node->next) {
		struct chardev *peer = container_of(node, struct chardev, node);

		if (strcmp(peer->id, id) != 0)
			continue;
		node->prev->next = node->next;
		node->next->prev = node->prev;
		node->prev = node->next = node;
		return peer;
	}
	return NULL;
}
