/* SPDX-License-Identifier: MIT */
/*
 * Looking back. A view that is scrolled back stays at its text: the place of its first row is what
 * is kept, and how many lines above the bottom that is follows from it. Lines that fall out of the
 * scrollback push the view on; the alternate screen has none, so that it is always seen live.
 */
#include "display/display-internal.h"

int64_t view_base(const struct display_view *view)
{
	return (int64_t)vt_lines_scrolled(view->console->vt);
}

void view_settle(struct display_view *view)
{
	int64_t base = view_base(view), back = 0;

	if (view->back) {
		int64_t count = vt_scrollback_count(view->console->vt);

		back = base - view->top;
		back = back > count ? count : back;
		back = back < 0 ? 0 : back;
	}
	view->back = (unsigned)back;
	view->top = base - back;
}

void display_view_scroll(struct display_view *view, int lines)
{
	int64_t count = vt_scrollback_count(view->console->vt), back;

	view_settle(view);
	back = (int64_t)view->back + lines;
	back = back > count ? count : back;
	back = back < 0 ? 0 : back;
	if (back == view->back)
		return;
	view->back = (unsigned)back;
	view->top = view_base(view) - back;
	view_changed(view);
}

void view_to_bottom(struct display_view *view)
{
	if (!view->back && !view->selection.exists)
		return;
	view->back = 0;
	view->selection.exists = false;
	view_changed(view);
}
