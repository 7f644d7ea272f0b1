/* SPDX-License-Identifier: MIT */
/* The page behind the overview, as who provides it and who looks at it see it. */
#include "display-fixture.h"

#include "vt/keyboard.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { F2 = VT_KEY_F1 + 1, CTRL = 0xffe3, ALT = 0xffe9 };

/* Shows on its first row whether its viewer may use it, and what is typed behind that. */
struct page {
	struct display_view *view;
	struct vt *vt;
};

/* What the provider has been asked. */
struct provider {
	unsigned opened, judged, closed;
	int result;
};

static void show(struct page *page, const char *text, size_t len)
{
	vt_feed(page->vt, text, len);
	display_console_changed(display_view_page(page->view));
}

static int handle_in(void *data, const struct display_view *view, const char *bytes, size_t len)
{
	(void)view;
	show(data, bytes, len);
	return 0;
}

static const struct display_console_ops console_ops = { .in = handle_in };

static struct provider *provider;

static int handle_open(
	void *data, struct display_view *view, struct display_console_config *ret_config)
{
	struct page *page;

	assert_ptr_equal(data, provider);
	if (provider->result < 0)
		return provider->result;
	page = calloc(1, sizeof(*page));
	assert_non_null(page);
	page->view = view;
	assert_int_equal(vt_new(NULL, NULL, NULL, &page->vt), 0);
	*ret_config = (struct display_console_config){
		.label = "page", .vt = page->vt, .ops = &console_ops, .data = page
	};
	provider->opened++;
	return 0;
}

static void handle_judge(void *data)
{
	struct page *page = data;
	struct strbuf why AUTO_STRBUF = { 0 };
	bool may = display_view_may_use_page(page->view, &why);

	assert_int_equal(!may, why.len > 0);
	provider->judged++;
	show(page, may ? "yes " : why.data, may ? 4 : why.len);
}

static void handle_close(void *data)
{
	struct page *page = data;

	provider->closed++;
	vt_free(page->vt);
	free(page);
}

static const struct display_page_ops page_ops = {
	.name = "page", .open = handle_open, .judge = handle_judge, .close = handle_close
};

static int setup(void **state)
{
	struct fixture *f;

	fixture_setup(state);
	f = *state;
	provider = calloc(1, sizeof(*provider));
	assert_non_null(provider);
	display_set_page(f->display, &page_ops, provider);
	return 0;
}

static int teardown(void **state)
{
	fixture_teardown(state);
	assert_int_equal(provider->opened, provider->closed);
	free(provider);
	return 0;
}

static void press(struct watcher *watcher, uint32_t key)
{
	display_view_key(watcher->view, key, 0, true);
	display_view_key(watcher->view, key, 0, false);
}

static unsigned number_of(const struct watcher *watcher)
{
	return display_console_number(display_view_console(watcher->view));
}

static void f2_on_the_overview_goes_there_and_back(void **state)
{
	struct fixture *f = *state;
	struct watcher *watcher = &f->watcher;

	watcher->page_is_for_me = true;
	display_view_switch(watcher->view, 1);
	settle(f);
	press(watcher, F2);
	settle(f);
	assert_int_equal(watcher->switches, 2);
	assert_int_equal(number_of(watcher), 0);
	assert_string_equal(watcher_row(watcher, 0), "yes");
	press(watcher, F2);
	assert_int_equal(number_of(watcher), 1);
	press(watcher, F2);
	assert_string_equal(watcher_row(watcher, 0), "yes");
	assert_int_equal(provider->opened, 1);
}

static void f2_elsewhere_is_the_guests(void **state)
{
	struct fixture *f = *state;

	press(&f->watcher, F2);
	assert_int_equal(number_of(&f->watcher), 2);
	assert_string_equal(f->in.data, "\033OQ");
}

static void without_a_page_f2_does_nothing(void **state)
{
	struct fixture *f = *state;

	display_set_page(f->display, NULL, NULL);
	display_view_switch(f->watcher.view, 1);
	press(&f->watcher, F2);
	assert_int_equal(number_of(&f->watcher), 1);
	display_set_page(f->display, &page_ops, provider);
}

static void each_viewer_has_a_page_of_his_own(void **state)
{
	struct fixture *f = *state;
	struct watcher second = { .page_is_for_me = true };

	f->watcher.page_is_for_me = true;
	watcher_open(f, &second, "second");
	display_view_switch(f->watcher.view, 1);
	display_view_switch(second.view, 1);
	press(&f->watcher, F2);
	press(&second, F2);
	press(&f->watcher, 'x');
	press(&second, 'z');
	assert_string_equal(watcher_row(&f->watcher, 0), "yes x");
	assert_string_equal(watcher_row(&second, 0), "yes z");
	watcher_close(&second);
	assert_int_equal(provider->closed, 1);
	assert_string_equal(watcher_row(&f->watcher, 0), "yes x");
}

static void it_stays_while_its_viewer_looks_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct watcher *watcher = &f->watcher;

	watcher->page_is_for_me = true;
	display_view_switch(watcher->view, 1);
	press(watcher, F2);
	press(watcher, 'x');
	display_view_key(watcher->view, CTRL, 0, true);
	display_view_key(watcher->view, ALT, 0, true);
	press(watcher, '2');
	assert_int_equal(number_of(watcher), 2);
	press(watcher, '1');
	assert_int_equal(number_of(watcher), 1);
	display_view_key(watcher->view, CTRL, 0, false);
	display_view_key(watcher->view, ALT, 0, false);
	press(watcher, F2);
	assert_string_equal(watcher_row(watcher, 0), "yes x");
}

static void the_overview_says_how_to_get_there_and_who_is_there(void **state)
{
	struct fixture *f = *state;
	struct watcher second = { 0 };

	watcher_open(f, &second, "second");
	display_view_switch(second.view, 1);
	assert_string_equal(watcher_row(&second, 10), " F2               the page, and back again");
	assert_string_equal(watcher_row(&second, 4), "   F2  page");
	display_view_switch(f->watcher.view, 1);
	press(&f->watcher, F2);
	assert_string_equal(
		watcher_row(&second, 4), "   F2  page                            first");
	press(&f->watcher, F2);
	assert_string_equal(watcher_row(&second, 4), "   F2  page");
	watcher_close(&second);
}

static void what_the_viewer_may_is_asked_again(void **state)
{
	struct fixture *f = *state;
	struct watcher *watcher = &f->watcher;

	display_view_switch(watcher->view, 1);
	press(watcher, F2);
	assert_string_equal(watcher_row(watcher, 0), "no");
	watcher->page_is_for_me = true;
	display_view_judge(watcher->view);
	assert_string_equal(watcher_row(watcher, 0), "noyes");
	assert_int_equal(provider->judged, 2);
}

static void who_only_looks_types_nothing_there(void **state)
{
	struct fixture *f = *state;
	struct watcher reader = { .page_is_for_me = true };

	watcher_open_read_only(f, &reader);
	display_view_switch(reader.view, 1);
	press(&reader, F2);
	assert_int_equal(display_view_key(reader.view, 'x', 0, true), -EPERM);
	assert_string_equal(watcher_row(&reader, 0), "yes");
	watcher_close(&reader);
}

static void without_memory_it_rings(void **state)
{
	struct fixture *f = *state;

	provider->result = -ENOMEM;
	display_view_switch(f->watcher.view, 1);
	press(&f->watcher, F2);
	settle(f);
	assert_int_equal(number_of(&f->watcher), 1);
	assert_int_equal(f->watcher.bells, 1);
}

static void its_title_has_no_number(void **state)
{
	struct fixture *f = *state;
	struct strbuf title AUTO_STRBUF = { 0 };

	display_view_switch(f->watcher.view, 1);
	press(&f->watcher, F2);
	display_view_title(f->watcher.view, &title);
	assert_string_equal(title.data, "hub: page");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(f2_on_the_overview_goes_there_and_back),
		CASE(f2_elsewhere_is_the_guests),
		CASE(without_a_page_f2_does_nothing),
		CASE(each_viewer_has_a_page_of_his_own),
		CASE(it_stays_while_its_viewer_looks_elsewhere),
		CASE(the_overview_says_how_to_get_there_and_who_is_there),
		CASE(what_the_viewer_may_is_asked_again),
		CASE(who_only_looks_types_nothing_there),
		CASE(without_memory_it_rings),
		CASE(its_title_has_no_number),
	};

	return cmocka_run_group_tests_name("display/page", tests, NULL, NULL);
}
