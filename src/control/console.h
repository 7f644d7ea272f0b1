/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_CONSOLE_H
#define CONTROL_CONSOLE_H

#include "control/type.h"
#include "hub/hub.h"

struct call;
struct world;

/*
 * A console is a hub: what a guest's end and its people meet in. What the commands about consoles
 * and hubs have in common.
 */

/** type_hub_access - HubAccess, with the words of enum hub_access */
extern const struct type type_hub_access;

/** console_find() - the hub of a name. Return: 0; -ENOENT, -EINVAL with @err */
int console_find(
	const struct world *world, const char *name, struct chardev **ret_hub, struct error **err);

/** console_of_call() - the same by the argument @key of a command */
int console_of_call(
	const struct call *call, const char *key, struct chardev **ret_hub, struct error **err);

/** console_next() - walk all hubs in order of creation; NULL starts and ends */
struct chardev *console_next(const struct world *world, const struct chardev *after);

/**
 * console_last_line() - the newest line with something in it, as a person would read it
 *
 * Return: UTF-8 without control characters, which the caller frees; NULL: none, or no memory.
 */
char *console_last_line(struct chardev *hub);

#endif
