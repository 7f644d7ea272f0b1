/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_MONITORS_H
#define CONTROL_MONITORS_H

#include "opts/opts.h"

struct world;

/** struct monitors - who steers a world: what `-mon`, `-qmp` and `-control` asked for */
struct monitors;

/** monitor_options - what `-mon` takes */
extern const struct opt_desc monitor_options[];

/** monitor_types - the types of `-object` that are monitors; NULL-terminated */
extern const char *const monitor_types[];

/** monitors_is_type() - is this one of monitor_types */
bool monitors_is_type(const char *type);

/** monitors_check_object() - of options with "qom-type". Return: 0; -EINVAL with @err */
int monitors_check_object(struct opts *opts, struct error **err);

/** monitors_new() - none yet; @world knows them until they are freed. NULL if memory ran out */
struct monitors *monitors_new(struct world *world);

/** monitors_free() - tell all what has happened, and end them; before the world. NULL is fine */
void monitors_free(struct monitors *monitors);

/**
 * monitors_add() - let a chardev be a monitor
 * @opts: unchecked; of `-mon`, or with "qom-type" of `-object`
 *
 * Return: 0; -ENOENT: no such chardev; -EBUSY; another -errno with @err.
 */
int monitors_add(struct monitors *monitors, struct opts *opts, struct error **err);

/** monitors_add_object() - the same with the options of `-object monitor-qmp` */
int monitors_add_object(struct monitors *monitors, struct opts *opts, struct error **err);

/** monitors_has() - is there a monitor of this name */
bool monitors_has(const struct monitors *monitors, const char *id);

/** monitors_has_at() - is there one at this chardev */
bool monitors_has_at(const struct monitors *monitors, const char *chardev);

/** monitors_owe() - has one of them, or of their clients, yet to take what it was told */
bool monitors_owe(const struct monitors *monitors);

/** monitors_remove_at() - unmake it, not from inside of one; no-op: none */
void monitors_remove_at(struct monitors *monitors, const char *chardev);

/** monitors_remove() - unmake it, after this dispatch. Return: 0; -ENOENT */
int monitors_remove(struct monitors *monitors, const char *id, struct error **err);

#endif
