/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_SHARED_H
#define CHARDEV_SHARED_H

#include "chardev/chardev.h"

struct chardev_inheritance;

enum { CHARDEV_SCRATCH_BYTES = 64 * 1024 };

/**
 * struct chardev_shared - what all chardevs of a set share
 * @display: where those that are screens appear; NULL: nowhere
 * @objects: what options refer to by id; NULL: nothing
 * @escape:  begins a command of a mux
 * @inheritance: what another program has left; NULL: nothing, or all has been made
 * @scratch: what all of them read into in turn
 */
struct chardev_shared {
	struct loop *loop;
	struct chardev_set *set;
	struct display *display;
	struct object_set *objects;
	unsigned char escape;
	struct chardev_inheritance *inheritance;
	char scratch[CHARDEV_SCRATCH_BYTES];
};

#endif
