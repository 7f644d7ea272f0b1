/* SPDX-License-Identifier: MIT */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct names;

/**
 * struct name - part of an object that is found by its name; all zero: is in no table
 * @text: the object's own
 * @hash: of it: who looks for another one, or moves this one, need not touch the text
 */
struct name {
	struct name *next;
	const char *text;
	struct names *in;
	uint32_t hash;
};

/**
 * struct names - objects by name, in no order; all zero is an empty table
 * @one: where there is no memory for a table: one chain
 */
struct names {
	struct name **slots, *one;
	size_t size, count;
};

/** names_done() - give the memory back; a name that is still in it may not be removed any more */
void names_done(struct names *names);

/**
 * names_add() - let an object be found
 * @text: stays as it is as long as the name is there; of two that are the same any is found
 *
 * Cannot fail: without memory it takes longer to find things.
 */
void names_add(struct names *names, struct name *name, const char *text);

/** names_remove() - no-op where it is in no table */
void names_remove(struct name *name);

/** names_find() - NULL: nothing is called that */
struct name *names_find(const struct names *names, const char *text);

#endif
