/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_CHARDEV_H
#define CHARDEV_CHARDEV_H

#include <charhub/chardev-impl.h>

enum { CHARDEV_SCRATCH_BYTES = 64 * 1024 };

/**
 * struct chardev_shared - what all chardevs of a set share
 * @display: where those that are screens appear; NULL: nowhere
 * @escape:  begins a command of a mux
 * @scratch: what all of them read into in turn
 */
struct chardev_shared {
	struct loop *loop;
	struct chardev_set *set;
	struct display *display;
	unsigned char escape;
	char scratch[CHARDEV_SCRATCH_BYTES];
};

/** chardev_new() - an object that is not open yet; NULL if memory ran out */
struct chardev *chardev_new(
	struct chardev_shared *shared, const struct chardev_class *class, const char *id);

/**
 * chardev_open() - open its log, then let the class open it
 * @opts: checked
 *
 * Return: 0; -errno with @err: the object is gone.
 */
int chardev_open(struct chardev *chardev, const struct opts *opts, struct error **err);

#endif
