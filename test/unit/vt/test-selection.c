/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int setup(void **state)
{
	static const char text[] =
		"one two  \r\n/usr/bin/program --option\r\n\xe6\x97\xa5\xe6\x9c\xac"
		"e\xcc\x81 x\r\nlast";
	struct vt_config config = { .cols = 16, .rows = 4, .scrollback_lines = 10 };
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	vt_feed(vt, text, sizeof(text) - 1);
	*state = vt;
	return 0;
}

static int teardown(void **state)
{
	vt_free(*state);
	return 0;
}

/* The first line is in the scrollback now: rows are -1 "one two", 0.. the long line on two rows. */
static void expect(struct vt *vt, enum vt_select how, int line, unsigned col, int to_line,
	unsigned to_col, const char *text)
{
	struct vt_point a = { line, col }, b = { to_line, to_col };
	struct strbuf out = { 0 };

	vt_selection_text(vt, how, a, b, &out);
	assert_string_equal(out.data ? out.data : "", text);
	strbuf_done(&out);
}

static void a_part_of_a_line(void **state)
{
	expect(*state, VT_SELECT_STREAM, 0, 1, 0, 4, "usr");
	expect(*state, VT_SELECT_STREAM, 0, 4, 0, 1, "usr");
	expect(*state, VT_SELECT_STREAM, 0, 3, 0, 3, "");
}

static void lines_end_with_newline_and_without_blanks(void **state)
{
	expect(*state, VT_SELECT_STREAM, -1, 4, 0, 4, "two\n/usr");
}

static void wrapped_lines_are_joined(void **state)
{
	expect(*state, VT_SELECT_STREAM, 0, 9, 1, 10, "program --option");
	expect(*state, VT_SELECT_STREAM, 0, 9, 2, 2, "program --option\n\xe6\x97\xa5");
}

static void wide_characters_are_whole(void **state)
{
	expect(*state, VT_SELECT_STREAM, 2, 1, 2, 3, "\xe6\x97\xa5\xe6\x9c\xac");
	expect(*state, VT_SELECT_STREAM, 2, 4, 2, 7, "e\xcc\x81 x");
}

static void words(void **state)
{
	expect(*state, VT_SELECT_WORD, 0, 2, 0, 2, "/usr/bin/program");
	expect(*state, VT_SELECT_WORD, -1, 5, -1, 5, "two");
	expect(*state, VT_SELECT_WORD, 1, 2, 1, 2, "--option");
	expect(*state, VT_SELECT_WORD, -1, 1, -1, 6, "one two");
}

static void whole_lines(void **state)
{
	expect(*state, VT_SELECT_LINE, 1, 3, 1, 3, "/usr/bin/program --option");
	expect(*state, VT_SELECT_LINE, -1, 3, 0, 1, "one two\n/usr/bin/program --option");
}

static void a_block(void **state)
{
	expect(*state, VT_SELECT_BLOCK, -1, 1, 1, 3, "ne\nus\n--");
	expect(*state, VT_SELECT_BLOCK, -1, 3, 1, 1, "ne\nus\n--");
}

static void places_that_do_not_exist_are_clamped(void **state)
{
	expect(*state, VT_SELECT_STREAM, -500, 3, -1, 99, "one two");
	expect(*state, VT_SELECT_STREAM, 3, 0, 500, 99, "last");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_part_of_a_line),
		CASE(lines_end_with_newline_and_without_blanks),
		CASE(wrapped_lines_are_joined),
		CASE(wide_characters_are_whole),
		CASE(words),
		CASE(whole_lines),
		CASE(a_block),
		CASE(places_that_do_not_exist_are_clamped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
