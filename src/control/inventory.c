/* SPDX-License-Identifier: MIT */
#include "control/inventory.h"

#include "base/cleanup.h"
#include "base/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct inventory {
	struct list all;
	struct names names[THING_KINDS];
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

	if (inventory)
		list_init(&inventory->all);
	return inventory;
}

static void thing_free(struct thing *thing)
{
	list_remove(&thing->node);
	names_remove(&thing->by_name);
	free(thing->text);
	free(thing->asked);
	free(thing->group);
	free(thing);
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	while (!list_is_empty(&inventory->all))
		thing_free(container_of(inventory->all.next, struct thing, node));
	for (int kind = 0; kind < THING_KINDS; kind++)
		names_done(&inventory->names[kind]);
	free(inventory);
}

struct thing *inventory_find(
	const struct inventory *inventory, enum thing_kind kind, const char *name)
{
	struct name *found = names_find(&inventory->names[kind], name);

	return found ? container_of(found, struct thing, by_name) : NULL;
}

struct thing *inventory_find_asked(
	const struct inventory *inventory, enum thing_kind kind, const char *name)
{
	struct thing *thing = inventory_find(inventory, kind, name);

	return thing && thing->is_asked ? thing : NULL;
}

const char *thing_asked(const struct thing *thing)
{
	if (!thing->is_asked)
		return NULL;
	if (thing->is_spoilt)
		return "";
	return thing->asked ? thing->asked : thing->text;
}

/* The one of this name, which is there from now on. Return: NULL: no memory. */
static struct thing *find_or_add(
	struct inventory *inventory, enum thing_kind kind, const char *name, const char *text)
{
	struct thing *thing = inventory_find(inventory, kind, name);
	size_t size = strlen(name) + 1;

	if (thing)
		return thing;
	thing = calloc(1, sizeof(*thing) + size);
	if (!thing)
		return NULL;
	thing->text = strdup(text);
	if (!thing->text) {
		free(thing);
		return NULL;
	}
	thing->kind = kind;
	memcpy(thing->name, name, size);
	list_append(&inventory->all, &thing->node);
	names_add(&inventory->names[kind], &thing->by_name, thing->name);
	return thing;
}

int inventory_note(struct inventory *inventory, enum thing_kind kind, const char *name,
	const char *text, void *handle)
{
	struct thing *thing = find_or_add(inventory, kind, name, text);
	char *before;

	if (!thing)
		return -ENOMEM;
	thing->handle = handle;
	if (!strcmp(thing->text, text))
		return 0;
	before = thing->text;
	thing->text = strdup(text);
	if (!thing->text) {
		thing->text = before;
		return -ENOMEM;
	}
	if (thing->is_asked && !thing->asked)
		thing->asked = before;
	else
		free(before);
	return 0;
}

static int set_asked(struct thing *thing, const char *text, const char *group)
{
	bool is_other = strcmp(thing->text, text) != 0;
	AUTO_FREE char *asked = NULL, *its_group = NULL;

	if (copy_text(is_other ? text : NULL, &asked) < 0 || copy_text(group, &its_group) < 0)
		return -ENOMEM;
	free(thing->asked);
	free(thing->group);
	thing->asked = TAKE_PTR(asked);
	thing->group = TAKE_PTR(its_group);
	thing->is_asked = true;
	thing->is_spoilt = false;
	return 0;
}

int inventory_ask(struct inventory *inventory, enum thing_kind kind, const char *name,
	const char *text, const char *group, void *handle)
{
	struct thing *thing = find_or_add(inventory, kind, name, text);

	if (!thing)
		return -ENOMEM;
	thing->handle = handle;
	return set_asked(thing, text, group);
}

void inventory_unask(struct inventory *inventory, enum thing_kind kind, const char *name)
{
	struct thing *thing = inventory_find(inventory, kind, name);

	if (!thing)
		return;
	free(thing->asked);
	free(thing->group);
	thing->asked = thing->group = NULL;
	thing->is_asked = thing->is_spoilt = false;
}

void inventory_spoil(struct inventory *inventory, enum thing_kind kind, const char *name)
{
	struct thing *thing = inventory_find(inventory, kind, name);

	if (thing)
		thing->is_spoilt = true;
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
