/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "capture.h"
#include "tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The text grammar: what becomes which element, before anything is checked. */

static struct opts *parse(const char *text)
{
	struct opts *opts = NULL;

	assert_int_equal(opts_parse(text, "backend", &opts, NULL), 0);
	return opts;
}

static void expect_text(const char *text, const char *key, const char *value)
{
	struct opts *opts = parse(text);
	const char *found = opts_text(opts, key);

	if (value) {
		assert_non_null(found);
		assert_string_equal(found, value);
	} else {
		assert_null(found);
	}
	opts_free(opts);
}

static void the_first_element_may_leave_its_key_out(void **state)
{
	(void)state;
	expect_text("null,id=a", "backend", "null");
	expect_text("backend=null,id=a", "backend", "null");
	expect_text("null", "backend", "null");
	expect_text("id=a", "backend", NULL);
	expect_text("id=a,null=x", "backend", NULL);
	expect_text("", "backend", NULL);
	expect_text(",id=a", "backend", "");
	expect_text("null,", "backend", "null");
}

static void two_commas_in_a_value_are_one(void **state)
{
	(void)state;
	expect_text("file,path=/tmp/x,,y,id=a", "path", "/tmp/x,y");
	expect_text("file,path=/tmp/x,,y,id=a", "id", "a");
	expect_text("file,path=,,,id=a", "path", ",");
	expect_text("file,path=,,,id=a", "id", "a");
	expect_text("file,path=,,,,", "path", ",,");
	expect_text("a,,b,id=x", "backend", "a,b");
	expect_text("file,path=a=b=c", "path", "a=b=c");
	expect_text("file,path=,id=a", "path", "");
}

static void the_last_of_a_repeated_key_counts_but_the_first_id(void **state)
{
	(void)state;
	expect_text("hub,chardevs.0=a,chardevs.0=b", "chardevs.0", "b");
	expect_text("null,id=a,id=b", "id", "a");
}

static void expect_warning(
	const char *text, const char *key, const char *value, const char *warning)
{
	struct capture capture;

	capture_start(&capture, STDERR_FILENO);
	expect_text(text, key, value);
	assert_string_equal(capture_end(&capture), warning);
}

static void short_booleans_are_taken_with_a_warning(void **state)
{
	(void)state;
	expect_warning("null,mux", "mux", "on",
		"charhub: warning: short-form boolean option 'mux' deprecated\n"
		"Please use mux=on instead\n");
	expect_warning("null,nomux,id=a", "mux", "off",
		"charhub: warning: short-form boolean option 'nomux' deprecated\n"
		"Please use mux=off instead\n");
	expect_warning("null,notify", "tify", "off",
		"charhub: warning: short-form boolean option 'notify' deprecated\n"
		"Please use tify=off instead\n");
}

static void short_delay_names_the_option_that_exists(void **state)
{
	(void)state;
	expect_warning("socket,nodelay", "delay", "off",
		"charhub: warning: short-form boolean option 'nodelay' deprecated\n"
		"Please use nodelay=on instead\n");
	expect_warning("socket,delay", "delay", "on",
		"charhub: warning: short-form boolean option 'delay' deprecated\n"
		"Please use nodelay=off instead\n");
}

static void help_is_wanted_by_a_bare_element(void **state)
{
	static const struct {
		const char *text;
		bool wanted;
	} cases[] = {
		{ "null,help", true },
		{ "null,?", true },
		{ "null,help,id=a", true },
		{ "null,help=on", false },
		{ "null,path=help", false },
		{ "help", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opts *opts = parse(cases[i].text);

		assert_int_equal(opts_wants_help(opts), cases[i].wanted);
		opts_free(opts);
	}
	expect_text("help", "backend", "help");
	expect_text("?", "backend", "?");
}

static void without_an_implied_key_the_first_element_is_a_flag(void **state)
{
	struct opts *opts = NULL;
	struct capture capture;

	(void)state;
	capture_start(&capture, STDERR_FILENO);
	assert_int_equal(opts_parse("help,mux", NULL, &opts, NULL), 0);
	capture_end(&capture);
	assert_true(opts_wants_help(opts));
	assert_string_equal(opts_text(opts, "mux"), "on");
	opts_free(opts);
}

static void more_than_the_limits_is_an_error(void **state)
{
	enum { MANY = 70000, LONG = 2 << 20 };
	char *text = malloc(LONG);
	struct opts *opts = NULL;
	struct error *err = NULL;

	(void)state;
	assert_non_null(text);
	text[0] = '\0';
	for (size_t i = 0; i < MANY; i++)
		memcpy(text + i * 4, "a=b,", 5);
	assert_int_equal(opts_parse(text, NULL, &opts, &err), -EINVAL);
	assert_string_equal(error_message(err), "Too many options: 65536 are the most");
	error_free(err);
	err = NULL;
	memset(text, 'x', LONG - 1);
	text[LONG - 1] = '\0';
	assert_int_equal(opts_parse(text, "backend", &opts, &err), -EINVAL);
	error_free(err);
	assert_null(opts);
	free(text);
}

static void a_value_that_is_set_replaces_the_one_that_counts(void **state)
{
	struct opts *opts = parse("null,path=a,path=b");

	(void)state;
	assert_int_equal(opts_set(opts, "path", "c"), 0);
	assert_string_equal(opts_text(opts, "path"), "c");
	assert_int_equal(opts_set(opts, "new", "d"), 0);
	assert_string_equal(opts_text(opts, "new"), "d");
	assert_true(opts_has(opts, "new"));
	assert_false(opts_has(opts, "ne"));
	opts_free(opts);
	opts_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_element_may_leave_its_key_out),
		cmocka_unit_test(two_commas_in_a_value_are_one),
		cmocka_unit_test(the_last_of_a_repeated_key_counts_but_the_first_id),
		cmocka_unit_test(short_booleans_are_taken_with_a_warning),
		cmocka_unit_test(short_delay_names_the_option_that_exists),
		cmocka_unit_test(help_is_wanted_by_a_bare_element),
		cmocka_unit_test(without_an_implied_key_the_first_element_is_a_flag),
		cmocka_unit_test(more_than_the_limits_is_an_error),
		cmocka_unit_test(a_value_that_is_set_replaces_the_one_that_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
