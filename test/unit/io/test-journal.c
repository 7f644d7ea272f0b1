/* SPDX-License-Identifier: MIT */
#include "io/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { PAGE = 4096 };

static char byte_at(uint64_t offset)
{
	return (char)(offset * 7 + offset / 251);
}

/* Append @len bytes of the known stream in pieces of @piece. */
static void append(struct journal *journal, size_t len, size_t piece)
{
	while (len) {
		size_t part = piece < len ? piece : len;
		uint64_t offset = journal->head;
		struct iovec iov[2];
		int n = journal_reserve(journal, part, iov);

		for (int i = 0; i < n; i++)
			for (size_t k = 0; k < iov[i].iov_len; k++)
				((char *)iov[i].iov_base)[k] = byte_at(offset++);
		assert_int_equal(offset, journal->head + part);
		journal_commit(journal, part);
		len -= part;
	}
}

static void expect_stream(const struct journal *journal, uint64_t from)
{
	struct iovec iov[2];
	int n = journal_peek(journal, from, SIZE_MAX, iov);

	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < iov[i].iov_len; k++)
			assert_int_equal(((char *)iov[i].iov_base)[k], byte_at(from++));
	assert_int_equal(from, journal->head);
}

static void window_holds_the_newest_bytes(void **state)
{
	struct journal journal;

	(void)state;
	assert_int_equal(journal_init(&journal, 100, 0), 0);
	assert_int_equal(journal.size, PAGE);
	append(&journal, 3 * PAGE + 17, 97);
	assert_int_equal(journal.head, 3 * PAGE + 17);
	assert_int_equal(journal.head - journal.tail, PAGE);
	expect_stream(&journal, journal.tail);
	expect_stream(&journal, journal.head - 5);
	expect_stream(&journal, journal.head);
	journal_done(&journal);
}

static void first_bytes_are_kept(void **state)
{
	struct journal journal;

	(void)state;
	assert_int_equal(journal_init(&journal, PAGE, 1000), 0);
	append(&journal, 300, 300);
	assert_int_equal(journal_kept(&journal), 0);
	append(&journal, PAGE, 777);
	assert_int_equal(journal_kept(&journal), 300);
	append(&journal, 5 * PAGE, 777);
	assert_int_equal(journal_kept(&journal), 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(journal.kept[i], byte_at(i));
	journal_done(&journal);
}

static void resizing_keeps_what_fits(void **state)
{
	struct journal journal;

	(void)state;
	assert_int_equal(journal_init(&journal, PAGE, PAGE), 0);
	append(&journal, PAGE + 1234, 1000);
	assert_int_equal(journal_resize(&journal, 4 * PAGE), 0);
	assert_int_equal(journal.head - journal.tail, PAGE);
	append(&journal, 2 * PAGE, 1000);
	assert_int_equal(journal.head - journal.tail, 3 * PAGE);
	expect_stream(&journal, journal.tail);
	assert_int_equal(journal_resize(&journal, 2 * PAGE), 0);
	assert_int_equal(journal.head - journal.tail, 2 * PAGE);
	expect_stream(&journal, journal.tail);
	assert_int_equal(journal_kept(&journal), PAGE);
	for (size_t i = 0; i < PAGE; i++)
		assert_int_equal(journal.kept[i], byte_at(i));
	journal_done(&journal);
}

static void line_start_is_found_across_the_seam(void **state)
{
	struct journal journal;
	struct iovec iov[2];

	(void)state;
	assert_int_equal(journal_init(&journal, PAGE, 0), 0);
	append(&journal, PAGE - 2, PAGE);
	assert_int_equal(journal_reserve(&journal, 4, iov), 2);
	memcpy(iov[0].iov_base, "ab", 2);
	memcpy(iov[1].iov_base, "\nc", 2);
	journal_commit(&journal, 4);
	assert_int_equal(journal_line_start(&journal, PAGE - 2, 100), PAGE + 1);
	assert_int_equal(journal_line_start(&journal, PAGE - 2, 2), PAGE - 2);
	journal_done(&journal);
}

static void stretch_is_taken_out_across_the_seam(void **state)
{
	struct journal journal;
	struct iovec iov[2];
	uint64_t end;

	(void)state;
	assert_int_equal(journal_init(&journal, PAGE, PAGE + 1), 0);
	append(&journal, PAGE - 3, PAGE);
	assert_int_equal(journal_reserve(&journal, 8, iov), 2);
	memcpy(iov[0].iov_base, "abX", 3);
	memcpy(iov[1].iov_base, "XcYde", 5);
	journal_commit(&journal, 8);
	end = journal_move(&journal, PAGE - 1, PAGE + 1, 1);
	end = journal_move(&journal, end, PAGE + 3, 2);
	journal_truncate(&journal, end);
	assert_int_equal(journal.head, PAGE + 2);
	assert_int_equal(journal_peek(&journal, PAGE - 3, 100, iov), 2);
	assert_memory_equal(iov[0].iov_base, "abc", 3);
	assert_memory_equal(iov[1].iov_base, "de", 2);
	append(&journal, PAGE, PAGE);
	assert_memory_equal(journal.kept + PAGE - 3, "abcd", 4);
	journal_done(&journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_holds_the_newest_bytes),
		cmocka_unit_test(first_bytes_are_kept),
		cmocka_unit_test(resizing_keeps_what_fits),
		cmocka_unit_test(line_start_is_found_across_the_seam),
		cmocka_unit_test(stretch_is_taken_out_across_the_seam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
