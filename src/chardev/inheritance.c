/* SPDX-License-Identifier: MIT */
/*
 * What another program has left, by name. A chardev that cannot be loaded is made anew, which is
 * told: nothing that fails here keeps the others from going on.
 */
#include "chardev/inheritance.h"

#include "base/list.h"
#include "base/log.h"
#include "chardev/shared.h"
#include "snapshot/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** struct joiner - @chardev: has been loaded, and has still to join; @node: in the list of those */
struct joiner {
	struct list node;
	struct chardev *chardev;
};

/**
 * struct chardev_inheritance
 * @joiners: one an entry of @index
 * @orphans: clients that servers have loaded; a head
 * @joining: of @joiners
 */
struct chardev_inheritance {
	const struct snapshot *from;
	struct snapshot_index index;
	struct joiner *joiners;
	struct chardev_node orphans;
	struct list joining;
};

static int id_of(const struct snapshot_part *part, char **ret_id)
{
	struct chardev_state state;

	if (snapshot_get(part, chardev_state_fields, &state, NULL) < 0)
		return -EBADMSG;
	*ret_id = strdup(state.id);
	return *ret_id ? 0 : -ENOMEM;
}

int chardev_inheritance_new(const struct snapshot *from, const struct snapshot_groups *chardevs,
	struct chardev_inheritance **ret_inheritance)
{
	struct chardev_inheritance *all = calloc(1, sizeof(*all));
	size_t n = snapshot_count_groups(*chardevs);

	if (all)
		all->joiners = calloc(n ? n : 1, sizeof(*all->joiners));
	if (!all || !all->joiners || snapshot_index_init(&all->index, *chardevs, id_of) < 0) {
		free(all ? all->joiners : NULL);
		free(all);
		return -ENOMEM;
	}
	all->from = from;
	all->orphans.prev = all->orphans.next = &all->orphans;
	list_init(&all->joining);
	*ret_inheritance = all;
	return 0;
}

void chardev_inheritance_free(struct chardev_inheritance *all)
{
	if (!all)
		return;
	while (all->orphans.next != &all->orphans)
		chardev_free(container_of(all->orphans.next, struct chardev, node));
	snapshot_index_done(&all->index);
	free(all->joiners);
	free(all);
}

static void join_later(struct chardev *chardev, const struct snapshot_entry *entry)
{
	struct chardev_inheritance *all = chardev->shared->inheritance;
	struct joiner *joiner = &all->joiners[entry - all->index.entries];

	joiner->chardev = chardev;
	list_append(&all->joining, &joiner->node);
}

/* Once: what is made anew later under this name is another one. */
bool chardev_find_state(struct chardev *chardev, struct chardev_state *ret_state)
{
	const struct chardev_inheritance *all = chardev->shared->inheritance;
	struct snapshot_entry *entry = all ? snapshot_index_find(&all->index, chardev->id) : NULL;

	if (!entry || snapshot_get(&entry->part, chardev_state_fields, ret_state, NULL) < 0 ||
		strcmp(ret_state->class, chardev->class->name) != 0)
		return false;
	snapshot_index_take(entry);
	if (chardev->class->handover && chardev->class->handover->join)
		join_later(chardev, entry);
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

static void join(struct chardev *chardev, const struct snapshot_part *part)
{
	struct chardev_state left;
	void *state = NULL;

	if (snapshot_get(part, chardev_state_fields, &left, NULL) == 0)
		state = read_state(chardev, &left, NULL);
	if (state)
		chardev->class->handover->join(chardev, state);
	else
		log_error("chardev '%s': out of memory: what it held is free", chardev->id);
	free(state);
}

void chardev_inheritance_join(struct chardev_inheritance *all)
{
	list_for_each_safe (joiner, &all->joining, struct joiner, node) {
		list_remove(&joiner->node);
		if (joiner->chardev->loaded)
			join(joiner->chardev, &all->index.entries[joiner - all->joiners].part);
	}
}

void chardev_inheritance_forget(struct chardev_inheritance *all, const struct chardev *chardev)
{
	list_for_each_safe (joiner, &all->joining, struct joiner, node)
		if (joiner->chardev == chardev)
			list_remove(&joiner->node);
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
