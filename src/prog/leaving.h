/* SPDX-License-Identifier: MIT */
#ifndef PROG_LEAVING_H
#define PROG_LEAVING_H

#include "chardev/handover.h"

struct parting;
struct world;

enum { LEAVING_FILES_MS = 500 }; /* for files to be written; consoles wait for it */

/**
 * struct leaving - all that there is, in a snapshot for another program; in one dispatch, since
 * nothing may happen any more that the snapshot has not
 * @bequest:  for bequest_save()
 * @partings: who is left out by that
 */
struct leaving {
	struct world *world;
	struct chardev_bequest bequest;
	struct parting *partings;
};

/**
 * leaving_begin() - write files and begin a snapshot; to be ended by leaving_done(), also where it
 * fails
 * @children_end: see struct chardev_bequest
 *
 * Return: 0; -ETIMEDOUT: a file is not written in time; another -errno; with @err.
 */
int leaving_begin(
	struct leaving *leaving, struct world *world, bool children_end, struct error **err);

/** leaving_part() - nothing is in the way any more: say goodbye to who is left out, and why */
void leaving_part(struct leaving *leaving, const char *reason);

/** leaving_done() - what was not left after all goes on */
void leaving_done(struct leaving *leaving);

#endif
