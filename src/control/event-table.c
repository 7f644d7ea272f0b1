/* SPDX-License-Identifier: MIT */
#include "control/event-table.h"

#include "control/type.h"

#include <string.h>

const struct event_desc event_shutdown = {
	.name = "SHUTDOWN",
	.help = "The program ends",
	.data =
		(const struct field[]){
			{ "guest", &type_bool, .help = "whether a guest asked for it: never" },
			{ "reason", &type_string,
				.help = "'host-qmp-quit': the command quit; 'host-signal': a "
					"signal" },
			{ 0 },
		},
};

const struct event_desc event_events_lost = {
	.name = "EVENTS_LOST",
	.help = "This session was too slow: as many events are missing here",
	.data =
		(const struct field[]){
			{ "count", &type_int, .help = "how many" },
			{ 0 },
		},
};

const struct event_desc *const event_table[] = {
	&event_shutdown,
	&event_events_lost,
	NULL,
};

const struct event_desc *event_desc_find(const char *name)
{
	for (size_t i = 0; event_table[i]; i++)
		if (!strcmp(event_table[i]->name, name))
			return event_table[i];
	return NULL;
}
