/* SPDX-License-Identifier: MIT */
/*
 * A set against the tables of the object that takes it. The order of the checks is what a person
 * expects: the id, then each element as it was typed (known? readable? in range?), then what is
 * missing. Nothing in the set is changed: after a success every opts_get_*() of a key in the
 * tables has a value that can be read.
 */
#include "opts/opts.h"
#include "opts/opts-impl.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/strbuf.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which entry does a key mean ---- */

const struct opt_desc *opts_find_desc(const struct opt_desc *const *tables, const char *name)
{
	for (; *tables; tables++)
		for (const struct opt_desc *desc = *tables; desc->name; desc++)
			if (opts_is_key(desc->name, name))
				return desc;
	return NULL;
}

int opts_parse_index(const char *text, const char **ret_end)
{
	size_t len = strspn(text, "0123456789");
	uint64_t value = 0;

	if (len == 0 || (text[0] == '0' && len > 1) || (text[len] && text[len] != '.'))
		return -1;
	for (size_t i = 0; i < len && value < OPTS_INDEX_BEYOND; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	*ret_end = text + len;
	return value < OPTS_INDEX_BEYOND ? (int)value : OPTS_INDEX_BEYOND;
}

static bool is_list(const struct opt_desc *desc)
{
	return desc->type == OPT_LIST || desc->type == OPT_GROUPS;
}

/* Does @rest, which is behind the name of the list @desc, name an element of it? */
static bool match_element(const struct opt_desc *desc, const char *rest, struct opts_match *ret)
{
	struct opts_match inner;
	const char *end;
	int index;

	if (*rest != '.')
		return false;
	index = opts_parse_index(rest + 1, &end);
	if (index < 0)
		return false;
	if (desc->type == OPT_LIST) {
		*ret = (struct opts_match){ desc, desc, index };
		return *end == '\0';
	}
	if (*end != '.' || !opts_match_key((const struct opt_desc *const[]){ desc->group, NULL },
				   end + 1, &inner))
		return false;
	*ret = (struct opts_match){ desc, inner.leaf, index };
	return true;
}

/* The list entry that @key begins with; *@ret_rest is behind its name. */
static const struct opt_desc *find_list(
	const struct opt_desc *const *tables, const char *key, const char **ret_rest)
{
	for (; *tables; tables++)
		for (const struct opt_desc *desc = *tables; desc->name; desc++) {
			size_t len = strlen(desc->name);

			if (is_list(desc) && !strncmp(key, desc->name, len) &&
				(key[len] == '.' || key[len] == '\0')) {
				*ret_rest = key + len;
				return desc;
			}
		}
	return NULL;
}

bool opts_match_key(const struct opt_desc *const *tables, const char *key, struct opts_match *ret)
{
	const struct opt_desc *desc = opts_find_desc(tables, key);
	const char *rest;

	if (desc && !is_list(desc)) {
		*ret = (struct opts_match){ desc, desc, -1 };
		return true;
	}
	desc = find_list(tables, key, &rest);
	return desc && match_element(desc, rest, ret);
}

const char *opts_unknown_key(struct opts *opts, const struct opt_desc *const *tables)
{
	opts_bind(opts, tables);
	for (size_t i = 0; i < opts->len; i++)
		if (!opts->items[i].match.desc) {
			opts->refused = &opts->items[i];
			return opts->refused->key;
		}
	return NULL;
}

/* ---- values ---- */

typedef int check_fn(const struct opt_desc *desc, const struct opts_item *item, struct error **err);

/* A range as a person writes it: "64k to 64M", "at least 1". */
static void print_bound(char *text, size_t size, const struct opt_desc *desc, uint64_t value)
{
	static const char suffixes[] = "kMGTPE";
	int shifts = 0;

	while (desc->type == OPT_SIZE && value && value % 1024 == 0 && suffixes[shifts]) {
		value /= 1024;
		shifts++;
	}
	snprintf(text, size, "%" PRIu64 "%.1s", value, shifts ? &suffixes[shifts - 1] : "");
}

static int out_of_range(
	const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	char min[32], max[32];

	print_bound(min, sizeof(min), desc, desc->min);
	print_bound(max, sizeof(max), desc, desc->max);
	error_set(err, EINVAL, "Value '%s' is out of range for parameter '%s'", item->value,
		item->key);
	if (desc->max)
		error_set_hint(err, "It takes %s to %s.", min, max);
	else
		error_set_hint(err, "It takes %s or more.", min);
	return -EINVAL;
}

static int check_range(const struct opt_desc *desc, const struct opts_item *item, uint64_t value,
	struct error **err)
{
	if (value < desc->min || (desc->max && value > desc->max))
		return out_of_range(desc, item, err);
	return 0;
}

static int check_string(
	const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	(void)desc, (void)item, (void)err;
	return 0;
}

static int check_bool(const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	bool unused;

	(void)desc;
	if (parse_bool(item->value, &unused) < 0)
		return error_set(err, EINVAL, "Parameter '%s' expects 'on' or 'off'", item->key);
	return 0;
}

static bool is_negative(const char *text)
{
	uint64_t unused;

	return text[0] == '-' && parse_u64(text + 1, &unused) == 0;
}

static int check_off(const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	bool on = false;
	int r = check_bool(desc, item, err);

	if (r == 0 && parse_bool(item->value, &on) == 0 && on)
		return error_set(err, EINVAL, "'%s=on' is not supported", item->key);
	return r;
}

static int check_number(
	const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	uint64_t number;
	int r = parse_u64(item->value, &number);

	if (r == -ERANGE)
		return error_set(err, EINVAL, "Value '%s' is too large for parameter '%s'",
			item->value, item->key);
	if (r < 0 && is_negative(item->value))
		return out_of_range(desc, item, err);
	if (r < 0)
		return error_set(err, EINVAL, "Parameter '%s' expects a number", item->key);
	return check_range(desc, item, number, err);
}

static int check_uint32(
	const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	uint64_t number;
	int r = parse_u64(item->value, &number);

	if (r < 0 && !is_negative(item->value))
		return error_set(err, EINVAL, "Parameter '%s' expects %s", item->key,
			item->is_json ? "uint64" : "integer");
	if (r < 0 || number > UINT32_MAX)
		return error_set(err, EINVAL, "Parameter '%s' expects uint32_t", item->key);
	return check_range(desc, item, number, err);
}

static int check_size(const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	uint64_t bytes;
	int r = parse_size(item->value, &bytes);

	if (r == -ERANGE)
		return out_of_range(desc, item, err);
	if (r < 0) {
		error_set(err, EINVAL, "Parameter '%s' expects a non-negative number below 2^64",
			item->key);
		error_set_hint(err, "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, "
				    "tera-, peta-\nand exabytes, respectively.");
		return -EINVAL;
	}
	return check_range(desc, item, bytes, err);
}

static int check_enum(const struct opt_desc *desc, const struct opts_item *item, struct error **err)
{
	if (opts_enum_index(desc->values, item->value) >= 0)
		return 0;
	if (desc->qapi)
		error_set(err, EINVAL, "invalid parameter value: %s", item->value);
	else
		error_set(err, EINVAL, "Parameter '%s' does not accept value '%s'", item->key,
			item->value);
	error_set_hint(err, "It takes one of %s.", desc->values);
	return -EINVAL;
}

/* Elements of an OPT_LIST are strings; an OPT_GROUPS is never a leaf. */
static check_fn *const value_checks[] = {
	[OPT_STRING] = check_string,
	[OPT_ID] = check_string,
	[OPT_BOOL] = check_bool,
	[OPT_OFF] = check_off,
	[OPT_NUMBER] = check_number,
	[OPT_UINT32] = check_uint32,
	[OPT_SIZE] = check_size,
	[OPT_ENUM] = check_enum,
	[OPT_LIST] = check_string,
};

/* ---- keys ---- */

static void add_name(void *data, const struct opts_help_line *line)
{
	struct strbuf *names = data;

	strbuf_printf(names, "%s%s", names->len ? ", " : "", line->key);
}

void opts_set_names_hint(
	const char *owner, const struct opt_desc *const *tables, struct error **err)
{
	AUTO_STRBUF struct strbuf names = { 0 };

	if (opts_for_each_help(tables, add_name, &names) == 0 && names.len && !names.failed)
		error_set_hint(err, "%s takes: %s.", owner, names.data);
}

static int unknown_key(const char *owner, const struct opt_desc *const *tables, const char *key,
	struct error **err)
{
	error_set(err, EINVAL, "Invalid parameter '%s'", key);
	opts_set_names_hint(owner, tables, err);
	return -EINVAL;
}

/* Is an element of the list @desc in the set, with this index or (-1) with any? */
static bool has_element(const struct opts *opts, const struct opt_desc *desc, int index)
{
	for (size_t i = 0; i < opts->len; i++) {
		const struct opts_match *match = &opts->items[i].match;

		if (match->desc == desc && (index < 0 || match->index == index))
			return true;
	}
	return false;
}

/* @key is no option: is it because a list is used in two ways at once? @text says how then. */
static bool is_mixed_use(const struct opts *opts, const char *key, char *text, size_t size)
{
	const char *rest, *end;
	const struct opt_desc *desc = find_list(opts->tables, key, &rest);
	int index;

	if (!desc)
		return false;
	rest += *rest == '.';
	index = opts_parse_index(rest, &end);
	if (index < 0) {
		snprintf(text, size, "%s.*", desc->name);
		return !isdigit((unsigned char)*rest) && has_element(opts, desc, -1);
	}
	if (desc->type == OPT_GROUPS && *end)
		return false;
	snprintf(text, size, "%s.%d.*", desc->name, index);
	return has_element(opts, desc, index);
}

static int check_item(const struct opts *opts, const char *owner, const struct opts_item *item,
	struct error **err)
{
	const struct opts_match *match = &item->match;
	char mixed[OPTS_KEY_MAX + 16];

	if (match->desc)
		return value_checks[match->leaf->type](match->leaf, item, err);
	if (is_mixed_use(opts, item->key, mixed, sizeof(mixed)))
		return error_set(err, EINVAL, "Parameters '%s' used inconsistently", mixed);
	return unknown_key(owner, opts->tables, item->key, err);
}

/* The object's own name; names of others are not looked at: what does not exist is not found. */
static int check_id(const struct opts *opts, struct error **err)
{
	const char *id = opts_text(opts, "id");

	if (!id || !opts_find_desc(opts->tables, "id") || parse_id_is_valid(id))
		return 0;
	error_set(err, EINVAL, "Parameter 'id' expects an identifier");
	error_set_hint(err, "Identifiers consist of letters, digits, '-', '.', '_', starting with "
			    "a letter.");
	return -EINVAL;
}

/* ---- what is missing ---- */

static int check_missing(const struct opts *opts, const char *prefix, struct error **err);

/* Find the first index of the list @desc that is not there although a later one is. */
static int check_gaps(const struct opts *opts, const struct opt_desc *desc, const char *prefix,
	struct error **err)
{
	size_t len = 0, first_gap = 0;
	AUTO_FREE bool *seen = NULL;

	if (!has_element(opts, desc, -1))
		return 0;
	seen = calloc(opts->len + 1, sizeof(*seen));
	if (!seen)
		return opts_append_error(-ENOMEM, err);
	for (size_t i = 0; i < opts->len; i++) {
		const struct opts_match *match = &opts->items[i].match;

		if (match->desc != desc)
			continue;
		if ((size_t)match->index < opts->len)
			seen[match->index] = true;
		if ((size_t)match->index >= len)
			len = (size_t)match->index + 1;
	}
	while (first_gap < opts->len && seen[first_gap])
		first_gap++;
	if (first_gap < len)
		return error_set(
			err, EINVAL, "Parameter '%s%s.%zu' missing", prefix, desc->name, first_gap);
	return 0;
}

static int check_groups(const struct opts *opts, const struct opt_desc *desc, const char *prefix,
	struct error **err)
{
	AUTO_OPTS_GROUPS struct opts_groups groups = { 0 };
	int r = opts_list_groups(opts, desc->name, &groups);

	if (r < 0)
		return opts_append_error(r, err);
	for (size_t i = 0; i < groups.len && r == 0; i++) {
		char inner[OPTS_KEY_MAX];

		snprintf(inner, sizeof(inner), "%s%s.%zu.", prefix, desc->name, i);
		r = check_missing(groups.items[i], inner, err);
	}
	return r;
}

static int check_present(const struct opts *opts, const struct opt_desc *desc, const char *prefix,
	struct error **err)
{
	int r;

	if (desc->required && !opts_has(opts, desc->name))
		return error_set(err, EINVAL, "Parameter '%s%s' is missing", prefix, desc->name);
	if (!is_list(desc))
		return 0;
	r = check_gaps(opts, desc, prefix, err);
	if (r == 0 && desc->type == OPT_GROUPS)
		r = check_groups(opts, desc, prefix, err);
	return r;
}

static int check_missing(const struct opts *opts, const char *prefix, struct error **err)
{
	for (const struct opt_desc *const *table = opts->tables; *table; table++)
		for (const struct opt_desc *desc = *table; desc->name; desc++) {
			int r = check_present(opts, desc, prefix, err);

			if (r < 0)
				return r;
		}
	return 0;
}

/* What a secret holds is nobody's to read. */
static void trace(const char *owner, const struct opts_item *item)
{
	log_debug("%s: %s=%s", owner, item->key, strcmp(item->key, "data") ? item->value : "...");
}

int opts_check(struct opts *opts, const char *owner, const struct opt_desc *const *tables,
	struct error **err)
{
	int r;

	opts_bind(opts, tables);
	opts->refused = NULL;
	if (opts->checked)
		return 0;
	r = check_id(opts, err);
	for (size_t i = 0; r == 0 && i < opts->len; i++) {
		r = check_item(opts, owner, &opts->items[i], err);
		trace(owner, &opts->items[i]);
		if (r < 0)
			opts->refused = &opts->items[i];
	}
	if (r == 0)
		r = check_missing(opts, "", err);
	opts->checked = r == 0;
	return r;
}
