/* SPDX-License-Identifier: MIT */
#include "tables.h"

#include <errno.h>
#include <string.h>

/* A JSON object is the same set as the text that says the same. */

static void an_object_is_read_like_text(void **state)
{
	struct opts *opts =
		test_good("{\"backend\": \"hub\", \"id\": \"h\", \"mux\": true, \"port\": 80,"
			  " \"size\": \"64k\", \"width\": \"0x10\", \"chardevs\": [\"a\", \"b\"]}");

	(void)state;
	assert_string_equal(opts_get_string(opts, "backend"), "hub");
	assert_true(opts_get_bool(opts, "mux"));
	assert_int_equal(opts_get_number(opts, "port"), 80);
	assert_int_equal(opts_get_number(opts, "size"), 65536);
	assert_int_equal(opts_get_number(opts, "width"), 16);
	assert_int_equal(opts_list_len(opts, "chardevs"), 2);
	assert_string_equal(opts_list_string(opts, "chardevs", 1), "b");
	opts_free(opts);
}

static void a_boolean_may_be_a_word(void **state)
{
	struct opts *opts = test_good("{\"backend\": \"null\", \"mux\": \"yes\"}");

	(void)state;
	assert_true(opts_get_bool(opts, "mux"));
	opts_free(opts);
	opts = test_good("{\"mux\": false}");
	assert_false(opts_get_bool(opts, "mux"));
	opts_free(opts);
}

static void nested_objects_become_dots(void **state)
{
	struct opts *opts = test_good("{\"members\": [{\"chardev\": \"a\"},"
				      " {\"chardev\": \"b\", \"access\": \"view\"}]}");

	(void)state;
	assert_int_equal(opts_list_len(opts, "members"), 2);
	assert_string_equal(opts_text(opts, "members.1.access"), "view");
	opts_free(opts);
}

static void empty_lists_and_objects_say_nothing(void **state)
{
	struct opts *opts = test_good("{\"backend\": \"hub\", \"chardevs\": [], \"members\": []}");

	(void)state;
	assert_int_equal(opts_list_len(opts, "chardevs"), 0);
	assert_false(opts_has(opts, "chardevs"));
	opts_free(opts);
}

static void values_of_a_wrong_type_are_refused(void **state)
{
	(void)state;
	test_bad("{\"mux\": 1}", "Parameter 'mux' expects 'on' or 'off'", NULL);
	test_bad("{\"width\": 1.5}", "Parameter 'width' expects a number", NULL);
	test_bad("{\"width\": -1}", "Value '-1' is out of range for parameter 'width'", NULL);
	test_bad("{\"width\": true}", "Parameter 'width' expects a number", NULL);
	test_bad("{\"id\": null}", "Parameter 'id' is null: leave it out instead", NULL);
	test_bad("{\"chardevs\": \"a\"}", "Invalid parameter 'chardevs'", NULL);
	test_bad("{\"chardevs\": [[\"a\"]]}", "Invalid parameter 'chardevs.0.0'", NULL);
	test_bad(
		"{\"members\": {\"chardev\": \"a\"}}", "Invalid parameter 'members.chardev'", NULL);
	test_bad("{\"foo\": {\"bar\": 1}}", "Invalid parameter 'foo.bar'", NULL);
}

static void a_member_is_given_once(void **state)
{
	struct error *err = NULL;

	(void)state;
	assert_null(test_check("{\"id\": \"a\", \"id\": \"b\"}", &err));
	assert_non_null(strstr(error_message(err), "duplicate"));
	error_free(err);
	test_bad("{\"chardevs.0\": \"a\", \"chardevs\": [\"b\"]}",
		"Parameter 'chardevs.0' is given twice", NULL);
}

static void expect_refused(const char *text, const char *part)
{
	struct opts *opts = NULL;
	struct error *err = NULL;

	assert_int_equal(opts_parse_json(text, &opts, &err), -EINVAL);
	assert_null(opts);
	assert_non_null(strstr(error_message(err), part));
	error_free(err);
}

static void broken_json_is_refused(void **state)
{
	(void)state;
	expect_refused("{", "JSON parse error, ");
	expect_refused("{\"a\": }", "(line 1, column ");
	expect_refused("{} x", "JSON parse error, ");
	expect_refused("[]", "expected an object");
	expect_refused("\"a\"", "JSON parse error, ");
	expect_refused("", "JSON parse error, ");
	expect_refused("{\"a\": \"\\u0000\"}", "JSON parse error, ");
	expect_refused("{\"a\": 99999999999999999999}", "JSON parse error, ");
	expect_refused("{\"a\":[[[[[[[[[1]]]]]]]]]}", "nested more than 8 deep");
	expect_refused("{\"a\":[[[[[[[[[]]]]]]]]]}", "nested more than 8 deep");
}

static void there_is_a_limit_of_elements(void **state)
{
	enum { MANY = 70000 };
	static char text[MANY * 2 + 16] = "{\"a\":[0";

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		strcat(text + i * 2, ",0");
	strcat(text, "]}");
	expect_refused(text, "Too many options: 65536 are the most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_read_like_text),
		cmocka_unit_test(a_boolean_may_be_a_word),
		cmocka_unit_test(nested_objects_become_dots),
		cmocka_unit_test(empty_lists_and_objects_say_nothing),
		cmocka_unit_test(values_of_a_wrong_type_are_refused),
		cmocka_unit_test(a_member_is_given_once),
		cmocka_unit_test(broken_json_is_refused),
		cmocka_unit_test(there_is_a_limit_of_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
