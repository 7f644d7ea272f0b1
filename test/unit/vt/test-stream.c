/* SPDX-License-Identifier: MIT */
#include "vt/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/*
 * What the owner of an engine is promised about the stream: how much work one feed does, and that
 * nothing below vt_settled() is ever taken back.
 */

static void feed(struct vt *vt, const char *text)
{
	vt_feed(vt, text, strlen(text));
}

static void feed_many(struct vt *vt, const char *text, unsigned times)
{
	while (times--)
		feed(vt, text);
}

/* ---- work ---- */

/* Sequences that touch many cells with few bytes, on a screen full of text. */
static const char *const laborious[] = {
	"\033#8",
	"\033[1;1;50;100;1;2;1$v",
	"\033[88;1;1;50;100$x",
	"\033[1;1;50;99$z",
	"\033[?2J",
	"\033[1;1;50;100${",
	"\033[1;1;50;100;7$r",
	"\033[1;1;50;100;7$t",
	"\033[1;1;1;1;1;50;100*y",
	"\033[H\033[2'}",
	"\033[H\033[2'~",
	"\033[3 @",
	"\033[3 A",
	"\033[H\033[4hx\033[4l",
	"\033[H\033[3@",
	"\033[H\033[3P",
	"\033[?69h\033[2;99s\033[3S",
	"\033[?69h\033[2;99s\033[3T",
	"\033[?69h\033[2;99s\033[2;2H\033[3L",
	"\033[?69h\033[2;99s\033[2;2H\033[3M",
	"\033[Hx\033[99b",
	"\033[50S",
	"\033c",
	"\033[3g\r\t",
	"\033[?5W",
	"\033]4;1;?\a",
	"\033[c",
	"\033[2$w",
};
#define LABORIOUS_COUNT (sizeof(laborious) / sizeof(laborious[0]))

static struct vt *new_full(unsigned cols, unsigned rows)
{
	struct vt_config config = { .cols = cols, .rows = rows };
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	feed(vt, "\033#8\033[44m");
	return vt;
}

static uint64_t work_of(struct vt *vt, const char *text)
{
	uint64_t work = VT_WORK_MAX;

	assert_int_equal(vt_feed_some(vt, text, strlen(text), &work), strlen(text));
	return VT_WORK_MAX - work;
}

static void what_touches_many_cells_is_counted_as_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < LABORIOUS_COUNT; i++) {
		struct vt *vt = new_full(100, 50);
		size_t len = strlen(laborious[i]);
		uint64_t work = work_of(vt, laborious[i]);

		if (work < len + 50)
			fail_msg("%s: %u", laborious[i] + 1, (unsigned)work);
		vt_free(vt);
	}
}

static void a_feed_ends_when_its_work_is_done(void **state)
{
	enum { TIMES = 1000, BUDGET = 30000, SCREEN = 100 * 50 };

	(void)state;
	for (size_t i = 0; i < LABORIOUS_COUNT; i++) {
		struct vt *vt = new_full(100, 50);
		AUTO_STRBUF struct strbuf bytes = { 0 };
		uint64_t work = BUDGET, before = vt->work;
		size_t taken;

		for (unsigned n = 0; n < TIMES; n++)
			strbuf_puts(&bytes, laborious[i]);
		taken = vt_feed_some(vt, bytes.data, bytes.len, &work);
		assert_true(taken > 0 && taken < bytes.len);
		if (vt->work - before > BUDGET + 4 * SCREEN)
			fail_msg("%s: %u", laborious[i] + 1, (unsigned)(vt->work - before));
		vt_free(vt);
	}
}

static void without_work_nothing_is_taken(void **state)
{
	struct vt *vt = new_full(10, 3);
	uint64_t work = 0;

	(void)state;
	assert_int_equal(vt_feed_some(vt, "x", 1, &work), 0);
	assert_int_equal(vt_offset(vt), 3 + 5);
	vt_free(vt);
}

static void plain_text_costs_about_what_it_has_bytes(void **state)
{
	struct vt *vt = new_full(80, 24);
	uint64_t work = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		work += work_of(vt, "a line of the kernel's log, as there are very many\r\n");
	assert_true(work < 100 * 52 * 4);
	vt_free(vt);
}

/* ---- what is settled ---- */

struct watch {
	uint64_t settled; /* as last told */
	unsigned queries;
};

static void on_query(void *data, uint64_t start, uint64_t end)
{
	struct watch *watch = data;

	assert_true(start >= watch->settled);
	assert_true(end > start);
	watch->queries++;
}

static struct vt *new_watched(struct watch *watch)
{
	static const struct vt_callbacks callbacks = { .on_query = on_query };
	struct vt *vt = NULL;

	*watch = (struct watch){ 0 };
	assert_int_equal(vt_new(NULL, &callbacks, watch, &vt), 0);
	return vt;
}

static void look(struct vt *vt, struct watch *watch)
{
	uint64_t settled = vt_settled(vt);

	assert_true(settled >= watch->settled);
	assert_true(settled <= vt_offset(vt));
	assert_true(vt_offset(vt) - settled <= VT_QUERY_MAX);
	watch->settled = settled;
}

static void a_query_behind_an_endless_string_is_found_or_left_whole(void **state)
{
	struct watch watch;
	struct vt *vt = new_watched(&watch);

	(void)state;
	feed(vt, "\033]2;");
	feed_many(vt, "0123456789", VT_QUERY_MAX / 10 + 1);
	look(vt, &watch);
	assert_int_equal(watch.settled, vt_offset(vt));
	feed(vt, "\033");
	look(vt, &watch);
	assert_int_equal(watch.settled, vt_offset(vt) - 1);
	feed(vt, "[6nABC");
	look(vt, &watch);
	assert_int_equal(watch.queries, 1);
	assert_int_equal(watch.settled, vt_offset(vt));
	vt_free(vt);
}

static void what_was_passed_on_is_no_query_any_more(void **state)
{
	struct watch watch;
	struct vt *vt = new_watched(&watch);

	(void)state;
	feed(vt, "x\033[");
	look(vt, &watch);
	assert_int_equal(watch.settled, 1);
	vt_settle(vt);
	look(vt, &watch);
	assert_int_equal(watch.settled, 3);
	feed(vt, "6n");
	look(vt, &watch);
	assert_int_equal(watch.queries, 0);
	feed(vt, "\033[6n");
	assert_int_equal(watch.queries, 1);
	vt_free(vt);
}

static const char *const pieces[] = { "\033", "[", "6", "n", "]", "4;1;?", "\a", "\\", "P$q", "m",
	"\xc2", "\x9b", "\x9d", "\x9c", "\xe6\x97", "\xf0", "\030", "x", "\005", "\033[6n",
	"\033[c", "\033_G", "\033%@", "\033%G", ">", ";;;;", "\n" };

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % n;
}

static void put_random(struct strbuf *out)
{
	static const char filler[] = ";?0x";
	char c = filler[random_below(4)];

	if (random_below(10)) {
		strbuf_puts(out, pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))]);
		return;
	}
	for (unsigned n = random_below(VT_QUERY_MAX + VT_QUERY_MAX / 4); n > 0; n--)
		strbuf_putc(out, c);
}

static void settled_never_decreases_and_no_query_starts_below_it(void **state)
{
	unsigned queries = 0;

	(void)state;
	for (unsigned seed = 0; seed < 400; seed++) {
		AUTO_STRBUF struct strbuf bytes = { 0 };
		struct watch watch;
		struct vt *vt = new_watched(&watch);
		unsigned piece;

		random_state = seed;
		for (unsigned i = 0; i < 100; i++)
			put_random(&bytes);
		piece = random_below(2) ? 4 : 2000;
		for (size_t at = 0, n; at < bytes.len; at += n) {
			uint64_t work = 1 + random_below(piece);

			n = vt_feed_some(vt, bytes.data + at, bytes.len - at, &work);
			if (!random_below(50))
				vt_settle(vt);
			look(vt, &watch);
		}
		queries += watch.queries;
		vt_free(vt);
	}
	assert_true(queries > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_touches_many_cells_is_counted_as_many),
		cmocka_unit_test(a_feed_ends_when_its_work_is_done),
		cmocka_unit_test(without_work_nothing_is_taken),
		cmocka_unit_test(plain_text_costs_about_what_it_has_bytes),
		cmocka_unit_test(a_query_behind_an_endless_string_is_found_or_left_whole),
		cmocka_unit_test(what_was_passed_on_is_no_query_any_more),
		cmocka_unit_test(settled_never_decreases_and_no_query_starts_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
