/* SPDX-License-Identifier: MIT */
#ifndef VT_TABLE_H
#define VT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Byte strings that cells refer to by number (grapheme clusters, hyperlinks): equal strings have
 * the same number. Number 0 is never used. Numbers stay until a sweep finds that no cell has them.
 */
struct table_entry {
	char *bytes;
	uint32_t len;
	uint32_t hash;
	uint32_t next; /* in the hash chain, or in the list of free ones */
	bool marked;
};

struct table {
	struct table_entry *entries; /* [0] unused */
	uint32_t *buckets;	     /* a power of two */
	uint32_t size, bucket_count, used, free, max;
	size_t bytes_max, bytes;
	uint32_t refused; /* adds to refuse before the next sweep is worth while */
};

/** table_init() - at most @max strings and @bytes_max bytes; nothing is allocated yet */
void table_init(struct table *table, uint32_t max, size_t bytes_max);
void table_done(struct table *table);

/** table_find_or_add() - Return: the number; 0: the table is full, or no memory */
uint32_t table_find_or_add(struct table *table, const void *bytes, size_t len);

/** table_is_full() - the next new string of @len bytes will not fit: time to sweep */
bool table_is_full(const struct table *table, size_t len);

/** table_get() - Return: the bytes (NUL-terminated), NULL: no such number */
const char *table_get(const struct table *table, uint32_t number, size_t *ret_len);

void table_unmark_all(struct table *table);
void table_mark(struct table *table, uint32_t number);
void table_drop_unmarked(struct table *table);

#endif
