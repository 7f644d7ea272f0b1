/* SPDX-License-Identifier: MIT */
#include "base/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64 }; /* a power of two, as each later size is */

/* FNV-1a */
static uint64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3u;
	return sum;
}

static struct name **slot(struct name **slots, size_t size, const char *text)
{
	return &slots[hash(text) & (size - 1)];
}

/* Return: where the chain of @text begins. */
static struct name **chain(struct names *names, const char *text)
{
	return names->size ? slot(names->slots, names->size, text) : &names->one;
}

static void push(struct name **first, struct name *name)
{
	name->next = *first;
	*first = name;
}

static void move_chain(struct name **slots, size_t size, struct name *name)
{
	while (name) {
		struct name *next = name->next;

		push(slot(slots, size, name->text), name);
		name = next;
	}
}

static void grow(struct names *names)
{
	size_t size = names->size ? 2 * names->size : SLOTS_MIN;
	struct name **slots = calloc(size, sizeof(*slots));

	if (!slots)
		return;
	move_chain(slots, size, names->one);
	for (size_t i = 0; i < names->size; i++)
		move_chain(slots, size, names->slots[i]);
	free(names->slots);
	names->slots = slots;
	names->one = NULL;
	names->size = size;
}

void names_done(struct names *names)
{
	free(names->slots);
	*names = (struct names){ 0 };
}

void names_add(struct names *names, struct name *name, const char *text)
{
	if (names->count >= names->size)
		grow(names);
	*name = (struct name){ .text = text, .in = names };
	push(chain(names, text), name);
	names->count++;
}

void names_remove(struct name *name)
{
	struct name **at;

	if (!name->in)
		return;
	for (at = chain(name->in, name->text); *at != name; at = &(*at)->next)
		;
	*at = name->next;
	name->in->count--;
	*name = (struct name){ 0 };
}

struct name *names_find(const struct names *names, const char *text)
{
	struct name *name = names->size ? *slot(names->slots, names->size, text) : names->one;

	while (name && strcmp(name->text, text) != 0)
		name = name->next;
	return name;
}
