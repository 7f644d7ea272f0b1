/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_INVENTORY_H
#define CONTROL_INVENTORY_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>

/** enum thing_kind - what there is in a world, in the order in which it leans on each other */
enum thing_kind {
	THING_OBJECT,
	THING_CHARDEV,
	THING_LISTEN,
	THING_MONITOR,
	THING_DEVICE,
	THING_VNC,
	THING_METRICS,
	THING_AUDIT,
	THING_RECORD,
	THING_KINDS,
};

/** thing_kind_name() - as the option that makes it is called: "chardev" */
const char *thing_kind_name(enum thing_kind kind);

/** thing_kind_implied() - the key of its options that may be left out where it comes first */
const char *thing_kind_implied(enum thing_kind kind);

/**
 * struct thing - what was made by the configuration, and is there still
 * @name:   of its kind no other has it
 * @text:   its options, as opts_canonical() writes them; "" once they were changed by somebody else
 * @group:  of consoles that come and go by themselves: which; else NULL
 * @handle: the thing itself, of a kind that is not found by name; else NULL
 * @seen, @made_anew: for who compares it with what is wanted
 */
struct thing {
	enum thing_kind kind;
	char *name, *text, *group;
	void *handle;
	bool seen, made_anew;
	struct list node, bucket;
};

/** struct inventory - all of them, in the order in which they were made */
struct inventory;

/** inventory_new() - Return: NULL if memory ran out */
struct inventory *inventory_new(void);

/** inventory_free() - NULL is fine */
void inventory_free(struct inventory *inventory);

/**
 * inventory_note() - this was made, or is something else now
 * @group: NULL: none
 *
 * Return: 0; -ENOMEM.
 */
int inventory_note(struct inventory *inventory, enum thing_kind kind, const char *name,
	const char *text, const char *group, void *handle);

/** inventory_set_group() - NULL: none; without memory it has none */
void inventory_set_group(
	struct inventory *inventory, enum thing_kind kind, const char *name, const char *group);

/** inventory_find() - NULL: none */
struct thing *inventory_find(
	const struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_spoil() - somebody else has changed it; no-op where it is not there */
void inventory_spoil(struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_forget() - it is gone; no-op where it is not there */
void inventory_forget(struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_next() - walk; NULL starts and ends. inventory_before(): backwards */
struct thing *inventory_next(const struct inventory *inventory, const struct thing *after);
struct thing *inventory_before(const struct inventory *inventory, const struct thing *thing);

#endif
