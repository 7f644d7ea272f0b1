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

/* Where it is cut another engine could not go on from a picture of this one. */
static void a_feed_does_not_end_within_what_it_could_finish(void **state)
{
	static const char *const texts[] = { "a\033[31mb", "\xd0\x96\xd0\x96",
		"\033]2;title\033\\b", "\xf0\x9f\x91\xa8", "\033P+q544e\033\\" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (uint64_t work = 1; work < strlen(texts[i]); work++) {
			struct vt *vt = new_full(10, 3);
			uint64_t left = work;

			vt_feed_some(vt, texts[i], strlen(texts[i]), &left);
			assert_int_equal(vt_boundary(vt), vt_offset(vt));
			vt_free(vt);
		}
	}
}

/* The rest comes later; or it is longer than what is waited for. */
static void a_feed_ends_within_what_has_no_end(void **state)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	struct vt *vt = new_full(10, 3);
	uint64_t before = vt_offset(vt), work = 2;

	(void)state;
	assert_int_equal(vt_feed_some(vt, "\033[3", 3, &work), 3);
	assert_int_equal(vt_boundary(vt), before);
	strbuf_printf(&bytes, "1m\033]2;%*s", 3 * (int)VT_QUERY_MAX, "");
	work = 4;
	assert_true(vt_feed_some(vt, bytes.data, bytes.len, &work) < bytes.len);
	assert_true(vt_boundary(vt) < vt_offset(vt));
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

/* ---- what is unfinished ---- */

/* Sequences with control characters inside, and strings, in which these mean something else. */
static const char *const interrupted[] = {
	"ab\033\n[3\r1m\tc",
	"ab\033[2\n;\a1Hc",
	"ab\033[\b?2\016\0175lc",
	"ab\033[1\n\030c",
	"ab\033[1\n\033[2\r;2Hc",
	"ab\033(\n0qqc",
	"ab\033#\v6c",
	"ab\033[1 \f?@c",
	"ab\033[1\n\302\205c",
	"ab\033\n]2;t\ni\rt\177le\033\\c",
	"ab\033\r\nP1$\nqm\r\033\\c",
	"ab\033\nX\nsos\033\\c",
	"ab\033\n_apc\033\033[\n1mc",
	"ab\033[\n3\xe6\x97\n1mc",
	"x\033[2\n\005b\xe6\n\x97\xa5",
};

static void assert_equal_screens(struct vt *is, struct vt *should, const char *text, size_t cut)
{
	AUTO_STRBUF struct strbuf a = { 0 };
	AUTO_STRBUF struct strbuf b = { 0 };

	vt_dump(is, &a);
	vt_dump(should, &b);
	if (a.len != b.len || memcmp(a.data, b.data, a.len))
		fail_msg("%s, cut behind %zu bytes:\n%s\n%s", text, cut, a.data, b.data);
}

/* Show it as it is behind @cut bytes on another engine, which reads on where that begins. */
static void assert_goes_on(const char *text, size_t cut)
{
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH };
	struct vt *whole = new_full(20, 5), *first = new_full(20, 5), *then = NULL;
	const struct vt_config config = { .cols = 20, .rows = 5 };
	AUTO_STRBUF struct strbuf shown = { 0 };
	uint64_t before = vt_offset(first);

	assert_int_equal(vt_new(&config, NULL, NULL, &then), 0);
	feed(whole, text);
	vt_feed(first, text, cut);
	assert_int_equal(vt_replay(first, &shown, &how), 0);
	vt_feed(then, shown.data, shown.len);
	feed(then, text + (vt_boundary(first) - before));
	assert_equal_screens(then, whole, text, cut);
	vt_free(whole);
	vt_free(first);
	vt_free(then);
}

static void what_is_unfinished_can_be_read_again_at_any_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(interrupted) / sizeof(interrupted[0]); i++)
		for (size_t cut = 0; cut <= strlen(interrupted[i]); cut++)
			assert_goes_on(interrupted[i], cut);
}

static unsigned row_behind(struct vt *vt, const char *text)
{
	feed(vt, text);
	return vt_cursor(vt).row;
}

static void a_control_inside_acts_before_what_it_is_inside_of(void **state)
{
	struct vt *vt = new_full(20, 5);

	(void)state;
	assert_int_equal(row_behind(vt, "\033[H\033[\n\n"), 0);
	assert_int_equal(row_behind(vt, "A"), 1);
	assert_int_equal(row_behind(vt, "\033[H\033[\n\n\030"), 2);
	assert_int_equal(row_behind(vt, "\033[H\033[\n\033"), 1);
	assert_int_equal(row_behind(vt, "\033[H\033[\n\xc2\x84"), 2);
	assert_int_equal(row_behind(vt, "\033[H\033\n]2;t\nle"), 0);
	assert_int_equal(row_behind(vt, "\a"), 1);
	vt_free(vt);
}

static void more_of_them_than_are_held_act_too(void **state)
{
	struct vt *vt = new_full(20, 200);

	(void)state;
	feed(vt, "\033[H\033[");
	feed_many(vt, "\n", VT_HELD_MAX + 1);
	assert_int_equal(vt_cursor(vt).row, VT_HELD_MAX);
	assert_int_equal(row_behind(vt, "m"), VT_HELD_MAX + 1);
	vt_free(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_touches_many_cells_is_counted_as_many),
		cmocka_unit_test(a_feed_ends_when_its_work_is_done),
		cmocka_unit_test(without_work_nothing_is_taken),
		cmocka_unit_test(a_feed_does_not_end_within_what_it_could_finish),
		cmocka_unit_test(a_feed_ends_within_what_has_no_end),
		cmocka_unit_test(plain_text_costs_about_what_it_has_bytes),
		cmocka_unit_test(a_query_behind_an_endless_string_is_found_or_left_whole),
		cmocka_unit_test(what_was_passed_on_is_no_query_any_more),
		cmocka_unit_test(settled_never_decreases_and_no_query_starts_below_it),
		cmocka_unit_test(what_is_unfinished_can_be_read_again_at_any_byte),
		cmocka_unit_test(a_control_inside_acts_before_what_it_is_inside_of),
		cmocka_unit_test(more_of_them_than_are_held_act_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
