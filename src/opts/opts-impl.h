/* SPDX-License-Identifier: MIT */
#ifndef OPTS_OPTS_IMPL_H
#define OPTS_OPTS_IMPL_H

#include "opts/opts.h"

#include <string.h>

/* The inside of a set, for the files of this folder only. */
enum {
	OPTS_ITEMS_MAX = 1 << 16,    /* elements of one set, whoever wrote it */
	OPTS_TEXT_MAX = 1 << 20,     /* bytes of one argument or JSON text */
	OPTS_TABLES_MAX = 4,	     /* tables that one object's options come from */
	OPTS_KEY_MAX = 128,	     /* bytes of a table's key with its index, with the NUL */
	OPTS_INDEX_BEYOND = 1 << 30, /* stands for every index that is larger */
};

/**
 * struct opts_match - what a key means by the tables
 * @desc:  the entry of the top table
 * @leaf:  the entry that says how the value is read; the same as @desc unless a group's
 * @index: of an OPT_LIST or OPT_GROUPS; -1 otherwise
 */
struct opts_match {
	const struct opt_desc *desc, *leaf;
	int index;
};

/**
 * struct opts_item
 * @key:     owned; @value stands behind it in the same piece of memory
 * @match:   of the key by the tables of the set; without @desc: none has it
 * @line:    of the file it came from; 0: from none
 * @is_json: it came from JSON, where QEMU's text about a number that is none differs
 */
struct opts_item {
	char *key;
	const char *value;
	struct opts_match match;
	unsigned line;
	bool is_json;
};

/**
 * struct opts - elements in the order in which they came
 * @items:  a key may be there more than once: the last one counts, all are checked
 * @line, @is_json: given to what is appended
 * @refused: the element that a check found wrong, or NULL
 * @tables: NULL-terminated; set by opts_bind()
 * @checked: a check by them found nothing wrong, and nothing was changed since
 */
struct opts {
	struct opts_item *items;
	size_t len, size;
	bool wants_help, is_json, checked;
	unsigned line;
	const struct opts_item *refused;
	const struct opt_desc *tables[OPTS_TABLES_MAX + 1];
};

/** opts_is_key() - the same? Most differ in the first letter, which takes no call to see */
static inline bool opts_is_key(const char *a, const char *b)
{
	return *a == *b && !strcmp(a, b);
}

/**
 * opts_append() - add an element behind the others, copying both strings
 *
 * Return: 0; -E2BIG: more than OPTS_ITEMS_MAX; -ENOMEM.
 */
int opts_append(struct opts *opts, const char *key, const char *value);

/** opts_append_error() - set @err for what opts_append() returned, and return it */
int opts_append_error(int code, struct error **err);

/** opts_match_key() - look a dotted key up. Return: false: nobody takes it */
bool opts_match_key(const struct opt_desc *const *tables, const char *key, struct opts_match *ret);

/**
 * opts_parse_index() - the decimal index at @text, which ends at '.' or the end
 *
 * Return: the index, at most OPTS_INDEX_BEYOND, *@ret_end behind its digits; -1: not an index (a
 * leading zero included).
 */
int opts_parse_index(const char *text, const char **ret_end);

/** opts_find_desc() - the entry with this very name, or NULL */
const struct opt_desc *opts_find_desc(const struct opt_desc *const *tables, const char *name);

#endif
