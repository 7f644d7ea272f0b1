/* SPDX-License-Identifier: MIT */
#include "vt/table.h"

#include <stdlib.h>
#include <string.h>

/*
 * A hash table whose numbers stay the same. The guest chooses the strings, so count and bytes are
 * bounded; when they are reached, the owner sweeps: marks what cells still refer to and drops the
 * rest. Where a sweep frees little, the next ones wait, so that a guest cannot make each character
 * cost a sweep. Chains may be made long by a guest that knows the hash: they are bounded by
 * CHAIN_MAX.
 */
#define CHAIN_MAX 64u

void table_init(struct table *table, uint32_t max, size_t bytes_max)
{
	*table = (struct table){ .max = max, .bytes_max = bytes_max };
}

void table_done(struct table *table)
{
	for (uint32_t i = 1; i < table->used; i++)
		free(table->entries[i].bytes);
	free(table->entries);
	free(table->buckets);
	*table = (struct table){ .max = table->max, .bytes_max = table->bytes_max };
}

static uint32_t hash_bytes(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static void link_entry(struct table *table, uint32_t number)
{
	uint32_t *bucket = &table->buckets[table->entries[number].hash & (table->bucket_count - 1)];

	table->entries[number].next = *bucket;
	*bucket = number;
}

static void link_all(struct table *table)
{
	memset(table->buckets, 0, table->bucket_count * sizeof(*table->buckets));
	table->free = 0;
	for (uint32_t i = 1; i < table->used; i++) {
		if (table->entries[i].bytes) {
			link_entry(table, i);
			continue;
		}
		table->entries[i].next = table->free;
		table->free = i;
	}
}

static bool grow(struct table *table)
{
	uint32_t size = table->size ? table->size * 2 : 64;
	struct table_entry *entries = realloc(table->entries, size * sizeof(*entries));
	uint32_t *buckets;

	if (!entries)
		return false;
	table->entries = entries;
	buckets = realloc(table->buckets, size * sizeof(*buckets));
	if (!buckets)
		return false;
	table->buckets = buckets;
	table->size = size;
	table->bucket_count = size;
	if (!table->used)
		table->used = 1;
	link_all(table);
	return true;
}

bool table_is_full(const struct table *table, size_t len)
{
	return (!table->free && table->used > table->max) || table->bytes + len > table->bytes_max;
}

static uint32_t new_number(struct table *table)
{
	uint32_t number = table->free;

	if (number) {
		table->free = table->entries[number].next;
		return number;
	}
	if (table->used >= table->size && !grow(table))
		return 0;
	return table->used++;
}

static uint32_t add(struct table *table, const void *bytes, size_t len, uint32_t hash)
{
	char *copy = malloc(len + 1);
	uint32_t number = copy ? new_number(table) : 0;

	if (!number) {
		free(copy);
		return 0;
	}
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	table->entries[number] = (struct table_entry){ copy, (uint32_t)len, hash, 0, false };
	table->bytes += len;
	link_entry(table, number);
	return number;
}

uint32_t table_find_or_add(struct table *table, const void *bytes, size_t len)
{
	uint32_t hash = hash_bytes(bytes, len), chain = 0;

	if (table->bucket_count) {
		uint32_t i = table->buckets[hash & (table->bucket_count - 1)];

		for (; i && chain < CHAIN_MAX; i = table->entries[i].next, chain++) {
			const struct table_entry *entry = &table->entries[i];

			if (entry->hash == hash && entry->len == len &&
				!memcmp(entry->bytes, bytes, len))
				return i;
		}
	}
	if (chain == CHAIN_MAX || table_is_full(table, len))
		return 0;
	return add(table, bytes, len, hash);
}

const char *table_get(const struct table *table, uint32_t number, size_t *ret_len)
{
	if (number == 0 || number >= table->used || !table->entries[number].bytes)
		return NULL;
	if (ret_len)
		*ret_len = table->entries[number].len;
	return table->entries[number].bytes;
}

void table_unmark_all(struct table *table)
{
	for (uint32_t i = 1; i < table->used; i++)
		table->entries[i].marked = false;
}

void table_mark(struct table *table, uint32_t number)
{
	if (number < table->used)
		table->entries[number].marked = true;
}

void table_drop_unmarked(struct table *table)
{
	uint32_t live = 0;

	for (uint32_t i = 1; i < table->used; i++) {
		struct table_entry *entry = &table->entries[i];

		if (!entry->bytes || entry->marked) {
			live += entry->marked && entry->bytes;
			continue;
		}
		table->bytes -= entry->len;
		free(entry->bytes);
		entry->bytes = NULL;
	}
	if (table->bucket_count)
		link_all(table);
	if (live > table->max / 8 * 7 || table->bytes > table->bytes_max / 8 * 7)
		table->refused = table->max / 8;
}
