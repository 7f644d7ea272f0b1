/* SPDX-License-Identifier: MIT */
/*
 * Which consoles there are, what is to be seen on them, and who has to hear of a change. Nobody is
 * called from here: a view takes a note and tells its owner after the dispatch.
 */
#include "base/cleanup.h"
#include "display/display-internal.h"

#include <errno.h>
#include <string.h>

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
	struct display_console *overview = display_next(display, NULL);
	struct display_console *first = display_next(display, overview);

	return first ? first : overview;
}

void display_who_changed(struct display *display)
{
	if (display->on_who)
		display->on_who(display->who_data);
}

void display_watch_who(struct display *display, void (*fn)(void *data), void *data)
{
	display->on_who = fn;
	display->who_data = data;
}

static unsigned lowest_free(const struct display *display)
{
	unsigned number = DISPLAY_OVERVIEW;

	list_for_each (console, &display->consoles, struct display_console, node)
		number += console->number == number;
	return number;
}

/* The console that one of that number comes before. */
static struct list *place_of(struct display *display, unsigned number)
{
	list_for_each (console, &display->consoles, struct display_console, node)
		if (console->number > number)
			return &console->node;
	return &display->consoles;
}

struct display_console *console_new(
	struct display *display, const struct display_console_config *config)
{
	static const struct display_console_ops no_ops = { 0 };
	struct display_console *console = calloc(1, sizeof(*console));

	if (!console)
		return NULL;
	console->display = display;
	memcpy(console->label, config->label, strnlen(config->label, DISPLAY_LABEL_MAX));
	console->vt = config->vt;
	console->ops = config->ops ? config->ops : &no_ops;
	console->data = config->data;
	console->backspace_bs = config->backspace_bs;
	console->is_changed = true;
	list_init(&console->views);
	return console;
}

void console_free(struct display_console *console)
{
	notice_free(console->notice);
	free(console);
}

int display_console_add(struct display *display, const struct display_console_config *config,
	struct display_console **ret_console)
{
	struct display_console *console;
	unsigned number = config->number;

	if (!number || display_find(display, number))
		number = lowest_free(display);
	if (number > DISPLAY_CONSOLES_MAX)
		return -ENOSPC;
	console = console_new(display, config);
	if (!console)
		return -ENOMEM;
	console->number = number;
	list_add_before(place_of(display, number), &console->node);
	display_who_changed(display);
	*ret_console = console;
	return 0;
}

void display_console_remove(struct display_console *console)
{
	struct display *display;

	if (!console)
		return;
	display = console->display;
	list_remove(&console->node);
	list_for_each_safe (view, &console->views, struct display_view, node)
		view_switched(view, view_first(view));
	console_free(console);
	display_who_changed(display);
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
	list_for_each_safe (view, &console->views, struct display_view, node)
		view_notify(view, title_changed);
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
	list_for_each (view, &console->views, struct display_view, node)
		if (view_may(view, console) != DISPLAY_NOTHING)
			view_tell(view, VIEW_BELL);
}

void display_console_clipboard(struct display_console *console, const char *utf8, size_t len)
{
	list_for_each (view, &console->views, struct display_view, node)
		if (view_may(view, console) != DISPLAY_NOTHING)
			view_tell_clipboard(view, utf8, len);
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

struct display_view *display_console_next_view(
	const struct display_console *console, const struct display_view *after)
{
	const struct list *next = after ? after->node.next : console->views.next;

	return next == &console->views ? NULL : container_of(next, struct display_view, node);
}

void display_console_rules(
	const struct display_console *console, struct object **ret_view, struct object **ret_type)
{
	*ret_view = *ret_type = NULL;
	if (console->ops->rules)
		console->ops->rules(console->data, ret_view, ret_type);
}

unsigned display_console_viewers(const struct display_console *console)
{
	return console->viewers;
}
