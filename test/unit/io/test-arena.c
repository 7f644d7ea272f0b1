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
	struct arena_block blocks[MOST];
	size_t n;
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

static void give(struct fixture *f, size_t i)
{
	arena_give(&f->blocks[i]);
	assert_null(f->blocks[i].bytes);
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

static struct arena_block *take(struct fixture *f)
{
	struct arena_block *block = &f->blocks[f->n++];

	*block = arena_take(&f->arena);
	memset(block->bytes, (int)(1 + f->n % 100), BLOCK);
	return block;
}

static void blocks_lie_side_by_side(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < A_CHUNK; i++) {
		take(f);
		assert_ptr_equal(f->blocks[i].bytes, f->blocks[0].bytes + i * BLOCK);
		assert_false(f->blocks[i].warm);
	}
	assert_int_equal((uintptr_t)f->blocks[0].bytes % ARENA_CHUNK, 0);
}

static void what_was_given_last_is_taken_first(void **state)
{
	struct fixture *f = *state;
	char *bytes[2];

	while (f->n < MOST)
		take(f);
	bytes[0] = f->blocks[A_CHUNK + 3].bytes;
	bytes[1] = f->blocks[1].bytes;
	give(f, A_CHUNK + 3);
	give(f, 1);
	for (int i = 1; i >= 0; i--) {
		struct arena_block *block = take(f);

		assert_ptr_equal(block->bytes, bytes[i]);
		assert_true(block->warm);
	}
}

static void pages_of_what_nobody_has_are_given_back(void **state)
{
	struct fixture *f = *state;
	char *bytes;

	for (int i = 0; i < 4; i++)
		take(f);
	bytes = f->blocks[1].bytes;
	give(f, 1); /* the last is in its place */
	arena_trim(&f->arena);
	assert_int_equal(f->blocks[1].bytes[0], 1 + 4);
	take(f);
	assert_ptr_equal(f->blocks[3].bytes, bytes);
	assert_false(f->blocks[3].warm);
	give(f, 3);
	assert_int_equal(bytes[0], 1 + 4); /* until then they stay */
	arena_trim(&f->arena);
	assert_int_equal(bytes[0], 0);
	assert_int_equal(bytes[BLOCK - 1], 0);
}

static void address_space_that_is_not_promised_goes(void **state)
{
	struct fixture *f = *state;

	while (f->n < A_CHUNK + 1)
		take(f);
	arena_release(&f->arena, MOST - A_CHUNK - 1);
	arena_trim(&f->arena);
	assert_int_equal(f->arena.blocks, 2 * A_CHUNK);
	give(f, A_CHUNK);
	arena_release(&f->arena, 1);
	assert_int_equal(f->arena.blocks, 2 * A_CHUNK);
	arena_trim(&f->arena);
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

/* What no other block has. */
static void write_own(const struct arena_block *block)
{
	const uintptr_t own = (uintptr_t)block->bytes;

	memcpy(block->bytes, &own, sizeof(own));
	memcpy(block->bytes + BLOCK - sizeof(own), &own, sizeof(own));
}

static void expect_own(const struct arena_block *block)
{
	const uintptr_t own = (uintptr_t)block->bytes;

	assert_memory_equal(block->bytes, &own, sizeof(own));
	assert_memory_equal(block->bytes + BLOCK - sizeof(own), &own, sizeof(own));
}

static void anything_in_any_order(void **state)
{
	struct fixture *f = *state;
	uint32_t seed = 1;

	for (int i = 0; i < 5000; i++) {
		seed = seed * 1103515245 + 12345;
		if (f->n < MOST && seed >> 30) {
			struct arena_block *block = &f->blocks[f->n++];

			*block = arena_take(&f->arena);
			write_own(block);
		} else if (f->n) {
			size_t k = (seed >> 8) % f->n;

			assert_memory_equal(
				f->blocks[k].bytes, &f->blocks[k].bytes, sizeof(char *));
			give(f, k);
		}
		if (f->n == MOST)
			while (f->n > (seed >> 8) % MOST)
				give(f, (seed >> 16) % f->n);
		if ((seed >> 16) % 64 == 0)
			arena_trim(&f->arena);
	}
	for (size_t k = 0; k < f->n; k++)
		expect_own(&f->blocks[k]);
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
		cmocka_unit_test_setup_teardown(anything_in_any_order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
