/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void carries_code_message_and_hint(void **state)
{
	AUTO_ERROR struct error *err = NULL;

	(void)state;
	assert_int_equal(error_set(&err, EBUSY, "chardev '%s' is busy", "a"), -EBUSY);
	error_set_hint(&err, "detach it first");
	error_prefix(&err, "-chardev %s: ", "x");
	assert_string_equal(error_message(err), "-chardev x: chardev 'a' is busy");
	assert_string_equal(error_hint(err), "detach it first");
	assert_int_equal(error_code(err), EBUSY);
}

static void nobody_has_to_listen(void **state)
{
	struct error *none = NULL;

	(void)state;
	assert_int_equal(error_set(NULL, EIO, "lost"), -EIO);
	error_set_hint(NULL, "hint");
	error_prefix(&none, "prefix");
	assert_null(none);
	error_free(NULL);
}

static void an_error_is_handed_on_whole(void **state)
{
	AUTO_ERROR struct error *err = NULL;
	struct error *why = NULL;

	(void)state;
	error_set(&why, EACCES, "no");
	error_set_hint(&why, "ask");
	assert_int_equal(error_move(&err, &why), -EACCES);
	assert_null(why);
	assert_string_equal(error_message(err), "no");
	assert_string_equal(error_hint(err), "ask");
}

static void one_that_nobody_wants_is_forgotten(void **state)
{
	struct error *why = NULL;

	(void)state;
	error_set(&why, EPIPE, "gone");
	assert_int_equal(error_move(NULL, &why), -EPIPE);
	assert_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_code_message_and_hint),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(an_error_is_handed_on_whole),
		cmocka_unit_test(one_that_nobody_wants_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
