/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Every script under VT_SCRIPTS, whole and in pieces; each piece size is a test of its own. */
static void run_all(size_t piece)
{
	unsigned failed_all = 0;
	glob_t found;

	assert_int_equal(glob(VT_SCRIPTS "/*.test", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		unsigned failed = 0;

		assert_true(script_run(found.gl_pathv[i], piece, &failed) > 0);
		failed_all += failed;
	}
	globfree(&found);
	assert_int_equal(failed_all, 0);
}

static void scripts_hold_when_fed_whole(void **state)
{
	(void)state;
	run_all(0);
}

static void scripts_hold_in_single_bytes(void **state)
{
	(void)state;
	run_all(1);
}

static void scripts_hold_in_pieces_of_two(void **state)
{
	(void)state;
	run_all(2);
}

static void scripts_hold_in_pieces_of_three(void **state)
{
	(void)state;
	run_all(3);
}

static void scripts_hold_in_pieces_of_seven(void **state)
{
	(void)state;
	run_all(7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_hold_when_fed_whole),
		cmocka_unit_test(scripts_hold_in_single_bytes),
		cmocka_unit_test(scripts_hold_in_pieces_of_two),
		cmocka_unit_test(scripts_hold_in_pieces_of_three),
		cmocka_unit_test(scripts_hold_in_pieces_of_seven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
