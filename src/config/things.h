/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_THINGS_H
#define CONFIG_THINGS_H

#include "config/request.h"

#include <stdbool.h>

struct world;

/*
 * What can be done with a thing of a kind, whatever kind it is. All of it goes through the world.
 */

/**
 * things_name() - give all that is wanted names of its kind, and its text
 *
 * What needs none in the text of the configuration is called as the world would call it, or by its
 * text. Where it fails, the place of messages is the request.
 *
 * Return: 0; -EEXIST "Duplicate ID 'x' for chardev"; -EBUSY "chardev 'x' is already in use";
 * -ENOMEM; with @err.
 */
int things_name(struct world *world, struct wanted *wanted, struct error **err);

/** things_name_one() - the same of one, of which @names has all that were named before */
int things_name_one(struct world *world, enum thing_kind kind, struct request *request,
	struct inventory *names, struct error **err);

/** thing_make() - and note it in the world's inventory. Return: 0; -errno with @err */
int thing_make(
	struct world *world, enum thing_kind kind, struct request *request, struct error **err);

/** thing_drop() - unmake what the inventory has, whoever holds it, or another of that name */
void thing_drop(struct world *world, enum thing_kind kind, const char *name);

/** thing_change() - let it take its new options, of which the others are as they were */
int thing_change(struct world *world, const struct thing *thing, const struct request *request,
	struct error **err);

/** thing_exists() - is there one of this name, whoever made it */
bool thing_exists(const struct world *world, enum thing_kind kind, const char *name);

/** thing_compare() - as opts_compare() */
int thing_compare(const struct thing *thing, const struct request *request);

#endif
