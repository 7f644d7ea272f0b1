/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_QMP_H
#define CONTROL_QMP_H

#include "base/error.h"

#include <stdbool.h>

struct chardev;
struct monitor;
struct world;

/**
 * qmp_new() - a monitor on a chardev that speaks QEMU's machine protocol
 * @pretty: answer in several lines
 *
 * Return: as monitor_new().
 */
int qmp_new(struct world *world, struct chardev *chardev, bool pretty, struct monitor **ret_monitor,
	struct error **err);

#endif
