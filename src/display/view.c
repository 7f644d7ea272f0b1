/* SPDX-License-Identifier: MIT */
/*
 * A viewer's look at a console: its life, and what its owner is told: after the dispatch, so that
 * the owner may do whatever it likes to any object of the display.
 */
#include "display/display-internal.h"

#include "base/cleanup.h"
#include "base/copy.h"

#include <errno.h>
#include <string.h>

/* ---- what the owner is told ---- */

static void tell_sent_away(struct display_view *view)
{
	view->callbacks->on_sent_away(view->data);
}

static void tell_switched(struct display_view *view)
{
	view->callbacks->on_switched(view->data);
}

static void tell_size(struct display_view *view)
{
	view->callbacks->on_size(view->data, view->cols, view->rows);
}

static void tell_size_decided(struct display_view *view)
{
	view->callbacks->on_size_decided(view->data);
}

static void tell_title(struct display_view *view)
{
	view->callbacks->on_title(view->data);
}

static void tell_bell(struct display_view *view)
{
	view->callbacks->on_bell(view->data);
}

static void tell_clipboard(struct display_view *view)
{
	struct strbuf text AUTO_STRBUF = view->clipboard;

	view->clipboard = (struct strbuf){ 0 };
	if (!text.failed)
		view->callbacks->on_clipboard(view->data, text.data, text.len);
}

static void tell_paste(struct display_view *view)
{
	view->callbacks->on_paste(view->data);
}

static void tell_change(struct display_view *view)
{
	view->callbacks->on_change(view->data);
}

static const struct {
	unsigned news;
	void (*tell)(struct display_view *view);
} tellers[] = {
	{ VIEW_SENT_AWAY, tell_sent_away },
	{ VIEW_SWITCHED, tell_switched },
	{ VIEW_SIZE, tell_size },
	{ VIEW_SIZE_DECIDED, tell_size_decided },
	{ VIEW_TITLE, tell_title },
	{ VIEW_BELL, tell_bell },
	{ VIEW_CLIPBOARD, tell_clipboard },
	{ VIEW_PASTE, tell_paste },
	{ VIEW_CHANGE, tell_change },
};

/* One piece of news, and the next in a task of its own: the owner may free the view. */
static void tell(void *data)
{
	struct display_view *view = data;
	unsigned i = 0;

	while (!(view->news & tellers[i].news))
		i++;
	view->news &= ~tellers[i].news;
	if (view->news)
		task_post(view->display->loop, &view->tell, tell, view);
	tellers[i].tell(view);
}

void view_tell(struct display_view *view, unsigned news)
{
	view->news |= news & view->wanted_news;
	if (view->news)
		task_post(view->display->loop, &view->tell, tell, view);
}

static unsigned wanted_news(const struct display_view_callbacks *callbacks)
{
	return (callbacks->on_sent_away ? VIEW_SENT_AWAY : 0u) |
	       (callbacks->on_switched ? VIEW_SWITCHED : 0u) |
	       (callbacks->on_size ? VIEW_SIZE : 0u) |
	       (callbacks->on_size_decided ? VIEW_SIZE_DECIDED : 0u) |
	       (callbacks->on_title ? VIEW_TITLE : 0u) | (callbacks->on_bell ? VIEW_BELL : 0u) |
	       (callbacks->on_clipboard ? VIEW_CLIPBOARD : 0u) |
	       (callbacks->on_paste ? VIEW_PASTE : 0u) | (callbacks->on_change ? VIEW_CHANGE : 0u);
}

void view_tell_clipboard(struct display_view *view, const char *utf8, size_t len)
{
	strbuf_done(&view->clipboard);
	strbuf_append(&view->clipboard, utf8, len);
	view_tell(view, VIEW_CLIPBOARD);
}

void view_changed(struct display_view *view)
{
	view->pending = true;
	if (view->notified)
		return;
	view->notified = true;
	view_tell(view, VIEW_CHANGE);
}

static void notify_size(struct display_view *view)
{
	view->cols = vt_cols(view->console->vt);
	view->rows = vt_rows(view->console->vt);
	display_view_damage_all(view);
	view_tell(view, VIEW_SIZE);
}

/* What has changed may be who may see it. */
void view_notify(struct display_view *view, bool title_changed)
{
	struct vt *vt = view->console->vt;

	if (view_may(view, view->console) == DISPLAY_NOTHING) {
		display_view_judge(view);
		return;
	}
	if (vt_cols(vt) != view->cols || vt_rows(vt) != view->rows)
		notify_size(view);
	if (title_changed)
		view_tell(view, VIEW_TITLE);
	view_changed(view);
}

void view_switched(struct display_view *view, struct display_console *console)
{
	view_look_at(view, console);
	view_tell(view, VIEW_SWITCHED);
	view_changed(view);
}

/* ---- what it may ---- */

enum display_right view_may(const struct display_view *view, const struct display_console *console)
{
	struct object *view_rule, *type_rule;

	display_console_rules(console, &view_rule, &type_rule);
	if (!view_rule && !type_rule)
		return DISPLAY_TYPE;
	return view->callbacks->may ? view->callbacks->may(view->data, view_rule, type_rule)
				    : DISPLAY_NOTHING;
}

bool view_may_type(const struct display_view *view)
{
	return !view->read_only && view_may(view, view->console) == DISPLAY_TYPE;
}

struct display_console *view_first(const struct display_view *view)
{
	struct display_console *overview = display_next(view->display, NULL);
	struct display_console *console = overview;

	while ((console = display_next(view->display, console)))
		if (view_may(view, console) != DISPLAY_NOTHING)
			return console;
	return overview;
}

static void tell_viewers(struct display_console *console)
{
	if (console->ops->viewers)
		console->ops->viewers(console->data);
}

void display_view_judge(struct display_view *view)
{
	view_judge_page(view);
	if (view->wanted && display_view_switch(view, view->wanted) == 0)
		return;
	if (view_may(view, view->console) != DISPLAY_NOTHING) {
		tell_viewers(view->console);
		return;
	}
	view->wanted = view->console->number;
	view_switched(view, view_first(view));
}

/* ---- its life ---- */

static void leave(struct display_view *view)
{
	list_remove(&view->node);
	view->console->viewers--;
	tell_viewers(view->console);
}

void view_look_at(struct display_view *view, struct display_console *console)
{
	if (view->console)
		leave(view);
	display_view_size_decided(view);
	view->console = console;
	notice_free(TAKE_PTR(view->notice));
	list_append(&console->views, &view->node);
	console->viewers++;
	tell_viewers(console);
	view->cols = vt_cols(console->vt);
	view->rows = vt_rows(console->vt);
	view->pointer = (struct pointer){ .buttons = view->pointer.buttons };
	display_view_damage_all(view);
	display_who_changed(view->display);
}

static void free_names(struct display_view *view)
{
	free(view->name);
	free(view->identity);
	free(view->address);
}

static int copy_names(struct display_view *view, const struct display_view_config *config)
{
	view->name = strdup(config->name ? config->name : "");
	if (view->name && copy_text(config->identity, &view->identity) == 0 &&
		copy_text(config->address, &view->address) == 0)
		return 0;
	free_names(view);
	return -ENOMEM;
}

int display_view_new(struct display *display, const struct display_view_config *config,
	const struct display_view_callbacks *callbacks, void *data, struct display_view **ret_view)
{
	struct display_view *view = calloc(1, sizeof(*view));

	if (!view)
		return -ENOMEM;
	if (copy_names(view, config) < 0) {
		free(view);
		return -ENOMEM;
	}
	view->display = display;
	view->number = ++display->views_seen;
	view->read_only = config->read_only;
	view->callbacks = callbacks;
	view->wanted_news = wanted_news(callbacks);
	view->data = data;
	view->lit = true;
	composer_init(&view->composer, display->compose_tables);
	list_append(&display->views, &view->in_display);
	view_look_at(view, view_first(view));
	if (view->console != display_first(display))
		view->wanted = display_first(display)->number;
	*ret_view = view;
	return 0;
}

void display_view_free(struct display_view *view)
{
	struct display *display;

	if (!view)
		return;
	display = view->display;
	task_cancel(&view->tell);
	list_remove(&view->in_display);
	leave(view);
	view_close_page(view);
	composer_done(&view->composer);
	strbuf_done(&view->selected);
	strbuf_done(&view->clipboard);
	notice_free(view->notice);
	free_names(view);
	free(view);
	display_who_changed(display);
}

void display_view_save(const struct display_view *view, struct display_view_state *ret_state)
{
	const struct pointer *pointer = &view->pointer;

	*ret_state = (struct display_view_state){ .console = view->console->number,
		.wanted = view->wanted,
		.keys = view->held,
		.buttons = pointer->buttons,
		.guest_buttons = pointer->guest_buttons,
		.col = pointer->col,
		.row = pointer->row,
		.back = view->back,
		.selected = view->selected.data,
		.selected_len = view->selected.len,
		.composing = view->composer.keys,
		.n_composing = view->composer.n_keys,
		.number = view->number,
		.right = view_may(view, view->console) };
}

/* A page behind the overview is not there any more, nor may be a console that was removed. */
static struct display_console *find_again(struct display_view *view, unsigned number)
{
	struct display_console *console = display_find(view->display, number);

	if (!console)
		return number ? view_first(view) : display_next(view->display, NULL);
	if (view_may(view, console) != DISPLAY_NOTHING)
		return console;
	view->wanted = number;
	return view_first(view);
}

static void take_number(struct display_view *view, unsigned number)
{
	struct display *display = view->display;

	view->number = number;
	if (display->views_seen < number)
		display->views_seen = number;
}

/* What they would have typed was not waited for. */
static void compose_on(struct composer *composer, const uint32_t *keysyms, size_t n)
{
	char text[COMPOSE_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		composer_feed(composer, keysyms[i], text);
}

void display_view_go_on(struct display_view *view, const struct display_view_state *state)
{
	if (state->number)
		take_number(view, state->number);
	view->wanted = state->wanted;
	view_look_at(view, find_again(view, state->console));
	view->held = state->keys;
	view->pointer = (struct pointer){ .buttons = state->buttons,
		.guest_buttons = state->guest_buttons,
		.col = state->col,
		.row = state->row };
	if (state->selected_len)
		strbuf_append(&view->selected, state->selected, state->selected_len);
	compose_on(&view->composer, state->composing, state->n_composing);
	if (view->console->number == state->console)
		display_view_scroll(view, (int)state->back);
}

const char *display_view_name(const struct display_view *view)
{
	return view->name;
}

unsigned display_view_number(const struct display_view *view)
{
	return view->number;
}

const char *display_view_identity(const struct display_view *view)
{
	return view->identity;
}

const char *display_view_address(const struct display_view *view)
{
	return view->address;
}

bool display_view_may_type(const struct display_view *view)
{
	return view_may_type(view);
}

void display_view_bell(struct display_view *view)
{
	view_tell(view, VIEW_BELL);
}

void display_view_send_away(struct display_view *view)
{
	view_tell(view, VIEW_SENT_AWAY);
}

struct display_console *display_view_console(const struct display_view *view)
{
	return view->console;
}

int display_view_switch(struct display_view *view, unsigned number)
{
	struct display_console *console = display_find(view->display, number);

	if (!console)
		return -ENOENT;
	view->wanted = number;
	if (view_may(view, console) == DISPLAY_NOTHING)
		return -EACCES;
	view->wanted = 0;
	if (console != view->console)
		view_switched(view, console);
	return 0;
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
