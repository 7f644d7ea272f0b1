/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_EVENT_TABLE_H
#define CONTROL_EVENT_TABLE_H

#include "control/event.h"

/* Every kind of event; event_table lists them. */
extern const struct event_desc event_shutdown, event_events_lost;

/** event_table - NULL-terminated */
extern const struct event_desc *const event_table[];

/** event_desc_find() - by name; NULL: none */
const struct event_desc *event_desc_find(const char *name);

#endif
