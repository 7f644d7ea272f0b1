/* SPDX-License-Identifier: MIT */
/*
 * Which consoles there are, and who looks at them.
 *
 * Views are called while a list of them is walked. A view may go away or move to another console
 * in its own callback, no other view may; so it is enough to know the next one beforehand. The
 * overview is about views and has viewers itself: it is redrawn after the outermost walk.
 */
#include "display/display.h"

#include "base/cleanup.h"
#include "display/display-internal.h"

#include <errno.h>
#include <string.h>

struct display *display_new(const char *name, struct font *font)
{
	struct display *display = calloc(1, sizeof(*display));

	if (!display)
		return NULL;
	list_init(&display->consoles);
	list_init(&display->views);
	display->font = font;
	display->name = strdup(name);
	if (!display->name || overview_new(display) < 0) {
		free(display->name);
		free(display);
		return NULL;
	}
	return display;
}

static void console_free(struct display_console *console)
{
	list_remove(&console->node);
	free(console);
}

void display_free(struct display *display)
{
	if (!display)
		return;
	list_for_each_safe (console, &display->consoles, struct display_console, node)
		if (console != display->overview)
			console_free(console);
	overview_free(display);
	free(display->name);
	free(display);
}

const char *display_name(const struct display *display)
{
	return display->name;
}

struct font *display_font(const struct display *display)
{
	return display->font;
}

struct display_console *display_find(const struct display *display, unsigned number)
{
	list_for_each (console, &display->consoles, struct display_console, node)
		if (console->number == number)
			return console;
	return NULL;
}

struct display_console *display_next(
	const struct display *display, const struct display_console *after)
{
	const struct list *next = after ? after->node.next : display->consoles.next;

	if (next == &display->consoles)
		return NULL;
	return container_of(next, struct display_console, node);
}

struct display_console *display_first(const struct display *display)
{
	struct display_console *first = display_next(display, display->overview);

	return first ? first : display->overview;
}

void display_begin_notify(struct display *display)
{
	display->notifying++;
}

void display_end_notify(struct display *display)
{
	display->notifying--;
	if (!display->notifying && display->overview_stale)
		overview_update(display);
}

/* The console that a new one comes before; the numbers up to there have no gap. */
static struct list *first_gap(struct display *display, unsigned *ret_number)
{
	unsigned number = DISPLAY_OVERVIEW;

	list_for_each (console, &display->consoles, struct display_console, node) {
		if (console->number != number) {
			*ret_number = number;
			return &console->node;
		}
		number++;
	}
	*ret_number = number;
	return &display->consoles;
}

int display_console_add(struct display *display, const struct display_console_config *config,
	struct display_console **ret_console)
{
	static const struct display_console_ops no_ops = { 0 };
	struct display_console *console;
	struct list *before;
	unsigned number;
	size_t len = strnlen(config->label, DISPLAY_LABEL_MAX);

	before = first_gap(display, &number);
	if (number > DISPLAY_CONSOLES_MAX)
		return -ENOSPC;
	console = calloc(1, sizeof(*console));
	if (!console)
		return -ENOMEM;
	console->display = display;
	console->number = number;
	memcpy(console->label, config->label, len);
	console->vt = config->vt;
	console->ops = config->ops ? config->ops : &no_ops;
	console->data = config->data;
	console->backspace_bs = config->backspace_bs;
	console->is_changed = true;
	list_init(&console->views);
	list_add_before(before, &console->node);
	overview_update(display);
	*ret_console = console;
	return 0;
}

void display_console_remove(struct display_console *console)
{
	struct display *display;

	if (!console)
		return;
	display = console->display;
	display_begin_notify(display);
	list_remove(&console->node);
	while (!list_is_empty(&console->views))
		view_switched(container_of(console->views.next, struct display_view, node),
			display_first(display));
	free(console);
	display->overview_stale = true;
	display_end_notify(display);
}

void display_console_set_vt(struct display_console *console, struct vt *vt)
{
	console->vt = vt;
	list_for_each (view, &console->views, struct display_view, node)
		display_view_damage_all(view);
	display_console_changed(console);
}

/* FNV-1a. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return hash;
}

void display_console_changed(struct display_console *console)
{
	uint64_t hash;
	bool title_changed;

	console->is_changed = true;
	if (!console->viewers)
		return;
	hash = hash_of(vt_title(console->vt));
	title_changed = hash != console->title_hash;
	console->title_hash = hash;
	display_begin_notify(console->display);
	list_for_each_safe (view, &console->views, struct display_view, node)
		view_notify(view, title_changed);
	display_end_notify(console->display);
}

uint64_t console_picture(struct display_console *console)
{
	uint64_t offset = vt_offset(console->vt);

	if (console->is_changed || !console->serial || offset != console->offset) {
		console->serial = ++console->display->serial;
		console->offset = offset;
		console->is_changed = false;
	}
	return console->serial;
}

void display_console_bell(struct display_console *console)
{
	display_begin_notify(console->display);
	list_for_each_safe (view, &console->views, struct display_view, node)
		if (view->callbacks->on_bell)
			view->callbacks->on_bell(view->data);
	display_end_notify(console->display);
}

void display_console_clipboard(struct display_console *console, const char *utf8, size_t len)
{
	display_begin_notify(console->display);
	list_for_each_safe (view, &console->views, struct display_view, node)
		if (view->callbacks->on_clipboard)
			view->callbacks->on_clipboard(view->data, utf8, len);
	display_end_notify(console->display);
}

unsigned display_console_number(const struct display_console *console)
{
	return console->number;
}

const char *display_console_label(const struct display_console *console)
{
	return console->label;
}

struct vt *display_console_vt(const struct display_console *console)
{
	return console->vt;
}

unsigned display_console_viewers(const struct display_console *console)
{
	return console->viewers;
}
