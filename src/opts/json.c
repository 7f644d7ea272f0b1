/* SPDX-License-Identifier: MIT */
/*
 * A JSON object as a set: every scalar becomes text under its dotted path, so that one check and
 * one table serve both spellings. The text may come from a peer: its size, its depth and the number
 * of its scalars are limited, a member given twice is an error.
 */
#include "opts/opts.h"
#include "opts/opts-impl.h"

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_DEPTH_MAX = 8 };

static void json_cleanup(json_t **value)
{
	json_decref(*value);
}
#define AUTO_JSON __attribute__((cleanup(json_cleanup)))

static int flatten(
	const json_t *value, struct strbuf *path, int depth, struct opts *opts, struct error **err);

static int add_scalar(const char *path, const char *text, struct opts *opts, struct error **err)
{
	int r = opts_append(opts, path, text);

	return r < 0 ? opts_append_error(r, err) : 0;
}

static int add_number(const json_t *value, const char *path, struct opts *opts, struct error **err)
{
	char text[64];

	if (json_is_integer(value))
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		snprintf(text, sizeof(text), "%.17g", json_real_value(value));
	return add_scalar(path, text, opts, err);
}

/* Go one member deeper and come back with @path as it was. */
static int flatten_member(const json_t *value, const char *name, struct strbuf *path, int depth,
	struct opts *opts, struct error **err)
{
	size_t len = path->len;
	int r;

	if (len)
		strbuf_putc(path, '.');
	strbuf_puts(path, name);
	if (path->failed)
		return opts_append_error(-ENOMEM, err);
	r = flatten(value, path, depth + 1, opts, err);
	path->len = len;
	path->data[len] = '\0';
	return r;
}

static int flatten_object(
	const json_t *object, struct strbuf *path, int depth, struct opts *opts, struct error **err)
{
	/* The iterator's functions take a plain pointer although they do not write. */
	json_t *walked = (json_t *)(uintptr_t)object;

	for (void *at = json_object_iter(walked); at; at = json_object_iter_next(walked, at)) {
		int r = flatten_member(json_object_iter_value(at), json_object_iter_key(at), path,
			depth, opts, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int flatten_array(
	const json_t *array, struct strbuf *path, int depth, struct opts *opts, struct error **err)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		char name[24];
		int r;

		snprintf(name, sizeof(name), "%zu", i);
		r = flatten_member(json_array_get(array, i), name, path, depth, opts, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int flatten(
	const json_t *value, struct strbuf *path, int depth, struct opts *opts, struct error **err)
{
	if (depth > JSON_DEPTH_MAX)
		return error_set(err, EINVAL, "Parameter '%s' is nested more than %d deep",
			path->data, JSON_DEPTH_MAX);
	switch (json_typeof(value)) {
	case JSON_OBJECT: return flatten_object(value, path, depth, opts, err);
	case JSON_ARRAY: return flatten_array(value, path, depth, opts, err);
	case JSON_STRING: return add_scalar(path->data, json_string_value(value), opts, err);
	case JSON_INTEGER:
	case JSON_REAL: return add_number(value, path->data, opts, err);
	case JSON_TRUE: return add_scalar(path->data, "on", opts, err);
	case JSON_FALSE: return add_scalar(path->data, "off", opts, err);
	case JSON_NULL: break;
	}
	return error_set(err, EINVAL, "Parameter '%s' is null: leave it out instead", path->data);
}

/* ---- what is there twice ---- */

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The parser finds a member that is there twice, but not one that is there as "a.b" and in "a". */
static int check_twice(const struct opts *opts, struct error **err)
{
	AUTO_FREE const char **keys = calloc(opts->len + 1, sizeof(*keys));

	if (!keys)
		return opts_append_error(-ENOMEM, err);
	for (size_t i = 0; i < opts->len; i++)
		keys[i] = opts->items[i].key;
	qsort(keys, opts->len, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < opts->len; i++)
		if (!strcmp(keys[i - 1], keys[i]))
			return error_set(err, EINVAL, "Parameter '%s' is given twice", keys[i]);
	return 0;
}

int opts_parse_json(const char *text, struct opts **ret_opts, struct error **err)
{
	AUTO_STRBUF struct strbuf path = { 0 };
	AUTO_OPTS struct opts *opts = NULL;
	AUTO_JSON json_t *root = NULL;
	json_error_t why;
	int r;

	if (strnlen(text, OPTS_TEXT_MAX) == OPTS_TEXT_MAX)
		return error_set(err, EINVAL, "JSON of more than %d bytes", OPTS_TEXT_MAX);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return error_set(err, EINVAL, "JSON parse error, %s (line %d, column %d)", why.text,
			why.line, why.column);
	if (!json_is_object(root))
		return error_set(err, EINVAL, "JSON parse error, expected an object");
	opts = opts_new();
	if (!opts)
		return opts_append_error(-ENOMEM, err);
	opts->is_json = true;
	r = flatten_object(root, &path, 0, opts, err);
	if (r == 0)
		r = check_twice(opts, err);
	if (r < 0)
		return r;
	*ret_opts = TAKE_PTR(opts);
	return 0;
}
