/* SPDX-License-Identifier: MIT */
/*
 * Recordings: those that there are, and one of a console by hand, which is a `-record` of that
 * console alone.
 */
#include "control/commands.h"
#include "control/console.h"
#include "control/json-put.h"
#include "control/recorders.h"
#include "control/world.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>

/* ---- query-recordings ---- */

static const struct type recording_type = { .kind = TYPE_STRUCT,
	.name = "RecordingInfo",
	.fields = (const struct field[]){
		{ "console", &type_string, .help = "id of the hub" },
		{ "record", &type_string, .help = "by which rule: the id of -record" },
		{ "path", &type_string, .help = "of the file" },
		{ "since", &type_int, .help = "when it began, in seconds since 1970" },
		{ "bytes", &type_int, .help = "of the recording so far" },
		{ "missing-bytes", &type_int,
			.help = "of output that are not in it: the file did not take them" },
		{ "failing", &type_bool, .help = "does the file give errors" },
		{ 0 },
	} };

static const struct type recordings_type = {
	.kind = TYPE_LIST, .name = "RecordingInfoList", .element = &recording_type
};

static void describe(void *data, const struct recording_info *info)
{
	json_t **list = data, *object = json_object();

	json_put_text(&object, "console", chardev_id(info->console));
	json_put_text(&object, "record", info->record);
	json_put_text(&object, "path", info->take.path);
	json_put_number(&object, "since", info->take.since_ms / 1000);
	json_put_number(&object, "bytes", info->take.bytes);
	json_put_number(&object, "missing-bytes", info->take.missing);
	json_put_flag(&object, "failing", info->take.is_failing);
	json_add(list, object);
}

static int query_recordings(struct call *call, struct error **err)
{
	json_t *list = json_array();

	recorders_each(world_recorders(call_world(call)), describe, &list);
	return call_return(call, list, err);
}

/* ---- recording-start, recording-stop ---- */

static const struct field start_args[] = {
	{ "console", &type_string, .help = "id of the hub" },
	{ "path", &type_string, .optional = true,
		.help = "of the file, as -record takes it; default: %n-%t.cast" },
	{ "input", &type_bool, .optional = true, .help = "what is typed too; default: false" },
	{ 0 },
};

static const struct field stop_args[] = {
	{ "console", &type_string, .help = "id of the hub" },
	{ 0 },
};

/* The rule that is a recording by hand. Return: the caller's; NULL with @err. */
static char *name_of(const struct call *call, struct error **err)
{
	struct chardev *hub;
	char *name;

	if (console_of_call(call, "console", &hub, err) < 0)
		return NULL;
	if (asprintf(&name, "%s.by-hand", chardev_id(hub)) >= 0)
		return name;
	error_set(err, ENOMEM, "out of memory");
	return NULL;
}

static int make_opts(
	const struct call *call, const char *name, struct opts *opts, struct error **err)
{
	const char *path = call_string(call, "path");
	bool input = call_bool(call, "input", false);

	if (opts && opts_set(opts, "id", name) == 0 &&
		opts_set(opts, "consoles", call_string(call, "console")) == 0 &&
		opts_set(opts, "path", path ? path : "%n-%t.cast") == 0 &&
		opts_set(opts, "input", input ? "on" : "off") == 0)
		return 0;
	return error_set(err, ENOMEM, "out of memory");
}

static int recording_start(struct call *call, struct error **err)
{
	struct world *world = call_world(call);
	AUTO_FREE char *name = name_of(call, err);
	AUTO_OPTS struct opts *opts = opts_new();
	int r = name ? make_opts(call, name, opts, err) : -EINVAL;

	if (r < 0)
		return r;
	if (recorders_find(world_recorders(world), name))
		return error_set(err, EEXIST, "console '%s' is recorded by hand already",
			call_string(call, "console"));
	return world_add_record(world, opts, err);
}

static int recording_stop(struct call *call, struct error **err)
{
	AUTO_FREE char *name = name_of(call, err);

	if (!name)
		return -EINVAL;
	if (world_remove_record(call_world(call), name))
		return 0;
	return error_set(
		err, ENOENT, "console '%s' is not recorded by hand", call_string(call, "console"));
}

const struct command commands_recording[] = {
	{ "query-recordings", "List what is recorded now", NULL, &recordings_type,
		query_recordings },
	{ "recording-start", "Record a console, until recording-stop", start_args, NULL,
		recording_start },
	{ "recording-stop", "End what recording-start began", stop_args, NULL, recording_stop },
	{ 0 },
};
