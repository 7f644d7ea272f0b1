/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_MONITORS_H
#define CONTROL_MONITORS_H

#include "opts/opts.h"

struct world;

/** struct monitors - who steers a world: what `-mon`, `-qmp` and `-control` asked for */
struct monitors;

/** monitor_options - what `-mon` takes */
extern const struct opt_desc monitor_options[];

/** monitors_new() - none yet; @world knows them until they are freed. NULL if memory ran out */
struct monitors *monitors_new(struct world *world);

/** monitors_free() - tell all what has happened, and end them; before the world. NULL is fine */
void monitors_free(struct monitors *monitors);

/**
 * monitors_add() - let a chardev be a monitor
 * @opts: unchecked
 *
 * Return: 0; -ENOENT: no such chardev; -EBUSY; another -errno with @err.
 */
int monitors_add(struct monitors *monitors, struct opts *opts, struct error **err);

#endif
