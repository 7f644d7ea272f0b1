/* SPDX-License-Identifier: MIT */
/*
 * One text for all spellings of the same options, and what the difference of two is. A key counts
 * as the last of its values; a value is written as a number, a size or a boolean reads best.
 */
#include "opts/opts.h"
#include "opts/opts-impl.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/strbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 24 };

/* ---- values ---- */

/* @text as it is written here: in @buf, or @text itself. */
static const char *plain(const struct opt_desc *desc, const char *text, char buf[VALUE_BYTES])
{
	uint64_t number;
	bool flag;
	int r = -EINVAL;

	switch (desc->type) {
	case OPT_BOOL:
	case OPT_OFF: return parse_bool(text, &flag) < 0 ? text : flag ? "on" : "off";
	case OPT_NUMBER:
	case OPT_UINT32: r = parse_u64(text, &number); break;
	case OPT_SIZE: r = parse_size(text, &number); break;
	default: break;
	}
	if (r == 0)
		snprintf(buf, VALUE_BYTES, "%" PRIu64, number);
	return r == 0 ? buf : text;
}

static bool is_preset(const struct opt_desc *desc, const char *text)
{
	char buf[VALUE_BYTES];

	return desc->preset && !strcmp(plain(desc, desc->preset, buf), text);
}

/* ---- the elements that count ---- */

/**
 * struct choice - an element
 * @place: where it came
 */
struct choice {
	const struct opts_item *item;
	size_t place;
};

static int by_key_and_place(const void *a, const void *b)
{
	const struct choice *left = a, *right = b;
	int order = strverscmp(left->item->key, right->item->key);

	if (order)
		return order;
	return left->place < right->place ? -1 : 1;
}

/* Return: the last element of each key, sorted, *@ret_len of them; NULL: no memory. */
static struct choice *choose(const struct opts *opts, size_t *ret_len)
{
	struct choice *choices = calloc(opts->len + 1, sizeof(*choices));
	size_t len = 0;

	if (!choices)
		return NULL;
	for (size_t i = 0; i < opts->len; i++)
		choices[i] = (struct choice){ &opts->items[i], i };
	qsort(choices, opts->len, sizeof(*choices), by_key_and_place);
	for (size_t i = 0; i < opts->len; i++)
		if (i + 1 == opts->len || strcmp(choices[i].item->key, choices[i + 1].item->key))
			choices[len++] = choices[i];
	*ret_len = len;
	return choices;
}

/* ---- text ---- */

static void put(struct strbuf *text, const char *key, const char *value)
{
	if (text->len)
		strbuf_putc(text, ',');
	if (key) {
		strbuf_puts(text, key);
		strbuf_putc(text, '=');
	}
	for (const char *comma; (comma = strchr(value, ',')); value = comma + 1) {
		strbuf_append(text, value, (size_t)(comma - value));
		strbuf_puts(text, ",,");
	}
	strbuf_puts(text, value);
}

static void put_choice(struct strbuf *text, const struct opts_item *item)
{
	char buf[VALUE_BYTES];
	const struct opt_desc *leaf = item->match.leaf;
	const char *value = item->value;

	if (leaf) {
		value = plain(leaf, value, buf);
		if (is_preset(leaf, value))
			return;
	}
	put(text, item->key, value);
}

char *opts_canonical(const struct opts *opts, const char *implied)
{
	size_t len = 0;
	AUTO_FREE struct choice *choices = choose(opts, &len);
	AUTO_STRBUF struct strbuf text = { 0 };
	const char *first = implied ? opts_text(opts, implied) : NULL;
	const char *id = opts_text(opts, "id");

	if (!choices)
		return NULL;
	if (first)
		put(&text, strchr(first, '=') ? implied : NULL, first);
	if (id)
		put(&text, "id", id);
	for (size_t i = 0; i < len; i++) {
		const char *key = choices[i].item->key;

		if (strcmp(key, "id") && !(implied && !strcmp(key, implied)))
			put_choice(&text, choices[i].item);
	}
	strbuf_puts(&text, "");
	return strbuf_take(&text);
}

/* ---- differences ---- */

/* Does @a have an element that @b has not, or otherwise? @change gathers how much that matters. */
static void compare_one_way(const struct opts *a, const struct opts *b, enum opts_change *change)
{
	for (size_t i = 0; i < a->len; i++) {
		const struct opts_item *item = &a->items[i];
		const char *other = opts_text(b, item->key);

		if (other && !strcmp(other, item->value))
			continue;
		if (!item->match.desc || !item->match.desc->live)
			*change = OPTS_OTHER;
		else if (*change == OPTS_SAME)
			*change = OPTS_LIVE;
	}
}

int opts_compare(const struct opts *new, const char *old, const char *implied)
{
	AUTO_FREE char *text = opts_canonical(new, implied);
	AUTO_OPTS struct opts *before = NULL;
	AUTO_OPTS struct opts *after = NULL;
	enum opts_change change = OPTS_SAME;

	if (!text)
		return -ENOMEM;
	if (!strcmp(text, old))
		return OPTS_SAME;
	if (opts_parse(old, implied, &before, NULL) < 0 ||
		opts_parse(text, implied, &after, NULL) < 0)
		return -ENOMEM;
	opts_bind(before, new->tables);
	opts_bind(after, new->tables);
	compare_one_way(after, before, &change);
	compare_one_way(before, after, &change);
	return (int)change;
}

const char *opts_next_ref(const struct opts *opts, size_t *index, const struct opt_desc **ret_desc)
{
	while (*index < opts->len) {
		const struct opts_item *item = &opts->items[(*index)++];
		const struct opts_match *match = &item->match;

		if (!match->desc || !strcmp(item->key, "id"))
			continue;
		if (match->leaf->type != OPT_ID && match->leaf->type != OPT_LIST)
			continue;
		*ret_desc = match->desc;
		return item->value;
	}
	return NULL;
}
