/* SPDX-License-Identifier: MIT */
/*
 * The schema is made while the tables are walked: each type is written when it is met first.
 * Memory that runs out is found at the end: an entry that could not be made is missing then.
 */
#include "control/schema.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "control/backend-opts.h"
#include "control/command.h"
#include "control/event-table.h"

#include <stdio.h>
#include <string.h>

/**
 * struct schema
 * @list:    of SchemaInfo
 * @written: names of the types that are in it
 */
struct schema {
	const struct chardev_class *const *classes;
	json_t *list, *written;
	bool failed;
};

static void put(struct schema *schema, json_t *info)
{
	schema->failed |= json_array_append_new(schema->list, info) < 0;
}

/* Return: true: it is the first time. */
static bool begin(struct schema *schema, const char *name)
{
	if (json_object_get(schema->written, name))
		return false;
	schema->failed |= json_object_set_new(schema->written, name, json_true()) < 0;
	return true;
}

static const char *put_type(struct schema *schema, const struct type *type);

/* ---- objects ---- */

static json_t *member(struct schema *schema, const struct field *field)
{
	json_t *info =
		json_pack("{s:s,s:s}", "name", field->name, "type", put_type(schema, field->type));

	if (info && field->optional) /* what is not given has no value */
		schema->failed |= json_object_set_new(info, "default", json_null()) < 0;
	return info;
}

static json_t *members(struct schema *schema, const struct field *fields)
{
	json_t *list = json_array();

	for (; fields && fields->name && strcmp(fields->name, FIELD_OTHERS) != 0 && list; fields++)
		schema->failed |= json_array_append_new(list, member(schema, fields)) < 0;
	return list;
}

static void put_object(struct schema *schema, const char *name, const struct field *fields)
{
	if (begin(schema, name))
		put(schema, json_pack("{s:s,s:s,s:o}", "name", name, "meta-type", "object",
				    "members", members(schema, fields)));
}

/* ---- ChardevBackend: as many variants as there are classes ---- */

static json_t *class_members(struct schema *schema, const struct chardev_class *class)
{
	json_t *list = json_array();
	struct field field;

	for (size_t i = 0; list && backend_opts_next_member(class, i, &field); i++)
		schema->failed |= json_array_append_new(list, member(schema, &field)) < 0;
	return list;
}

static json_t *variant(struct schema *schema, const struct chardev_class *class)
{
	AUTO_FREE char *data = NULL;
	AUTO_FREE char *wrapper = NULL;

	if (asprintf(&data, "chardev-%s", class->name) < 0)
		data = NULL;
	if (asprintf(&wrapper, "chardev-%s-wrapper", class->name) < 0)
		wrapper = NULL;
	if (!data || !wrapper)
		return NULL;
	put(schema, json_pack("{s:s,s:s,s:o}", "name", data, "meta-type", "object", "members",
			    class_members(schema, class)));
	put(schema, json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "name", wrapper, "meta-type", "object",
			    "members", "name", "data", "type", data));
	return json_pack("{s:s,s:s}", "case", class->name, "type", wrapper);
}

static void put_backend(struct schema *schema, const char *name)
{
	json_t *variants = json_array(), *values = json_array();

	for (const struct chardev_class *const *at = schema->classes; *at; at++) {
		schema->failed |= json_array_append_new(variants, variant(schema, *at)) < 0 ||
				  json_array_append_new(values, json_string((*at)->name)) < 0;
	}
	put(schema, json_pack("{s:s,s:s,s:o}", "name", "ChardevBackendKind", "meta-type", "enum",
			    "values", values));
	put(schema, json_pack("{s:s,s:s,s:[{s:s,s:s}],s:s,s:o}", "name", name, "meta-type",
			    "object", "members", "name", "type", "type", "ChardevBackendKind",
			    "tag", "type", "variants", variants));
}

/* ---- types ---- */

static void put_enum(struct schema *schema, const struct type *type)
{
	json_t *values = json_array(), *long_form = json_array();

	for (const char *at = type->values; at && values && long_form;) {
		size_t len = strcspn(at, "|");

		schema->failed |=
			json_array_append_new(values, json_stringn(at, len)) < 0 ||
			json_array_append_new(long_form, json_pack("{s:s%}", "name", at, len)) < 0;
		at = at[len] ? at + len + 1 : NULL;
	}
	put(schema, json_pack("{s:s,s:s,s:o,s:o}", "name", type->name, "meta-type", "enum",
			    "members", long_form, "values", values));
}

/* All integers are one type there, of which the range is not told. */
static const char *put_builtin(struct schema *schema, const struct type *type)
{
	static const struct {
		const char *name, *json;
	} builtins[] = {
		[TYPE_STRING] = { "str", "string" },
		[TYPE_BOOL] = { "bool", "boolean" },
		[TYPE_INT] = { "int", "int" },
		[TYPE_NUMBER] = { "number", "number" },
		[TYPE_ANY] = { "any", "value" },
	};

	if (begin(schema, builtins[type->kind].name))
		put(schema,
			json_pack("{s:s,s:s,s:s}", "name", builtins[type->kind].name, "meta-type",
				"builtin", "json-type", builtins[type->kind].json));
	return builtins[type->kind].name;
}

static const char *put_type(struct schema *schema, const struct type *type)
{
	switch (type->kind) {
	case TYPE_STRUCT:
		if (type != &type_chardev_backend)
			put_object(schema, type->name, type->fields);
		else if (begin(schema, type->name))
			put_backend(schema, type->name);
		return type->name;
	case TYPE_ENUM:
		if (begin(schema, type->name))
			put_enum(schema, type);
		return type->name;
	case TYPE_LIST:
		if (begin(schema, type->name))
			put(schema,
				json_pack("{s:s,s:s,s:s}", "name", type->name, "meta-type", "array",
					"element-type", put_type(schema, type->element)));
		return type->name;
	default: return put_builtin(schema, type);
	}
}

/* ---- commands and events ---- */

/* The object of its arguments, or of its data, is called after it; empty ones are one type. */
static const char *put_args(struct schema *schema, const char *owner, const char *suffix,
	const struct field *fields, char **ret_name)
{
	if (!fields || !fields->name) {
		put_object(schema, "q_empty", NULL);
		return "q_empty";
	}
	if (asprintf(ret_name, "%s-%s", owner, suffix) < 0) {
		*ret_name = NULL;
		schema->failed = true;
		return "q_empty";
	}
	put_object(schema, *ret_name, fields);
	return *ret_name;
}

static void put_command(struct schema *schema, const struct command *command)
{
	AUTO_FREE char *name = NULL;
	const char *args = put_args(schema, command->name, "arg", command->args, &name);
	const char *returns = command->returns ? put_type(schema, command->returns) : NULL;

	if (!returns)
		returns = put_args(schema, command->name, "ret", NULL, &name);
	put(schema, json_pack("{s:s,s:s,s:s,s:s}", "name", command->name, "meta-type", "command",
			    "arg-type", args, "ret-type", returns));
}

static void put_event(struct schema *schema, const struct event_desc *event)
{
	AUTO_FREE char *name = NULL;
	const char *args = put_args(schema, event->name, "arg", event->data, &name);

	put(schema, json_pack("{s:s,s:s,s:s}", "name", event->name, "meta-type", "event",
			    "arg-type", args));
}

json_t *schema_json(const struct chardev_class *const *chardev_classes)
{
	struct schema schema = {
		.classes = chardev_classes, .list = json_array(), .written = json_object()
	};

	for (const struct command *at = command_next(NULL); at; at = command_next(at))
		put_command(&schema, at);
	for (size_t i = 0; event_table[i]; i++)
		put_event(&schema, event_table[i]);
	json_decref(schema.written);
	if (schema.failed) {
		json_decref(schema.list);
		return NULL;
	}
	return schema.list;
}
