/* SPDX-License-Identifier: MIT */
#ifndef DISPLAY_OVERVIEW_H
#define DISPLAY_OVERVIEW_H

#include "display/display.h"

struct overview;

/**
 * overview_new() - the console that says which consoles there are and who looks at them
 * @title: of the program or machine; copied
 *
 * To be the first console of a display, so that it is number DISPLAY_OVERVIEW. It uses what any
 * client of a display may use, and listens to display_watch_who(). Return: 0, -ENOMEM.
 */
int overview_new(struct loop *loop, struct display *display, const char *title,
	struct overview **ret_overview);

/** overview_set_people() - see display_set_people() */
void overview_set_people(struct overview *overview, display_people_fn *fn, void *data);

/** overview_free() - no view is left */
void overview_free(struct overview *overview);

#endif
