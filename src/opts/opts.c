/* SPDX-License-Identifier: MIT */
/*
 * The set itself and the typed reading of it.
 *
 * Elements are kept as text in the order they came, since errors are reported in that order. A key
 * that was given twice stays twice, so that a bad first value is an error although the second one
 * counts. Reading converts on every call: options are read once, when an object is made.
 */
/* syscalls: rename */
#include "opts/opts.h"
#include "opts/opts-impl.h"

#include "base/parse.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opts *opts_new(void)
{
	return calloc(1, sizeof(struct opts));
}

static void match_item(const struct opts *opts, struct opts_item *item)
{
	if (!opts_match_key(opts->tables, item->key, &item->match))
		item->match = (struct opts_match){ 0 };
}

/* Both strings, in one piece. Return: 0; -ENOMEM: they are as they were. */
static int set_item(struct opts *opts, struct opts_item *item, const char *key, const char *value)
{
	size_t key_size = strlen(key) + 1, value_size = strlen(value) + 1;
	char *piece = malloc(key_size + value_size);

	if (!piece)
		return -ENOMEM;
	memcpy(piece, key, key_size);
	memcpy(piece + key_size, value, value_size);
	free(item->key);
	item->key = piece;
	item->value = piece + key_size;
	match_item(opts, item);
	opts->checked = false;
	return 0;
}

void opts_free(struct opts *opts)
{
	if (!opts)
		return;
	for (size_t i = 0; i < opts->len; i++)
		free(opts->items[i].key);
	free(opts->items);
	free(opts);
}

static int reserve_item(struct opts *opts)
{
	size_t size = opts->size ? opts->size * 2 : 4;
	struct opts_item *items;

	if (opts->len >= OPTS_ITEMS_MAX)
		return -E2BIG;
	if (opts->len < opts->size)
		return 0;
	items = reallocarray(opts->items, size, sizeof(*items));
	if (!items)
		return -ENOMEM;
	opts->items = items;
	opts->size = size;
	return 0;
}

int opts_append(struct opts *opts, const char *key, const char *value)
{
	struct opts_item item = { .line = opts->line, .is_json = opts->is_json };
	int r = reserve_item(opts);

	if (r == 0)
		r = set_item(opts, &item, key, value);
	if (r == 0)
		opts->items[opts->len++] = item;
	return r;
}

int opts_append_error(int code, struct error **err)
{
	if (code == -E2BIG)
		return error_set(err, EINVAL, "Too many options: %d are the most", OPTS_ITEMS_MAX);
	return error_set(err, -code, "out of memory");
}

/* The element that counts for @key, or NULL. */
static struct opts_item *find_item(const struct opts *opts, const char *key)
{
	for (size_t i = opts->len; i > 0; i--)
		if (opts_is_key(opts->items[i - 1].key, key))
			return &opts->items[i - 1];
	return NULL;
}

int opts_set(struct opts *opts, const char *key, const char *value)
{
	struct opts_item *item = find_item(opts, key);

	return item ? set_item(opts, item, key, value) : opts_append(opts, key, value);
}

size_t opts_count(const struct opts *opts)
{
	return opts->len;
}

const char *opts_key_at(const struct opts *opts, size_t index)
{
	return opts->items[index].key;
}

const char *opts_value_at(const struct opts *opts, size_t index)
{
	return opts->items[index].value;
}

int opts_copy_item(struct opts *opts, const char *key, const struct opts *from, size_t index)
{
	const struct opts_item *item = &from->items[index];
	int r = opts_append(opts, key, item->value);

	if (r == 0)
		opts->items[opts->len - 1].line = item->line;
	return r;
}

int opts_preset(struct opts *opts, const char *key, const char *value)
{
	return opts_text(opts, key) ? 0 : opts_append(opts, key, value);
}

int opts_rename_keys(struct opts *opts, const char *(*rename)(const char *key))
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < opts->len; i++) {
		struct opts_item item = opts->items[i];
		const char *name = rename(item.key);

		if (!name) {
			free(item.key);
			continue;
		}
		if (set_item(opts, &item, name, item.value) < 0)
			r = -ENOMEM;
		opts->items[kept++] = item;
	}
	opts->len = kept;
	opts->checked = false;
	return r;
}

void opts_set_line(struct opts *opts, unsigned line)
{
	opts->line = line;
}

unsigned opts_line(const struct opts *opts)
{
	return opts->refused ? opts->refused->line : opts->line;
}

bool opts_wants_help(const struct opts *opts)
{
	return opts->wants_help;
}

const char *opts_text(const struct opts *opts, const char *key)
{
	const struct opts_item *item = find_item(opts, key);

	return item ? item->value : NULL;
}

const char *opts_nth_text(const struct opts *opts, const char *key, size_t n)
{
	for (size_t i = 0; i < opts->len; i++)
		if (!strcmp(opts->items[i].key, key) && n-- == 0)
			return opts->items[i].value;
	return NULL;
}

static bool is_bound(const struct opts *opts, const struct opt_desc *const *tables)
{
	size_t i = 0;

	while (tables[i] && opts->tables[i] == tables[i])
		i++;
	return tables[i] == opts->tables[i];
}

void opts_bind(struct opts *opts, const struct opt_desc *const *tables)
{
	size_t count = 0;

	if (is_bound(opts, tables))
		return;
	memset(opts->tables, 0, sizeof(opts->tables));
	for (; tables[count]; count++) {
		assert(count < OPTS_TABLES_MAX);
		opts->tables[count] = tables[count];
	}
	for (size_t i = 0; i < opts->len; i++)
		match_item(opts, &opts->items[i]);
	opts->checked = false;
}

/* ---- typed values ---- */

/* Asking for what is in no table, or is of another type, is a mistake of ours. */
enum {
	STRINGS = 1 << OPT_STRING | 1 << OPT_ID,
	NUMBERS = 1 << OPT_NUMBER | 1 << OPT_UINT32 | 1 << OPT_SIZE
};

/* The text of @key or its preset. @types: bits of enum opt_type; *@ret_desc: its entry. */
static const char *text_or_preset(
	const struct opts *opts, const char *key, unsigned types, const struct opt_desc **ret_desc)
{
	const struct opt_desc *desc = opts_find_desc(opts->tables, key);

	assert(desc && types >> desc->type & 1);
	*ret_desc = desc;
	for (size_t i = opts->len; i > 0; i--)
		if (opts->items[i - 1].match.desc == desc)
			return opts->items[i - 1].value;
	return desc->preset;
}

const char *opts_get_string(const struct opts *opts, const char *key)
{
	const struct opt_desc *desc;

	return text_or_preset(opts, key, STRINGS, &desc);
}

bool opts_get_bool(const struct opts *opts, const char *key)
{
	const struct opt_desc *desc;
	const char *text = text_or_preset(opts, key, 1 << OPT_BOOL, &desc);
	bool value = false;

	if (text)
		parse_bool(text, &value);
	return value;
}

uint64_t opts_get_number(const struct opts *opts, const char *key)
{
	const struct opt_desc *desc;
	const char *text = text_or_preset(opts, key, NUMBERS, &desc);
	uint64_t value = 0;

	if (!text)
		return 0;
	if (desc->type == OPT_SIZE)
		parse_size(text, &value);
	else
		parse_u64(text, &value);
	return value;
}

int opts_get_enum(const struct opts *opts, const char *key)
{
	const struct opt_desc *desc;
	const char *text = text_or_preset(opts, key, 1 << OPT_ENUM, &desc);
	int index = text ? opts_enum_index(desc->values, text) : 0;

	return index < 0 ? 0 : index;
}

int opts_enum_index(const char *values, const char *word)
{
	size_t len = strlen(word);

	for (int index = 0; *values; index++) {
		size_t end = strcspn(values, "|");

		if (end == len && !memcmp(values, word, len))
			return index;
		values += end + (values[end] == '|');
	}
	return -1;
}

/* ---- lists ---- */

/* Is @key the list @name or something in it? */
static bool key_is_of(const char *key, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(key, name, len) && (key[len] == '\0' || key[len] == '.');
}

bool opts_has(const struct opts *opts, const char *key)
{
	for (size_t i = 0; i < opts->len; i++)
		if (key_is_of(opts->items[i].key, key))
			return true;
	return false;
}

size_t opts_list_len(const struct opts *opts, const char *key)
{
	size_t len = 0;

	for (size_t i = 0; i < opts->len; i++) {
		const struct opts_match *match = &opts->items[i].match;

		if (match->desc && match->index >= 0 && (size_t)match->index >= len &&
			!strcmp(match->desc->name, key))
			len = (size_t)match->index + 1;
	}
	return len;
}

const char *opts_list_string(const struct opts *opts, const char *key, size_t index)
{
	char name[OPTS_KEY_MAX];

	snprintf(name, sizeof(name), "%s.%zu", key, index);
	return opts_text(opts, name);
}

static int new_groups(
	const struct opt_desc *desc, const struct opts *opts, struct opts_groups *groups)
{
	size_t len = opts_list_len(opts, desc->name);

	groups->items = calloc(len ? len : 1, sizeof(*groups->items));
	if (!groups->items)
		return -ENOMEM;
	for (; groups->len < len; groups->len++) {
		struct opts *group = opts_new();

		if (!group)
			return -ENOMEM;
		opts_bind(group, (const struct opt_desc *const[]){ desc->group, NULL });
		groups->items[groups->len] = group;
	}
	return 0;
}

/* Put each element under the rest of its key, behind "NAME.INDEX.". */
static int fill_groups(
	const struct opts *opts, const struct opt_desc *desc, struct opts_groups *groups)
{
	size_t name_len = strlen(desc->name);
	int r = 0;

	for (size_t i = 0; i < opts->len && r == 0; i++) {
		const struct opts_item *item = &opts->items[i];
		const char *rest;

		if (item->match.desc != desc)
			continue;
		opts_parse_index(item->key + name_len + 1, &rest);
		r = opts_append(groups->items[item->match.index], rest + 1, item->value);
	}
	return r;
}

int opts_list_groups(const struct opts *opts, const char *key, struct opts_groups *ret_groups)
{
	const struct opt_desc *desc = opts_find_desc(opts->tables, key);
	struct opts_groups groups = { 0 };

	assert(desc && desc->type == OPT_GROUPS);
	if (new_groups(desc, opts, &groups) < 0 || fill_groups(opts, desc, &groups) < 0) {
		opts_groups_done(&groups);
		return -ENOMEM;
	}
	*ret_groups = groups;
	return 0;
}

void opts_groups_done(struct opts_groups *groups)
{
	for (size_t i = 0; i < groups->len; i++)
		opts_free(groups->items[i]);
	free(groups->items);
	*groups = (struct opts_groups){ 0 };
}
