/* SPDX-License-Identifier: MIT */
#include "control/inventory.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

struct inventory {
	struct list all;
	struct list buckets[BUCKETS];
};

const char *thing_kind_name(enum thing_kind kind)
{
	static const char *const names[] = { "object", "chardev", "listen", "mon", "device", "vnc",
		"metrics", "audit", "record" };

	return names[kind];
}

const char *thing_kind_implied(enum thing_kind kind)
{
	static const char *const keys[] = { "qom-type", "backend", "listen", "chardev", "driver",
		"vnc", "metrics", "path", "consoles" };

	return keys[kind];
}

struct inventory *inventory_new(void)
{
	struct inventory *inventory = calloc(1, sizeof(*inventory));

	if (!inventory)
		return NULL;
	list_init(&inventory->all);
	for (size_t i = 0; i < BUCKETS; i++)
		list_init(&inventory->buckets[i]);
	return inventory;
}

static void thing_free(struct thing *thing)
{
	list_remove(&thing->node);
	list_remove(&thing->bucket);
	free(thing->name);
	free(thing->text);
	free(thing->group);
	free(thing);
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	while (!list_is_empty(&inventory->all))
		thing_free(container_of(inventory->all.next, struct thing, node));
	free(inventory);
}

/* FNV-1a. */
static size_t bucket_of(enum thing_kind kind, const char *name)
{
	uint32_t hash = 2166136261u ^ (uint32_t)kind;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % BUCKETS;
}

struct thing *inventory_find(
	const struct inventory *inventory, enum thing_kind kind, const char *name)
{
	const struct list *bucket = &inventory->buckets[bucket_of(kind, name)];

	list_for_each (thing, bucket, struct thing, bucket)
		if (thing->kind == kind && !strcmp(thing->name, name))
			return thing;
	return NULL;
}

static struct thing *thing_new(enum thing_kind kind, const char *name, const char *group)
{
	struct thing *thing = calloc(1, sizeof(*thing));

	if (!thing)
		return NULL;
	list_init(&thing->node);
	list_init(&thing->bucket);
	thing->kind = kind;
	thing->name = strdup(name);
	thing->group = group ? strdup(group) : NULL;
	if (thing->name && (!group || thing->group))
		return thing;
	thing_free(thing);
	return NULL;
}

int inventory_note(struct inventory *inventory, enum thing_kind kind, const char *name,
	const char *text, const char *group, void *handle)
{
	struct thing *thing = inventory_find(inventory, kind, name);
	char *copy = strdup(text);

	if (copy && !thing) {
		thing = thing_new(kind, name, group);
		if (thing) {
			list_append(&inventory->all, &thing->node);
			list_append(&inventory->buckets[bucket_of(kind, name)], &thing->bucket);
		}
	}
	if (!copy || !thing) {
		free(copy);
		return -ENOMEM;
	}
	free(thing->text);
	thing->text = copy;
	thing->handle = handle;
	return 0;
}

void inventory_set_group(
	struct inventory *inventory, enum thing_kind kind, const char *name, const char *group)
{
	struct thing *thing = inventory_find(inventory, kind, name);

	if (!thing)
		return;
	free(thing->group);
	thing->group = group ? strdup(group) : NULL;
}

void inventory_spoil(struct inventory *inventory, enum thing_kind kind, const char *name)
{
	struct thing *thing = inventory_find(inventory, kind, name);

	if (thing)
		thing->text[0] = '\0';
}

void inventory_forget(struct inventory *inventory, enum thing_kind kind, const char *name)
{
	struct thing *thing = inventory_find(inventory, kind, name);

	if (thing)
		thing_free(thing);
}

struct thing *inventory_next(const struct inventory *inventory, const struct thing *after)
{
	const struct list *node = after ? after->node.next : inventory->all.next;

	return node == &inventory->all ? NULL : container_of(node, struct thing, node);
}

struct thing *inventory_before(const struct inventory *inventory, const struct thing *thing)
{
	const struct list *node = thing ? thing->node.prev : inventory->all.prev;

	return node == &inventory->all ? NULL : container_of(node, struct thing, node);
}
