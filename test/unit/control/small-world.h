/* SPDX-License-Identifier: MIT */
#ifndef TEST_CONTROL_SMALL_WORLD_H
#define TEST_CONTROL_SMALL_WORLD_H

#include "control/world.h"

/**
 * small_world_new() - chardevs and nothing else, under a clock that stands still
 * @name: of the guest; NULL: none
 */
struct world *small_world_new(const struct chardev_class *const *classes, const char *name);

/** small_world_free() - with its loop */
void small_world_free(struct world *world);

#endif
