/* SPDX-License-Identifier: MIT */
#include "hub/tape.h"

#include "base/segments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { WINDOW = 8192 };

static int setup(void **state)
{
	static struct tape tape;

	*state = &tape;
	return tape_init(&tape, loop_new(), WINDOW, 0);
}

static int teardown(void **state)
{
	struct tape *tape = *state;
	struct loop *loop = tape->journal.loop;

	tape_done(tape);
	loop_free(loop);
	return 0;
}

static void put(struct tape *tape, const char *text)
{
	size_t len = strlen(text);
	struct iovec iov[2];

	tape_reserve(tape, len, iov);
	segments_fill(iov, text, len);
	tape_commit(tape, len);
}

static void expect(const struct tape *tape, const struct tape_mark *mark, const char *text)
{
	struct iovec iov[2];
	int n = tape_peek(tape, mark, SIZE_MAX, iov);

	assert_int_equal(segments_len(iov, n), strlen(text));
	if (n)
		assert_memory_equal(iov[0].iov_base, text, strlen(text));
}

static void nothing_is_read_before_it_is_released(void **state)
{
	struct tape *tape = *state;
	struct tape_mark mark = { 0 };

	put(tape, "abc");
	expect(tape, &mark, "");
	assert_int_equal(tape_backlog(tape, &mark), 3);
	tape_release(tape, 2);
	expect(tape, &mark, "ab");
	tape_advance(tape, &mark, 2);
	assert_true(tape_is_at_end(tape, &mark));
	tape_release(tape, 3);
	expect(tape, &mark, "c");
}

static void what_was_released_stays_so(void **state)
{
	struct tape *tape = *state;
	struct tape_mark mark = { 0 };

	put(tape, "abc");
	tape_release(tape, 3);
	tape_advance(tape, &mark, 3);
	tape_release(tape, 1);
	assert_true(tape_is_at_end(tape, &mark));
	put(tape, "d");
	tape_release(tape, 4);
	expect(tape, &mark, "d");
}

static void stretches_are_cut_in_one_pass(void **state)
{
	static const struct tape_span spans[] = { { 1, 3 }, { 3, 4 }, { 6, 8 } };
	struct tape *tape = *state;
	struct tape_mark mark = { 0 };

	put(tape, "a##+bc##d");
	assert_int_equal(tape_cut(tape, spans, 3), 5);
	tape_release(tape, 4);
	expect(tape, &mark, "abcd");
}

static void nothing_that_was_released_is_cut(void **state)
{
	static const struct tape_span spans[] = { { 2, 4 }, { 5, 6 } };
	struct tape *tape = *state;
	struct tape_mark mark = { 0 };

	put(tape, "ab\033");
	tape_release(tape, 3);
	tape_advance(tape, &mark, 3);
	put(tape, "[C#D");
	assert_int_equal(tape_cut(tape, spans, 2), 1);
	tape_release(tape, 6);
	expect(tape, &mark, "[CD");
}

static void mark_that_the_window_passed_is_lost_until_it_is_sought(void **state)
{
	struct tape *tape = *state;
	struct tape_mark mark = { 0 };
	char block[WINDOW / 2 + 1];

	memset(block, 'x', sizeof(block));
	block[sizeof(block) - 1] = '\0';
	for (int i = 0; i < 3; i++)
		put(tape, block);
	assert_true(tape_is_lost(tape, &mark));
	tape_seek(tape, &mark, 0);
	assert_false(tape_is_lost(tape, &mark));
	/* Nothing was released, but what the window has passed cannot be held back. */
	assert_int_equal(mark.offset, WINDOW / 2);
	assert_true(tape_is_at_end(tape, &mark));
	tape_seek(tape, &mark, UINT64_MAX);
	assert_int_equal(mark.offset, WINDOW / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nothing_is_read_before_it_is_released, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_released_stays_so, setup, teardown),
		cmocka_unit_test_setup_teardown(stretches_are_cut_in_one_pass, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_that_was_released_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(
			mark_that_the_window_passed_is_lost_until_it_is_sought, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
