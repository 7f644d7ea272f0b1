/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_INVENTORY_H
#define CONTROL_INVENTORY_H

#include "base/list.h"
#include "base/names.h"

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
 * struct thing - what there is, by whomever it was made
 * @text:   the options that it has now, as opts_canonical() writes them
 * @asked:  as the configuration has them, where they are others: see thing_asked()
 * @group:  of consoles that come and go by themselves: which; else NULL
 * @handle: the thing itself, of a kind that is not found by name; else NULL
 * @is_asked: the configuration asks for it; @is_spoilt: somebody else has changed it since
 * @seen, @made_anew: for who compares it with what is wanted
 * @saved:  for who leaves all of them to another program
 * @name:   of its kind no other has it
 */
struct thing {
	struct list node;
	struct name by_name;
	char *text, *asked, *group;
	void *handle;
	enum thing_kind kind;
	bool is_asked, is_spoilt, seen, made_anew, saved;
	char name[];
};

/**
 * thing_asked() - the options by which the configuration asks for it
 *
 * Return: as opts_canonical() writes them; "" once it was changed by somebody else; NULL: the
 * configuration does not ask for it.
 */
const char *thing_asked(const struct thing *thing);

/** struct inventory - all of them, in the order in which they were made */
struct inventory;

/** inventory_new() - Return: NULL if memory ran out */
struct inventory *inventory_new(void);

/** inventory_free() - NULL is fine */
void inventory_free(struct inventory *inventory);

/** inventory_note() - this was made, or has other options now. Return: 0; -ENOMEM */
int inventory_note(struct inventory *inventory, enum thing_kind kind, const char *name,
	const char *text, void *handle);

/**
 * inventory_ask() - the configuration asks for it, by these options
 * @group: NULL: none
 *
 * What is not known yet is noted. Return: 0; -ENOMEM.
 */
int inventory_ask(struct inventory *inventory, enum thing_kind kind, const char *name,
	const char *text, const char *group, void *handle);

/** inventory_unask() - the configuration does not ask for it; no-op where it is not there */
void inventory_unask(struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_find() - NULL: none */
struct thing *inventory_find(
	const struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_find_asked() - NULL: there is none, or the configuration does not ask for it */
struct thing *inventory_find_asked(
	const struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_spoil() - somebody else has changed it; no-op where it is not there */
void inventory_spoil(struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_forget() - it is gone; no-op where it is not there */
void inventory_forget(struct inventory *inventory, enum thing_kind kind, const char *name);

/** inventory_next() - walk; NULL starts and ends. inventory_before(): backwards */
struct thing *inventory_next(const struct inventory *inventory, const struct thing *after);
struct thing *inventory_before(const struct inventory *inventory, const struct thing *thing);

#endif
