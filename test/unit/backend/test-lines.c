/* SPDX-License-Identifier: MIT */
#include "backend/lines.h"
#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* All that was given, "line\n" or "part~"; @most: say no after so many. */
struct given {
	struct strbuf text;
	unsigned n, most;
};

static bool take(void *data, const char *text, size_t len, bool whole)
{
	struct given *given = data;

	assert_true(len > 0);
	strbuf_append(&given->text, text, len);
	strbuf_putc(&given->text, whole ? '\n' : '~');
	return !given->most || ++given->n < given->most;
}

static void check_pieces(
	size_t max, size_t piece, const char *bytes, size_t len, const char *wanted)
{
	struct lines lines = { .max = max };
	struct given given = { 0 };

	strbuf_puts(&given.text, "");
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;

		assert_int_equal(lines_feed(&lines, bytes + at, n, take, &given), n);
	}
	lines_give_part(&lines, take, &given);
	assert_string_equal(given.text.data, wanted);
	strbuf_done(&given.text);
	lines_done(&lines);
}

/* However the bytes come, the same lines come of them. */
static void check(size_t max, const char *bytes, const char *wanted)
{
	for (size_t piece = 1; piece <= strlen(bytes); piece++)
		check_pieces(max, piece, bytes, strlen(bytes), wanted);
}

static void lines_are_as_a_person_reads_them(void **state)
{
	(void)state;
	check(100, "one\r\ntwo\n", "one\ntwo\n");
	check(100, "\033[1;31mred\033[0m\r\n10%\r20%\r\n", "red\n20%\n");
	check(100, "a\tb \n", "a\tb \n");
	check(100, "login: ", "login: ~");
}

static void what_is_blank_is_no_line(void **state)
{
	(void)state;
	check(100, "\n\r\n  \t\none\n\033[2J\033[H\n", "one\n");
	check(100, "   ", "");
}

static void nuls_do_no_harm(void **state)
{
	(void)state;
	check_pieces(100, 3, "\0a\0b\0\n\0\0\nc\0", 11, "ab\nc~");
}

static void what_is_long_comes_in_parts(void **state)
{
	(void)state;
	check(4, "abcdefghij\nxyzw\n", "abcd~efgh~ij\nxyzw\n");
	check(4, "abcdefgh", "abcd~efgh~");
}

static void a_character_is_not_cut(void **state)
{
	(void)state;
	check(4, "abc\303\274de\n", "abc~\303\274de\n");
	check(4, "\360\237\230\200\360\237\230\200\n", "\360\237\230\200~\360\237\230\200\n");
	check(100, "abc\303", "abc~"); /* the rest of it may come */
	check(100, "ab\377", "ab\377~");
	check(4, "\200\200\200\200\200\200\n", "\200\200\200\200~\200\200\n"); /* there are none */
}

static void no_more_is_taken_than_is_wanted(void **state)
{
	struct lines lines = { .max = 100 };
	struct given given = { .most = 2 };

	(void)state;
	assert_int_equal(lines_feed(&lines, "a\nb\nc\nd\n", 8, take, &given), 4);
	assert_string_equal(given.text.data, "a\nb\n");
	given.n = 0;
	assert_int_equal(lines_feed(&lines, "c\nd\n", 4, take, &given), 4);
	assert_string_equal(given.text.data, "a\nb\nc\nd\n");
	strbuf_done(&given.text);
	lines_done(&lines);
}

static void what_a_part_had_comes_no_more(void **state)
{
	struct lines lines = { .max = 100 };
	struct given given = { 0 };

	(void)state;
	lines_feed(&lines, "login: ", 7, take, &given);
	assert_true(lines_has_part(&lines));
	lines_give_part(&lines, take, &given);
	assert_false(lines_has_part(&lines));
	lines_feed(&lines, "root\r\n", 6, take, &given);
	assert_string_equal(given.text.data, "login: ~root\n");
	strbuf_done(&given.text);
	lines_done(&lines);
}

static void a_line_needs_a_bounded_memory(void **state)
{
	static char many[100000];
	struct lines lines = { .max = 1000 };
	struct given given = { 0 };

	(void)state;
	for (size_t i = 0; i + 7 <= sizeof(many); i += 7)
		memcpy(many + i, "\033[999C.", 7);
	assert_int_equal(lines_feed(&lines, many, sizeof(many), take, &given), sizeof(many));
	assert_true(lines.text.size <= 16384);
	strbuf_done(&given.text);
	lines_done(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_as_a_person_reads_them),
		cmocka_unit_test(what_is_blank_is_no_line),
		cmocka_unit_test(nuls_do_no_harm),
		cmocka_unit_test(what_is_long_comes_in_parts),
		cmocka_unit_test(a_character_is_not_cut),
		cmocka_unit_test(no_more_is_taken_than_is_wanted),
		cmocka_unit_test(what_a_part_had_comes_no_more),
		cmocka_unit_test(a_line_needs_a_bounded_memory),
	};

	return cmocka_run_group_tests_name("backend/lines", tests, NULL, NULL);
}
