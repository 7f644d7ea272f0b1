/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "client/args.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int parse(struct args *args, struct error **err, const char *const *words)
{
	static char *argv[16];
	size_t n = 0;

	for (; words[n]; n++)
		argv[n] = (char *)(uintptr_t)words[n];
	argv[n] = NULL;
	return args_parse(argv, args, err);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void options_stand_anywhere(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(
		parse(&args, NULL, WORDS("-Hlab", "attach", "-e", "^A", "vm", "--view", "--json")),
		0);
	assert_string_equal(args.verb->name, "attach");
	assert_int_equal(args.n_words, 1);
	assert_string_equal(args.words[0], "vm");
	assert_string_equal(args_value(&args, "host"), "lab");
	assert_string_equal(args_value(&args, "escape"), "^A");
	assert_true(args_has(&args, "view"));
	assert_true(args_has(&args, "json"));
	assert_false(args_has(&args, "take"));
}

static void a_verb_may_be_two_words(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(parse(&args, NULL, WORDS("hub", "add", "vm", "s0")), 0);
	assert_string_equal(args.verb->name, "hub add");
	assert_int_equal(args.n_words, 2);
}

static void behind_two_dashes_all_are_words(void **state)
{
	struct args args;

	(void)state;
	assert_int_equal(parse(&args, NULL, WORDS("send", "vm", "-n", "--", "-n", "--")), 0);
	assert_int_equal(args.n_words, 3);
	assert_string_equal(args.words[1], "-n");
	assert_string_equal(args.words[2], "--");
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *words[4];
		const char *text;
	} bad[] = {
		{ { "atach", "vm" }, "there is no verb 'atach'" },
		{ { "attach" }, "'attach' needs more words: it is 'charhub attach CONSOLE'" },
		{ { "attach", "a", "b" },
			"'b' is a word too many: it is 'charhub attach CONSOLE'" },
		{ { "hub" }, "behind 'hub' one of these is to stand: add, remove, set" },
		{ { "hub", "x" }, "behind 'hub' one of these is to stand: add, remove, set" },
		{ { "hub", "add", "--access=god" }, "'--access=god': it is one of type|view" },
		{ { "attach", "vm", "--speed=2" }, "there is no option '--speed=2'" },
		{ { "--view", "attach", "vm" }, "there is no option '--view'" },
		{ { "attach", "vm", "--view=1" }, "'--view' takes no value" },
		{ { "attach", "vm", "-e" }, "'-e' needs a value: KEY" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_ERROR struct error *err = NULL;
		struct args args;

		assert_int_equal(parse(&args, &err, bad[i].words), -EINVAL);
		assert_string_equal(error_message(err), bad[i].text);
	}
}

static void numbers_are_checked(void **state)
{
	AUTO_ERROR struct error *err = NULL;
	struct args args;
	uint64_t value;

	(void)state;
	assert_int_equal(parse(&args, NULL, WORDS("history", "vm", "-n12")), 0);
	assert_int_equal(args_number(&args, "lines", 5, 100, &value, NULL), 0);
	assert_int_equal(value, 12);
	assert_int_equal(args_number(&args, "offset", 5, 100, &value, NULL), 0);
	assert_int_equal(value, 5);
	assert_int_equal(args_number(&args, "lines", 5, 10, &value, &err), -EINVAL);
}

static void every_verb_can_be_found(void **state)
{
	(void)state;
	for (const struct verb *verb = verbs; verb->name; verb++) {
		char name[64], *words[2] = { name, NULL }, *space;
		unsigned used;

		assert_true(strlen(verb->name) < sizeof(name));
		memcpy(name, verb->name, strlen(verb->name) + 1);
		space = strchr(name, ' ');
		if (space) {
			*space = '\0';
			words[1] = space + 1;
		}
		assert_ptr_equal(verb_find(words, space ? 2 : 1, &used), verb);
		assert_int_equal(used, space ? 2 : 1);
		assert_non_null(verb->run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(a_verb_may_be_two_words),
		cmocka_unit_test(behind_two_dashes_all_are_words),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(every_verb_can_be_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
