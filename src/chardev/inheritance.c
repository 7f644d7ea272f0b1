/* SPDX-License-Identifier: MIT */
/*
 * What another program has left, by name. A chardev that cannot be loaded is made anew, which is
 * told: nothing that fails here keeps the others from going on.
 */
#include "chardev/inheritance.h"

#include "base/list.h"
#include "base/log.h"
#include "chardev/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** struct entry - @joins: in the list of those that are to, @chardev: which that is */
struct entry {
	struct name name;
	const char *class;
	struct snapshot_part part;
	struct list joins;
	struct chardev *chardev;
};

/**
 * struct chardev_inheritance
 * @orphans: clients that servers have loaded; a head
 * @joining: entries of those that have been loaded and have still to join
 */
struct chardev_inheritance {
	const struct snapshot *from;
	struct names names;
	struct entry *entries;
	size_t n;
	struct chardev_node orphans;
	struct list joining;
};

static void note_entries(struct chardev_inheritance *all, struct snapshot_groups groups)
{
	struct snapshot_part part;

	while (snapshot_next_group(&groups, &part)) {
		struct entry *entry = &all->entries[all->n++];
		struct chardev_state state;

		if (snapshot_get(&part, chardev_state_fields, &state, NULL) < 0)
			continue;
		*entry = (struct entry){ .class = state.class, .part = part };
		list_init(&entry->joins);
		names_add(&all->names, &entry->name, state.id);
	}
}

int chardev_inheritance_new(const struct snapshot *from, const struct snapshot_groups *chardevs,
	struct chardev_inheritance **ret_inheritance)
{
	struct chardev_inheritance *all = calloc(1, sizeof(*all));
	size_t n = snapshot_count_groups(*chardevs);

	if (all)
		all->entries = calloc(n ? n : 1, sizeof(*all->entries));
	if (!all || !all->entries) {
		free(all);
		return -ENOMEM;
	}
	all->from = from;
	all->orphans.prev = all->orphans.next = &all->orphans;
	list_init(&all->joining);
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
static struct entry *take_entry(const struct chardev *chardev)
{
	const struct chardev_inheritance *all = chardev->shared->inheritance;
	struct name *name = all ? names_find(&all->names, chardev->id) : NULL;
	struct entry *entry = name ? container_of(name, struct entry, name) : NULL;

	if (!entry || strcmp(entry->class, chardev->class->name) != 0)
		return NULL;
	names_remove(name);
	return entry;
}

bool chardev_find_state(struct chardev *chardev, struct chardev_state *ret_state)
{
	struct entry *entry = take_entry(chardev);

	if (!entry || snapshot_get(&entry->part, chardev_state_fields, ret_state, NULL) < 0)
		return false;
	entry->chardev = chardev;
	if (chardev->class->handover && chardev->class->handover->join)
		list_append(&chardev->shared->inheritance->joining, &entry->joins);
	return true;
}

/* Return: the state as the class has it, to be freed; NULL with @err. */
static void *read_state(
	const struct chardev *chardev, const struct chardev_state *left, struct error **err)
{
	const struct chardev_handover *handover = chardev->class->handover;
	struct snapshot_groups groups = left->state;
	struct snapshot_part part;
	void *state = snapshot_next_group(&groups, &part) ? malloc(handover->size) : NULL;

	if (!state) {
		error_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	if (snapshot_get(&part, handover->fields, state, err) == 0)
		return state;
	free(state);
	return NULL;
}

int chardev_load(struct chardev *chardev, const struct opts *opts, const struct chardev_state *left,
	struct error **err)
{
	const struct chardev_handover *handover = chardev->class->handover;
	struct snapshot_groups groups = left->state;
	struct snapshot_part part;
	void *state;
	int r;

	chardev->out_bytes = left->out_bytes;
	chardev->in_bytes = left->in_bytes;
	if (!handover || !snapshot_next_group(&groups, &part))
		return -ENOENT;
	state = read_state(chardev, left, err);
	r = state ? handover->load(chardev, opts, chardev->shared->inheritance->from, state, err)
		  : -ENOMEM;
	free(state);
	chardev->loaded = r == 0;
	return r == -ENOENT ? -ENODEV : r;
}

static void join(const struct entry *entry)
{
	struct chardev *chardev = entry->chardev;
	struct chardev_state left;
	void *state = NULL;

	if (snapshot_get(&entry->part, chardev_state_fields, &left, NULL) == 0)
		state = read_state(chardev, &left, NULL);
	if (state)
		chardev->class->handover->join(chardev, state);
	else
		log_error("chardev '%s': out of memory: what it held is free", chardev->id);
	free(state);
}

void chardev_inheritance_join(struct chardev_inheritance *all)
{
	list_for_each_safe (entry, &all->joining, struct entry, joins) {
		list_remove(&entry->joins);
		if (entry->chardev->loaded)
			join(entry);
	}
}

void chardev_inheritance_forget(struct chardev_inheritance *all, const struct chardev *chardev)
{
	list_for_each_safe (entry, &all->joining, struct entry, joins)
		if (entry->chardev == chardev)
			list_remove(&entry->joins);
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
