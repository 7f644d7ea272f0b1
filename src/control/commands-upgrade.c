/* SPDX-License-Identifier: MIT */
/* Another program in the place of this one. */
#include "control/commands.h"

#include "control/json-put.h"
#include "control/upgrade.h"
#include "control/world.h"

#include <errno.h>
#include <stdlib.h>

static const struct field step_fields[] = {
	{ "fate", &type_string,
		.help = "goes-on; made-anew, of its options; closed: its peer has to come again; "
			"lost: to a guest that is there" },
	{ "what", &type_string, .help = "chardev, device, ...; connection" },
	{ "id", &type_string, .help = "its name" },
	{ "why", &type_string, .optional = true, .help = "what of it cannot be handed over" },
	{ 0 },
};
static const struct type type_step = {
	.kind = TYPE_STRUCT, .name = "UpgradeStep", .fields = step_fields
};
static const struct type type_steps = {
	.kind = TYPE_LIST, .name = "UpgradeStepList", .element = &type_step
};

static const struct field upgrade_args[] = {
	{ "dry-run", &type_bool, .optional = true,
		.help = "let the program say whether it could, and do nothing" },
	{ "force", &type_bool, .optional = true,
		.help = "also where a guest loses its device by it" },
	{ 0 },
};

/** struct waiting - a call that waits for an upgrade */
struct waiting {
	struct world *world;
	struct call *call;
	struct upgrade_listener listener;
	json_t *steps;
};

static void waiting_free(struct waiting *waiting)
{
	json_decref(waiting->steps);
	free(waiting);
}

static void on_step(
	void *data, enum upgrade_fate fate, const char *what, const char *name, const char *why)
{
	const struct waiting *waiting = data;
	json_t *step = json_pack(
		"{s:s,s:s,s:s}", "fate", upgrade_fate_name(fate), "what", what, "id", name);

	if (why)
		json_object_set_new(step, "why", json_string(why));
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

	upgrade_forget(waiting->world, &waiting->listener);
	waiting_free(waiting);
}

static int upgrade(struct call *call, struct error **err)
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
	waiting->listener = (struct upgrade_listener){ on_step, on_end, waiting };
	r = upgrade_start(waiting->world, call_bool(call, "dry-run", false),
		call_bool(call, "force", false), &waiting->listener, err);
	if (r == 0)
		return call_defer(call, on_cancel, waiting);
	waiting_free(waiting);
	return r;
}

const struct command commands_upgrade[] = {
	{ "upgrade", "let the installed program go on in the place of this one",
		.args = upgrade_args, .returns = &type_steps, .run = upgrade },
	{ 0 },
};
