/* SPDX-License-Identifier: MIT */
#include "display-fixture.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LAST_ROW = FIXTURE_ROWS - 1 };

static int setup(void **state)
{
	int r = fixture_setup(state);
	struct fixture *f = *state;

	loop_fake_clock(f->loop);
	fixture_feed(f, "one\r\ntwo\r\nthree\r\nfour\r\nfive");
	fixture_collect(f);
	return r;
}

static void pass(struct fixture *f, uint64_t ms)
{
	loop_advance(f->loop, ms);
	settle(f);
}

static void read_last_row(struct fixture *f, struct text_cell cells[FIXTURE_COLS])
{
	display_view_read(f->watcher.view, LAST_ROW, 0, FIXTURE_COLS, cells);
}

static void a_notice_is_over_the_last_row_for_a_while(void **state)
{
	struct fixture *f = *state;

	display_console_notice(f->console, "hello");
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " hello");
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW - 1), "four");
	pass(f, DISPLAY_NOTICE_MS - 1);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " hello");
	pass(f, 1);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), "five");
}

static void viewers_are_told_when_it_comes_and_when_it_goes(void **state)
{
	struct fixture *f = *state;

	f->watcher.changes = 0;
	display_console_notice(f->console, "hello");
	settle(f);
	assert_int_equal(f->watcher.changes, 1);
	assert_true(fixture_collect(f));
	assert_false(f->update.all);
	assert_int_equal(f->update.spans[LAST_ROW - 1].end, 0);
	assert_int_equal(f->update.spans[LAST_ROW].end, FIXTURE_COLS);
	assert_false(fixture_collect(f));
	pass(f, DISPLAY_NOTICE_MS);
	assert_int_equal(f->watcher.changes, 2);
	assert_true(fixture_collect(f));
	assert_int_equal(f->update.spans[LAST_ROW].end, FIXTURE_COLS);
}

static void a_console_with_a_notice_is_another_picture(void **state)
{
	struct fixture *f = *state;
	struct watcher other = { 0 };
	struct display_update update;
	uint64_t plain = f->update.to, with_notice;

	watcher_open(f, &other, "other");
	display_view_collect(other.view, &update);
	assert_int_equal(update.to, plain);
	display_console_notice(f->console, "hello");
	fixture_collect(f);
	with_notice = f->update.to;
	assert_int_not_equal(with_notice, 0);
	assert_int_not_equal(with_notice, plain);
	assert_int_equal(f->update.from, plain);
	display_view_collect(other.view, &update);
	assert_int_equal(update.from, plain);
	assert_int_equal(update.to, with_notice);
	pass(f, DISPLAY_NOTICE_MS);
	fixture_collect(f);
	assert_int_equal(f->update.from, with_notice);
	assert_int_not_equal(f->update.to, with_notice);
	assert_int_not_equal(f->update.to, plain);
	watcher_close(&other);
}

static void assert_row_is_drawn(const struct fixture *f, unsigned row, bool is_drawn)
{
	assert_int_equal(f->update.spans[row].first, 0);
	assert_int_equal(f->update.spans[row].end, is_drawn ? FIXTURE_COLS : 0);
}

static void it_stays_where_it_is_when_the_screen_scrolls(void **state)
{
	struct fixture *f = *state;

	display_console_notice(f->console, "hello");
	fixture_collect(f);
	fixture_feed(f, "\r\nsix");
	fixture_collect(f);
	assert_int_equal(f->update.scroll_lines, 1);
	assert_row_is_drawn(f, LAST_ROW - 2, false);
	assert_row_is_drawn(f, LAST_ROW - 1, true);
	assert_row_is_drawn(f, LAST_ROW, true);
	fixture_feed(f, "\033[H\033M");
	fixture_collect(f);
	assert_int_equal(f->update.scroll_lines, -1);
	assert_row_is_drawn(f, LAST_ROW - 1, false);
	assert_row_is_drawn(f, LAST_ROW, true);
	fixture_feed(f, "\033[1;4r\033[4H\n");
	fixture_collect(f);
	assert_int_equal(f->update.scroll_lines, 1);
	assert_row_is_drawn(f, LAST_ROW, false);
}

/* What the guest changes there may end in the middle of a wide character of the notice. */
static void a_row_that_changes_below_it_is_drawn_whole(void **state)
{
	struct fixture *f = *state;

	display_console_notice(f->console, "\u4e2d\u6587");
	fixture_collect(f);
	fixture_feed(f, "\033[5;1Hxx");
	fixture_collect(f);
	assert_row_is_drawn(f, LAST_ROW, true);
}

static void a_later_one_takes_its_place_and_has_its_own_time(void **state)
{
	struct fixture *f = *state;

	display_console_notice(f->console, "first");
	pass(f, DISPLAY_NOTICE_MS - 1);
	display_console_notice(f->console, "second");
	pass(f, DISPLAY_NOTICE_MS - 1);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " second");
	pass(f, 1);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), "five");
}

static void it_is_inverse_and_hides_the_cursor(void **state)
{
	struct fixture *f = *state;
	struct text_cell cells[FIXTURE_COLS], below;

	read_last_row(f, cells);
	below = cells[0];
	display_console_notice(f->console, "hello");
	read_last_row(f, cells);
	for (unsigned col = 0; col < FIXTURE_COLS; col++) {
		assert_int_equal(cells[col].bg, below.fg);
		assert_int_equal(cells[col].fg, below.bg);
		assert_int_equal(cells[col].cursor, TEXT_CURSOR_NONE);
	}
}

static void it_is_cut_at_the_width_and_never_in_a_wide_character(void **state)
{
	struct fixture *f = *state;
	struct text_cell cells[FIXTURE_COLS];

	display_console_notice(f->console, "0123456789012345678901234567890123456789");
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " 0123456789012345678");
	display_console_notice(f->console, "012345678901234567\u4e2d\u6587");
	read_last_row(f, cells);
	assert_int_equal(cells[18].ch, '7');
	assert_int_equal(cells[19].ch, 0);
	assert_int_equal(cells[19].half, TEXT_NARROW);
	display_console_notice(f->console, "01234567890123456\u4e2d\u6587");
	read_last_row(f, cells);
	assert_int_equal(cells[18].ch, 0x4e2d);
	assert_int_equal(cells[18].half, TEXT_LEFT);
	assert_int_equal(cells[19].half, TEXT_RIGHT);
}

static void what_is_no_text_does_no_harm(void **state)
{
	struct fixture *f = *state;
	struct text_cell cells[FIXTURE_COLS];
	char text[4096];

	display_console_notice(f->console, "a\033[2Jb\rc\177\u0301d\xff\xe4\xb8");
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " a[2Jbcd");
	read_last_row(f, cells);
	assert_int_equal(cells[9].ch, 0xfffd);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	display_console_notice(f->console, text);
	vt_resize(f->vt, VT_COLS_MAX, FIXTURE_ROWS);
	display_console_changed(f->console);
	settle(f);
	assert_int_equal(strspn(watcher_row(&f->watcher, LAST_ROW) + 1, "x"), 255);
}

static void what_is_selected_and_scrolled_back_to_has_nothing_of_it(void **state)
{
	struct fixture *f = *state;
	struct text_cell cells[FIXTURE_COLS];

	display_console_notice(f->console, "hello");
	fixture_feed(f, "\r\nsix");
	fixture_collect(f);
	display_view_pointer(f->watcher.view, 0, LAST_ROW * 16, DISPLAY_BUTTON_LEFT, 0);
	display_view_pointer(f->watcher.view, 5 * 8, LAST_ROW * 16, 0, 0);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " hello");
	assert_string_equal(f->watcher.clipboard.data, "six");
	read_last_row(f, cells);
	assert_int_equal(cells[0].bg, cells[FIXTURE_COLS - 1].bg);
	display_view_scroll(f->watcher.view, 1);
	assert_string_equal(watcher_row(&f->watcher, 0), "one");
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " hello");
	pass(f, DISPLAY_NOTICE_MS);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), "five");
}

static void it_stays_at_its_console(void **state)
{
	struct fixture *f = *state;
	struct display_console *other = fixture_add(f, "other");

	display_console_notice(f->console, "hello");
	display_view_switch(f->watcher.view, 3);
	assert_string_equal(watcher_row(&f->watcher, 23), "");
	display_view_switch(f->watcher.view, 2);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " hello");
	display_view_switch(f->watcher.view, 3);
	display_console_notice(other, "gone with it");
	fixture_remove(other);
	pass(f, DISPLAY_NOTICE_MS);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), "five");
}

static void nobody_who_comes_later_sees_what_nobody_was_there_to_see(void **state)
{
	struct fixture *f = *state;

	display_view_switch(f->watcher.view, 1);
	display_console_notice(f->console, "hello");
	display_view_switch(f->watcher.view, 2);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), "five");
}

static void one_for_a_viewer_is_seen_by_no_other(void **state)
{
	struct fixture *f = *state;
	struct watcher other = { 0 };

	watcher_open(f, &other, "other");
	display_console_notice(f->console, "for all");
	display_view_notice(other.view, "for you");
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), " for all");
	assert_string_equal(watcher_row(&other, LAST_ROW), " for you");
	pass(f, DISPLAY_NOTICE_MS);
	assert_string_equal(watcher_row(&other, LAST_ROW), "five");
	watcher_close(&other);
}

static void one_for_a_viewer_is_a_picture_of_his_own(void **state)
{
	struct fixture *f = *state;

	display_view_notice(f->watcher.view, "hello");
	settle(f);
	assert_true(fixture_collect(f));
	assert_int_equal(f->update.to, 0);
	assert_int_equal(f->update.spans[LAST_ROW].end, FIXTURE_COLS);
	pass(f, DISPLAY_NOTICE_MS);
	assert_true(fixture_collect(f));
	assert_int_equal(f->update.from, 0);
	assert_int_not_equal(f->update.to, 0);
}

static void one_for_a_viewer_stays_where_he_was(void **state)
{
	struct fixture *f = *state;

	display_view_notice(f->watcher.view, "hello");
	display_view_switch(f->watcher.view, 1);
	display_view_switch(f->watcher.view, 2);
	assert_string_equal(watcher_row(&f->watcher, LAST_ROW), "five");
	pass(f, DISPLAY_NOTICE_MS);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_notice_is_over_the_last_row_for_a_while),
		CASE(viewers_are_told_when_it_comes_and_when_it_goes),
		CASE(a_console_with_a_notice_is_another_picture),
		CASE(it_stays_where_it_is_when_the_screen_scrolls),
		CASE(a_row_that_changes_below_it_is_drawn_whole),
		CASE(a_later_one_takes_its_place_and_has_its_own_time),
		CASE(it_is_inverse_and_hides_the_cursor),
		CASE(it_is_cut_at_the_width_and_never_in_a_wide_character),
		CASE(what_is_no_text_does_no_harm),
		CASE(what_is_selected_and_scrolled_back_to_has_nothing_of_it),
		CASE(it_stays_at_its_console),
		CASE(nobody_who_comes_later_sees_what_nobody_was_there_to_see),
		CASE(one_for_a_viewer_is_seen_by_no_other),
		CASE(one_for_a_viewer_is_a_picture_of_his_own),
		CASE(one_for_a_viewer_stays_where_he_was),
	};

	return cmocka_run_group_tests_name("display/notice", tests, NULL, NULL);
}
