/* SPDX-License-Identifier: MIT */
#include "audit/check.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LINES = 6, LINE = 200 };

/* A sound audit of LINES lines, which the tests damage. */
struct lines {
	char texts[LINES + 1][LINE];
	char hashes[LINES + 1][AUDIT_HASH_BYTES];
	size_t n;
};

static void add(struct lines *lines, size_t seq, size_t torn)
{
	char text[LINE], more[32] = "";

	if (torn)
		snprintf(more, sizeof(more), "\"torn\":%zu,", torn);
	snprintf(text, sizeof(text), "{\"seq\":%zu,%s\"what\":\"w%zu\",\"prev\":\"%s\"}", seq, more,
		seq, lines->n ? lines->hashes[lines->n - 1] : audit_no_hash);
	memcpy(lines->texts[lines->n], text, sizeof(text));
	audit_hash(text, strlen(text), lines->hashes[lines->n]);
	lines->n++;
}

static struct lines *make(size_t n)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	assert_non_null(lines);
	while (lines->n < n)
		add(lines, lines->n + 1, 0);
	return lines;
}

static void feed(struct audit_check *check, const char *text, size_t piece)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len; at += piece)
		assert_int_equal(
			audit_check_feed(check, text + at, len - at < piece ? len - at : piece), 0);
}

/* The lines by these numbers, from 0 on; -1: the file ends. */
static void check_order(const struct lines *lines, const int *order, size_t n,
	enum audit_fault fault, size_t file, uint64_t line)
{
	struct audit_check check = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (order[i] < 0) {
			assert_int_equal(audit_check_file_ends(&check), 0);
			continue;
		}
		feed(&check, lines->texts[order[i]], 7);
		feed(&check, "\n", 1);
	}
	assert_int_equal(audit_check_file_ends(&check), 0);
	audit_check_end(&check);
	assert_int_equal(check.fault, fault);
	if (!fault)
		return;
	assert_int_equal(check.where.file, file);
	assert_int_equal(check.where.line, line);
}

#define CHECK(lines, fault, file, line, ...)             \
	check_order(lines, (const int[]){ __VA_ARGS__ }, \
		sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int), fault, file, line)

static void what_is_whole_is_sound(void **state)
{
	AUTO_FREE struct lines *lines = make(LINES);

	(void)state;
	CHECK(lines, AUDIT_SOUND, 0, 0, 0, 1, 2, 3, 4, 5);
	CHECK(lines, AUDIT_SOUND, 0, 0, 0, 1, -1, 2, 3, -1, 4, 5);
	CHECK(lines, AUDIT_SOUND, 0, 0, -1, 0, -1, -1, 1); /* files without lines */
	CHECK(lines, AUDIT_SOUND, 0, 0, 2, 3, 4, 5);	   /* older files were dropped */
}

static void a_missing_line_shows(void **state)
{
	AUTO_FREE struct lines *lines = make(LINES);

	(void)state;
	CHECK(lines, AUDIT_MISSING, 0, 3, 0, 1, 3, 4, 5);
	CHECK(lines, AUDIT_MISSING, 1, 1, 0, 1, -1, 4, 5); /* between two files */
}

static void a_doubled_line_shows(void **state)
{
	AUTO_FREE struct lines *lines = make(LINES);

	(void)state;
	CHECK(lines, AUDIT_DOUBLED, 0, 4, 0, 1, 2, 2, 3, 4, 5);
	CHECK(lines, AUDIT_DOUBLED, 0, 4, 0, 1, 2, 0, 3, 4, 5);
	CHECK(lines, AUDIT_MISSING, 0, 2, 0, 2, 1, 3); /* exchanged */
}

static void a_changed_line_shows_wherever_it_was_changed(void **state)
{
	AUTO_FREE struct lines *lines = make(LINES);
	size_t len = strlen(lines->texts[2]);
	enum { CLOSING = 2 }; /* of the object, and of its last string */

	(void)state;
	for (size_t i = 1; i < len - CLOSING; i++) {
		char before = lines->texts[2][i];
		struct audit_check check = { 0 };

		lines->texts[2][i] = before == '0' ? '1' : '0';
		for (size_t at = 0; at < LINES; at++) {
			feed(&check, lines->texts[at], LINE);
			feed(&check, "\n", 1);
		}
		audit_check_end(&check);
		lines->texts[2][i] = before;
		if (!check.fault || check.where.line != 3)
			fail_msg("byte %zu: %s, line %d", i, audit_fault_text(check.fault),
				(int)check.where.line);
	}
}

static void a_changed_last_but_one_line_shows(void **state)
{
	AUTO_FREE struct lines *lines = make(LINES);

	(void)state;
	*strchr(lines->texts[LINES - 2], 'w') = 'v';
	CHECK(lines, AUDIT_CHANGED, 0, LINES - 1, 0, 1, 2, 3, 4, 5);
}

static void the_first_line_is_the_first(void **state)
{
	AUTO_FREE struct lines *lines = calloc(1, sizeof(*lines));

	(void)state;
	assert_non_null(lines);
	add(lines, 2, 0); /* the second, and there is none before it */
	CHECK(lines, AUDIT_CHANGED, 0, 1, 0);
}

static void a_torn_line_is_one_that_nobody_owns_up_to(void **state)
{
	AUTO_FREE struct lines *lines = make(2);
	struct audit_check check = { 0 };

	(void)state;
	feed(&check, lines->texts[0], LINE);
	feed(&check, "\n{\"seq\":2", LINE);
	assert_int_equal(audit_check_file_ends(&check), 0);
	audit_check_end(&check);
	assert_int_equal(check.fault, AUDIT_TORN);
	assert_int_equal(check.where.line, 2);
}

static void a_torn_line_that_the_next_one_tells_of_is_fine(void **state)
{
	static const char torn[] = "{\"seq\":2";
	AUTO_FREE struct lines *lines = make(1);
	struct audit_check check = { 0 };

	(void)state;
	add(lines, 2, sizeof(torn) - 1);
	for (size_t i = 0; i < 2; i++) {
		feed(&check, lines->texts[i], LINE);
		feed(&check, "\n", 1);
		if (!i) {
			feed(&check, torn, LINE);
			feed(&check, "\n", 1);
		}
	}
	audit_check_end(&check);
	assert_int_equal(check.fault, AUDIT_SOUND);
	assert_int_equal(check.torn, 1);
	assert_int_equal(check.lines, 2);
}

static void what_is_no_line_shows(void **state)
{
	static const char *const texts[] = { "hello\n", "\n", "a\nb\n",
		"[charhub: 3 bytes are missing here]\n" };
	AUTO_FREE struct lines *lines = make(2);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct audit_check check = { 0 };

		feed(&check, lines->texts[0], LINE);
		feed(&check, "\n", 1);
		feed(&check, texts[i], LINE);
		feed(&check, lines->texts[1], LINE);
		feed(&check, "\n", 1);
		audit_check_end(&check);
		assert_int_equal(check.fault, AUDIT_FOREIGN);
		assert_int_equal(check.where.line, 2);
	}
}

static void the_hash_of_a_line_is_found(void **state)
{
	AUTO_FREE struct lines *lines = make(LINES);

	(void)state;
	for (size_t n = 0; n <= LINES; n++) {
		struct audit_check check = { .wanted = lines->hashes[3] };

		for (size_t i = 0; i < n; i++) {
			feed(&check, lines->texts[i], LINE);
			feed(&check, "\n", 1);
		}
		audit_check_end(&check);
		assert_int_equal(check.has_wanted, n > 3);
		if (n)
			assert_string_equal(check.head, lines->hashes[n - 1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_whole_is_sound),
		cmocka_unit_test(a_missing_line_shows),
		cmocka_unit_test(a_doubled_line_shows),
		cmocka_unit_test(a_changed_line_shows_wherever_it_was_changed),
		cmocka_unit_test(a_changed_last_but_one_line_shows),
		cmocka_unit_test(the_first_line_is_the_first),
		cmocka_unit_test(a_torn_line_is_one_that_nobody_owns_up_to),
		cmocka_unit_test(a_torn_line_that_the_next_one_tells_of_is_fine),
		cmocka_unit_test(what_is_no_line_shows),
		cmocka_unit_test(the_hash_of_a_line_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
