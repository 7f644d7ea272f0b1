/* SPDX-License-Identifier: MIT */
#include "control/type.h"

#include "base/cleanup.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct type type_string = { .kind = TYPE_STRING, .name = "str" };
const struct type type_bool = { .kind = TYPE_BOOL, .name = "bool" };
const struct type type_int = { .kind = TYPE_INT, .name = "int" };
const struct type type_number = { .kind = TYPE_NUMBER, .name = "number" };
const struct type type_any = { .kind = TYPE_ANY, .name = "any" };
const struct type type_uint8 = { .kind = TYPE_INT, .name = "uint8", .max = UINT8_MAX };
const struct type type_uint16 = { .kind = TYPE_INT, .name = "uint16", .max = UINT16_MAX };
const struct type type_uint32 = { .kind = TYPE_INT, .name = "uint32", .max = UINT32_MAX };
const struct type type_size = { .kind = TYPE_INT, .name = "size", .max = INT64_MAX };
const struct type type_string_list = {
	.kind = TYPE_LIST, .name = "strList", .element = &type_string
};

static const char *json_name(enum type_kind kind)
{
	switch (kind) {
	case TYPE_BOOL: return "boolean";
	case TYPE_INT: return "integer";
	case TYPE_NUMBER: return "number";
	case TYPE_STRUCT: return "object";
	case TYPE_LIST: return "array";
	default: return "string";
	}
}

static bool is_kind(enum type_kind kind, const json_t *value)
{
	switch (kind) {
	case TYPE_BOOL: return json_is_boolean(value);
	case TYPE_INT: return json_is_integer(value);
	case TYPE_NUMBER: return json_is_number(value);
	case TYPE_STRUCT: return json_is_object(value);
	case TYPE_LIST: return json_is_array(value);
	case TYPE_ANY: return true;
	default: return json_is_string(value);
	}
}

/* "a" and "b" are "a.b"; "a" and 0 are "a[0]". Return: NULL if memory ran out. */
static char *path_of_member(const char *path, const char *name)
{
	char *text;

	return asprintf(&text, "%s%s%s", path ? path : "", path ? "." : "", name) < 0 ? NULL : text;
}

static char *path_of_element(const char *path, size_t index)
{
	char *text;

	return asprintf(&text, "%s[%zu]", path ? path : "", index) < 0 ? NULL : text;
}

/* A type of QAPI's says its range by its name. */
static int check_int(
	const struct type *type, const json_t *value, const char *path, struct error **err)
{
	json_int_t number = json_integer_value(value);

	if ((!type->min && !type->max) || (number >= type->min && number <= type->max))
		return 0;
	if (strcmp(type->name, "int") != 0)
		return error_set(err, EINVAL, "Parameter '%s' expects %s", path, type->name);
	return error_set(err, EINVAL,
		"Parameter '%s' expects an integer from %" JSON_INTEGER_FORMAT
		" to %" JSON_INTEGER_FORMAT,
		path, (json_int_t)type->min, (json_int_t)type->max);
}

/* A text with a null byte in it is another one to whoever reads it as C does. */
static int check_string(const json_t *value, const char *path, struct error **err)
{
	if (strlen(json_string_value(value)) == json_string_length(value))
		return 0;
	return error_set(err, EINVAL, "Parameter '%s' has a null byte in it", path);
}

/* As QEMU names a word that is none of an enum's. */
static const char *last_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static int check_word(
	const struct type *type, const json_t *value, const char *path, struct error **err)
{
	const char *word = json_string_value(value);

	if (opts_enum_index(type->values, word) >= 0)
		return 0;
	return error_set(
		err, EINVAL, "Parameter '%s' does not accept value '%s'", last_name(path), word);
}

static int check_elements(
	const struct type *type, const json_t *list, const char *path, struct error **err)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(list) && r == 0; i++) {
		AUTO_FREE char *element = path_of_element(path, i);

		if (!element)
			return error_set(err, ENOMEM, "out of memory");
		r = type_check(type->element, json_array_get(list, i), element, err);
	}
	return r;
}

/*
 * Nor may there be one anywhere in what is looked at later. (jansson's iterators take a plain
 * pointer although they do not write.)
 */
static int check_any(const json_t *value, const char *path, struct error **err)
{
	json_t *walked = (json_t *)(uintptr_t)value;
	int r = 0;

	if (json_is_string(value))
		return check_string(value, path, err);
	for (size_t i = 0; i < json_array_size(value) && r == 0; i++)
		r = check_any(json_array_get(value, i), path, err);
	for (void *at = json_object_iter(walked); at && r == 0;
		at = json_object_iter_next(walked, at))
		r = check_any(json_object_iter_value(at), path, err);
	return r;
}

int type_check(const struct type *type, const json_t *value, const char *path, struct error **err)
{
	if (!is_kind(type->kind, value))
		return error_set(err, EINVAL, "Invalid parameter type for '%s', expected: %s", path,
			json_name(type->kind));
	switch (type->kind) {
	case TYPE_INT: return check_int(type, value, path, err);
	case TYPE_STRING: return check_string(value, path, err);
	case TYPE_ENUM: return check_word(type, value, path, err);
	case TYPE_STRUCT: return type_check_fields(type->fields, value, path, err);
	case TYPE_LIST: return check_elements(type, value, path, err);
	case TYPE_ANY: return check_any(value, path, err);
	default: return 0;
	}
}

static int check_field(
	const struct field *field, const json_t *object, const char *path, struct error **err)
{
	const json_t *value = json_object_get(object, field->name);
	AUTO_FREE char *member = NULL;

	if (!value && field->optional)
		return 0;
	member = path_of_member(path, field->name);
	if (!member)
		return error_set(err, ENOMEM, "out of memory");
	if (!value)
		return error_set(err, EINVAL, "Parameter '%s' is missing", member);
	return type_check(field->type, value, member, err);
}

static bool has_field(const struct field *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (!strcmp(fields->name, name))
			return true;
	return false;
}

int type_check_fields(
	const struct field *fields, const json_t *object, const char *path, struct error **err)
{
	json_t *walked = (json_t *)(uintptr_t)object;
	int r = 0;

	for (const struct field *at = fields; at && at->name && r == 0; at++)
		r = check_field(at, object, path, err);
	if (r == 0 && has_field(fields, FIELD_OTHERS))
		return check_any(object, path ? path : "arguments", err);
	for (void *at = json_object_iter(walked); at && r == 0;
		at = json_object_iter_next(walked, at)) {
		AUTO_FREE char *member = NULL;

		if (has_field(fields, json_object_iter_key(at)))
			continue;
		member = path_of_member(path, json_object_iter_key(at));
		return error_set(err, EINVAL, "Parameter '%s' is unexpected",
			member ? member : json_object_iter_key(at));
	}
	return r;
}
