/* SPDX-License-Identifier: MIT */
#include "vnc/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/*
 * DES with an unmirrored key has published answers: key 0123456789abcdef, plain text "Now is t" is
 * 3fa40e8a984d4815 [FIPS 81, table B1]. The password's bytes are that key's, mirrored.
 */
static const uint8_t plain[AUTH_CHALLENGE_SIZE] = "Now is tNow is t";
static const uint8_t cipher[AUTH_CHALLENGE_SIZE] = { 0x3f, 0xa4, 0x0e, 0x8a, 0x98, 0x4d, 0x48, 0x15,
	0x3f, 0xa4, 0x0e, 0x8a, 0x98, 0x4d, 0x48, 0x15 };
static const char password_text[] = "\x80\xc4\xa2\xe6\x91\xd5\xb3\xf7";

static void des_is_there(void **state)
{
	(void)state;
	assert_true(auth_is_available());
}

static void response_is_that_of_des(void **state)
{
	struct auth_password password;
	uint8_t response[AUTH_CHALLENGE_SIZE];

	(void)state;
	auth_set_password(&password, password_text);
	assert_int_equal(auth_respond(&password, plain, response), 0);
	assert_memory_equal(response, cipher, sizeof(cipher));
	assert_true(auth_matches(&password, plain, cipher));
	response[15] ^= 1;
	assert_false(auth_matches(&password, plain, response));
}

static void no_password_matches_nothing(void **state)
{
	struct auth_password empty, none;
	uint8_t response[AUTH_CHALLENGE_SIZE];

	(void)state;
	auth_set_password(&empty, "");
	auth_set_password(&none, NULL);
	assert_int_equal(auth_respond(&empty, plain, response), 0);
	assert_true(auth_matches(&empty, plain, response));
	assert_false(auth_matches(&none, plain, response));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(des_is_there),
		cmocka_unit_test(response_is_that_of_des),
		cmocka_unit_test(no_password_matches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
