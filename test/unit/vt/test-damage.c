/* SPDX-License-Identifier: MIT */
#include "vt/vt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/*
 * A reader here keeps a picture of its own, as a VNC server does: it applies what
 * vt_collect_damage() says and nothing else, and must end up with what the engine shows.
 */
#define COLS 12
#define ROWS 5

struct painter {
	struct vt_reader reader;
	struct vt_damage damage;
	struct vt_cell picture[ROWS][COLS];
};

static struct vt *new_vt(void)
{
	struct vt_config config = { .cols = COLS, .rows = ROWS };
	struct vt *vt = NULL;

	assert_int_equal(vt_new(&config, NULL, NULL, &vt), 0);
	return vt;
}

static void feed(struct vt *vt, const char *text)
{
	vt_feed(vt, text, strlen(text));
}

static void scroll_picture(struct painter *painter)
{
	const struct vt_damage *damage = &painter->damage;
	unsigned lines = (unsigned)abs(damage->scroll_lines);
	unsigned rows = damage->scroll_bottom - damage->scroll_top - lines;
	unsigned from = damage->scroll_top, to = from;

	assert_true(lines < damage->scroll_bottom - damage->scroll_top);
	assert_true(damage->scroll_bottom <= ROWS);
	if (damage->scroll_lines > 0)
		from += lines;
	else
		to += lines;
	memmove(painter->picture[to], painter->picture[from], rows * sizeof(painter->picture[0]));
}

static void paint(struct painter *painter, struct vt *vt)
{
	struct vt_cell cells[COLS];

	vt_collect_damage(vt, &painter->reader, &painter->damage);
	if (painter->damage.scroll_lines)
		scroll_picture(painter);
	for (unsigned y = 0; y < ROWS; y++) {
		struct vt_span span = painter->damage.spans[y];

		vt_read_line(vt, (int)y, cells, NULL);
		for (unsigned x = span.first; x < span.end; x++)
			painter->picture[y][x] = cells[x];
	}
}

static bool picture_is_right(const struct painter *painter, struct vt *vt)
{
	struct vt_cell cells[COLS];

	for (unsigned y = 0; y < ROWS; y++) {
		vt_read_line(vt, (int)y, cells, NULL);
		if (memcmp(cells, painter->picture[y], sizeof(cells)))
			return false;
	}
	return true;
}

static unsigned damaged_cells(const struct vt_damage *damage)
{
	unsigned sum = 0;

	for (unsigned y = 0; y < ROWS; y++)
		sum += damage->spans[y].end - damage->spans[y].first;
	return sum;
}

static void first_look_shows_everything(void **state)
{
	struct painter painter = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	assert_true(vt_has_damage(vt, &painter.reader));
	paint(&painter, vt);
	assert_true(painter.damage.all);
	assert_int_equal(damaged_cells(&painter.damage), COLS * ROWS);
	assert_false(vt_has_damage(vt, &painter.reader));
	paint(&painter, vt);
	assert_false(painter.damage.all);
	assert_int_equal(damaged_cells(&painter.damage), 0);
	vt_free(vt);
}

static void only_what_was_written_is_damaged(void **state)
{
	struct painter painter = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	paint(&painter, vt);
	feed(vt, "\033[2;4Habc");
	assert_true(vt_has_damage(vt, &painter.reader));
	paint(&painter, vt);
	assert_int_equal(damaged_cells(&painter.damage), 3);
	assert_int_equal(painter.damage.spans[1].first, 3);
	assert_int_equal(painter.damage.spans[1].end, 6);
	assert_true(painter.damage.cursor_moved);
	vt_free(vt);
}

static void a_cursor_that_moves_damages_no_cells(void **state)
{
	struct painter painter = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	paint(&painter, vt);
	feed(vt, "\033[3;3H");
	assert_true(vt_has_damage(vt, &painter.reader));
	paint(&painter, vt);
	assert_true(painter.damage.cursor_moved);
	assert_int_equal(painter.damage.old_cursor.row, 0);
	assert_int_equal(damaged_cells(&painter.damage), 0);
	feed(vt, "\033[1m");
	assert_false(vt_has_damage(vt, &painter.reader));
	vt_free(vt);
}

static void line_feeds_add_up_to_one_scroll(void **state)
{
	struct painter painter = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	feed(vt, "a\r\nb\r\nc\r\nd\r\ne");
	paint(&painter, vt);
	feed(vt, "\r\nf\r\ng");
	paint(&painter, vt);
	assert_int_equal(painter.damage.scroll_lines, 2);
	assert_int_equal(painter.damage.scroll_top, 0);
	assert_int_equal(painter.damage.scroll_bottom, ROWS);
	assert_int_equal(damaged_cells(&painter.damage), 2 * COLS);
	assert_true(picture_is_right(&painter, vt));
	vt_free(vt);
}

static void up_and_down_in_one_region_cancel(void **state)
{
	struct painter painter = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	feed(vt, "a\r\nb\r\nc\r\nd\r\ne\033[2;4r");
	paint(&painter, vt);
	feed(vt, "\033[3S\033[2T\033[T");
	paint(&painter, vt);
	assert_int_equal(painter.damage.scroll_lines, 0);
	assert_true(picture_is_right(&painter, vt));
	vt_free(vt);
}

static void a_slow_reader_gets_the_sum_and_a_fast_one_the_parts(void **state)
{
	struct painter fast = { 0 }, slow = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	paint(&fast, vt);
	paint(&slow, vt);
	for (int i = 0; i < 3; i++) {
		feed(vt, "\033[5;1Hline\n\033[2;2Hx");
		paint(&fast, vt);
		assert_int_equal(fast.damage.scroll_lines, 1);
		assert_true(picture_is_right(&fast, vt));
	}
	paint(&slow, vt);
	assert_int_equal(slow.damage.scroll_lines, 3);
	assert_true(picture_is_right(&slow, vt));
	vt_free(vt);
}

static void different_regions_are_repainted(void **state)
{
	struct painter painter = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	feed(vt, "a\r\nb\r\nc\r\nd\r\ne");
	paint(&painter, vt);
	feed(vt, "\033[2;1H\033[L\033[3;1H\033[M");
	paint(&painter, vt);
	assert_int_equal(painter.damage.scroll_lines, 0);
	assert_true(picture_is_right(&painter, vt));
	assert_int_equal(painter.damage.spans[0].end, 0);
	vt_free(vt);
}

static void palette_and_reverse_damage_all(void **state)
{
	struct painter painter = { 0 };
	struct vt *vt = new_vt();

	(void)state;
	paint(&painter, vt);
	feed(vt, "\033]4;1;#123456\a");
	paint(&painter, vt);
	assert_true(painter.damage.all && painter.damage.palette);
	feed(vt, "\033[?5h");
	paint(&painter, vt);
	assert_true(painter.damage.all);
	assert_false(painter.damage.palette);
	vt_free(vt);
}

static uint32_t random_state = 7;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

/* Three readers that look at odd times, over random output: each picture must be right each time.
 */
static void any_reader_is_right_whenever_it_looks(void **state)
{
	static const char *const tokens[] = { "hello", "x", "\r\n", "\n", "\033[L", "\033[2M",
		"\033[S", "\033[T", "\033M", "\033[H", "\033[2;4r", "\033[r", "\033[5;1H",
		"\033[3;6H", "\033[K", "\033[1J", "\033[44m", "\033[m", "\033[2P", "\033[3@",
		"\xe6\x97\xa5", "\033[?69h\033[3;7s", "\033[?69l", "\033[?47h", "\033[?47l",
		"e\xcc\x81", "\033[2J", "\033#8", "\033[1;1;2;4;1;3;3;1$v", "\033[3X", "\033[4h",
		"\033[4l", "\033c" };
	struct painter *painters = calloc(3, sizeof(*painters));
	struct vt *vt = new_vt();

	(void)state;
	assert_non_null(painters);
	for (int i = 0; i < 60000; i++) {
		feed(vt, tokens[random_below(sizeof(tokens) / sizeof(tokens[0]))]);
		for (unsigned p = 0; p < 3; p++) {
			if (random_below(p ? p * 17 : 3))
				continue;
			paint(&painters[p], vt);
			assert_true(picture_is_right(&painters[p], vt));
		}
	}
	free(painters);
	vt_free(vt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_look_shows_everything),
		cmocka_unit_test(only_what_was_written_is_damaged),
		cmocka_unit_test(a_cursor_that_moves_damages_no_cells),
		cmocka_unit_test(line_feeds_add_up_to_one_scroll),
		cmocka_unit_test(up_and_down_in_one_region_cancel),
		cmocka_unit_test(a_slow_reader_gets_the_sum_and_a_fast_one_the_parts),
		cmocka_unit_test(different_regions_are_repainted),
		cmocka_unit_test(palette_and_reverse_damage_all),
		cmocka_unit_test(any_reader_is_right_whenever_it_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
