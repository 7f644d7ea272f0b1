/* SPDX-License-Identifier: MIT */
#include "base/names.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64 }; /* a power of two, as each later size is */

/* FNV-1a, of which both halves count. */
static uint32_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3u;
	return (uint32_t)(sum ^ sum >> 32);
}

/* Return: where the chain of a hash begins. */
static struct name **chain(struct names *names, uint32_t sum)
{
	return names->size ? &names->slots[sum & (names->size - 1)] : &names->one;
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

		push(&slots[name->hash & (size - 1)], name);
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
	*name = (struct name){ .text = text, .in = names, .hash = hash(text) };
	push(chain(names, name->hash), name);
	names->count++;
}

void names_remove(struct name *name)
{
	struct name **at;

	if (!name->in)
		return;
	for (at = chain(name->in, name->hash); *at != name; at = &(*at)->next)
		;
	*at = name->next;
	name->in->count--;
	*name = (struct name){ 0 };
}

struct name *names_find(const struct names *names, const char *text)
{
	uint32_t sum = hash(text);
	struct name *name = names->size ? names->slots[sum & (names->size - 1)] : names->one;

	while (name && (name->hash != sum || strcmp(name->text, text) != 0))
		name = name->next;
	return name;
}
