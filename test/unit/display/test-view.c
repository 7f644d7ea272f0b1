/* SPDX-License-Identifier: MIT */
#include "display-fixture.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void a_viewer_is_told_once_until_it_has_collected(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->watcher.changes, 0);
	assert_true(fixture_collect(f));
	assert_true(f->update.all);
	fixture_feed(f, "a");
	fixture_feed(f, "b");
	fixture_feed(f, "c");
	assert_int_equal(f->watcher.changes, 1);
	assert_true(fixture_collect(f));
	fixture_feed(f, "d");
	assert_int_equal(f->watcher.changes, 2);
}

static void nothing_new_is_nothing_to_collect(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "text");
	assert_true(display_view_has_change(f->watcher.view));
	assert_true(fixture_collect(f));
	assert_false(display_view_has_change(f->watcher.view));
	assert_false(fixture_collect(f));
}

static void an_update_is_as_small_as_what_changed(void **state)
{
	struct fixture *f = *state;

	fixture_feed(f, "one\r\ntwo");
	fixture_collect(f);
	fixture_feed(f, "x");
	assert_true(fixture_collect(f));
	assert_false(f->update.all);
	assert_int_equal(f->update.spans[0].first, f->update.spans[0].end);
	/* The character and the cursor, before and after. */
	assert_int_equal(f->update.spans[1].first, 3);
	assert_int_equal(f->update.spans[1].end, 5);
}

static void a_resize_is_told_with_the_size(void **state)
{
	struct fixture *f = *state;

	fixture_collect(f);
	assert_int_equal(vt_resize(f->vt, 33, 7), 0);
	display_console_changed(f->console);
	settle(f);
	assert_int_equal(f->watcher.sizes, 1);
	assert_int_equal(f->watcher.cols, 33);
	assert_int_equal(f->watcher.rows, 7);
	assert_int_equal(f->watcher.changes, 1);
	assert_true(fixture_collect(f));
	assert_true(f->update.all);
	assert_int_equal(f->update.cols, 33);
	assert_int_equal(f->update.rows, 7);
}

static void a_title_is_told_when_it_changes(void **state)
{
	struct fixture *f = *state;
	struct strbuf title = { 0 };

	fixture_feed(f, "\033]2;vi README\007");
	assert_int_equal(f->watcher.titles, 1);
	fixture_feed(f, "more");
	assert_int_equal(f->watcher.titles, 1);
	display_view_title(f->watcher.view, &title);
	assert_string_equal(title.data, "hub: guest - vi README");
	strbuf_done(&title);
	display_view_switch(f->watcher.view, 1);
	display_view_title(f->watcher.view, &title);
	assert_string_equal(title.data, "hub");
	strbuf_done(&title);
}

static void bell_and_clipboard_reach_every_viewer(void **state)
{
	struct fixture *f = *state;
	struct watcher second = { 0 }, elsewhere = { 0 };

	watcher_open(f, &second, "second");
	watcher_open(f, &elsewhere, "elsewhere");
	display_view_switch(elsewhere.view, 1);
	display_console_bell(f->console);
	display_console_clipboard(f->console, "copied", 6);
	settle(f);
	assert_int_equal(f->watcher.bells + second.bells, 2);
	assert_string_equal(f->watcher.clipboard.data, "copied");
	assert_string_equal(second.clipboard.data, "copied");
	assert_int_equal(elsewhere.bells + elsewhere.clipboards, 0);
	watcher_close(&second);
	watcher_close(&elsewhere);
}

static void views_switch_independently(void **state)
{
	struct fixture *f = *state;
	struct watcher second = { 0 };

	watcher_open(f, &second, "second");
	assert_int_equal(display_view_switch(second.view, 1), 0);
	settle(f);
	assert_int_equal(second.switches, 1);
	assert_int_equal(f->watcher.switches, 0);
	assert_ptr_equal(display_view_console(f->watcher.view), f->console);
	assert_int_equal(display_view_switch(second.view, 9), -ENOENT);
	assert_int_equal(display_console_number(display_view_console(second.view)), 1);
	watcher_close(&second);
}

static void a_view_may_go_inside_of_its_callback(void **state)
{
	struct fixture *f = *state;
	struct watcher others[4] = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		watcher_open(f, &others[i], "other");
		/* Half of them look at the overview, which is about those that go. */
		if (i % 2)
			display_view_switch(others[i].view, 1);
		display_view_collect(others[i].view, &f->update);
		others[i].free_on_change = true;
	}
	fixture_feed(f, "bye");
	for (unsigned i = 0; i < 4; i++)
		assert_null(others[i].view);
	assert_int_equal(display_console_viewers(f->console), 1);
	assert_int_equal(display_console_viewers(display_find(f->display, 1)), 0);
}

static void a_view_may_go_when_its_console_is_removed(void **state)
{
	struct fixture *f = *state;
	struct watcher others[3] = { 0 };

	for (unsigned i = 0; i < 3; i++) {
		watcher_open(f, &others[i], "other");
		others[i].free_on_change = i < 2;
	}
	display_console_remove(f->console);
	settle(f);
	assert_null(others[0].view);
	assert_null(others[1].view);
	assert_int_equal(display_console_number(display_view_console(others[2].view)), 1);
	watcher_close(&others[2]);
}

static void another_engine_is_a_new_picture(void **state)
{
	struct fixture *f = *state;
	struct vt *other;

	fixture_feed(f, "mine");
	fixture_collect(f);
	assert_int_equal(vt_new(NULL, NULL, NULL, &other), 0);
	vt_feed(other, "shared", 6);
	display_console_set_vt(f->console, other);
	settle(f);
	assert_int_equal(f->watcher.sizes, 1);
	assert_true(fixture_collect(f));
	assert_true(f->update.all);
	assert_int_equal(f->update.from, 0);
	assert_string_equal(watcher_row(&f->watcher, 0), "shared");
	display_console_set_vt(f->console, f->vt);
	assert_string_equal(watcher_row(&f->watcher, 0), "mine");
	vt_free(other);
}

static void a_request_for_a_size_goes_to_the_provider(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(display_view_request_size(f->watcher.view, 40, 10), 0);
	settle(f);
	assert_int_equal(f->watcher.cols, 40);
	assert_int_equal(display_view_request_size(f->watcher.view, 40, 10), 0);
	assert_int_equal(f->resizes, 1);
	assert_int_equal(display_view_request_size(f->watcher.view, 0, 10), -ERANGE);
	assert_int_equal(display_view_request_size(f->watcher.view, VT_COLS_MAX + 1, 10), -ERANGE);
	f->resize_result = -EPERM;
	assert_int_equal(display_view_request_size(f->watcher.view, 50, 10), -EPERM);
	assert_int_equal(vt_cols(f->vt), 40);
	watcher_close(&f->watcher);
	watcher_open_read_only(f, &f->watcher);
	assert_int_equal(display_view_request_size(f->watcher.view, 60, 10), -EPERM);
	assert_int_equal(f->resizes, 2);
}

static void a_size_that_is_decided_later_is_told_once(void **state)
{
	struct fixture *f = *state;
	struct watcher other = { 0 };

	watcher_open(f, &other, "other");
	display_view_size_decided(f->watcher.view);
	f->resize_result = -EINPROGRESS;
	assert_int_equal(display_view_request_size(f->watcher.view, 40, 10), -EINPROGRESS);
	settle(f);
	assert_int_equal(f->watcher.decided, 0);
	display_console_size_decided(f->console);
	display_console_size_decided(f->console);
	settle(f);
	assert_int_equal(f->watcher.decided, 1);
	assert_int_equal(other.decided, 0);
	watcher_close(&other);
}

static void a_size_is_decided_for_who_goes_elsewhere(void **state)
{
	struct fixture *f = *state;

	f->resize_result = -EINPROGRESS;
	assert_int_equal(display_view_request_size(f->watcher.view, 40, 10), -EINPROGRESS);
	assert_int_equal(display_view_switch(f->watcher.view, DISPLAY_OVERVIEW), 0);
	settle(f);
	assert_int_equal(f->watcher.decided, 1);
}

/* ---- consoles that are not for everybody ---- */

static void one_that_may_not_look_goes_to_the_next(void **state)
{
	struct fixture *f = *state;
	struct display_console *other = fixture_add(f, "other");
	struct watcher eve = { .right = DISPLAY_NOTHING };

	f->has_rules = true;
	f->watcher.right = DISPLAY_TYPE;
	watcher_open(f, &eve, "eve");
	assert_ptr_equal(display_view_console(eve.view), other);
	assert_int_equal(display_view_switch(eve.view, 2), -EACCES);
	assert_ptr_equal(display_view_console(eve.view), other);
	display_view_switch(eve.view, DISPLAY_OVERVIEW);
	display_view_key(eve.view, VT_KEY_RETURN, 0, true);
	assert_ptr_equal(display_view_console(eve.view), other);
	fixture_remove(other);
	assert_int_equal(display_console_number(display_view_console(eve.view)), DISPLAY_OVERVIEW);
	watcher_close(&eve);
}

static void one_that_may_only_look_types_nothing(void **state)
{
	struct fixture *f = *state;

	f->has_rules = true;
	f->watcher.right = DISPLAY_LOOK;
	fixture_feed(f, "hello");
	assert_string_equal(watcher_row(&f->watcher, 0), "hello");
	assert_int_equal(display_view_key(f->watcher.view, 'x', 0, true), -EPERM);
	assert_int_equal(display_view_paste(f->watcher.view, "x", 1), -EPERM);
	assert_int_equal(display_view_request_size(f->watcher.view, 40, 10), -EPERM);
	assert_int_equal(f->in.len, 0);
	f->watcher.right = DISPLAY_TYPE;
	assert_int_equal(display_view_key(f->watcher.view, 'x', 0, true), 0);
	assert_int_equal(f->in.len, 1);
}

static void rules_that_come_later_send_away_at_the_next_change(void **state)
{
	struct fixture *f = *state;
	struct strbuf title AUTO_STRBUF = { 0 };

	f->has_rules = true;
	f->watcher.right = DISPLAY_NOTHING;
	display_console_bell(f->console);
	display_console_clipboard(f->console, "secret", 6);
	fixture_feed(f, "\033]0;secret\007secret");
	assert_int_equal(f->watcher.bells + f->watcher.clipboards, 0);
	assert_int_equal(f->watcher.switches, 1);
	display_view_title(f->watcher.view, &title);
	assert_string_equal(title.data, "hub");
	assert_int_equal(
		display_console_number(display_view_console(f->watcher.view)), DISPLAY_OVERVIEW);
}

static void answer_that_comes_later_brings_to_the_console(void **state)
{
	struct fixture *f = *state;
	struct watcher ann = { .right = DISPLAY_NOTHING };

	f->has_rules = true;
	f->watcher.right = DISPLAY_TYPE;
	watcher_open(f, &ann, "ann");
	assert_int_equal(display_console_number(display_view_console(ann.view)), DISPLAY_OVERVIEW);
	display_view_judge(ann.view);
	assert_int_equal(display_console_number(display_view_console(ann.view)), DISPLAY_OVERVIEW);
	ann.right = DISPLAY_LOOK;
	display_view_judge(ann.view);
	assert_ptr_equal(display_view_console(ann.view), f->console);
	watcher_close(&ann);
}

static void the_provider_hears_of_who_comes_goes_or_is_judged(void **state)
{
	struct fixture *f = *state;
	struct watcher ann = { .right = DISPLAY_LOOK };

	f->has_rules = true;
	f->viewers_told = 0;
	watcher_open(f, &ann, "ann");
	assert_int_equal(f->viewers_told, 1);
	display_view_judge(ann.view);
	assert_int_equal(f->viewers_told, 2);
	display_view_switch(ann.view, DISPLAY_OVERVIEW);
	assert_int_equal(f->viewers_told, 3);
	watcher_close(&ann);
	assert_int_equal(f->viewers_told, 3);
}

/* ---- who he is ---- */

static void his_number_is_nobody_else_s_ever(void **state)
{
	struct fixture *f = *state;
	struct watcher ann = { 0 }, joe = { 0 };
	struct display_view_state left;
	unsigned number;

	watcher_open(f, &ann, "ann");
	number = display_view_number(ann.view);
	assert_int_not_equal(number, display_view_number(f->watcher.view));
	watcher_close(&ann);
	watcher_open(f, &joe, "joe");
	assert_int_equal(display_view_number(joe.view), number + 1);
	/* as by another program in its place */
	display_view_save(joe.view, &left);
	left.number = number + 7;
	display_view_go_on(joe.view, &left);
	assert_int_equal(display_view_number(joe.view), number + 7);
	watcher_open(f, &ann, "ann");
	assert_int_equal(display_view_number(ann.view), number + 8);
	watcher_close(&ann);
	watcher_close(&joe);
}

static void what_he_may_is_left_to_another_program(void **state)
{
	struct fixture *f = *state;
	struct display_view_state left;

	f->has_rules = true;
	f->watcher.right = DISPLAY_LOOK;
	display_view_save(f->watcher.view, &left);
	assert_int_equal(left.right, DISPLAY_LOOK);
}

static void his_owner_is_asked_to_let_him_go(void **state)
{
	struct fixture *f = *state;

	display_view_send_away(f->watcher.view);
	assert_int_equal(f->watcher.sent_away, 0);
	settle(f);
	assert_int_equal(f->watcher.sent_away, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_viewer_is_told_once_until_it_has_collected),
		CASE(nothing_new_is_nothing_to_collect),
		CASE(an_update_is_as_small_as_what_changed),
		CASE(a_resize_is_told_with_the_size),
		CASE(a_title_is_told_when_it_changes),
		CASE(bell_and_clipboard_reach_every_viewer),
		CASE(views_switch_independently),
		CASE(a_view_may_go_inside_of_its_callback),
		CASE(a_view_may_go_when_its_console_is_removed),
		CASE(another_engine_is_a_new_picture),
		CASE(a_request_for_a_size_goes_to_the_provider),
		CASE(a_size_that_is_decided_later_is_told_once),
		CASE(a_size_is_decided_for_who_goes_elsewhere),
		CASE(one_that_may_not_look_goes_to_the_next),
		CASE(one_that_may_only_look_types_nothing),
		CASE(rules_that_come_later_send_away_at_the_next_change),
		CASE(answer_that_comes_later_brings_to_the_console),
		CASE(the_provider_hears_of_who_comes_goes_or_is_judged),
		CASE(his_number_is_nobody_else_s_ever),
		CASE(what_he_may_is_left_to_another_program),
		CASE(his_owner_is_asked_to_let_him_go),
	};

	return cmocka_run_group_tests_name("display/view", tests, NULL, NULL);
}
