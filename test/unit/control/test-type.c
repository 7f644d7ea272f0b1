/* SPDX-License-Identifier: MIT */
#include "control/type.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct type color = { .kind = TYPE_ENUM, .name = "Color", .values = "red|green" };
static const struct type point = { .kind = TYPE_STRUCT,
	.name = "Point",
	.fields = (const struct field[]){
		{ "x", &type_int, .help = "across" },
		{ "color", &color, .optional = true, .help = "of it" },
		{ 0 },
	} };
static const struct type points = { .kind = TYPE_LIST, .name = "PointList", .element = &point };

static const struct field args[] = {
	{ "id", &type_string, .help = "its name" },
	{ "on", &type_bool, .optional = true, .help = "whether" },
	{ "small", &type_uint8, .optional = true, .help = "a byte" },
	{ "real", &type_number, .optional = true, .help = "any number" },
	{ "any", &type_any, .optional = true, .help = "whatever" },
	{ "points", &points, .optional = true, .help = "some" },
	{ "names", &type_string_list, .optional = true, .help = "some" },
	{ 0 },
};

/* @words: NULL: it is right. */
static const struct {
	const char *text, *words;
} cases[] = {
	{ "{'id': 'a'}", NULL },
	{ "{'id': 'a', 'on': true, 'small': 255, 'real': 1, 'any': [null], 'names': ['b']}", NULL },
	{ "{'id': 'a', 'real': 1.5, 'points': [{'x': 1, 'color': 'red'}]}", NULL },
	{ "{}", "Parameter 'id' is missing" },
	{ "{'b': 1}", "Parameter 'id' is missing" },
	{ "{'id': 'a', 'b': 1}", "Parameter 'b' is unexpected" },
	{ "{'id': 1}", "Invalid parameter type for 'id', expected: string" },
	{ "{'id': null}", "Invalid parameter type for 'id', expected: string" },
	{ "{'id': 'a\\u0000b'}", "Parameter 'id' has a null byte in it" },
	{ "{'id': 'a', 'any': {'b': ['\\u0000']}}", "Parameter 'any' has a null byte in it" },
	{ "{'id': 'a', 'on': 1}", "Invalid parameter type for 'on', expected: boolean" },
	{ "{'id': 'a', 'small': 256}", "Parameter 'small' expects uint8" },
	{ "{'id': 'a', 'small': -1}", "Parameter 'small' expects uint8" },
	{ "{'id': 'a', 'small': 1.5}", "Invalid parameter type for 'small', expected: integer" },
	{ "{'id': 'a', 'real': ''}", "Invalid parameter type for 'real', expected: number" },
	{ "{'id': 'a', 'points': {}}", "Invalid parameter type for 'points', expected: array" },
	{ "{'id': 'a', 'points': [1]}",
		"Invalid parameter type for 'points[0]', expected: object" },
	{ "{'id': 'a', 'points': [{'x': 1}, {}]}", "Parameter 'points[1].x' is missing" },
	{ "{'id': 'a', 'points': [{'x': 1, 'y': 1}]}", "Parameter 'points[0].y' is unexpected" },
	{ "{'id': 'a', 'points': [{'x': 1, 'color': 'blue'}]}",
		"Parameter 'color' does not accept value 'blue'" },
	{ "{'id': 'a', 'points': [{'x': 1, 'color': 're'}]}",
		"Parameter 'color' does not accept value 're'" },
	{ "{'id': 'a', 'names': [1]}", "Invalid parameter type for 'names[0]', expected: string" },
};

static json_t *parse(const char *text)
{
	char copy[256];
	size_t n = 0;

	for (; text[n]; n++)
		copy[n] = text[n] == '\'' ? '"' : text[n];
	return json_loadb(copy, n, JSON_ALLOW_NUL, NULL);
}

static void values_are_checked_with_qemus_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_ERROR struct error *err = NULL;
		AUTO_JSON json_t *value = parse(cases[i].text);
		int r = type_check_fields(args, value, NULL, &err);

		assert_int_equal(r, cases[i].words ? -EINVAL : 0);
		if (cases[i].words)
			assert_string_equal(error_message(err), cases[i].words);
	}
}

static void no_fields_take_an_empty_object(void **state)
{
	AUTO_ERROR struct error *err = NULL;
	AUTO_JSON json_t *empty = json_object();
	AUTO_JSON json_t *full = json_pack("{s:i}", "a", 1);

	(void)state;
	assert_int_equal(type_check_fields(NULL, empty, NULL, NULL), 0);
	assert_int_equal(type_check_fields(NULL, full, NULL, &err), -EINVAL);
	assert_string_equal(error_message(err), "Parameter 'a' is unexpected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_checked_with_qemus_words),
		cmocka_unit_test(no_fields_take_an_empty_object),
	};

	return cmocka_run_group_tests_name("control/type", tests, NULL, NULL);
}
