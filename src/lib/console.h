/* SPDX-License-Identifier: MIT */
#ifndef LIB_CONSOLE_H
#define LIB_CONSOLE_H

#include "hub/hub.h"
#include "lib/context.h"

struct guest;

/**
 * struct charhub_console - a handle
 * @hub:   NULL: it has gone; @observer: tells so
 * @id:    its name
 * @guest: what charhub_console_new() has made; NULL: it has gone, or somebody else is the guest
 * @owns:  made by charhub_console_new()
 * @gone:  the task that tells @on_gone
 */
struct charhub_console {
	struct charhub *charhub;
	struct list node;
	struct charhub_console_config config;
	char *id;
	struct chardev *hub;
	struct hub_observer observer;
	struct guest *guest;
	bool owns;
	struct task gone, reap;
};

/** consoles_forget() - free all handles, before what they stand for goes; nobody is told */
void consoles_forget(struct charhub *charhub);

#endif
