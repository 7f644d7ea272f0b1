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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_code_message_and_hint),
		cmocka_unit_test(nobody_has_to_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
