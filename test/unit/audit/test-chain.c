/* SPDX-License-Identifier: MIT */
#include "audit/chain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* [FIPS 180-4] */

static int parse(const char *text, struct audit_line *line)
{
	return audit_parse(text, strlen(text), line);
}

static void a_hash_is_that_of_the_bytes(void **state)
{
	char hash[AUDIT_HASH_BYTES];

	(void)state;
	assert_int_equal(audit_hash("abc", 3, hash), 0);
	assert_string_equal(hash, HASH);
}

static void a_line_has_a_number_and_names_the_one_before(void **state)
{
	struct audit_line line;

	(void)state;
	assert_int_equal(
		parse("{\"seq\":7,\"what\":\"x\\u0000\",\"prev\":\"" HASH "\"}", &line), 0);
	assert_int_equal(line.seq, 7);
	assert_int_equal(line.torn, 0);
	assert_string_equal(line.prev, HASH);
	assert_int_equal(parse("{\"seq\":7,\"torn\":3,\"prev\":\"" HASH "\"}", &line), 0);
	assert_int_equal(line.torn, 3);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"7",
		"{\"seq\":7}",
		"{\"prev\":\"" HASH "\"}",
		"{\"seq\":0,\"prev\":\"" HASH "\"}",
		"{\"seq\":-1,\"prev\":\"" HASH "\"}",
		"{\"seq\":\"7\",\"prev\":\"" HASH "\"}",
		"{\"seq\":7,\"prev\":\"abc\"}",
		"{\"seq\":7,\"prev\":\"" HASH "0\"}",
		"{\"seq\":7,\"prev\":"
		"\"BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}",
		"{\"seq\":7,\"seq\":8,\"prev\":\"" HASH "\"}",
		"{\"seq\":7,\"torn\":\"x\",\"prev\":\"" HASH "\"}",
		"{\"seq\":7,\"prev\":\"" HASH "\"} ?",
	};
	struct audit_line line;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i], &line) != -EINVAL)
			fail_msg("%s", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hash_is_that_of_the_bytes),
		cmocka_unit_test(a_line_has_a_number_and_names_the_one_before),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
