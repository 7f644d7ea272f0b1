/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_HUB_EVENTS_H
#define CONTROL_HUB_EVENTS_H

#include "base/error.h"

struct chardev;
struct event_bus;

/**
 * hub_events_start() - tell on a bus what happens at a hub, until that goes
 * @bus: outlives the hub
 *
 * Return: 0; -ENOMEM with @err.
 */
int hub_events_start(struct chardev *hub, struct event_bus *bus, struct error **err);

#endif
