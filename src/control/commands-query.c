/* SPDX-License-Identifier: MIT */
/*
 * What the program says of itself.
 */
#include "control/commands.h"
#include "control/version.h"
#include "control/world.h"

#include <errno.h>

/* ---- query-version ---- */

static const struct type version_triple = { .kind = TYPE_STRUCT,
	.name = "VersionTriple",
	.fields = (const struct field[]){
		{ "micro", &type_int, .help = "third number" },
		{ "minor", &type_int, .help = "second number" },
		{ "major", &type_int, .help = "first number" },
		{ 0 },
	} };

static const struct type version_info = { .kind = TYPE_STRUCT,
	.name = "VersionInfo",
	.fields = (const struct field[]){
		{ "qemu", &version_triple, .help = "version of QEMU whose protocol this is" },
		{ "package", &type_string, .help = "program and version that really runs" },
		{ 0 },
	} };

static int query_version(struct call *call, struct error **err)
{
	return call_return(call, version_json(), err);
}

/* ---- query-commands ---- */

static const struct type command_info = { .kind = TYPE_STRUCT,
	.name = "CommandInfo",
	.fields = (const struct field[]){
		{ "name", &type_string, .help = "of the command" },
		{ 0 },
	} };

static const struct type command_infos = {
	.kind = TYPE_LIST, .name = "CommandInfoList", .element = &command_info
};

static int query_commands(struct call *call, struct error **err)
{
	AUTO_JSON json_t *list = json_array();

	for (const struct command *at = command_next(NULL); at && list; at = command_next(at))
		if (json_array_append_new(list, json_pack("{s:s}", "name", at->name)) < 0)
			return error_set(err, ENOMEM, "out of memory");
	return call_return(call, json_incref(list), err);
}

/* ---- quit ---- */

static int quit(struct call *call, struct error **err)
{
	(void)err;
	world_quit(call_world(call), "host-qmp-quit");
	return 0;
}

const struct command commands_query[] = {
	{ "query-version", "Tell what runs here", NULL, &version_info, query_version },
	{ "query-commands", "List all commands", NULL, &command_infos, query_commands },
	{ "quit", "End the program", NULL, NULL, quit },
	{ 0 },
};
