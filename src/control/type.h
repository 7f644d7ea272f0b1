/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_TYPE_H
#define CONTROL_TYPE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the arguments and the results of commands and the data of events look like. Everything that
 * needs to know is made from these tables: the check of what a client sends, the schema that it may
 * ask for, the help, the client's own tables, the manual.
 */

/* A local value that is given back when it goes out of scope. */
static inline void json_cleanup(json_t **value)
{
	json_decref(*value);
}
#define AUTO_JSON __attribute__((cleanup(json_cleanup)))

enum type_kind {
	TYPE_STRING,
	TYPE_BOOL,
	TYPE_INT,    /* a whole number of @min..@max */
	TYPE_NUMBER, /* any number */
	TYPE_ENUM,   /* one of the words of @values */
	TYPE_STRUCT,
	TYPE_LIST,
	TYPE_ANY, /* who runs the command looks at it himself */
};

/**
 * struct type - a type as QAPI has them
 * @name:    as in the schema: "str", "int", "ChardevInfo"
 * @values:  TYPE_ENUM: "a|b|c"
 * @fields:  TYPE_STRUCT: ends with a NULL name
 * @element: TYPE_LIST: of what
 * @min, @max: TYPE_INT; both 0: any of 64 bits
 */
struct type {
	enum type_kind kind;
	const char *name;
	const char *values;
	const struct field *fields;
	const struct type *element;
	int64_t min, max;
};

/* As the name of a field: there may be others, and who runs the command looks at them himself. */
#define FIELD_OTHERS "..."

/**
 * struct field - a member of a struct, an argument
 * @help: what it is, one line without a full stop
 */
struct field {
	const char *name;
	const struct type *type;
	bool optional;
	const char *help;
};

extern const struct type type_string, type_bool, type_int, type_number, type_any;
extern const struct type type_uint8, type_uint16, type_uint32, type_size;
extern const struct type type_string_list;

/**
 * type_check() - is a value what the type says
 * @path: of the value, for messages: "backend.data"; NULL: the arguments of a command themselves
 *
 * The texts are QEMU's: "Parameter 'id' is missing", "Parameter 'foo' is unexpected",
 * "Invalid parameter type for 'id', expected: string".
 *
 * Return: 0; -EINVAL with @err.
 */
int type_check(const struct type *type, const json_t *value, const char *path, struct error **err);

/** type_check_fields() - the same of an object whose members are @fields; NULL: it has none */
int type_check_fields(
	const struct field *fields, const json_t *object, const char *path, struct error **err);

#endif
