/* SPDX-License-Identifier: MIT */
/* A display and the console that it brings itself, which is a client of it like any other. */
#include "display/display.h"

#include "display/display-internal.h"
#include "display/overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct display *display_new(struct loop *loop, const char *name, struct font *font)
{
	struct display *display = calloc(1, sizeof(*display));

	if (!display)
		return NULL;
	list_init(&display->consoles);
	list_init(&display->views);
	display->loop = loop;
	display->font = font;
	display->name = strdup(name);
	if (!display->name || overview_new(loop, display, name, &display->overview) < 0) {
		free(display->name);
		free(display);
		return NULL;
	}
	return display;
}

void display_free(struct display *display)
{
	if (!display)
		return;
	display_watch_who(display, NULL, NULL);
	list_for_each_safe (console, &display->consoles, struct display_console, node)
		if (console->number != DISPLAY_OVERVIEW)
			display_console_remove(console);
	overview_free(display->overview);
	compose_tables_free(display->compose_tables);
	free(display->name);
	free(display);
}

int display_load_compose(struct display *display)
{
	if (!display->compose_tables)
		display->compose_tables = compose_tables_new();
	return display->compose_tables ? 0 : -ENOMEM;
}

void display_set_people(struct display *display, display_people_fn *fn, void *data)
{
	overview_set_people(display->overview, fn, data);
}

struct font *display_font(const struct display *display)
{
	return display->font;
}
