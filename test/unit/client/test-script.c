/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "client/script.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void steps_are_lines(void **state)
{
	AUTO_SCRIPT struct script script;

	(void)state;
	script_init(&script);
	assert_int_equal(script_add(&script, "", NULL), 0);
	assert_int_equal(script_add(&script, "  # send no\n", NULL), 0);
	assert_int_equal(script_add(&script, "send  a b\\r\\x41\\e\\\\\\0", NULL), 0);
	assert_int_equal(script_add(&script, "expect ^[a-z]+: $", NULL), 0);
	assert_int_equal(script_add(&script, "timeout 0.25", NULL), 0);
	assert_int_equal(script_add(&script, "\texpect x", NULL), 0);
	assert_int_equal(script_add(&script, "sleep 2", NULL), 0);
	assert_int_equal(script_add(&script, "break", NULL), 0);
	assert_int_equal(script.len, 5);
	assert_int_equal(script.steps[0].kind, SCRIPT_SEND);
	assert_int_equal(script.steps[0].text.len, 9);
	assert_memory_equal(script.steps[0].text.data, " a b\rA\033\\\0", 9);
	assert_int_equal(script.steps[1].kind, SCRIPT_EXPECT);
	assert_int_equal(script.steps[1].ms, 10000);
	assert_int_equal(regexec(&script.steps[1].regex, "x\nlogin: ", 0, NULL, 0), 0);
	assert_int_equal(script.steps[2].ms, 250);
	assert_int_equal(script.steps[3].ms, 2000);
	assert_int_equal(script.steps[4].kind, SCRIPT_BREAK);
}

static void what_is_no_step_is_refused(void **state)
{
	static const char *const bad[] = { "sent x", "expect (", "timeout", "timeout -1", "sleep x",
		"break now", "send \\q", "send \\x4", "send \\" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_SCRIPT struct script script;
		AUTO_ERROR struct error *err = NULL;

		script_init(&script);
		assert_int_equal(script_add(&script, bad[i], &err), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_lines),
		cmocka_unit_test(what_is_no_step_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
