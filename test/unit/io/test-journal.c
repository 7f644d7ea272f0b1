/* SPDX-License-Identifier: MIT */
#include "io/journal.h"

#include "base/segments.h"

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

		part = segments_len(iov, n);
		for (int i = 0; i < n; i++)
			for (size_t k = 0; k < iov[i].iov_len; k++)
				((char *)iov[i].iov_base)[k] = byte_at(offset++);
		assert_int_equal(offset, journal->head + part);
		journal_commit(journal, part);
		len -= part;
	}
}

/* The first bytes, as far as they are set aside. */
static void expect_kept(const struct journal *journal, size_t len)
{
	struct iovec iov[2];

	assert_int_equal(journal_kept(journal), len);
	for (size_t at = 0; at < len;) {
		int n = journal_peek(journal, at, SIZE_MAX, iov);

		assert_in_range(segments_len(iov, n), 1, len - at);
		for (int i = 0; i < n; i++)
			for (size_t k = 0; k < iov[i].iov_len; k++)
				assert_int_equal(((char *)iov[i].iov_base)[k], byte_at(at++));
	}
}

static void expect_stream(const struct journal *journal, uint64_t from)
{
	while (from < journal->head) {
		struct iovec iov[2];
		int n = journal_peek(journal, from, SIZE_MAX, iov);

		assert_in_range(segments_len(iov, n), 1, journal->head - from);
		for (int i = 0; i < n; i++)
			for (size_t k = 0; k < iov[i].iov_len; k++)
				assert_int_equal(((char *)iov[i].iov_base)[k], byte_at(from++));
	}
	assert_int_equal(from, journal->head);
}

static void window_holds_the_newest_bytes(void **state)
{
	struct journal journal;

	assert_int_equal(journal_init(&journal, *state, 100, 0), 0);
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

	assert_int_equal(journal_init(&journal, *state, PAGE, 1000), 0);
	append(&journal, 300, 300);
	assert_int_equal(journal_kept(&journal), 0);
	append(&journal, PAGE, 777);
	assert_int_equal(journal_kept(&journal), 300);
	append(&journal, 5 * PAGE, 777);
	expect_kept(&journal, 1000);
	journal_done(&journal);
}

static void resizing_keeps_what_fits(void **state)
{
	struct journal journal;

	assert_int_equal(journal_init(&journal, *state, PAGE, PAGE), 0);
	append(&journal, PAGE + 1234, 1000);
	assert_int_equal(journal_resize(&journal, 4 * PAGE), 0);
	assert_int_equal(journal.head - journal.tail, PAGE);
	append(&journal, 2 * PAGE, 1000);
	assert_int_equal(journal.head - journal.tail, 3 * PAGE);
	expect_stream(&journal, journal.tail);
	assert_int_equal(journal_resize(&journal, 2 * PAGE), 0);
	assert_int_equal(journal.head - journal.tail, 2 * PAGE);
	expect_stream(&journal, journal.tail);
	expect_kept(&journal, PAGE);
	journal_done(&journal);
}

static void one_can_go_on_for_another(void **state)
{
	struct journal before, journal;
	struct store_part ring, kept;

	assert_int_equal(journal_init(&before, *state, PAGE, 100), 0);
	append(&before, 3 * PAGE + 17, 500);
	assert_int_equal(journal_init(&journal, *state, PAGE, 100), 0);
	ring = store_part(before.ring, 0, journal_end(&before), NULL);
	kept = store_part(before.kept, 0, journal_kept(&before), NULL);
	assert_int_equal(store_take_part(journal.ring, 0, &ring), 0);
	assert_int_equal(store_take_part(journal.kept, 0, &kept), 0);
	journal_go_on(&journal, before.tail, before.head);
	expect_stream(&journal, journal.tail);
	expect_kept(&journal, 100);
	append(&journal, PAGE, 777);
	expect_stream(&journal, journal.tail);
	journal_done(&journal);
	journal_done(&before);
}

static void its_ring_ends_where_no_bytes_have_been(void **state)
{
	struct journal journal;

	assert_int_equal(journal_init(&journal, *state, 3 * PAGE, 0), 0);
	assert_int_equal(journal_end(&journal), 0);
	append(&journal, PAGE + 17, 500);
	assert_int_equal(journal_end(&journal), PAGE + 17);
	assert_int_equal(store_part(journal.ring, 0, journal_end(&journal), NULL).len, 2 * PAGE);
	append(&journal, 2 * PAGE, 500);
	assert_int_equal(journal_end(&journal), 3 * PAGE);
	journal_done(&journal);
}

static void one_that_keeps_nothing_has_no_first_bytes(void **state)
{
	struct journal journal;
	struct iovec iov[2];

	assert_int_equal(journal_init(&journal, *state, PAGE, 0), 0);
	append(&journal, 3 * PAGE, 500);
	assert_int_equal(journal_kept(&journal), 0);
	assert_int_equal(journal_peek(&journal, 0, 0, iov), 0);
	journal_done(&journal);
}

static void line_start_is_found_across_the_seam(void **state)
{
	struct journal journal;
	struct iovec iov[2];

	assert_int_equal(journal_init(&journal, *state, PAGE, 0), 0);
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

	assert_int_equal(journal_init(&journal, *state, PAGE, PAGE + 1), 0);
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
	assert_int_equal(journal_peek(&journal, PAGE - 3, SIZE_MAX, iov), 1);
	assert_int_equal(iov[0].iov_len, 4);
	assert_memory_equal(iov[0].iov_base, "abcd", 4);
	journal_done(&journal);
}

static uint32_t any(uint64_t *seed, size_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*seed >> 33) % below);
}

/* Some of the bytes that it should still hold. */
static void expect_some(const struct journal *journal, uint64_t *seed)
{
	uint64_t held = journal->head - journal->tail;
	uint64_t offset = journal->tail + any(seed, (size_t)held + 1);
	size_t kept = journal_kept(journal), max = any(seed, 300000);
	struct iovec iov[2];
	size_t given;
	int n;

	if (kept && !any(seed, 4))
		offset = any(seed, kept);
	n = journal_peek(journal, offset, max, iov);
	given = segments_len(iov, n);
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < iov[i].iov_len; k++)
			assert_int_equal(((char *)iov[i].iov_base)[k], byte_at(offset++));
	assert_in_range(given, 0, max);
	assert_true(given == max || given >= PAGE || offset == journal->head || offset == kept);
}

/* Bytes come, are read from anywhere, rest and are packed, the window grows and shrinks. */
static void every_byte_stays_what_it_was(void **state)
{
	enum { WINDOW = 3 * STORE_PIECE + PAGE, KEEP = STORE_PIECE + 10 };
	struct loop *loop = *state;

	for (uint64_t life = 0; life < 20; life++) {
		size_t window = WINDOW;
		struct journal journal;
		uint64_t seed = life, held = 0;

		assert_int_equal(journal_init(&journal, loop, window, KEEP), 0);
		for (int i = 0; i < 100; i++) {
			size_t len = any(&seed, 2) ? any(&seed, 100) : any(&seed, WINDOW / 3);

			append(&journal, len, 1 + any(&seed, WINDOW / 4));
			held = held + len < window ? held + len : window;
			assert_int_equal(journal.head - journal.tail, held);
			expect_some(&journal, &seed);
			if (!any(&seed, 3))
				loop_advance(loop, STORE_REST_MS);
			for (uint32_t k = any(&seed, 6); k; k--)
				loop_step(loop, false);
			if (!any(&seed, 10)) {
				held = any(&seed, (size_t)held + 1);
				journal_drop(&journal, journal.head - held);
			}
			if (!any(&seed, 10)) {
				window = any(&seed, 2) ? WINDOW : 2 * WINDOW;
				assert_int_equal(journal_resize(&journal, window), 0);
				held = held < window ? held : window;
			}
		}
		expect_stream(&journal, journal.tail);
		journal_done(&journal);
	}
}

static size_t usage(struct loop *loop)
{
	size_t hot, packed;

	store_usage(loop, &hot, &packed);
	return hot + packed;
}

static void what_is_dropped_costs_no_memory(void **state)
{
	struct journal journal;

	assert_int_equal(journal_init(&journal, *state, 4 * STORE_PIECE, STORE_PIECE / 2), 0);
	append(&journal, 5 * STORE_PIECE + 100, 1000);
	for (int i = 0; i < 3; i++) { /* also where the window goes round its seam */
		uint64_t tail = (journal.tail / STORE_PIECE + 2) * STORE_PIECE;
		size_t before = usage(*state), pieces;

		journal_drop(&journal, tail);
		assert_int_equal(journal.tail, tail);
		assert_true(usage(*state) <= before - STORE_PIECE);
		pieces = (size_t)(journal.head / STORE_PIECE - tail / STORE_PIECE + 1);
		assert_true(usage(*state) <= pieces * STORE_PIECE + STORE_PIECE / 2);
		expect_stream(&journal, tail);
		expect_kept(&journal, STORE_PIECE / 2);
		append(&journal, STORE_PIECE, 1000);
		expect_stream(&journal, tail);
	}
	journal_drop(&journal, journal.head);
	assert_int_equal(usage(*state), STORE_PIECE / 2);
	expect_kept(&journal, STORE_PIECE / 2);
	append(&journal, 1000, 1000);
	expect_stream(&journal, journal.tail);
	journal_drop_kept(&journal);
	assert_int_equal(journal_kept(&journal), 0);
	journal_drop(&journal, journal.head);
	assert_int_equal(usage(*state), 0);
	journal_done(&journal);
}

/* What is kept is not unpacked for that. */
static void the_first_bytes_are_set_aside_as_they_are(void **state)
{
	struct journal journal;
	size_t hot, packed;

	assert_int_equal(journal_init(&journal, *state, 4 * STORE_PIECE, STORE_PIECE), 0);
	append(&journal, 2 * STORE_PIECE, 1000);
	loop_advance(*state, 2 * STORE_REST_MS);
	while (store_usage(*state, &hot, &packed), hot)
		loop_step(*state, true);
	journal_drop(&journal, STORE_PIECE);
	assert_int_equal(usage(*state), packed);
	expect_stream(&journal, STORE_PIECE);
	expect_kept(&journal, STORE_PIECE);
	journal_done(&journal);
}

static int setup(void **state)
{
	struct loop *loop = loop_new();

	loop_fake_clock(loop);
	*state = loop;
	return 0;
}

static int teardown(void **state)
{
	loop_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(window_holds_the_newest_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(first_bytes_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(resizing_keeps_what_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(one_can_go_on_for_another, setup, teardown),
		cmocka_unit_test_setup_teardown(
			its_ring_ends_where_no_bytes_have_been, setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_that_keeps_nothing_has_no_first_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			line_start_is_found_across_the_seam, setup, teardown),
		cmocka_unit_test_setup_teardown(
			stretch_is_taken_out_across_the_seam, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_dropped_costs_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_first_bytes_are_set_aside_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(every_byte_stays_what_it_was, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
