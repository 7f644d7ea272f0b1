/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_HEIR_H
#define TEST_LIB_HEIR_H

#include "chardev/handover.h"

/*
 * Another program in our place: what a chardev leaves, and the one that goes on from it. Anything
 * that fails aborts.
 */

/** heir_leave() - all that is left of a chardev, in a snapshot that was written and opened */
void heir_leave(struct chardev *chardev, struct snapshot *ret_left);

/** heir_begin() - to leave one of class @class by hand: its records come next */
void heir_begin(struct snapshot_writer *writer, const char *id, const char *class);

/** heir_end() - they are all there */
void heir_end(struct snapshot_writer *writer, struct snapshot *ret_left);

/**
 * heir_find() - from now on chardevs of the set are loaded that were left
 * @left: outlives them; chardev_set_inherited() is still to be said
 */
void heir_find(struct chardev_set *set, const struct snapshot *left);

#endif
