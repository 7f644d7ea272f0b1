/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "client/keys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What keys mean: those that pass as they are, "(x)" a command. */
static void check(struct keys *keys, const char *typed, const char *wanted)
{
	char text[128] = "";
	size_t len = 0;

	for (; *typed; typed++) {
		int meaning = keys_feed(keys, (unsigned char)*typed);

		if (meaning == KEYS_PASS)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%c", *typed);
		else if (meaning == KEYS_PASS_TILDE)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "~%c", *typed);
		else if (meaning != KEYS_NOTHING)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "(%c)", meaning);
	}
	assert_string_equal(text, wanted);
}

static void what_follows_the_escape_is_a_command(void **state)
{
	struct keys keys;

	(void)state;
	keys_init(&keys, 0x1d, false);
	check(&keys, "ab\x1d.c", "ab(.)c");
	check(&keys, "\x1d", "");
	check(&keys, "?x", "(?)x");
	check(&keys, "\x1d\x1d", "\x1d");
	check(&keys, "~.", "~.");
}

static void a_tilde_counts_at_the_start_of_a_line_only(void **state)
{
	struct keys keys;

	(void)state;
	keys_init(&keys, 0x1d, true);
	check(&keys, "~.", "(.)");
	check(&keys, "a~.\r", "a~.\r");
	check(&keys, "~.", "(.)");
	check(&keys, "\r~~.", "\r~.");
	check(&keys, "\r~x~.", "\r~x~.");
}

static void there_may_be_no_escape(void **state)
{
	struct keys keys;

	(void)state;
	keys_init(&keys, -1, false);
	check(&keys, "\x1d.\xff", "\x1d.\xff");
}

static void escapes_have_names(void **state)
{
	static const struct {
		const char *text;
		int escape;
	} good[] = { { "^]", 0x1d }, { "^A", 1 }, { "^a", 1 }, { "^@", 0 }, { "]", ']' },
		{ "none", -1 } };
	static const char *const bad[] = { "", "^!", "ab", "\x01" };
	char name[8];
	int escape;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(keys_parse_escape(good[i].text, &escape, NULL), 0);
		assert_int_equal(escape, good[i].escape);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(keys_parse_escape(bad[i], &escape, NULL), -EINVAL);
	assert_string_equal(keys_name(0x1d, name), "^]");
	assert_string_equal(keys_name(-1, name), "none");
	assert_string_equal(keys_name('x', name), "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_follows_the_escape_is_a_command),
		cmocka_unit_test(a_tilde_counts_at_the_start_of_a_line_only),
		cmocka_unit_test(there_may_be_no_escape),
		cmocka_unit_test(escapes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
