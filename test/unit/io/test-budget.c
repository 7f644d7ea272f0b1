/* SPDX-License-Identifier: MIT */
#include "io/budget.h"
#include "io/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

enum { HOLDERS = 3, PIECES = 4, ALL = HOLDERS * PIECES * STORE_PIECE };

/* Holds pieces, of which the last one is dear; @stays: has nothing to give for now. */
struct holder {
	struct budget_share share;
	struct store *store;
	size_t pieces;
	unsigned asked, told;
	bool stays;
	bool repeats; /* what fill() writes, so that it can be packed */
};

struct fixture {
	struct loop *loop;
	struct holder holder[HOLDERS];
};

static bool give(struct budget_share *share, enum budget_need need)
{
	struct holder *holder = container_of(share, struct holder, share);

	holder->asked++;
	if (holder->stays || holder->pieces <= (need == BUDGET_DEAR ? 0 : 1))
		return false;
	store_forget(holder->store, --holder->pieces * STORE_PIECE, STORE_PIECE);
	budget_gave(share);
	return true;
}

static void tell(struct budget_share *share)
{
	container_of(share, struct holder, share)->told++;
}

static const struct budget_ops ops = { give, tell };

static void fill(struct holder *holder)
{
	uint32_t seed = 1;

	holder->pieces = PIECES;
	for (size_t i = 0; i < PIECES; i++) {
		char bytes[STORE_PIECE];

		for (size_t at = 0; at < STORE_PIECE; at++) {
			seed = seed * 1103515245 + 12345;
			bytes[at] = (char)(holder->repeats ? 0 : seed >> 16);
		}
		store_write(holder->store, i * STORE_PIECE, bytes, STORE_PIECE);
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	loop_fake_clock(f->loop);
	for (int i = 0; i < HOLDERS; i++) {
		assert_int_equal(budget_join(f->loop, &f->holder[i].share, &ops), 0);
		f->holder[i].store = store_new(f->loop, PIECES * STORE_PIECE);
		fill(&f->holder[i]);
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < HOLDERS; i++) {
		budget_leave(&f->holder[i].share);
		store_free(f->holder[i].store);
	}
	assert_int_equal(budget_set(f->loop, 0), 0);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void run(struct fixture *f)
{
	for (int i = 0; i < 10; i++)
		loop_step(f->loop, false);
}

static size_t usage(const struct fixture *f)
{
	size_t hot, packed;

	store_usage(f->loop, &hot, &packed);
	return hot + packed;
}

static unsigned asked(const struct fixture *f)
{
	return f->holder[0].asked + f->holder[1].asked + f->holder[2].asked;
}

static void expect_pieces(const struct fixture *f, size_t first, size_t second, size_t third)
{
	assert_int_equal(f->holder[0].pieces, first);
	assert_int_equal(f->holder[1].pieces, second);
	assert_int_equal(f->holder[2].pieces, third);
}

static void nobody_is_asked_while_it_is_kept(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(budget_get(f->loop), 0);
	assert_int_equal(budget_set(f->loop, ALL), 0);
	assert_int_equal(budget_get(f->loop), ALL);
	run(f);
	assert_int_equal(usage(f), ALL);
	assert_int_equal(asked(f), 0);
}

static void who_was_used_first_gives_first_and_no_more_than_is_needed(void **state)
{
	struct fixture *f = *state;

	budget_set(f->loop, ALL - 2 * STORE_PIECE);
	run(f);
	expect_pieces(f, 2, 4, 4);
	budget_use(&f->holder[0].share);
	budget_set(f->loop, ALL - 4 * STORE_PIECE);
	run(f);
	expect_pieces(f, 2, 2, 4);
}

static void what_is_dear_is_given_when_nobody_has_anything_else(void **state)
{
	struct fixture *f = *state;

	budget_set(f->loop, 3 * STORE_PIECE);
	run(f);
	expect_pieces(f, 1, 1, 1);
	budget_set(f->loop, 2 * STORE_PIECE);
	run(f);
	expect_pieces(f, 0, 1, 1);
}

static void more_is_noticed_when_it_is_taken(void **state)
{
	struct fixture *f = *state;

	budget_set(f->loop, ALL - STORE_PIECE);
	run(f);
	expect_pieces(f, 3, 4, 4);
	budget_use(&f->holder[0].share);
	fill(&f->holder[0]);
	run(f);
	expect_pieces(f, 4, 3, 4);
}

static void count_call(void *data)
{
	++*(unsigned *)data;
}

static void what_can_be_packed_in_time_costs_nobody_anything(void **state)
{
	struct fixture *f = *state;
	unsigned packed = 0;

	budget_set(f->loop, ALL - STORE_PIECE);
	run(f);
	expect_pieces(f, 3, 4, 4);
	loop_advance(f->loop, BUDGET_CALM_MS);
	for (int i = 0; i < HOLDERS; i++) {
		f->holder[i].repeats = true;
		fill(&f->holder[i]);
	}
	assert_int_equal(usage(f), ALL);
	run(f);
	expect_pieces(f, 4, 4, 4);
	assert_true(store_pack_now(f->loop, count_call, &packed));
	loop_advance(f->loop, 1);
	while (!packed)
		loop_step(f->loop, true);
	assert_true(usage(f) < STORE_PIECE);
	loop_advance(f->loop, BUDGET_PATIENCE_MS);
	run(f);
	expect_pieces(f, 4, 4, 4);
}

static void patience_ends(void **state)
{
	struct fixture *f = *state;

	budget_set(f->loop, ALL - STORE_PIECE);
	run(f);
	loop_advance(f->loop, BUDGET_CALM_MS);
	for (int i = 0; i < HOLDERS; i++)
		fill(&f->holder[i]);
	run(f);
	expect_pieces(f, 4, 4, 4);
	loop_advance(f->loop, BUDGET_PATIENCE_MS);
	run(f);
	expect_pieces(f, 3, 4, 4);
	budget_use(&f->holder[0].share);
	fill(&f->holder[0]);
	run(f);
	expect_pieces(f, 4, 3, 4);
}

static void who_has_nothing_now_is_asked_again_later(void **state)
{
	struct fixture *f = *state;
	unsigned before;

	for (int i = 0; i < HOLDERS; i++)
		f->holder[i].stays = true;
	budget_set(f->loop, 1);
	run(f);
	before = asked(f);
	assert_int_equal(before, 2 * HOLDERS);
	run(f);
	assert_int_equal(asked(f), before);
	f->holder[1].stays = false;
	loop_advance(f->loop, BUDGET_RETRY_MS);
	run(f);
	expect_pieces(f, 4, 0, 4);
}

static void a_dispatch_asks_so_often_at_most(void **state)
{
	struct fixture *f = *state;
	struct holder more[HOLDERS * BUDGET_CALLS] = { 0 };
	size_t n = sizeof(more) / sizeof(more[0]);

	for (size_t i = 0; i < n; i++) {
		more[i].stays = true;
		budget_join(f->loop, &more[i].share, &ops);
	}
	budget_set(f->loop, 1);
	loop_step(f->loop, false);
	for (size_t i = 0; i < n; i++)
		f->holder[0].asked += more[i].asked;
	assert_in_range(asked(f), 1, 2 * BUDGET_CALLS);
	for (size_t i = 0; i < n; i++)
		budget_leave(&more[i].share);
}

static void each_tells_once_in_a_time_of_shortage(void **state)
{
	struct fixture *f = *state;

	budget_set(f->loop, ALL - 5 * STORE_PIECE);
	run(f);
	assert_int_equal(f->holder[0].told, 0);
	loop_advance(f->loop, BUDGET_SHORTAGE_MS);
	run(f);
	assert_int_equal(f->holder[0].told, 1);
	assert_int_equal(f->holder[1].told, 1);
	assert_int_equal(f->holder[2].told, 0);
	loop_advance(f->loop, 10 * BUDGET_SHORTAGE_MS);
	run(f);
	assert_int_equal(f->holder[0].told, 1);
}

static void a_bound_may_be_there_before_anybody_and_be_taken_away(void **state)
{
	struct loop *loop = loop_new();

	(void)state;
	assert_int_equal(budget_set(loop, 1000), 0);
	assert_int_equal(budget_get(loop), 1000);
	assert_int_equal(budget_set(loop, 0), 0);
	assert_int_equal(budget_get(loop), 0);
	loop_free(loop);
}

#define budget_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		budget_test(nobody_is_asked_while_it_is_kept),
		budget_test(who_was_used_first_gives_first_and_no_more_than_is_needed),
		budget_test(what_is_dear_is_given_when_nobody_has_anything_else),
		budget_test(more_is_noticed_when_it_is_taken),
		budget_test(what_can_be_packed_in_time_costs_nobody_anything),
		budget_test(patience_ends),
		budget_test(who_has_nothing_now_is_asked_again_later),
		budget_test(a_dispatch_asks_so_often_at_most),
		budget_test(each_tells_once_in_a_time_of_shortage),
		cmocka_unit_test(a_bound_may_be_there_before_anybody_and_be_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
