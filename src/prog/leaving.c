/* SPDX-License-Identifier: MIT */
#include "prog/leaving.h"

#include "control/bequest.h"
#include "control/world.h"

#include <errno.h>
#include <stdlib.h>

/** struct parting - one that is left out */
struct parting {
	struct chardev *chardev;
	struct parting *next;
};

static void note_parting(void *data, struct chardev *chardev, const char *name, const char *why)
{
	struct leaving *leaving = data;
	struct parting *parting = chardev ? malloc(sizeof(*parting)) : NULL;

	(void)name, (void)why;
	if (!parting)
		return; /* it is closed without a word */
	*parting = (struct parting){ chardev, leaving->partings };
	leaving->partings = parting;
}

static int write_files(struct world *world, struct error **err)
{
	unsigned left = chardev_set_settle(world_chardevs(world), LEAVING_FILES_MS);

	return left ? error_set(err, ETIMEDOUT, "%u files do not take what is to be written", left)
		    : 0;
}

int leaving_begin(
	struct leaving *leaving, struct world *world, bool children_end, struct error **err)
{
	struct chardev_bequest *bequest = &leaving->bequest;
	int r = write_files(world, err);

	*leaving = (struct leaving){ .world = world,
		.bequest = { .writer.fd = -1,
			.children_end = children_end,
			.on_left_out = note_parting,
			.data = leaving } };
	if (r == 0)
		r = snapshot_begin(&bequest->writer, false, err);
	return r;
}

static void forget_partings(struct leaving *leaving, const char *reason)
{
	struct parting *parting;

	while ((parting = leaving->partings)) {
		leaving->partings = parting->next;
		if (reason)
			chardev_part(parting->chardev, reason);
		free(parting);
	}
}

void leaving_part(struct leaving *leaving, const char *reason)
{
	forget_partings(leaving, reason);
	bequest_part(leaving->world);
}

void leaving_done(struct leaving *leaving)
{
	forget_partings(leaving, NULL);
	snapshot_done(&leaving->bequest.writer);
}
