/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_BIRTH_H
#define CHARDEV_BIRTH_H

#include "chardev/chardev-impl.h"
#include "chardev/shared.h"

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
