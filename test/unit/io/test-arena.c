/* SPDX-License-Identifier: MIT */
#include "io/arena.h"

#include "lib/fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { BLOCK = 64 * 1024, A_CHUNK = ARENA_CHUNK / BLOCK, MOST = 3 * A_CHUNK };

struct fixture {
	struct arena arena;
	uint32_t blocks[MOST];
	size_t n;
	bool was_warm; /* the one that was taken last */
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	arena_init(&f.arena, BLOCK, true);
	assert_int_equal(arena_promise(&f.arena, MOST), 0);
	*state = &f;
	return 0;
}

static char *bytes_of(const struct fixture *f, size_t i)
{
	return arena_bytes(&f->arena, f->blocks[i]);
}

static void give(struct fixture *f, size_t i)
{
	arena_give(&f->arena, f->blocks[i]);
	f->blocks[i] = f->blocks[--f->n];
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	while (f->n)
		give(f, 0);
	arena_release(&f->arena, f->arena.promised);
	arena_done(&f->arena);
	assert_int_equal(f->arena.blocks, 0);
	return 0;
}

static void take_as_it_is(struct fixture *f)
{
	f->was_warm = arena_is_warm(&f->arena);
	f->blocks[f->n++] = arena_take(&f->arena);
	assert_int_not_equal(f->blocks[f->n - 1], 0);
}

static void take(struct fixture *f)
{
	take_as_it_is(f);
	memset(bytes_of(f, f->n - 1), (int)(1 + f->n % 100), BLOCK);
}

static void blocks_lie_side_by_side(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < A_CHUNK; i++) {
		take(f);
		assert_ptr_equal(bytes_of(f, i), bytes_of(f, 0) + i * BLOCK);
		assert_false(f->was_warm);
	}
	assert_int_equal((uintptr_t)bytes_of(f, 0) % ARENA_CHUNK, 0);
}

static void what_was_given_last_is_taken_first(void **state)
{
	struct fixture *f = *state;
	char *bytes[2];

	while (f->n < MOST)
		take(f);
	bytes[0] = bytes_of(f, A_CHUNK + 3);
	bytes[1] = bytes_of(f, 1);
	give(f, A_CHUNK + 3);
	give(f, 1);
	for (int i = 1; i >= 0; i--) {
		take(f);
		assert_ptr_equal(bytes_of(f, f->n - 1), bytes[i]);
		assert_true(f->was_warm);
	}
}

static void pages_of_what_nobody_has_are_given_back(void **state)
{
	struct fixture *f = *state;
	char *bytes;

	for (int i = 0; i < 4; i++)
		take(f);
	bytes = bytes_of(f, 1);
	give(f, 1); /* the last is in its place */
	take_as_it_is(f);
	assert_ptr_equal(bytes_of(f, 3), bytes);
	assert_true(f->was_warm);
	assert_int_equal(bytes[0], 1 + 2); /* its pages have stayed */
	give(f, 3);
	arena_trim(&f->arena, 4); /* so many may have pages */
	assert_true(arena_is_warm(&f->arena));
	arena_trim(&f->arena, 3);
	assert_false(arena_is_warm(&f->arena));
	assert_int_equal(bytes_of(f, 1)[0], 1 + 4);
	take_as_it_is(f);
	assert_ptr_equal(bytes_of(f, 3), bytes);
	assert_false(f->was_warm);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(bytes[BLOCK - 1], 0);
}

static void address_space_that_is_not_promised_goes(void **state)
{
	struct fixture *f = *state;

	while (f->n < A_CHUNK + 1)
		take(f);
	arena_release(&f->arena, MOST - A_CHUNK - 1);
	arena_trim(&f->arena, 0);
	assert_int_equal(f->arena.blocks, 2 * A_CHUNK);
	give(f, A_CHUNK);
	arena_release(&f->arena, 1);
	assert_int_equal(f->arena.blocks, 2 * A_CHUNK);
	arena_trim(&f->arena, 0);
	assert_int_equal(f->arena.blocks, A_CHUNK);
	assert_int_equal(arena_promise(&f->arena, MOST - A_CHUNK), 0);
	while (f->n < MOST)
		take(f);
}

static void where_there_is_no_memory_nothing_is_promised(void **state)
{
	struct fixture *f = *state;
	unsigned n = 0;
	bool failed;

	do {
		fault_arm(++n);
		failed = arena_promise(&f->arena, 2 * A_CHUNK) < 0;
		assert_int_equal(fault_disarm(), failed);
		assert_int_equal(f->arena.promised, failed ? MOST : MOST + 2 * A_CHUNK);
		if (failed)
			assert_int_equal(f->arena.blocks, MOST);
	} while (failed);
	assert_true(n > 4);
}

/* Some for who comes next, but no more of those than are needed. */
static void many_get_address_space_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(arena_promise(&f->arena, 13 * A_CHUNK), 0);
	assert_int_equal(f->arena.blocks, 16 * A_CHUNK);
	assert_int_equal(arena_promise(&f->arena, 1), 0);
	assert_int_equal(f->arena.blocks, 20 * A_CHUNK);
	arena_trim(&f->arena, 0);
	assert_int_equal(f->arena.blocks, 17 * A_CHUNK);
	fault_arm(1);
	assert_int_equal(arena_promise(&f->arena, A_CHUNK), 0);
	assert_true(fault_disarm());
	assert_int_equal(f->arena.blocks, 18 * A_CHUNK);
}

/* What no other block has. */
static void write_own(const struct fixture *f, size_t i)
{
	char *bytes = bytes_of(f, i);

	memcpy(bytes, &f->blocks[i], sizeof(f->blocks[i]));
	memcpy(bytes + BLOCK - sizeof(f->blocks[i]), &f->blocks[i], sizeof(f->blocks[i]));
}

static void expect_own(const struct fixture *f, size_t i)
{
	const char *bytes = bytes_of(f, i);

	assert_memory_equal(bytes, &f->blocks[i], sizeof(f->blocks[i]));
	assert_memory_equal(
		bytes + BLOCK - sizeof(f->blocks[i]), &f->blocks[i], sizeof(f->blocks[i]));
}

static void anything_in_any_order(void **state)
{
	struct fixture *f = *state;
	uint32_t seed = 1;

	for (int i = 0; i < 5000; i++) {
		seed = seed * 1103515245 + 12345;
		if (f->n < MOST && seed >> 30) {
			take_as_it_is(f);
			write_own(f, f->n - 1);
		} else if (f->n) {
			size_t k = (seed >> 8) % f->n;

			expect_own(f, k);
			give(f, k);
		}
		if (f->n == MOST)
			while (f->n > (seed >> 8) % MOST)
				give(f, (seed >> 16) % f->n);
		if ((seed >> 16) % 64 == 0)
			arena_trim(&f->arena, 0);
	}
	for (size_t k = 0; k < f->n; k++)
		expect_own(f, k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blocks_lie_side_by_side, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_given_last_is_taken_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
			pages_of_what_nobody_has_are_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			address_space_that_is_not_promised_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			where_there_is_no_memory_nothing_is_promised, setup, teardown),
		cmocka_unit_test_setup_teardown(many_get_address_space_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(anything_in_any_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
