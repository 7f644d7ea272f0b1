/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_PREPARATION_H
#define CHARDEV_PREPARATION_H

#include "io/loop.h"

struct chardev_set;

/**
 * struct chardev_preparation - all chardevs of a set are to be saved soon (chardev/handover.h)
 *
 * Each makes what its save() would spend time on, one a round of the loop: all goes on meanwhile.
 */
struct chardev_preparation;

/** chardev_preparation_new() - of those that are there now. Return: NULL: no memory */
struct chardev_preparation *chardev_preparation_new(struct loop *loop, struct chardev_set *set);

/**
 * chardev_preparation_run() - begin, or once more: only who was used meanwhile has something to do
 * @max_ms: after so long the rest is left as it is
 * @fn:     called at the end, in a round of its own
 */
void chardev_preparation_run(struct chardev_preparation *preparation, unsigned max_ms,
	void (*fn)(void *data), void *data);

/** chardev_preparation_free() - let go what was made, by all that are there; NULL is fine */
void chardev_preparation_free(struct chardev_preparation *preparation);

#endif
