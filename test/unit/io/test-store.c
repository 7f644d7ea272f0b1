/* SPDX-License-Identifier: MIT */
#include "io/store-impl.h"

#include "lib/fault.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SIZE = 5 * STORE_PIECE + 4096, LINE_LEN = 64 };

struct fixture {
	struct loop *loop;
	struct store *store;
	struct store *other; /* a test's own; NULL: none */
	char copy[SIZE];     /* what must stand in the store */
	size_t len;	     /* of that */
	uint64_t seed;
	char *left; /* by another program; gone when nothing is borrowed of it */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->store = store_new(f->loop, SIZE - 100);
	*state = f;
	return f->store && f->store->size == SIZE ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	store_free(f->other);
	loop_free(f->loop);
	free(f->left);
	free(f);
	return 0;
}

static uint32_t any(struct fixture *f, size_t below)
{
	f->seed = f->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((f->seed >> 33) % below);
}

/* Lines of a log, or what nothing can be said about. */
static void put(struct fixture *f, size_t at, size_t len, bool is_text)
{
	size_t end = at + len;

	for (size_t i = at; i < end; i++)
		f->copy[i] = is_text ? "[    0.000000] a line\n"[i % 22] : (char)any(f, 256);
	while (at < end) {
		size_t made = store_make(f->store, at, end - at);

		assert_in_range(made, 1, end - at);
		store_write(f->store, at, f->copy + at, made);
		at += made;
	}
	if (f->len < end)
		f->len = end;
}

static void expect(struct fixture *f, size_t at, size_t len)
{
	static char bytes[SIZE];

	store_read(f->store, at, bytes, len);
	assert_memory_equal(bytes, f->copy + at, len);
}

static size_t hot(struct fixture *f)
{
	size_t bytes, packed;

	store_usage(f->loop, &bytes, &packed);
	return bytes;
}

static size_t packed(struct fixture *f)
{
	size_t bytes, in_pages;

	store_usage(f->loop, &in_pages, &bytes);
	return bytes;
}

static void pass_ms(struct fixture *f, unsigned ms)
{
	loop_advance(f->loop, ms);
	loop_step(f->loop, false);
	sched_yield();
}

/* Until no more than @most bytes are in pages. */
static void rest(struct fixture *f, size_t most)
{
	while (hot(f) > most)
		pass_ms(f, STORE_REST_MS / 10);
}

static void what_rests_is_packed_and_comes_back(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 200000, true);
	assert_in_range(hot(f), 200000, 4 * STORE_PIECE);
	rest(f, 0);
	assert_in_range(packed(f), 1, 200000 / 10);
	expect(f, 70000, 10);
	assert_int_equal(hot(f), STORE_PIECE);
	expect(f, 0, 200000);
	put(f, 200000, SIZE - 200000, true);
	rest(f, 0);
	expect(f, 0, SIZE);
}

static void what_was_opened_to_be_read_goes_back_without_work(void **state)
{
	struct fixture *f = *state;
	size_t before;

	put(f, 0, 2 * STORE_PIECE, true);
	rest(f, 0);
	before = packed(f);
	expect(f, STORE_PIECE, 10);
	assert_int_equal(hot(f), STORE_PIECE);
	assert_int_equal(packed(f), before);
	for (int i = 0; i < 3; i++) {
		loop_advance(f->loop, STORE_REST_MS);
		loop_step(f->loop, false); /* no thread has to be waited for */
	}
	assert_int_equal(hot(f), 0);
	assert_int_equal(packed(f), before);
	expect(f, 0, 2 * STORE_PIECE);
	put(f, 10, 10, true); /* what is written to is packed anew */
	assert_int_equal(hot(f), 2 * STORE_PIECE);
	assert_true(packed(f) < before);
	expect(f, 0, 2 * STORE_PIECE);
	rest(f, 0);
	expect(f, 0, 2 * STORE_PIECE);
}

static void note_passed(void *data)
{
	++*(unsigned *)data;
}

static void reading_counts_towards_no_limit(void **state)
{
	struct fixture *f = *state;
	unsigned passed = 0;
	const struct store_limit limit = { STORE_PIECE, note_passed, &passed };

	store_set_limit(f->loop, &limit);
	assert_false(store_is_over(f->loop));
	put(f, 0, 3 * STORE_PIECE, true);
	assert_true(passed > 0);
	assert_true(store_is_over(f->loop));
	rest(f, 0);
	assert_false(store_is_over(f->loop));
	passed = 0;
	expect(f, 0, 3 * STORE_PIECE);
	assert_int_equal(passed, 0);
	assert_false(store_is_over(f->loop));
	put(f, 0, 2 * STORE_PIECE, true);
	assert_true(passed > 0);
	assert_true(store_is_over(f->loop));
	store_set_limit(f->loop, NULL);
	assert_false(store_is_over(f->loop));
}

static void fill_copy(struct fixture *f, size_t len, bool is_text)
{
	for (size_t i = 0; i < len; i++)
		f->copy[i] = is_text ? "[    0.000000] a line\n"[i % 22] : (char)any(f, 256);
}

static void what_is_stored_packed_takes_no_pages(void **state)
{
	struct fixture *f = *state;

	for (int is_text = 0; is_text < 2; is_text++) {
		size_t len = SIZE - 5000;

		store_free(f->store);
		fill_copy(f, len, is_text);
		f->store = store_new_packed(f->loop, f->copy, len);
		assert_non_null(f->store);
		assert_int_equal(hot(f), 0);
		assert_true(is_text ? packed(f) < len / 10 : packed(f) >= len);
		expect(f, 0, len);
		put(f, 3, 2 * STORE_PIECE, true);
		expect(f, 0, len);
	}
}

static void what_would_pass_the_limit_is_not_stored_packed(void **state)
{
	unsigned passed = 0;
	const struct store_limit limit = { 2 * STORE_PIECE, note_passed, &passed };
	struct fixture *f = *state;

	store_set_limit(f->loop, &limit);
	fill_copy(f, SIZE, true);
	assert_null(store_new_packed(f->loop, f->copy, 2 * STORE_PIECE + 1));
	f->other = store_new_packed(f->loop, f->copy, 2 * STORE_PIECE);
	assert_non_null(f->other);
	assert_int_equal(passed, 0);
	store_set_limit(f->loop, NULL);
}

static void what_is_used_now_and_then_stays(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 3 * STORE_PIECE, true);
	loop_advance(f->loop, STORE_REST_MS);
	expect(f, STORE_PIECE, 1);
	loop_advance(f->loop, STORE_REST_MS);
	while (hot(f) > STORE_PIECE)
		loop_step(f->loop, true);
	expect(f, STORE_PIECE, STORE_PIECE);
	assert_int_equal(hot(f), STORE_PIECE);
	rest(f, 0);
}

static void what_is_used_while_it_is_packed_stays(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 50000, true);
	loop_advance(f->loop, 2 * STORE_REST_MS);
	put(f, 10, 5, false);
	loop_step(f->loop, true); /* the thread has done its work */
	assert_int_equal(packed(f), 0);
	expect(f, 0, 50000);
	rest(f, 0);
	expect(f, 0, 50000);
}

static void memory_comes_in_steps_that_double(void **state)
{
	static const size_t steps[] = { 16384, 16384, 32768, 65536, 65536 };
	struct fixture *f = *state;
	size_t at = 0;

	for (size_t i = 0; i < 5; i++) {
		size_t made = store_make(f->store, at, SIZE - at);

		assert_int_equal(made, steps[i]);
		assert_int_equal(hot(f), at + made);
		store_use(f->store, at, made);
		at += made;
	}
	/* What there is already is given whole, and no more is made for a little more. */
	assert_int_equal(store_make(f->store, 100, SIZE - 100), at - 100);
	assert_int_equal(hot(f), at);
}

static void asking_for_room_and_a_few_bytes_make_no_work(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_make(f->store, 0, SIZE), STORE_FIRST);
	put(f, 0, STORE_FIRST, true);
	loop_advance(f->loop, 4 * STORE_REST_MS);
	loop_step(f->loop, false);
	assert_int_equal(hot(f), STORE_FIRST);
	put(f, STORE_FIRST, 1, true);
	rest(f, 0);
	expect(f, 0, STORE_FIRST + 1);
}

static void what_does_not_shrink_stays(void **state)
{
	struct fixture *f = *state;

	put(f, 0, STORE_PIECE, false);
	put(f, STORE_PIECE, STORE_PIECE, true);
	rest(f, STORE_PIECE);
	expect(f, 0, 2 * STORE_PIECE);
	put(f, 0, STORE_PIECE, true);
	rest(f, 0);
}

static void forgotten_pieces_are_fresh(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 3 * STORE_PIECE, true);
	rest(f, 0);
	expect(f, STORE_PIECE, 1);		     /* it is open */
	store_forget(f->store, 10, 2 * STORE_PIECE); /* one of them wholly */
	assert_int_equal(hot(f), 0);
	expect(f, 0, STORE_PIECE);
	expect(f, 2 * STORE_PIECE, STORE_PIECE);
	store_forget(f->store, 0, 3 * STORE_PIECE);
	assert_int_equal(hot(f), 0);
	assert_int_equal(packed(f), 0);
	put(f, 0, 3 * STORE_PIECE, true);
	expect(f, 0, 3 * STORE_PIECE);
}

/* Return: what that store needs to go on, as parts of it. */
static char *leave(const struct fixture *f, struct store_part *parts)
{
	char *left = malloc(SIZE), *at = left;

	for (size_t i = 0; i < store_pieces(f->store); i++) {
		char room[STORE_PIECE];

		parts[i] = store_part(f->store, i, f->len, room);
		if (parts[i].len)
			memcpy(at, parts[i].bytes, parts[i].len);
		parts[i].bytes = at;
		at += parts[i].len;
	}
	return left;
}

/* Another program, with a loop of its own, goes on; this one has ended. */
static void hand_over(struct fixture *f)
{
	struct store_part parts[SIZE / STORE_PIECE + 1];
	char *left = leave(f, parts);

	store_free(f->store);
	loop_free(f->loop);
	free(f->left);
	f->left = left;
	f->loop = loop_new();
	loop_fake_clock(f->loop);
	f->store = store_new(f->loop, SIZE);
	for (size_t i = 0; i < store_pieces(f->store); i++)
		assert_int_equal(store_take_part(f->store, i, &parts[i]), 0);
}

static void free_left(void *data)
{
	struct fixture *f = data;

	free(f->left);
	f->left = NULL;
}

static void own_all(struct fixture *f)
{
	assert_true(store_own(f->loop, free_left, f));
	while (f->left)
		loop_step(f->loop, false);
}

/* Pieces that are packed, one that does not shrink, one with a few bytes. */
static void put_pieces_of_each_kind(struct fixture *f)
{
	put(f, 0, 2 * STORE_PIECE, true);
	put(f, 2 * STORE_PIECE, STORE_PIECE, false);
	put(f, 3 * STORE_PIECE, 100, true);
	rest(f, STORE_PIECE);
}

static void pieces_go_over_as_they_are(void **state)
{
	struct fixture *f = *state;
	size_t all;

	put_pieces_of_each_kind(f);
	all = hot(f) + packed(f);
	for (int times = 0; times < 3; times++) {
		hand_over(f);
		assert_int_equal(hot(f), 0); /* nothing has been touched */
		assert_in_range(packed(f), 1, all);
		if (times == 1)
			own_all(f); /* the others are handed over while they are borrowed */
	}
	expect(f, 0, 3 * STORE_PIECE + 100);
	put(f, 3 * STORE_PIECE + 100, SIZE - 3 * STORE_PIECE - 100, true);
	rest(f, STORE_PIECE);
	expect(f, 0, SIZE);
}

static void what_is_borrowed_becomes_its_own(void **state)
{
	struct fixture *f = *state;
	size_t was_hot, was_packed;

	assert_false(store_own(f->loop, free_left, f));
	put_pieces_of_each_kind(f);
	was_hot = hot(f);
	was_packed = packed(f);
	hand_over(f);
	expect(f, STORE_PIECE, 1); /* also one that is open */
	own_all(f);
	assert_int_equal(packed(f), was_packed);
	assert_in_range(hot(f), STORE_PIECE, was_hot + STORE_PIECE);
	assert_false(store_own(f->loop, free_left, f));
	expect(f, 0, f->len);
	rest(f, STORE_PIECE);
	expect(f, 0, f->len);
}

static void what_goes_is_given_back(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	put_pieces_of_each_kind(f);
	hand_over(f);
	other = store_new(f->loop, SIZE);
	assert_true(store_own(f->loop, free_left, f));
	assert_true(store_pass(f->store, 0, other, STORE_PIECE));
	put(f, STORE_PIECE, STORE_PIECE, false);	      /* is written over */
	store_forget(f->store, 2 * STORE_PIECE, STORE_PIECE); /* is fresh */
	assert_non_null(f->left);
	store_free(f->store);
	assert_null(f->left);
	f->store = store_new(f->loop, SIZE);
	store_use(other, STORE_PIECE, STORE_PIECE);
	assert_memory_equal(store_at(other, STORE_PIECE), f->copy, STORE_PIECE);
	loop_step(f->loop, false); /* the task finds nothing */
	store_free(other);
}

static void what_finds_no_memory_stays_borrowed(void **state)
{
	struct fixture *f = *state;

	put_pieces_of_each_kind(f);
	hand_over(f);
	assert_true(store_own(f->loop, free_left, f));
	fault_arm(1);
	loop_step(f->loop, false);
	assert_true(fault_disarm());
	for (int i = 0; i < 10; i++)
		loop_step(f->loop, false);
	assert_non_null(f->left);
	expect(f, 0, f->len);
	put(f, 0, f->len, true); /* of what is written to it has its own */
	assert_null(f->left);
	expect(f, 0, f->len);
}

static void a_part_ends_where_nothing_is(void **state)
{
	struct fixture *f = *state;

	put(f, 0, STORE_PIECE, true);
	assert_int_equal(store_part(f->store, 0, SIZE, NULL).len, STORE_PIECE);
	assert_int_equal(store_part(f->store, 0, 4097, NULL).len, 2 * 4096);
	assert_int_equal(store_part(f->store, 0, 0, NULL).len, 0);
	put(f, STORE_PIECE, STORE_PIECE, true);
	assert_int_equal(store_part(f->store, 1, STORE_PIECE, NULL).len, 0);
	rest(f, 0);
	assert_int_equal(store_part(f->store, 0, 4097, NULL).ready, STORE_PIECE);
}

static void what_is_no_part_is_refused(void **state)
{
	static const char bytes[STORE_PIECE];
	struct fixture *f = *state;
	const struct {
		size_t i;
		struct store_part part;
	} wrong[] = {
		{ 0, { bytes, STORE_PIECE, STORE_PIECE + 1 } },
		{ 0, { bytes, 101, 100 } },
		{ 0, { bytes, 100, 101 } },
		{ 0, { bytes, 0, 1 } },
		{ 5, { bytes, 4097, 4097 } },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(store_take_part(f->store, wrong[i].i, &wrong[i].part), -EBADMSG);
	assert_int_equal(hot(f) + packed(f), 0);
}

static void what_is_damaged_is_blank(void **state)
{
	struct fixture *f = *state;
	struct store_part part;
	char *left;

	put(f, 0, 2 * STORE_PIECE, true);
	rest(f, 0);
	part = store_part(f->store, 1, SIZE, NULL);
	left = malloc(part.len);
	memcpy(left, part.bytes, part.len);
	memset(left + part.len / 2, 0xff, part.len / 4);
	part.bytes = left;
	store_forget(f->store, STORE_PIECE, STORE_PIECE);
	assert_int_equal(store_take_part(f->store, 1, &part), 0);
	memset(f->copy + STORE_PIECE, ' ', STORE_PIECE);
	expect(f, 0, 2 * STORE_PIECE);
	put(f, STORE_PIECE, 10, true);
	free(left);
	expect(f, 0, 2 * STORE_PIECE);
}

static void count_call(void *data)
{
	++*(unsigned *)data;
}

static void what_is_not_used_just_now_is_packed_on_request(void **state)
{
	struct fixture *f = *state;
	unsigned calls = 0;

	assert_false(store_pack_now(f->loop, count_call, &calls));
	for (unsigned round = 1; round <= 3; round++) {
		put(f, 0, 3 * STORE_PIECE, true);
		if (round == 2)
			loop_advance(f->loop, 2 * STORE_REST_MS); /* in the middle of a round */
		assert_true(store_pack_now(f->loop, count_call, &calls));
		while (calls < round)
			pass_ms(f, 1);
		assert_int_equal(hot(f), 0);
		assert_int_equal(calls, round);
	}
	expect(f, 0, 3 * STORE_PIECE);
	put(f, 0, 3 * STORE_PIECE, true);
	assert_true(store_pack_now(f->loop, count_call, &calls));
	assert_false(store_pack_now(f->loop, NULL, NULL));
	rest(f, 0);
	assert_int_equal(calls, 3);
}

static void under_a_limit_packing_does_not_wait(void **state)
{
	unsigned passed = 0;
	const struct store_limit limit = { 6 * STORE_PIECE, note_passed, &passed };
	struct fixture *f = *state;

	store_set_limit(f->loop, &limit);
	put(f, 0, 3 * STORE_PIECE, true); /* half of it: there is time */
	loop_advance(f->loop, 2 * STORE_PRESSED_MS);
	loop_step(f->loop, false);
	put(f, 3 * STORE_PIECE, STORE_PIECE, true);
	loop_advance(f->loop, STORE_PRESSED_MS);
	loop_step(f->loop, false);
	assert_int_equal(hot(f), 4 * STORE_PIECE);
	expect(f, 3 * STORE_PIECE, STORE_PIECE); /* is used, and stays */
	loop_advance(f->loop, STORE_PRESSED_MS);
	while (hot(f) > STORE_PIECE)
		loop_step(f->loop, true);
	expect(f, 0, 4 * STORE_PIECE);
	assert_int_equal(passed, 0);
	store_set_limit(f->loop, NULL);
}

static void a_short_last_piece_is_forgotten_too(void **state)
{
	struct fixture *f = *state;

	put(f, 0, SIZE, true);
	store_forget(f->store, 0, SIZE);
	assert_int_equal(hot(f), 0);
	put(f, 0, SIZE, true);
	store_forget(f->store, 0, SIZE - 1);
	assert_int_equal(hot(f), SIZE % STORE_PIECE);
	expect(f, 5 * STORE_PIECE, SIZE % STORE_PIECE);
}

static void a_packed_piece_changes_its_store_as_it_is(void **state)
{
	struct fixture *f = *state;
	struct store *other = store_new(f->loop, 2 * STORE_PIECE - 5000);
	size_t before;

	put(f, 0, 3 * STORE_PIECE, true);
	assert_false(store_pass(f->store, 0, other, 0)); /* it is in pages */
	rest(f, 0);
	before = packed(f);
	expect(f, STORE_PIECE, 1); /* also one that is open */
	assert_true(store_pass(f->store, STORE_PIECE, other, 0));
	assert_false(store_pass(f->store, 0, other, STORE_PIECE)); /* it is not as large */
	assert_int_equal(packed(f), before);
	assert_int_equal(hot(f), 0);
	store_use(other, 0, STORE_PIECE);
	assert_memory_equal(store_at(other, 0), f->copy + STORE_PIECE, STORE_PIECE);
	store_free(other);
	expect(f, 0, STORE_PIECE);
	put(f, STORE_PIECE, STORE_PIECE, true);
	expect(f, 0, 3 * STORE_PIECE);
}

/* One call of the loop has ended, another one has begun. */
static void next_dispatch(struct fixture *f)
{
	f->loop->dispatches++;
}

static size_t blocks_taken(const struct fixture *f)
{
	return f->store->packer->whole.taken;
}

/* Each piece has lines of its own. */
static void print_line(char line[LINE_LEN], size_t i)
{
	snprintf(line, LINE_LEN, "line of piece %zu\n", i);
}

static void fill(struct fixture *f, struct store *store)
{
	char line[LINE_LEN];

	for (size_t at = 0; at < store->size; at += sizeof(line)) {
		next_dispatch(f);
		print_line(line, at / STORE_PIECE);
		store_write(store, at, line, sizeof(line));
	}
}

static void expect_filled(struct fixture *f, struct store *store)
{
	char line[LINE_LEN], found[LINE_LEN];

	for (size_t i = 0; i < store_pieces(store); i++) {
		next_dispatch(f);
		print_line(line, i);
		for (size_t k = 0; k < STORE_PIECE; k += STORE_PIECE - sizeof(line)) {
			store_read(store, i * STORE_PIECE + k, found, sizeof(found));
			assert_string_equal(found, line);
		}
	}
}

static void few_blocks_are_enough_for_many_pieces(void **state)
{
	struct fixture *f = *state;
	struct store *large = f->other = store_new(f->loop, 3 * STORE_AT_HAND * STORE_PIECE);

	fill(f, large);
	assert_int_equal(hot(f), large->size);
	assert_int_equal(large->hot, large->size);
	assert_int_equal(blocks_taken(f), STORE_AT_HAND);
	expect_filled(f, large);
	assert_in_range(blocks_taken(f), STORE_AT_HAND, 3 * STORE_AT_HAND);
	store_forget(large, STORE_PIECE, STORE_AT_HAND * STORE_PIECE);
	assert_int_equal(hot(f), large->size - STORE_AT_HAND * STORE_PIECE);
	while (hot(f))
		pass_ms(f, STORE_REST_MS / 10);
	assert_int_equal(large->hot, 0);
	assert_int_equal(f->store->packer->park.fd, -1);
	fill(f, large);
	expect_filled(f, large);
}

static void who_is_used_in_this_dispatch_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct store *large = f->other = store_new(f->loop, 2 * STORE_AT_HAND * STORE_PIECE);
	char *bytes;

	put(f, 0, 3 * STORE_PIECE, true);
	bytes = store_at(f->store, STORE_PIECE);
	for (size_t i = 0; i < store_pieces(large); i++)
		store_write(large, i * STORE_PIECE, f->copy, STORE_PIECE);
	assert_memory_equal(bytes, f->copy + STORE_PIECE, STORE_PIECE);
	assert_int_equal(blocks_taken(f), 3 + 2 * STORE_AT_HAND);
}

static void the_store_that_was_not_used_for_longest_leaves_first(void **state)
{
	struct fixture *f = *state;
	struct store *other = f->other = store_new(f->loop, 4 * STORE_PIECE);

	f->store->packer->at_hand = 4;
	put(f, 0, 2 * STORE_PIECE, true);
	next_dispatch(f);
	store_write(other, 0, f->copy, 2 * STORE_PIECE);
	next_dispatch(f);
	expect(f, 0, 1);
	next_dispatch(f);
	store_write(other, 2 * STORE_PIECE, f->copy, STORE_PIECE);
	assert_int_equal(other->pieces[0].copy, COPY_PARKED);
	assert_int_equal(f->store->pieces[0].copy, COPY_NONE);
}

static void what_comes_back_often_stays(void **state)
{
	struct fixture *f = *state;
	struct store_packer *packer = f->store->packer;
	unsigned returns;

	packer->at_hand = 1;
	for (size_t i = 0; i < 4; i++) {
		next_dispatch(f);
		put(f, i * STORE_PIECE, STORE_PIECE, true);
	}
	assert_int_equal(blocks_taken(f), 1);
	for (int i = 0; i < 1000; i++) {
		next_dispatch(f);
		put(f, (size_t)(i % 4) * STORE_PIECE + (size_t)i, 10, true);
	}
	assert_int_equal(packer->at_hand, 4);
	returns = packer->returns;
	assert_in_range(returns, 3 * 4, 4 * 4);
	expect(f, 0, 4 * STORE_PIECE);
	assert_int_equal(packer->returns, returns);
	rest(f, 0);
	assert_int_equal(packer->at_hand, STORE_AT_HAND);
}

static void a_parked_piece_changes_its_store_as_it_is(void **state)
{
	struct fixture *f = *state;
	struct store *other = store_new(f->loop, 2 * STORE_PIECE), *third;

	f->store->packer->at_hand = 1;
	put(f, 0, 2 * STORE_PIECE, true);
	next_dispatch(f);
	third = store_new(f->loop, STORE_PIECE);
	store_write(third, 0, f->copy, STORE_PIECE);
	assert_int_equal(f->store->pieces[0].copy, COPY_PARKED);
	assert_true(store_pass(f->store, 0, other, STORE_PIECE));
	assert_int_equal(f->store->hot, STORE_PIECE);
	assert_int_equal(other->hot, STORE_PIECE);
	assert_int_equal(hot(f), 3 * STORE_PIECE);
	rest(f, 0);
	assert_int_equal(other->pieces[1].copy, COPY_PACKED);
	store_use(other, STORE_PIECE, STORE_PIECE);
	assert_memory_equal(store_at(other, STORE_PIECE), f->copy, STORE_PIECE);
	store_free(other);
	store_free(third);
}

static void store_goes_while_it_is_packed(void **state)
{
	struct fixture *f = *state;

	put(f, 0, SIZE, true);
	loop_advance(f->loop, 2 * STORE_REST_MS);
	store_free(f->store);
	f->store = store_new(f->loop, SIZE);
	put(f, 0, SIZE, true);
	loop_step(f->loop, true); /* what was at work is nobody's any more */
	assert_int_equal(packed(f), 0);
	rest(f, 0);
	expect(f, 0, SIZE);
	put(f, 0, SIZE, true);
	loop_advance(f->loop, 2 * STORE_REST_MS); /* and the loop, with the last store */
}

static void do_anything(struct fixture *f, size_t at_hand)
{
	f->seed = 1;
	for (int i = 0; i < 2000; i++) {
		size_t at = any(f, SIZE - 1), len = 1 + any(f, SIZE - at);

		f->store->packer->at_hand = at_hand;
		f->loop->dispatches += any(f, 3) > 0;
		len = any(f, 3) ? 1 + len % 3000 : len;
		switch (any(f, 7)) {
		case 0: put(f, at < f->len ? at : f->len, len, any(f, 4)); break;
		case 1: put(f, f->len, any(f, SIZE - f->len + 1), true); break;
		case 2:
			if (at + len <= f->len)
				expect(f, at, len);
			break;
		case 3: loop_advance(f->loop, STORE_REST_MS); break;
		case 4: loop_step(f->loop, false); break;
		case 5:
			if (!any(f, 10))
				hand_over(f);
			if (any(f, 2))
				store_own(f->loop, free_left, f);
			break;
		default: store_make(f->store, at < f->len ? at : f->len % SIZE, 1);
		}
		if (f->len == SIZE && !any(f, 20)) {
			expect(f, 0, f->len);
			store_forget(f->store, 0, SIZE);
			f->len = 0;
		}
	}
	expect(f, 0, f->len);
}

static void anything_in_any_order(void **state)
{
	do_anything(*state, STORE_AT_HAND);
}

static void anything_in_any_order_with_hardly_a_block(void **state)
{
	do_anything(*state, 0);
}

/* Return: did a call fail? */
static bool one_life(struct fixture *f, unsigned fault)
{
	bool failed;

	store_free(f->store);
	fault_arm(fault);
	f->store = store_new(f->loop, SIZE);
	if (!f->store) {
		fault_disarm();
		f->store = store_new(f->loop, SIZE);
		return true;
	}
	put(f, 0, STORE_PIECE, true);
	loop_advance(f->loop, 2 * STORE_REST_MS);
	while (hot(f) && !fault_is_over())
		loop_step(f->loop, true);
	expect(f, 0, STORE_PIECE);
	failed = fault_disarm();
	rest(f, 0); /* there is memory again */
	expect(f, 0, STORE_PIECE);
	return failed;
}

static void nothing_is_lost_where_a_call_fails(void **state)
{
	unsigned fault = 1;

	while (one_life(*state, fault))
		fault++;
	assert_true(fault > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_rests_is_packed_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_opened_to_be_read_goes_back_without_work, setup, teardown),
		cmocka_unit_test_setup_teardown(reading_counts_towards_no_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(
			under_a_limit_packing_does_not_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_stored_packed_takes_no_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_would_pass_the_limit_is_not_stored_packed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_used_now_and_then_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_used_while_it_is_packed_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(memory_comes_in_steps_that_double, setup, teardown),
		cmocka_unit_test_setup_teardown(
			asking_for_room_and_a_few_bytes_make_no_work, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_shrink_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(forgotten_pieces_are_fresh, setup, teardown),
		cmocka_unit_test_setup_teardown(pieces_go_over_as_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_borrowed_becomes_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(what_goes_is_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_finds_no_memory_stays_borrowed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_part_ends_where_nothing_is, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_part_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_damaged_is_blank, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_not_used_just_now_is_packed_on_request, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_short_last_piece_is_forgotten_too, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_packed_piece_changes_its_store_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(store_goes_while_it_is_packed, setup, teardown),
		cmocka_unit_test_setup_teardown(anything_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			anything_in_any_order_with_hardly_a_block, setup, teardown),
		cmocka_unit_test_setup_teardown(
			few_blocks_are_enough_for_many_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(
			who_is_used_in_this_dispatch_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_store_that_was_not_used_for_longest_leaves_first, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_back_often_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_parked_piece_changes_its_store_as_it_is, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nothing_is_lost_where_a_call_fails, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
