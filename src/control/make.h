/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_MAKE_H
#define CONTROL_MAKE_H

#include "base/error.h"
#include "control/inventory.h"

struct frontend;
struct opts;
struct world;

/**
 * world_make() - make a thing of any kind: what the command line, files and programs ask for
 * @opts:         unchecked
 * @ret_frontend: of a THING_DEVICE; NULL: of no interest
 *
 * Return: 0; -errno with @err.
 */
int world_make(struct world *world, enum thing_kind kind, struct opts *opts,
	struct frontend **ret_frontend, struct error **err);

/** thing_kind_find() - by its name. Return: 0; -EINVAL with @err */
int thing_kind_find(const char *name, enum thing_kind *ret_kind, struct error **err);

#endif
