/* SPDX-License-Identifier: MIT */
#include "display-fixture.h"

#include "display/display-internal.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { TURNS = 16 };

static void handle_change(void *data)
{
	struct watcher *watcher = data;

	watcher->changes++;
	if (watcher->free_on_change)
		watcher_close(watcher);
}

static void handle_size(void *data, unsigned cols, unsigned rows)
{
	struct watcher *watcher = data;

	watcher->sizes++;
	watcher->cols = cols;
	watcher->rows = rows;
}

static void handle_size_decided(void *data)
{
	((struct watcher *)data)->decided++;
}

static void handle_title(void *data)
{
	struct watcher *watcher = data;

	watcher->titles++;
}

static void handle_bell(void *data)
{
	struct watcher *watcher = data;

	watcher->bells++;
}

static void handle_switched(void *data)
{
	struct watcher *watcher = data;

	watcher->switches++;
}

static void handle_paste(void *data)
{
	struct watcher *watcher = data;

	watcher->pastes++;
	display_view_paste_selection(watcher->view);
}

static void handle_sent_away(void *data)
{
	((struct watcher *)data)->sent_away++;
}

static void handle_clipboard(void *data, const char *utf8, size_t len)
{
	struct watcher *watcher = data;

	watcher->clipboards++;
	strbuf_done(&watcher->clipboard);
	strbuf_append(&watcher->clipboard, utf8, len);
}

static enum display_right may(void *data, struct object *view_rule, struct object *type_rule)
{
	assert_true(view_rule || type_rule);
	return ((struct watcher *)data)->right;
}

static bool may_use_page(void *data, struct strbuf *why)
{
	const struct watcher *watcher = data;

	if (!watcher->page_is_for_me)
		strbuf_puts(why, "no");
	return watcher->page_is_for_me;
}

static const struct display_view_callbacks callbacks = {
	.on_change = handle_change,
	.on_size = handle_size,
	.on_title = handle_title,
	.on_bell = handle_bell,
	.on_paste = handle_paste,
	.on_clipboard = handle_clipboard,
	.on_switched = handle_switched,
	.on_sent_away = handle_sent_away,
	.on_size_decided = handle_size_decided,
	.may = may,
	.may_use_page = may_use_page,
};

static void open_view(
	struct fixture *f, struct watcher *watcher, const struct display_view_config *config)
{
	watcher->fixture = f;
	assert_int_equal(
		display_view_new(f->display, config, &callbacks, watcher, &watcher->view), 0);
}

void watcher_open(struct fixture *f, struct watcher *watcher, const char *name)
{
	open_view(f, watcher, &(struct display_view_config){ .name = name });
}

void watcher_open_read_only(struct fixture *f, struct watcher *watcher)
{
	open_view(f, watcher, &(struct display_view_config){ .name = "reader", .read_only = true });
}

unsigned watcher_back(const struct watcher *watcher)
{
	return watcher->view->back;
}

void watcher_close(struct watcher *watcher)
{
	struct display_view *view = watcher->view;

	watcher->view = NULL;
	strbuf_done(&watcher->clipboard);
	display_view_free(view);
}

const char *watcher_row(const struct watcher *watcher, unsigned row)
{
	static char text[VT_COLS_MAX + 1];
	struct text_cell cells[VT_COLS_MAX];
	unsigned cols, len = 0;

	settle(watcher->fixture);
	cols = display_view_cols(watcher->view);
	display_view_read(watcher->view, row, 0, cols, cells);
	for (unsigned col = 0; col < cols; col++) {
		text[col] = cells[col].ch > ' ' && cells[col].ch < 0x7f ? (char)cells[col].ch : ' ';
		if (text[col] != ' ')
			len = col + 1;
	}
	text[len] = 0;
	return text;
}

static int record_in(void *data, const struct display_view *view, const char *bytes, size_t len)
{
	struct fixture *f = data;

	(void)view;
	if (!f->in_result)
		strbuf_append(&f->in, bytes, len);
	return f->in_result;
}

static int record_resize(void *data, const struct display_view *view, unsigned cols, unsigned rows)
{
	struct fixture *f = data;

	(void)view;
	f->resizes++;
	if (!f->resize_result) {
		assert_int_equal(vt_resize(f->vt, cols, rows), 0);
		display_console_changed(f->console);
	}
	return f->resize_result;
}

/* What they are is the watchers' to know. */
static void handle_rules(void *data, struct object **ret_view, struct object **ret_type)
{
	struct fixture *f = data;

	*ret_type = NULL;
	*ret_view = f->has_rules ? data : NULL;
}

static void count_viewers(void *data)
{
	((struct fixture *)data)->viewers_told++;
}

static const struct display_console_ops ops = {
	.in = record_in, .resize = record_resize, .rules = handle_rules, .viewers = count_viewers
};

int fixture_setup(void **state)
{
	const struct vt_config config = { .cols = FIXTURE_COLS, .rows = FIXTURE_ROWS };
	struct display_console_config console = { .label = "guest", .ops = &ops };
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(font_new("", &f->font, NULL), 0);
	f->loop = loop_new();
	assert_non_null(f->loop);
	f->display = display_new(f->loop, "hub", f->font);
	assert_non_null(f->display);
	assert_int_equal(vt_new(&config, NULL, NULL, &f->vt), 0);
	console.vt = f->vt;
	console.data = f;
	assert_int_equal(display_console_add(f->display, &console, &f->console), 0);
	watcher_open(f, &f->watcher, "first");
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	watcher_close(&f->watcher);
	display_free(f->display);
	font_free(f->font);
	vt_free(f->vt);
	strbuf_done(&f->in);
	loop_free(f->loop);
	free(f);
	return 0;
}

void settle(struct fixture *f)
{
	for (unsigned i = 0; i < TURNS; i++)
		loop_step(f->loop, false);
}

void fixture_feed(struct fixture *f, const char *text)
{
	vt_feed(f->vt, text, strlen(text));
	display_console_changed(f->console);
	settle(f);
}

bool fixture_collect(struct fixture *f)
{
	settle(f);
	return display_view_collect(f->watcher.view, &f->update);
}

struct display_console *fixture_add(struct fixture *f, const char *label)
{
	struct display_console_config config = { .label = label };
	struct display_console *console;

	assert_int_equal(vt_new(NULL, NULL, NULL, &config.vt), 0);
	assert_int_equal(display_console_add(f->display, &config, &console), 0);
	return console;
}

void fixture_remove(struct display_console *console)
{
	struct vt *vt = display_console_vt(console);

	display_console_remove(console);
	vt_free(vt);
}
