/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_JSON_PUT_H
#define CONTROL_JSON_PUT_H

#include "control/json-text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Making answers piece by piece. An object or a list for which memory runs out is NULL from then
 * on, and what is put into it is dropped: put all, then look once. Half an answer is none.
 */

/** json_put() - a member of *@object; @value: the object's from now on; NULL: memory ran out */
static inline void json_put(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}

/** json_put_text() - what is no UTF-8 is replaced; NULL is left out */
static inline void json_put_text(json_t **object, const char *key, const char *text)
{
	if (text)
		json_put(object, key, json_of_bytes(text, strlen(text)));
}

static inline void json_put_number(json_t **object, const char *key, uint64_t number)
{
	json_put(object, key, json_integer((json_int_t)number));
}

static inline void json_put_flag(json_t **object, const char *key, bool flag)
{
	json_put(object, key, json_boolean(flag));
}

/** json_put_word() - of the words "a|b|c", which have an @index-th one */
static inline void json_put_word(json_t **object, const char *key, const char *words, int index)
{
	for (; index > 0; index--)
		words = strchr(words, '|') + 1;
	json_put(object, key, json_stringn(words, strcspn(words, "|")));
}

/** json_put_all() - the members of another object; NULL: memory ran out */
static inline void json_put_all(json_t **object, json_t *members)
{
	if (json_object_update(*object, members) == 0)
		return;
	json_decref(*object);
	*object = NULL;
}

/** json_add() - one more of *@list; @value: as json_put() */
static inline void json_add(json_t **list, json_t *value)
{
	if (json_array_append_new(*list, value) == 0)
		return;
	json_decref(*list);
	*list = NULL;
}

#endif
