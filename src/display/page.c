/* SPDX-License-Identifier: MIT */
/*
 * The page behind the overview: a console of one viewer alone. It stands in no list, so that nobody
 * else comes there, and all else is as at any console: what is typed, the size, scrolling back.
 */
#include "display/display-internal.h"

#include <errno.h>

void display_set_page(struct display *display, const struct display_page_ops *ops, void *data)
{
	display->page_ops = ops;
	display->page_data = data;
}

struct display_console *display_view_page(const struct display_view *view)
{
	return view->page;
}

bool display_view_may_use_page(const struct display_view *view, struct strbuf *why)
{
	return view->callbacks->may_use_page && view->callbacks->may_use_page(view->data, why);
}

bool view_is_at_page(const struct display_view *view)
{
	return view->console == view->page;
}

void view_judge_page(struct display_view *view)
{
	if (view->page)
		view->display->page_ops->judge(view->page->data);
}

static int open_page(struct display_view *view)
{
	struct display *display = view->display;
	const struct display_page_ops *ops = display->page_ops;
	struct display_console_config config;
	int r = ops->open(display->page_data, view, &config);

	if (r < 0)
		return r;
	view->page = console_new(display, &config);
	if (!view->page) {
		ops->close(config.data);
		return -ENOMEM;
	}
	view_judge_page(view);
	return 0;
}

bool view_turn_page(struct display_view *view)
{
	struct display_console *overview = display_next(view->display, NULL);

	if (view_is_at_page(view)) {
		view_switched(view, overview);
		return true;
	}
	if (view->console != overview || !view->display->page_ops)
		return false;
	if (view->page || open_page(view) == 0)
		view_switched(view, view->page);
	else
		view_tell(view, VIEW_BELL);
	return true;
}

void view_close_page(struct display_view *view)
{
	void *page;

	if (!view->page)
		return;
	page = view->page->data;
	console_free(view->page);
	view->page = NULL;
	view->display->page_ops->close(page);
}
