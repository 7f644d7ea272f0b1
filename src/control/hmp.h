/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_HMP_H
#define CONTROL_HMP_H

#include "base/error.h"

struct chardev;
struct monitor;
struct world;

/**
 * hmp_new() - a monitor on a chardev that a person speaks to
 *
 * On a mux it is silent while it has not the focus.
 *
 * Return: as monitor_new().
 */
int hmp_new(struct world *world, struct chardev *chardev, struct monitor **ret_monitor,
	struct error **err);

#endif
