/* SPDX-License-Identifier: MIT */
/*
 * What a session asks for itself.
 */
#include "control/commands.h"

#include "control/event-table.h"

#include <errno.h>

enum { NAMES_MAX = 256 }; /* each event is looked for among them */

static const struct field subscribe_args[] = {
	{ "events", &type_string_list, .optional = true,
		.help = "names of the events to send from now on; default: all" },
	{ 0 },
};

static int check_names(const json_t *names, struct error **err)
{
	if (json_array_size(names) > NAMES_MAX)
		return error_set(
			err, E2BIG, "Parameter 'events' has more than %d names", NAMES_MAX);
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (!event_desc_find(name))
			return error_set(err, ENOENT, "There is no event '%s'", name);
	}
	return 0;
}

static int subscribe(struct call *call, struct error **err)
{
	const struct caller *caller = call_caller(call);
	const json_t *names = json_object_get(call_args(call), "events");
	int r = check_names(names, err);

	if (r < 0)
		return r;
	if (!caller->ops->subscribe)
		return error_set(err, ENOTSUP, "this session has no events");
	r = caller->ops->subscribe(caller->data, names);
	return r < 0 ? error_set(err, -r, "out of memory") : 0;
}

const struct command commands_session[] = {
	{ "subscribe", "Choose the events that this session is sent", subscribe_args, NULL,
		subscribe },
	{ 0 },
};
