/* SPDX-License-Identifier: MIT */
/*
 * Traces: an event, as QEMU calls it, is a folder of the source whose debug lines are told or not.
 */
#include "control/commands.h"

#include "base/log.h"
#include "base/strbuf.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

static const char *const folders[] = { CHARHUB_FOLDER_LIST };

enum { FOLDERS = sizeof(folders) / sizeof(folders[0]) };

static const struct type trace_state = {
	.kind = TYPE_ENUM, .name = "TraceEventState", .values = "unavailable|disabled|enabled"
};
static const struct type trace_info = { .kind = TYPE_STRUCT,
	.name = "TraceEventInfo",
	.fields = (const struct field[]){
		{ "name", &type_string, .help = "folder of the source" },
		{ "state", &trace_state, .help = "whether it is traced" },
		{ 0 },
	} };
static const struct type trace_infos = {
	.kind = TYPE_LIST, .name = "TraceEventInfoList", .element = &trace_info
};

static int no_such_event(const char *name, struct error **err)
{
	return error_set(err, ENOENT, "unknown event \"%s\"", name);
}

static bool is_pattern(const char *name)
{
	return strchr(name, '*');
}

static const struct field get_args[] = {
	{ "name", &type_string, .help = "folder, or a pattern for some" },
	{ 0 },
};

static int get_state(struct call *call, struct error **err)
{
	const char *name = call_string(call, "name");
	AUTO_JSON json_t *list = json_array();

	for (size_t i = 0; i < FOLDERS && list; i++)
		if (!fnmatch(name, folders[i], 0) &&
			json_array_append_new(
				list, json_pack("{s:s,s:s}", "name", folders[i], "state",
					      log_folder_is_traced(folders[i]) ? "enabled"
									       : "disabled")) < 0)
			return error_set(err, ENOMEM, "out of memory");
	if (!json_array_size(list) && !is_pattern(name))
		return no_such_event(name, err);
	return call_return(call, json_incref(list), err);
}

static const struct field set_args[] = {
	{ "name", &type_string, .help = "folder, or a pattern for some" },
	{ "enable", &type_bool, .help = "whether to trace it" },
	{ "ignore-unavailable", &type_bool, .optional = true,
		.help = "it is no error if there is none" },
	{ 0 },
};

static int set_state(struct call *call, struct error **err)
{
	const char *name = call_string(call, "name");
	bool enable = call_bool(call, "enable", false), found = false;
	AUTO_STRBUF struct strbuf traced = { 0 };

	for (size_t i = 0; i < FOLDERS; i++) {
		bool matches = !fnmatch(name, folders[i], 0);

		found |= matches;
		if (matches ? enable : log_folder_is_traced(folders[i]))
			strbuf_printf(&traced, "%s%s", traced.len ? "," : "", folders[i]);
	}
	if (!found && !is_pattern(name) && !call_bool(call, "ignore-unavailable", false))
		return no_such_event(name, err);
	if (traced.failed)
		return error_set(err, ENOMEM, "out of memory");
	log_trace_folders(traced.len ? traced.data : NULL);
	return 0;
}

const struct command commands_trace[] = {
	{ "trace-event-get-state", "Tell which folders of the source are traced", get_args,
		&trace_infos, get_state },
	{ "trace-event-set-state", "Trace folders of the source, or no more", set_args, NULL,
		set_state },
	{ 0 },
};
