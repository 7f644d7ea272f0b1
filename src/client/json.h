/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_JSON_H
#define CLIENT_JSON_H

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>

static inline void json_cleanup(json_t **value)
{
	json_decref(*value);
}
#define AUTO_JSON __attribute__((cleanup(json_cleanup)))

/** json_text() - a member of an object; "" where there is none, or it is no string */
static inline const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/** json_number() - a whole number of an object; 0 where there is none */
static inline int64_t json_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/** json_flag() - a boolean of an object; false where there is none */
static inline bool json_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

#endif
