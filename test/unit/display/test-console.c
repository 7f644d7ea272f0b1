/* SPDX-License-Identifier: MIT */
#include "display-fixture.h"
#include "io/loop.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void console_1_is_the_overview(void **state)
{
	struct fixture *f = *state;
	struct display_console *console = display_find(f->display, 1);

	assert_non_null(console);
	assert_ptr_equal(display_next(f->display, NULL), console);
	assert_string_equal(display_console_label(console), "overview");
}

static void consoles_take_the_lowest_free_number_from_2_up(void **state)
{
	struct fixture *f = *state;
	struct display_console *a = fixture_add(f, "a"), *b = fixture_add(f, "b"), *c;

	assert_int_equal(display_console_number(f->console), 2);
	assert_int_equal(display_console_number(a), 3);
	assert_int_equal(display_console_number(b), 4);
	fixture_remove(a);
	c = fixture_add(f, "c");
	assert_int_equal(display_console_number(c), 3);
	assert_ptr_equal(display_next(f->display, f->console), c);
	assert_ptr_equal(display_next(f->display, c), b);
	assert_null(display_next(f->display, b));
	fixture_remove(b);
	fixture_remove(c);
}

static void there_is_a_limit_of_consoles(void **state)
{
	struct fixture *f = *state;
	struct display_console_config config = { .label = "x", .vt = f->vt };
	static struct display_console *consoles[DISPLAY_CONSOLES_MAX];
	struct display_console *one_more;

	for (unsigned i = 2; i < DISPLAY_CONSOLES_MAX; i++)
		assert_int_equal(display_console_add(f->display, &config, &consoles[i]), 0);
	assert_int_equal(display_console_add(f->display, &config, &one_more), -ENOSPC);
	for (unsigned i = 2; i < DISPLAY_CONSOLES_MAX; i++)
		display_console_remove(consoles[i]);
}

static void a_new_viewer_sees_the_first_guest(void **state)
{
	struct fixture *f = *state;

	assert_ptr_equal(display_view_console(f->watcher.view), f->console);
	assert_int_equal(display_console_viewers(f->console), 1);
}

static void without_a_guest_a_viewer_sees_the_overview(void **state)
{
	struct fixture *f = *state;

	display_console_remove(f->console);
	assert_ptr_equal(display_view_console(f->watcher.view), display_find(f->display, 1));
	assert_true(fixture_collect(f));
	assert_string_equal(watcher_row(&f->watcher, 0), " hub");
}

static void viewers_of_a_removed_console_see_another_one(void **state)
{
	struct fixture *f = *state;
	struct display_console *other = fixture_add(f, "other");
	struct watcher second = { 0 };

	watcher_open(f, &second, "second");
	display_console_remove(f->console);
	settle(f);
	assert_int_equal(f->watcher.switches, 1);
	assert_int_equal(second.switches, 1);
	assert_ptr_equal(display_view_console(f->watcher.view), other);
	assert_int_equal(display_console_viewers(other), 2);
	vt_feed(f->vt, "unseen", 6);
	assert_true(fixture_collect(f));
	assert_int_equal(f->update.cols, 80);
	assert_string_equal(watcher_row(&f->watcher, 0), "");
	fixture_remove(other);
	assert_int_equal(display_console_number(display_view_console(second.view)), 1);
	watcher_close(&second);
}

static void the_overview_says_who_looks_at_what(void **state)
{
	struct fixture *f = *state;
	struct watcher second = { 0 };

	watcher_open(f, &second, "10.0.0.7:4711");
	assert_int_equal(display_view_switch(second.view, 1), 0);
	assert_non_null(strstr(watcher_row(&second, 3), "1  overview"));
	assert_non_null(strstr(watcher_row(&second, 3), "10.0.0.7:4711"));
	assert_non_null(strstr(watcher_row(&second, 4), "2  guest"));
	assert_non_null(strstr(watcher_row(&second, 4), "20x5"));
	assert_non_null(strstr(watcher_row(&second, 4), "first"));
	display_view_collect(second.view, &f->update);
	second.changes = 0;
	assert_int_equal(display_view_switch(f->watcher.view, 1), 0);
	settle(f);
	assert_int_equal(second.changes, 1);
	assert_null(strstr(watcher_row(&second, 4), "first"));
	assert_non_null(strstr(watcher_row(&second, 3), "10.0.0.7:4711, first"));
	watcher_close(&second);
}

static void name_people(
	void *data, const char *label, void (*put)(void *names, const char *name), void *names)
{
	const char **who = data;

	if (strcmp(label, "guest"))
		return;
	for (; *who; who++)
		put(names, *who);
}

static void the_overview_asks_for_other_people_while_somebody_looks(void **state)
{
	struct fixture *f = *state;
	const char *who[3] = { "pty0" };

	loop_fake_clock(f->loop);
	display_set_people(f->display, name_people, who);
	assert_int_equal(display_view_switch(f->watcher.view, 1), 0);
	assert_non_null(strstr(watcher_row(&f->watcher, 4), "2  guest"));
	assert_non_null(strstr(watcher_row(&f->watcher, 4), "pty0"));
	settle(f);
	display_view_collect(f->watcher.view, &f->update);
	f->watcher.changes = 0;
	loop_advance(f->loop, 1000);
	settle(f);
	assert_int_equal(f->watcher.changes, 0); /* nobody came or went */
	who[1] = "sock0.1";
	loop_advance(f->loop, 1000);
	settle(f);
	assert_int_equal(f->watcher.changes, 1);
	assert_non_null(strstr(watcher_row(&f->watcher, 4), "pty0, sock0.1"));
	display_set_people(f->display, NULL, NULL);
}

static void names_cannot_draw_on_the_overview(void **state)
{
	struct fixture *f = *state;
	struct watcher second = { 0 };

	watcher_open(f, &second, "\033[2Jevil\n");
	display_view_switch(second.view, 1);
	assert_non_null(strstr(watcher_row(&second, 3), "?[2Jevil?"));
	watcher_close(&second);
}

enum { ELLIPSIS = 0x2026 };

static void check_cell(struct fixture *f, unsigned row, unsigned col, uint32_t ch)
{
	struct text_cell cell;

	settle(f);
	display_view_read(f->watcher.view, row, col, col + 1, &cell);
	assert_int_equal(cell.ch, ch);
}

static void what_is_too_long_for_the_overview_ends_in_an_ellipsis(void **state)
{
	struct fixture *f = *state;
	const char *who[] = { "012345678901234567890123456789012345", "漢字", NULL };
	struct display_console *other = fixture_add(f, "a-console-with-a-long-name");

	/* 41 cells from column 40 on, and then 42. */
	display_set_people(f->display, name_people, who);
	display_view_switch(f->watcher.view, 1);
	check_cell(f, 4, 77, L'漢');
	check_cell(f, 4, 79, ELLIPSIS);
	display_view_request_size(f->watcher.view, 81, 24);
	settle(f);
	check_cell(f, 4, 77, L'漢');
	check_cell(f, 4, 79, L'字');
	assert_non_null(strstr(watcher_row(&f->watcher, 5), "a-console-with-a-lo  "));
	check_cell(f, 5, 26, ELLIPSIS);
	display_set_people(f->display, NULL, NULL);
	fixture_remove(other);
}

static void more_consoles_than_fit_are_counted(void **state)
{
	struct fixture *f = *state;
	struct display_console *consoles[30];

	for (unsigned i = 0; i < 30; i++)
		consoles[i] = fixture_add(f, "x");
	display_view_switch(f->watcher.view, 1);
	assert_non_null(strstr(watcher_row(&f->watcher, 18), "... and 17 more"));
	for (unsigned i = 0; i < 30; i++)
		fixture_remove(consoles[i]);
	assert_string_equal(watcher_row(&f->watcher, 5), "");
}

static void a_number_on_the_overview_switches(void **state)
{
	struct fixture *f = *state;

	display_view_switch(f->watcher.view, 1);
	assert_int_equal(display_view_key(f->watcher.view, '7', 0, true), 0);
	assert_int_equal(display_console_number(display_view_console(f->watcher.view)), 1);
	assert_int_equal(display_view_key(f->watcher.view, '2', 0, true), 0);
	assert_ptr_equal(display_view_console(f->watcher.view), f->console);
	assert_int_equal(f->in.len, 0);
}

static void the_overview_takes_the_viewers_size(void **state)
{
	struct fixture *f = *state;

	display_view_switch(f->watcher.view, 1);
	assert_int_equal(display_view_request_size(f->watcher.view, 100, 30), 0);
	settle(f);
	assert_int_equal(f->watcher.cols, 100);
	assert_int_equal(f->watcher.rows, 30);
	assert_string_equal(watcher_row(&f->watcher, 0), " hub");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(console_1_is_the_overview),
		CASE(consoles_take_the_lowest_free_number_from_2_up),
		CASE(there_is_a_limit_of_consoles),
		CASE(a_new_viewer_sees_the_first_guest),
		CASE(without_a_guest_a_viewer_sees_the_overview),
		CASE(viewers_of_a_removed_console_see_another_one),
		CASE(the_overview_says_who_looks_at_what),
		CASE(the_overview_asks_for_other_people_while_somebody_looks),
		CASE(names_cannot_draw_on_the_overview),
		CASE(what_is_too_long_for_the_overview_ends_in_an_ellipsis),
		CASE(more_consoles_than_fit_are_counted),
		CASE(a_number_on_the_overview_switches),
		CASE(the_overview_takes_the_viewers_size),
	};

	return cmocka_run_group_tests_name("display/console", tests, NULL, NULL);
}
