/* SPDX-License-Identifier: MIT */
/*
 * A viewer's look at a console: its life, and what it is told. Whoever calls a view's callbacks
 * watches @gone: the view may be freed in any of them.
 */
#include "display/display-internal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

typedef void view_callback(void *data);

/* Return: false: the view is gone. */
static bool view_call(struct display_view *view, view_callback *callback)
{
	bool *outer = view->gone, gone = false;

	if (!callback)
		return true;
	view->gone = &gone;
	callback(view->data);
	if (!gone) {
		view->gone = outer;
		return true;
	}
	if (outer)
		*outer = true;
	return false;
}

void view_look_at(struct display_view *view, struct display_console *console)
{
	if (view->console) {
		list_remove(&view->node);
		view->console->viewers--;
	}
	view->console = console;
	list_append(&console->views, &view->node);
	console->viewers++;
	view->cols = vt_cols(console->vt);
	view->rows = vt_rows(console->vt);
	view->pointer = (struct pointer){ .buttons = view->pointer.buttons };
	display_view_damage_all(view);
	overview_update(view->display);
}

int display_view_new(struct display *display, const struct display_view_config *config,
	const struct display_view_callbacks *callbacks, void *data, struct display_view **ret_view)
{
	static const struct display_view_callbacks none = { 0 };
	struct display_view *view = calloc(1, sizeof(*view));

	if (!view)
		return -ENOMEM;
	view->name = strdup(config->name ? config->name : "");
	if (!view->name) {
		free(view);
		return -ENOMEM;
	}
	view->display = display;
	view->read_only = config->read_only;
	view->callbacks = &none; /* not a word before we return */
	view->data = data;
	view->lit = true;
	list_append(&display->views, &view->in_display);
	view_look_at(view, display_first(display));
	view->callbacks = callbacks;
	view->notified = false;
	*ret_view = view;
	return 0;
}

void display_view_free(struct display_view *view)
{
	struct display *display;

	if (!view)
		return;
	display = view->display;
	if (view->gone)
		*view->gone = true;
	list_remove(&view->in_display);
	list_remove(&view->node);
	view->console->viewers--;
	strbuf_done(&view->selected);
	free(view->name);
	free(view);
	overview_update(display);
}

struct display_console *display_view_console(const struct display_view *view)
{
	return view->console;
}

void view_changed(struct display_view *view)
{
	view->pending = true;
	if (view->notified)
		return;
	view->notified = true;
	view_call(view, view->callbacks->on_change);
}

/* Return: false: the view is gone. */
static bool notify_size(struct display_view *view)
{
	bool *outer = view->gone, gone = false;

	view->cols = vt_cols(view->console->vt);
	view->rows = vt_rows(view->console->vt);
	display_view_damage_all(view);
	if (!view->callbacks->on_size)
		return true;
	view->gone = &gone;
	view->callbacks->on_size(view->data, view->cols, view->rows);
	if (gone && outer)
		*outer = true;
	if (!gone)
		view->gone = outer;
	return !gone;
}

void view_notify(struct display_view *view, bool title_changed)
{
	struct vt *vt = view->console->vt;

	if ((vt_cols(vt) != view->cols || vt_rows(vt) != view->rows) && !notify_size(view))
		return;
	if (title_changed && !view_call(view, view->callbacks->on_title))
		return;
	view_changed(view);
}

void view_switched(struct display_view *view, struct display_console *console)
{
	struct display *display = view->display;

	display_begin_notify(display);
	view_look_at(view, console);
	if (view_call(view, view->callbacks->on_switched))
		view_changed(view);
	display_end_notify(display);
}

int display_view_switch(struct display_view *view, unsigned number)
{
	struct display_console *console = display_find(view->display, number);

	if (!console)
		return -ENOENT;
	if (console != view->console)
		view_switched(view, console);
	return 0;
}

void display_view_set_read_only(struct display_view *view, bool read_only)
{
	view->read_only = read_only;
}

void display_view_title(const struct display_view *view, struct strbuf *out)
{
	const struct display_console *console = view->console;
	const char *title = vt_title(console->vt);

	strbuf_puts(out, view->display->name);
	if (console->number == DISPLAY_OVERVIEW)
		return;
	strbuf_printf(out, ": %s", console->label);
	if (title[0])
		strbuf_printf(out, " - %s", title);
}

unsigned display_view_cols(const struct display_view *view)
{
	return vt_cols(view->console->vt);
}

unsigned display_view_rows(const struct display_view *view)
{
	return vt_rows(view->console->vt);
}

const struct vt *display_view_vt(const struct display_view *view)
{
	return view->console->vt;
}

bool display_view_is_held(const struct display_view *view)
{
	return vt_is_synchronized(view->console->vt) && !view->back;
}

void display_view_damage_all(struct display_view *view)
{
	view->reader = (struct vt_reader){ 0 };
	view->shown = (struct shown){ .lit = view->lit };
	view->back = 0;
	view->selection.exists = false;
	view->pointer.selecting = false;
	view->all = view->pending = true;
}
