/* SPDX-License-Identifier: MIT */
#include "lazy-check.h"

#include "../vt/tokens.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/*
 * Streams put together at random, looked at at random: the hub's engine, which puts off what it
 * can, beside one that does not. The seeds are fixed; a failure prints its program, shortened.
 *
 *	test-hub-lazy [first-seed count]
 */
enum { ITEMS_MAX = 80, ITEM_BYTES = 24 };

struct item {
	uint8_t bytes[ITEM_BYTES];
	unsigned len;
};

struct program {
	struct item items[ITEMS_MAX];
	unsigned count;
};

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % n;
}

static struct item command(unsigned what, unsigned a, unsigned b, unsigned len)
{
	return (struct item){ { 0xff, (uint8_t)what, (uint8_t)a, (uint8_t)b }, len };
}

static struct item any_command(bool has_flood)
{
	static const uint8_t waits[] = { 3, 6, 7 };

	switch (random_below(18)) {
	case 16: return command(9, 0, 0, 2);
	case 17: return command(10, 0, 0, 2);
	case 0: return command(0, random_below(256), random_below(256), 4);
	case 1:
	case 2: return command(1, 0, 0, 2);
	case 3: return command(waits[random_below(sizeof(waits))], 0, 0, 2);
	case 4: return command(4, 0, 0, 2);
	case 5:
	case 6: return command(5, random_below(9), 0, 3);
	case 7:
		return has_flood ? command(2, 160 + random_below(80), random_below(8), 4)
				 : command(1, 0, 0, 2);
	default: return command(2, 1 + random_below(3), random_below(32), 4);
	}
}

static struct item any_text(void)
{
	const char *token = vt_tokens[random_below(vt_token_count)];
	struct item item = { .len = (unsigned)strlen(token) };

	assert_true(item.len <= ITEM_BYTES);
	memcpy(item.bytes, token, item.len);
	return item;
}

/* Controls within a sequence, of which the rest comes after something else has happened. */
static struct item begun_sequence(void)
{
	static const char *const begun[] = { "\033", "\033[", "\033[2", "\033[?2", "\033[1;",
		"\033(", "\033#", "\033[ ", "\033]2;a", "\033P1$", "\033[1?", "a\xe6" };
	static const char controls[] = "\a\b\t\n\v\r\016\017\005\0\177";
	const char *text = begun[random_below(sizeof(begun) / sizeof(begun[0]))];
	struct item item = { .len = (unsigned)strlen(text) };

	memcpy(item.bytes, text, item.len);
	for (unsigned n = 1 + random_below(4); n; n--) {
		item.bytes[item.len++] = (uint8_t)controls[random_below(sizeof(controls) - 1)];
		if (!random_below(3))
			item.bytes[item.len++] = '3';
	}
	return item;
}

static struct item any_cut(void)
{
	static const uint8_t cuts[] = { 1, 3, 4, 4, 6, 9, 10, 10 };

	return command(cuts[random_below(sizeof(cuts))], 0, 0, 2);
}

static void make_program(uint64_t seed, bool is_short, struct program *ret_program)
{
	bool has_flood;

	random_state = seed * 2654435761u + 99;
	random_below(1);
	has_flood = random_below(8) == 0;
	ret_program->count = 1 + random_below(ITEMS_MAX);
	for (unsigned i = 0; i < ret_program->count; i++)
		ret_program->items[i] = random_below(6) ? any_text() : any_command(has_flood);
	for (unsigned i = random_below(20); i + 1 < ret_program->count; i += 2 + random_below(20)) {
		ret_program->items[i] = begun_sequence();
		ret_program->items[i + 1] = any_cut();
	}
	for (unsigned i = 0; is_short && i < ret_program->count; i += 1 + random_below(20))
		ret_program->items[i] = command(8, random_below(3) ? random_below(256) : 1, 0, 3);
}

static void put_program(const struct program *program, struct strbuf *out)
{
	for (unsigned i = 0; i < program->count; i++)
		strbuf_append(out, program->items[i].bytes, program->items[i].len);
}

static const char *run(const struct program *program)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };

	put_program(program, &bytes);
	return lazy_check((const uint8_t *)bytes.data, bytes.len);
}

/* Leave out one item after the other as long as it still fails. */
static void shorten(struct program *program)
{
	for (unsigned i = program->count; i-- > 0;) {
		struct program shorter = *program;

		memmove(shorter.items + i, shorter.items + i + 1,
			(shorter.count - i - 1) * sizeof(shorter.items[0]));
		shorter.count--;
		if (run(&shorter))
			*program = shorter;
	}
}

static bool check_seed(uint64_t seed, bool is_short)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	struct program program;

	make_program(seed, is_short, &program);
	if (!run(&program))
		return true;
	shorten(&program);
	put_program(&program, &bytes);
	printf("---- seed %llu: %s:\n  ", (unsigned long long)seed, run(&program));
	for (size_t i = 0; i < bytes.len; i++)
		printf((uint8_t)(bytes.data[i] - 0x20) < 0x5f ? "%c" : "\\x%02x",
			(uint8_t)bytes.data[i]);
	printf("\n");
	return false;
}

static uint64_t first_seed = 1, seed_count = 400;

static void check_seeds(uint64_t count, bool is_short)
{
	unsigned failed = 0;

	for (uint64_t n = 0; n < count && failed < 3; n++)
		failed += !check_seed(first_seed + n, is_short);
	assert_int_equal(failed, 0);
}

static void nobody_can_tell_that_the_engine_is_behind(void **state)
{
	(void)state;
	check_seeds(seed_count, false);
}

static void where_memory_is_short_only_history_is_shorter(void **state)
{
	(void)state;
	check_seeds(seed_count / 4, true);
}

/* The engine rests, and what may be dropped is, with the lines above the screen. */
static void lines_above_a_screen_go_and_the_screen_stays(void **state)
{
	static const char program[] = "\xff\2\377\37\33[5n\xff\1\xff\6\xff\10\1\xff\1\xff\4more";

	(void)state;
	assert_null(lazy_check((const uint8_t *)program, sizeof(program) - 1));
}

/* A screen that a full-screen program has left is not shown, and still there. */
static void no_lines_come_in_above_a_screen_that_goes_over(void **state)
{
	static const char program[] = "\xff\2\1\13\33[?1049h\33[12;40HX\33[?1049l\xff\11\xff\12";

	(void)state;
	assert_null(lazy_check((const uint8_t *)program, sizeof(program) - 1));
}

/* Rests, is asked for by who does not look, rests again; then somebody looks. */
static void who_does_not_look_leaves_a_frozen_engine_alone(void **state)
{
	static const char program[] = "line\r\n\033[5n\xff\6\xff\7\xff\6\xff\1";

	(void)state;
	assert_null(lazy_check((const uint8_t *)program, sizeof(program) - 1));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_can_tell_that_the_engine_is_behind),
		cmocka_unit_test(where_memory_is_short_only_history_is_shorter),
		cmocka_unit_test(lines_above_a_screen_go_and_the_screen_stays),
		cmocka_unit_test(no_lines_come_in_above_a_screen_that_goes_over),
		cmocka_unit_test(who_does_not_look_leaves_a_frozen_engine_alone),
	};

	if (argc > 2) {
		first_seed = strtoull(argv[1], NULL, 10);
		seed_count = strtoull(argv[2], NULL, 10);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
