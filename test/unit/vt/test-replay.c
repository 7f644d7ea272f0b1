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
 * Replays on terminals of other sizes, which the engine itself stands in for. test/e2e does the
 * same with tmux, xterm and xterm.js; that a replay is exact on a terminal of the same size is
 * checked by test-scripts, test-random and the fuzz corpus.
 */
enum { COLS = 80, ROWS = 24, MARKS = 12 };

static const unsigned short sizes[][2] = { { 20, 5 }, { 30, 10 }, { 40, 12 }, { 60, 20 },
	{ 79, 23 }, { 80, 24 }, { 81, 24 }, { 80, 25 }, { 100, 30 }, { 120, 15 }, { 132, 43 },
	{ 200, 60 } };
#define SIZE_COUNT (sizeof(sizes) / sizeof(sizes[0]))

#define NOTICE "[charhub: 17 bytes skipped]"

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % n;
}

static struct vt *new_vt(unsigned cols, unsigned rows)
{
	struct vt_config config = { .cols = cols, .rows = rows };
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	return vt;
}

static void feed(struct vt *vt, const char *text)
{
	vt_feed(vt, text, strlen(text));
}

/* ---- what guests show ---- */

static void put_piece(struct strbuf *out)
{
	static const char *const words[] = { "login: ", "x", "registered taskstats version 1",
		"\xe6\x97\xa5\xe6\x9c\xac", "e\xcc\x81", "    ", "\033[44m\033[K\033[m",
		"\033[41m red \033[m", "\033[1;7mbold\033[m", "\r\n", "\r\n\r\n", "\t",
		"\033[46m   \033[m", "0123456789012345678901234567890123456789" };

	strbuf_puts(out, words[random_below(sizeof(words) / sizeof(words[0]))]);
}

static struct vt *random_guest(unsigned seed, bool alternate)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };
	struct vt *vt = new_vt(COLS, ROWS);
	unsigned pieces;

	random_state = seed;
	pieces = random_below(120);
	if (alternate)
		feed(vt, "main\r\n\033[?1049h");
	for (unsigned i = 0; i < pieces; i++) {
		if (alternate && !random_below(3))
			strbuf_printf(&bytes, "\033[%u;%uH", 1 + random_below(ROWS),
				1 + random_below(COLS));
		put_piece(&bytes);
	}
	vt_feed(vt, bytes.data, bytes.len);
	/* a pending wrap is told by printing, which is for who has as many columns */
	if (vt->wrap_pending)
		feed(vt, "\r");
	return vt;
}

/* ---- what a viewer should show ---- */

/* A viewer that has something on its screen, and in the middle of a string. */
static struct vt *new_viewer(unsigned cols, unsigned rows)
{
	struct vt *vt = new_vt(cols, rows);
	AUTO_STRBUF struct strbuf bytes = { 0 };

	for (unsigned i = 0; i < MARKS; i++)
		strbuf_printf(&bytes, "mark %u\r\n", i);
	strbuf_puts(&bytes, "\033(0\033[7;44m\033[2;3r\033[?6h\033]2;an open string");
	vt_feed(vt, bytes.data, bytes.len);
	return vt;
}

static void expect_row(struct vt *guest, int from, struct vt *viewer, int to)
{
	struct vt_cell is[VT_COLS_MAX], expected[VT_COLS_MAX] = { 0 };
	unsigned cols = vt_cols(viewer);

	if (from >= 0)
		vt_read_line(guest, from, expected, NULL);
	vt_read_line(viewer, to, is, NULL);
	for (unsigned x = 0; x < cols; x++) {
		struct vt_cell cell = x < COLS ? expected[x] : (struct vt_cell){ 0 };

		/* half of a wide character does not fit */
		if (cell.width == VT_WIDE && x + 1 == cols)
			cell = is[x].ch ? cell : is[x];
		/* clusters have numbers of their own in each engine */
		if (cell.ch & VT_CH_CLUSTER)
			cell.ch = is[x].ch;
		if (memcmp(&cell, &is[x], sizeof(cell)))
			fail_msg("%ux%u: row %d, column %u: U+%04x, not U+%04x", cols,
				vt_rows(viewer), to, x, (unsigned)is[x].ch, (unsigned)cell.ch);
	}
}

/* Rows of the main screen that are told: with text, or with the cursor. */
static unsigned told_rows(struct vt *guest)
{
	struct vt_cell cells[VT_COLS_MAX];
	unsigned rows = ROWS;

	while (rows > guest->y + 1 && vt_read_line(guest, (int)rows - 1, cells, NULL) == 0)
		rows--;
	return rows;
}

static void expect_screen(struct vt *guest, struct vt *viewer)
{
	unsigned told = vt_is_alternate(guest) ? ROWS : told_rows(guest), rows = vt_rows(viewer);
	unsigned cut = !vt_is_alternate(guest) && told > rows ? told - rows : 0;
	struct vt_cursor cursor = vt_cursor(viewer), wanted = vt_cursor(guest);

	for (unsigned y = 0; y < rows; y++)
		expect_row(guest, y + cut < told ? (int)(y + cut) : -1, viewer, (int)y);
	wanted.row = wanted.row > cut ? wanted.row - cut : 0;
	assert_int_equal(cursor.row, wanted.row < rows ? wanted.row : rows - 1);
	assert_int_equal(
		cursor.col, wanted.col < vt_cols(viewer) ? wanted.col : vt_cols(viewer) - 1);
	assert_true(vt_is_alternate(guest) == vt_is_alternate(viewer));
}

static void read_text(struct vt *vt, int line, char *text, size_t size)
{
	struct vt_cell cells[VT_COLS_MAX];
	int len = vt_read_line(vt, line, cells, NULL);
	size_t n = 0;

	for (int x = 0; x < len && n + 1 < size; x++)
		text[n++] = cells[x].ch ? (char)cells[x].ch : ' ';
	text[n] = '\0';
}

/* Is there a line of the scrollback with this text, above line *@line? */
static bool find_above(struct vt *vt, const char *wanted, int *line)
{
	char text[VT_COLS_MAX + 1];

	for (int at = *line - 1; at >= -(int)vt->scrollback.count; at--) {
		read_text(vt, at, text, sizeof(text));
		if (strcmp(text, wanted))
			continue;
		*line = at;
		return true;
	}
	return false;
}

static void expect_marks_above(struct vt *viewer, int line)
{
	char mark[16];

	for (unsigned i = MARKS; i-- > 0;) {
		snprintf(mark, sizeof(mark), "mark %u", i);
		if (!find_above(viewer, mark, &line))
			fail_msg("%ux%u: %s is lost", vt_cols(viewer), vt_rows(viewer), mark);
	}
}

static void replay(struct vt *guest, struct vt *viewer, const struct vt_replay *how)
{
	AUTO_STRBUF struct strbuf bytes = { 0 };

	assert_int_equal(vt_replay(guest, &bytes, how), 0);
	vt_feed(viewer, bytes.data, bytes.len);
}

static void check_all_sizes(bool alternate, bool known)
{
	for (unsigned seed = 0; seed < 60; seed++) {
		struct vt *guest = random_guest(seed, alternate);

		for (size_t i = 0; i < SIZE_COUNT; i++) {
			struct vt *viewer = new_viewer(sizes[i][0], sizes[i][1]);
			struct vt_replay how = { .notice = NOTICE };
			int line = 0;

			if (known) {
				how.cols = sizes[i][0];
				how.rows = sizes[i][1];
			}
			replay(guest, viewer, &how);
			expect_screen(guest, viewer);
			feed(viewer, "\033[?47l");
			if (vt_cols(viewer) >= sizeof(NOTICE))
				assert_true(find_above(viewer, NOTICE, &line));
			if (vt_rows(viewer) >= ROWS && vt_cols(viewer) >= sizeof(NOTICE))
				assert_int_equal(line, -1);
			if (known || vt_rows(viewer) <= ROWS)
				expect_marks_above(viewer, line);
			vt_free(viewer);
		}
		vt_free(guest);
	}
}

static void main_screen_is_right_on_a_terminal_of_unknown_size(void **state)
{
	(void)state;
	check_all_sizes(false, false);
}

static void main_screen_is_right_on_a_terminal_of_another_size(void **state)
{
	(void)state;
	check_all_sizes(false, true);
}

static void alternate_screen_is_right_on_a_terminal_of_unknown_size(void **state)
{
	(void)state;
	check_all_sizes(true, false);
}

static void alternate_screen_is_right_on_a_terminal_of_another_size(void **state)
{
	(void)state;
	check_all_sizes(true, true);
}

/* What comes later scrolls where the guest's screen ends, as in the guest. */
static void live_bytes_stay_right_on_a_higher_terminal(void **state)
{
	struct vt *guest = random_guest(1, false), *viewer = new_viewer(COLS, ROWS + 6);
	const struct vt_replay how = { 0 };

	(void)state;
	feed(guest, "\033[24;1Hthe end");
	replay(guest, viewer, &how);
	for (unsigned i = 0; i < 100; i++) {
		AUTO_STRBUF struct strbuf bytes = { 0 };

		put_piece(&bytes);
		strbuf_puts(&bytes, "\r\n\033[5;7H\033[1;33mfive\033[m\033[24;1H");
		vt_feed(guest, bytes.data, bytes.len);
		vt_feed(viewer, bytes.data, bytes.len);
	}
	expect_screen(guest, viewer);
	vt_free(viewer);
	vt_free(guest);
}

static void history_scrolls_back_in_order_and_the_screen_follows_at_once(void **state)
{
	struct vt *guest = new_vt(COLS, ROWS);
	const struct vt_replay how = { .flags = VT_REPLAY_HISTORY };
	char text[64], wanted[64];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "line %u\r\n", i);
		feed(guest, text);
	}
	for (size_t i = 0; i < SIZE_COUNT; i++) {
		struct vt *viewer = new_viewer(sizes[i][0], sizes[i][1]);
		int line = 0;

		replay(guest, viewer, &how);
		expect_screen(guest, viewer);
		for (int above = 1; above <= 77; above++) {
			snprintf(wanted, sizeof(wanted), "line %d", 77 - above);
			assert_true(find_above(viewer, wanted, &line));
			if (vt_rows(viewer) >= ROWS)
				assert_int_equal(line, -above);
		}
		if (vt_rows(viewer) <= ROWS)
			expect_marks_above(viewer, line);
		vt_free(viewer);
	}
	vt_free(guest);
}

static void in_place_leaves_no_copy_above(void **state)
{
	struct vt *guest = random_guest(2, false), *viewer = new_viewer(100, 30);
	const struct vt_replay how = { .flags = VT_REPLAY_IN_PLACE };
	unsigned before = viewer->scrollback.count;

	(void)state;
	replay(guest, viewer, &how);
	replay(guest, viewer, &how);
	expect_screen(guest, viewer);
	assert_int_equal(viewer->scrollback.count, before);
	vt_free(viewer);
	vt_free(guest);
}

/* Whatever part of one was sent: the next one replaces it. */
static void a_replay_may_follow_any_part_of_another(void **state)
{
	struct vt *guest = random_guest(3, true);
	const struct vt_replay how = { .notice = NOTICE };
	AUTO_STRBUF struct strbuf bytes = { 0 };

	(void)state;
	feed(guest, "\033]2;title\a\033]4;1;#123456\a\033[?1003h\033[3 q\033[2;9r");
	assert_int_equal(vt_replay(guest, &bytes, &how), 0);
	for (size_t cut = 0; cut < bytes.len; cut += 7) {
		struct vt *viewer = new_viewer(100, 30);

		vt_feed(viewer, bytes.data, cut);
		vt_feed(viewer, bytes.data, bytes.len);
		expect_screen(guest, viewer);
		assert_string_equal(vt_title(viewer), "title");
		vt_free(viewer);
	}
	vt_free(guest);
}

/* Sequences that only some terminals know are for guests that use them. */
static void an_ordinary_guest_makes_an_ordinary_replay(void **state)
{
	static const char *const rare[] = { "\"q", "*x", "[>4", "\033*", "\033+", "]104", "]8;",
		"?2027", " q", "\033c", "[3J", "[?3" };
	struct vt *guest = random_guest(4, false);
	const struct vt_replay how = { .flags = VT_REPLAY_HISTORY };
	AUTO_STRBUF struct strbuf bytes = { 0 };

	(void)state;
	assert_int_equal(vt_replay(guest, &bytes, &how), 0);
	strbuf_putc(&bytes, '\0');
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		assert_null(strstr(bytes.data, rare[i]));
	vt_free(guest);
}

static void alternate_screen_is_left_only_after_it_was_entered(void **state)
{
	const struct vt_replay how = { .notice = NOTICE };

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		AUTO_STRBUF struct strbuf bytes = { 0 };
		struct vt *guest = random_guest(seed, seed & 1);
		const char *at;
		int entered = 0;

		assert_int_equal(vt_replay(guest, &bytes, &how), 0);
		strbuf_putc(&bytes, '\0');
		for (at = bytes.data; (at = strstr(at, "\033[?47")); at += strlen("\033[?47h")) {
			entered += at[strlen("\033[?47")] == 'h' ? 1 : -1;
			assert_in_range(entered, 0, 1);
		}
		assert_int_equal(entered, seed & 1);
		vt_free(guest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(main_screen_is_right_on_a_terminal_of_unknown_size),
		cmocka_unit_test(main_screen_is_right_on_a_terminal_of_another_size),
		cmocka_unit_test(alternate_screen_is_right_on_a_terminal_of_unknown_size),
		cmocka_unit_test(alternate_screen_is_right_on_a_terminal_of_another_size),
		cmocka_unit_test(alternate_screen_is_left_only_after_it_was_entered),
		cmocka_unit_test(live_bytes_stay_right_on_a_higher_terminal),
		cmocka_unit_test(history_scrolls_back_in_order_and_the_screen_follows_at_once),
		cmocka_unit_test(in_place_leaves_no_copy_above),
		cmocka_unit_test(a_replay_may_follow_any_part_of_another),
		cmocka_unit_test(an_ordinary_guest_makes_an_ordinary_replay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
