/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_PEOPLE_H
#define CONTROL_PEOPLE_H

#include "display/display.h"

/**
 * people_at() - who shares a console by other ways than VNC; a display_people_fn
 * @chardevs: struct chardev_set; a plain pointer, so that this can be a callback
 * @label:    of the console: the id of its vc
 *
 * Of the members of the hub that the vc is in, those that are there and have a person at the other
 * end: terminals on a pty, clients of sockets, the terminal of the program itself. With the name
 * that is known of them: "s0.1 (user:joe)". Where one has the keyboard (typing=one) that is said
 * too: "s0.1 (user:joe) types"; of the vc itself it is said for all who look at it: "vc0 types".
 */
void people_at(
	void *chardevs, const char *label, void (*put)(void *names, const char *name), void *names);

#endif
