/* SPDX-License-Identifier: MIT */
/* What the configuration has made, and reading it again. */
#include "control/commands.h"

#include "control/json-put.h"
#include "control/reload.h"
#include "control/world.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- query-config ---- */

static const struct field thing_fields[] = {
	{ "option", &type_string, .help = "that makes it: object, chardev, device, ..." },
	{ "id", &type_string, .help = "its name" },
	{ "arg", &type_string, .help = "of the option, with all that differs from the presets" },
	{ 0 },
};
static const struct type type_thing = {
	.kind = TYPE_STRUCT, .name = "ConfigThing", .fields = thing_fields
};
static const struct type type_things = {
	.kind = TYPE_LIST, .name = "ConfigThingList", .element = &type_thing
};

static const struct field query_args[] = {
	{ "id", &type_string, .optional = true,
		.help = "only what has this name, or one that goes on with a dot" },
	{ 0 },
};

static bool is_called(const struct thing *thing, const char *id)
{
	size_t len = id ? strlen(id) : 0;

	return !id || (!strncmp(thing->name, id, len) && strchr(".", thing->name[len]));
}

/* What a secret holds is nobody's to read. */
static char *public_text(const struct thing *thing)
{
	struct opts *opts = NULL;
	char *text;

	if (thing->kind != THING_OBJECT)
		return strdup(thing_asked(thing));
	if (opts_parse(thing_asked(thing), "qom-type", &opts, NULL) < 0)
		return NULL;
	if (opts_text(opts, "data") && opts_set(opts, "data", "...") < 0)
		text = NULL;
	else
		text = opts_canonical(opts, "qom-type");
	opts_free(opts);
	return text;
}

static int query_config(struct call *call, struct error **err)
{
	const struct inventory *inventory = world_inventory(call_world(call));
	const char *id = call_string(call, "id");
	json_t *list = json_array();
	struct thing *thing = NULL;
	int r = list ? 0 : -ENOMEM;

	while (r == 0 && (thing = inventory_next(inventory, thing))) {
		char *text = thing->is_asked && is_called(thing, id) ? public_text(thing) : NULL;

		if (text && json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "option",
								thing_kind_name(thing->kind), "id",
								thing->name, "arg", text)) < 0)
			r = -ENOMEM;
		free(text);
	}
	if (r == 0)
		return call_return(call, list, err);
	json_decref(list);
	return error_set(err, ENOMEM, "out of memory");
}

/* ---- config-reload ---- */

static const struct field step_fields[] = {
	{ "action", &type_string, .help = "add, remove, change: it stays, make-anew" },
	{ "option", &type_string, .help = "as in query-config" },
	{ "id", &type_string, .help = "its name" },
	{ "error", &type_string, .optional = true, .help = "why it could not be done" },
	{ 0 },
};
static const struct type type_step = {
	.kind = TYPE_STRUCT, .name = "ConfigStep", .fields = step_fields
};
static const struct type type_steps = {
	.kind = TYPE_LIST, .name = "ConfigStepList", .element = &type_step
};

static const struct field reload_args[] = {
	{ "dry-run", &type_bool, .optional = true,
		.help = "say what would be done, and do nothing" },
	{ 0 },
};

/** struct waiting - a call that waits for a reload */
struct waiting {
	struct world *world;
	struct call *call;
	struct reload_listener listener;
	json_t *steps;
};

static void waiting_free(struct waiting *waiting)
{
	json_decref(waiting->steps);
	free(waiting);
}

static void on_step(void *data, enum reload_action action, enum thing_kind kind, const char *name,
	const struct error *err)
{
	const struct waiting *waiting = data;
	json_t *step = json_pack("{s:s,s:s,s:s}", "action", reload_action_name(action), "option",
		thing_kind_name(kind), "id", name);

	if (err)
		json_object_set_new(step, "error", json_string(error_message(err)));
	json_array_append_new(waiting->steps, step);
}

static void on_end(void *data, struct error *err)
{
	struct waiting *waiting = data;

	call_end(waiting->call, err ? NULL : json_incref(waiting->steps), err);
	waiting_free(waiting);
}

static void on_cancel(void *data)
{
	struct waiting *waiting = data;

	reload_forget(waiting->world, &waiting->listener);
	waiting_free(waiting);
}

static int config_reload(struct call *call, struct error **err)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	int r;

	if (waiting)
		waiting->steps = json_array();
	if (!waiting || !waiting->steps) {
		free(waiting);
		return error_set(err, ENOMEM, "out of memory");
	}
	waiting->world = call_world(call);
	waiting->call = call;
	waiting->listener = (struct reload_listener){ on_step, on_end, waiting };
	r = reload_start(
		waiting->world, call_bool(call, "dry-run", false), &waiting->listener, err);
	if (r == 0)
		return call_defer(call, on_cancel, waiting);
	waiting_free(waiting);
	return r;
}

const struct command commands_config[] = {
	{ "config-reload", "read the configuration again, and carry out what has changed",
		.args = reload_args, .returns = &type_steps, .run = config_reload },
	{ "query-config", "what the configuration has made, as plain options", .args = query_args,
		.returns = &type_things, .run = query_config },
	{ 0 },
};
