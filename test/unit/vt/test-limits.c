/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"
#include "replay-check.h"
#include "vt/cluster.h"
#include "vt/engine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What a guest can make grow, and where it ends. */

static struct vt *new_vt(unsigned cols, unsigned rows, unsigned lines, size_t bytes)
{
	struct vt_config config = {
		.cols = cols, .rows = rows, .scrollback_lines = lines, .scrollback_bytes = bytes
	};
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	return vt;
}

static void feed(struct vt *vt, const char *text)
{
	vt_feed(vt, text, strlen(text));
}

static void feed_many(struct vt *vt, const char *text, unsigned n)
{
	while (n--)
		feed(vt, text);
}

static void sizes_out_of_bounds_are_refused(void **state)
{
	struct vt_config config = { .cols = VT_COLS_MAX + 1, .rows = 1 };
	struct vt *vt = NULL;

	(void)state;
	assert_int_equal(vt_new(&config, NULL, NULL, &vt), -ERANGE);
	vt = new_vt(VT_COLS_MAX, VT_ROWS_MAX, 1, 0);
	assert_int_equal(vt_resize(vt, 0, 5), -ERANGE);
	assert_int_equal(vt_resize(vt, 5, VT_ROWS_MAX + 1), -ERANGE);
	assert_int_equal(vt_cols(vt), VT_COLS_MAX);
	assert_int_equal(vt_resize(vt, 1, 1), 0);
	vt_free(vt);
}

static void another_palette_leaves_alone_what_the_guest_has_set(void **state)
{
	struct vt *vt = new_vt(10, 4, 0, 0);

	(void)state;
	feed(vt, "\033]4;1;#010203\033\\");
	vt_set_default_palette(vt, 1, 0x0000ff);
	vt_set_default_palette(vt, 2, 0x00ff00);
	assert_int_equal(vt_palette(vt, 1), 0x010203);
	assert_int_equal(vt_palette(vt, 2), 0x00ff00);
	feed(vt, "\033]104\033\\");
	assert_int_equal(vt_palette(vt, 1), 0x0000ff);
	vt_free(vt);
}

static void scrollback_keeps_the_newest_lines(void **state)
{
	struct vt *vt = new_vt(20, 2, 100, 0);
	struct vt_cell cells[20];
	char line[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%d\r\n", i);
		feed(vt, line);
	}
	assert_int_equal(vt_scrollback_count(vt), 100);
	assert_int_equal(vt_lines_scrolled(vt), 999);
	assert_int_equal(vt_read_line(vt, -1, cells, NULL), 3);
	assert_int_equal(cells[2].ch, '8'); /* 998; 999 is on the screen */
	assert_int_equal(vt_read_line(vt, -100, cells, NULL), 3);
	assert_int_equal(cells[0].ch, '8'); /* 899 */
	assert_int_equal(vt_read_line(vt, -101, cells, NULL), -ENOENT);
	assert_int_equal(vt_read_line(vt, 2, cells, NULL), -ENOENT);
	vt_free(vt);
}

static void scrollback_stays_below_its_bytes(void **state)
{
	struct vt *vt = new_vt(200, 2, 100000, 1 << 20);

	(void)state;
	for (int i = 0; i < 20000; i++)
		feed(vt, "\033[1;38;2;1;2;3mabc\033[4;48;2;9;9;9mdef\033[m e\xcc\x81 "
			 "\xe6\x97\xa5\xe6\x9c\xac and plain text as well\r\n");
	assert_true(vt->scrollback.bytes <= 1 << 20);
	assert_true(vt_scrollback_count(vt) > 1000);
	vt_free(vt);
}

static void a_full_scrollback_is_compact(void **state)
{
	struct vt *vt = new_vt(200, 24, 10000, 0);

	(void)state;
	feed_many(vt,
		"a line of plain text that is eighty columns long, as most of them are, or so.\r\n",
		11000);
	assert_int_equal(vt_scrollback_count(vt), 10000);
	assert_true(vt->scrollback.bytes < 1200000);
	vt_free(vt);
}

static void what_was_packed_comes_back_the_same(void **state)
{
	static const char text[] = "\033[1;31mred\033[m plain \033[48;2;1;2;3m  \033[m"
				   "e\xcc\x81\xe6\x97\xa5\033[44m\033[K";
	struct vt *vt = new_vt(40, 2, 10, 0);
	struct vt_cell before[40], after[40];

	(void)state;
	feed(vt, text);
	vt_read_line(vt, 0, before, NULL);
	feed(vt, "\033[m\r\n\n");
	assert_true(vt_read_line(vt, -1, after, NULL) > 0);
	assert_memory_equal(before, after, sizeof(before));
	vt_free(vt);
}

/* Each beginning of a run, each thing in it that is no character of one column. */
static void what_is_packed_by_eight_comes_back_the_same(void **state)
{
	static const char *const others[] = { "x", "\xe6\x97\xa5", "e\xcc\x81", "\033[1m",
		"\033[C" };
	struct vt_cell before[40], after[40];

	(void)state;
	for (unsigned at = 0; at < 18; at++) {
		for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
			struct vt *vt = new_vt(40, 2, 10, 0);

			feed_many(vt, "\xd1\x8f", at);
			feed(vt, others[i]);
			feed_many(vt, "\xd0\xb6", 20);
			vt_read_line(vt, 0, before, NULL);
			feed(vt, "\033[m\r\n\n");
			assert_true(vt_read_line(vt, -1, after, NULL) > 0);
			assert_memory_equal(before, after, sizeof(before));
			vt_free(vt);
		}
	}
}

static void long_strings_are_swallowed_and_ignored(void **state)
{
	struct vt *vt = new_vt(20, 2, 10, 0);

	(void)state;
	feed(vt, "\033]2;kept\a\033]2;");
	feed_many(vt, "0123456789", VT_STRING_MAX / 10 + 1);
	assert_true(vt_boundary(vt) < vt_offset(vt));
	feed(vt, "\a!");
	assert_int_equal(vt_boundary(vt), vt_offset(vt));
	assert_string_equal(vt_title(vt), "kept");
	feed(vt, "\033]2;");
	feed_many(vt, "0123456789", VT_TITLE_MAX / 10 + 5);
	feed(vt, "\a");
	assert_int_equal(strlen(vt_title(vt)), VT_TITLE_MAX);
	vt_free(vt);
}

static void an_endless_sequence_does_not_hold_the_stream(void **state)
{
	struct vt *vt = new_vt(20, 2, 10, 0);

	(void)state;
	feed(vt, "\033]4;1;?");
	assert_int_equal(vt_settled(vt), 0);
	feed_many(vt, ";1;?", VT_QUERY_MAX / 4);
	assert_int_equal(vt_settled(vt), vt_offset(vt));
	assert_int_equal(vt_boundary(vt), 0);
	vt_free(vt);
}

static void count_query(void *data, uint64_t start, uint64_t end)
{
	(void)start;
	(void)end;
	++*(unsigned *)data;
}

static void count_reply(void *data, const char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	++*(unsigned *)data;
}

static void an_overlong_query_is_neither_answered_nor_reported(void **state)
{
	const struct vt_callbacks callbacks = { .on_reply = count_reply, .on_query = count_query };
	unsigned calls = 0;
	struct vt *vt = NULL;

	(void)state;
	assert_int_equal(vt_new(NULL, &callbacks, &calls, &vt), 0);
	feed(vt, "\033]4");
	feed_many(vt, ";1;?", VT_QUERY_MAX / 4);
	feed(vt, "\a");
	assert_int_equal(calls, 0);
	feed(vt, "\033]4;1;?\a");
	assert_int_equal(calls, 2);
	vt_free(vt);
}

/* Give each cell a cluster of its own, more than the table holds. */
static void clusters_are_swept(void **state)
{
	struct vt *vt = new_vt(80, 24, 10, 0);
	char text[16];

	(void)state;
	for (unsigned i = 0; i < 2 * CLUSTERS_MAX; i++) {
		unsigned a = 0x300 + i % 0x6f, b = 0x300 + i / 0x6f % 0x6f;

		snprintf(text, sizeof(text), "%c%c%c%c%c", 'a' + (int)(i / (0x6f * 0x6f) % 26),
			0xc0 | a >> 6, 0x80 | (a & 0x3f), 0xc0 | b >> 6, 0x80 | (b & 0x3f));
		feed(vt, text);
	}
	assert_true(vt->clusters.used <= CLUSTERS_MAX + 1);
	assert_null(state_fault(vt));
	assert_true(row_get(vt->main.line[23], 0).ch & VT_CH_CLUSTER);
	vt_free(vt);
}

static void links_are_swept(void **state)
{
	struct vt *vt = new_vt(80, 4, 100, 0);
	struct vt_cell cells[80];
	char text[64];

	(void)state;
	for (unsigned i = 0; i < 3 * LINKS_MAX; i++) {
		snprintf(text, sizeof(text), "\033]8;;http://host/%u\ax\r\n", i);
		feed(vt, text);
	}
	assert_true(vt->links.used <= LINKS_MAX + 1);
	vt_read_line(vt, 2, cells, NULL);
	snprintf(text, sizeof(text), "http://host/%u", 3 * LINKS_MAX - 1);
	assert_string_equal(vt_link_uri(vt, (unsigned)cells[0].link), text);
	vt_read_line(vt, -97, cells, NULL);
	snprintf(text, sizeof(text), "http://host/%u", 3 * LINKS_MAX - 100);
	assert_string_equal(vt_link_uri(vt, (unsigned)cells[0].link), text);
	vt_free(vt);
}

static void links_that_are_too_long_are_no_links(void **state)
{
	struct vt *vt = new_vt(80, 4, 100, 0);
	struct vt_cell cells[80];

	(void)state;
	feed(vt, "\033]8;;");
	feed_many(vt, "0123456789", LINK_URI_MAX / 10 + 1);
	feed(vt, "\ax");
	vt_read_line(vt, 0, cells, NULL);
	assert_int_equal(cells[0].link, 0);
	vt_free(vt);
}

static void title_stack_is_bounded(void **state)
{
	struct vt *vt = new_vt(80, 4, 100, 0);

	(void)state;
	feed_many(vt, "\033]2;t\a\033[22t", 100);
	assert_int_equal(vt->title_count, TITLE_STACK_MAX);
	assert_true(replay_check(vt, true));
	vt_free(vt);
}

static void replay_with_scrollback_brings_the_old_lines_too(void **state)
{
	struct vt *vt = new_vt(10, 3, 100, 0), *other = new_vt(10, 3, 100, 0);
	const struct vt_replay how = { .flags = VT_REPLAY_FRESH | VT_REPLAY_HISTORY };
	struct strbuf bytes = { 0 };
	struct vt_cell a[10], b[10];

	(void)state;
	feed(vt, "one\r\n\033[44mtwo\033[K\033[m\r\nthree is long\r\n\xe6\x97\xa5\r\nx\r\ny\r\nz");
	assert_int_equal(vt_replay(vt, &bytes, &how), 0);
	vt_feed(other, bytes.data, bytes.len);
	assert_int_equal(vt_scrollback_count(other), vt_scrollback_count(vt));
	for (int line = -(int)vt_scrollback_count(vt); line < 3; line++) {
		vt_read_line(vt, line, a, NULL);
		vt_read_line(other, line, b, NULL);
		assert_memory_equal(a, b, sizeof(a));
	}
	strbuf_done(&bytes);
	vt_free(other);
	vt_free(vt);
}

/* Line @line of @vt is "line N" with text to its right end. */
static void expect_numbered(struct vt *vt, int line, unsigned number)
{
	struct vt_cell cells[VT_COLS_MAX];
	char expected[16], is[16] = "";
	int len = snprintf(expected, sizeof(expected), "line %u ", number);

	vt_read_line(vt, line, cells, NULL);
	for (int x = 0; x < len; x++)
		is[x] = (char)cells[x].ch;
	assert_string_equal(is, expected);
}

static void resize_wraps_only_the_newest_of_a_large_scrollback(void **state)
{
	enum { LINES = 4000, COLS = 1000 };
	struct vt *vt = new_vt(COLS, 2, LINES, 0);
	unsigned before;
	char line[COLS + 1];

	(void)state;
	for (unsigned i = 0; i < LINES; i++) {
		memset(line, '.', sizeof(line) - 1);
		line[sizeof(line) - 1] = '\0';
		memcpy(line + snprintf(line, sizeof(line), "line %u ", i), "..", 2);
		feed(vt, line);
	}
	before = vt_scrollback_count(vt);
	assert_int_equal(vt_resize(vt, COLS / 2, 2), 0);
	/* newest first: two rows each, then whole ones that are cut */
	assert_int_equal(vt_scrollback_count(vt), LINES);
	expect_numbered(vt, -2, LINES - 2);
	assert_int_equal(vt_resize(vt, COLS, 2), 0);
	assert_true(vt_scrollback_count(vt) < before);
	for (unsigned i = 1; i < vt_scrollback_count(vt); i += 50)
		expect_numbered(vt, -(int)i, LINES - 2 - i);
	assert_null(state_fault(vt));
	vt_free(vt);
}

static void no_scrollback_means_none(void **state)
{
	struct vt *vt = new_vt(10, 3, VT_NO_SCROLLBACK, 0);

	(void)state;
	feed_many(vt, "x\r\n", 50);
	assert_int_equal(vt_scrollback_count(vt), 0);
	assert_int_equal(vt_resize(vt, 5, 2), 0);
	assert_int_equal(vt_scrollback_count(vt), 0);
	assert_null(state_fault(vt));
	vt_free(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_out_of_bounds_are_refused),
		cmocka_unit_test(another_palette_leaves_alone_what_the_guest_has_set),
		cmocka_unit_test(scrollback_keeps_the_newest_lines),
		cmocka_unit_test(scrollback_stays_below_its_bytes),
		cmocka_unit_test(a_full_scrollback_is_compact),
		cmocka_unit_test(what_was_packed_comes_back_the_same),
		cmocka_unit_test(what_is_packed_by_eight_comes_back_the_same),
		cmocka_unit_test(long_strings_are_swallowed_and_ignored),
		cmocka_unit_test(an_endless_sequence_does_not_hold_the_stream),
		cmocka_unit_test(an_overlong_query_is_neither_answered_nor_reported),
		cmocka_unit_test(clusters_are_swept),
		cmocka_unit_test(links_are_swept),
		cmocka_unit_test(links_that_are_too_long_are_no_links),
		cmocka_unit_test(title_stack_is_bounded),
		cmocka_unit_test(replay_with_scrollback_brings_the_old_lines_too),
		cmocka_unit_test(resize_wraps_only_the_newest_of_a_large_scrollback),
		cmocka_unit_test(no_scrollback_means_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
