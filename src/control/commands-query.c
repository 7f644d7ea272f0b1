/* SPDX-License-Identifier: MIT */
/*
 * What the program says of itself.
 */
#include "control/commands.h"

#include "chardev/chardev-impl.h"
#include "control/json-put.h"
#include "control/listens.h"
#include "control/monitors.h"
#include "control/schema.h"
#include "control/version.h"
#include "control/world.h"
#include "vnc/vnc.h"

#include <errno.h>
#include <string.h>

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

/* ---- query-qmp-schema ---- */

static const struct type schema_infos = {
	.kind = TYPE_LIST, .name = "SchemaInfoList", .element = &type_any
};

static int query_schema(struct call *call, struct error **err)
{
	const struct world_config *config = world_config(call_world(call));

	return call_return(call, schema_json(config->chardev_classes), err);
}

/* ---- query-name, query-status ---- */

static const struct type name_info = { .kind = TYPE_STRUCT,
	.name = "NameInfo",
	.fields = (const struct field[]){
		{ "name", &type_string, .optional = true, .help = "of the guest or host: -name" },
		{ 0 },
	} };

static int query_name(struct call *call, struct error **err)
{
	json_t *info = json_object();

	json_put_text(&info, "name", world_name(call_world(call)));
	return call_return(call, info, err);
}

static const struct type status_info = { .kind = TYPE_STRUCT,
	.name = "StatusInfo",
	.fields = (const struct field[]){
		{ "status", &type_string,
			.help = "'running', always: guests are others' business" },
		{ "running", &type_bool, .help = "true" },
		{ 0 },
	} };

static int query_status(struct call *call, struct error **err)
{
	return call_return(call, json_pack("{s:s,s:b}", "status", "running", "running", true), err);
}

/* ---- query-command-line-options ---- */

static const struct type option_type = { .kind = TYPE_ENUM,
	.name = "CommandLineParameterType",
	.values = "string|boolean|number|size" };
static const struct type option_parameter = { .kind = TYPE_STRUCT,
	.name = "CommandLineParameterInfo",
	.fields = (const struct field[]){
		{ "name", &type_string, .help = "of the key" },
		{ "type", &option_type, .help = "of its value" },
		{ "help", &type_string, .optional = true, .help = "what it does" },
		{ "default", &type_string, .optional = true, .help = "where it is not given" },
		{ 0 },
	} };
static const struct type option_parameters = {
	.kind = TYPE_LIST, .name = "CommandLineParameterInfoList", .element = &option_parameter
};
static const struct type option_info = { .kind = TYPE_STRUCT,
	.name = "CommandLineOptionInfo",
	.fields = (const struct field[]){
		{ "parameters", &option_parameters, .help = "its keys" },
		{ "option", &type_string, .help = "without the dash" },
		{ 0 },
	} };
static const struct type option_infos = {
	.kind = TYPE_LIST, .name = "CommandLineOptionInfoList", .element = &option_info
};

static const struct field option_args[] = {
	{ "option", &type_string, .optional = true, .help = "only this one" },
	{ 0 },
};

static const char *word_of(enum opt_type type)
{
	switch (type) {
	case OPT_BOOL:
	case OPT_OFF: return "boolean";
	case OPT_NUMBER:
	case OPT_UINT32: return "number";
	case OPT_SIZE: return "size";
	default: return "string";
	}
}

static int put_keys(json_t *list, const struct opt_desc *table)
{
	int r = 0;

	for (; table && table->name && r == 0; table++)
		r = json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s*}", "name", table->name,
							"type", word_of(table->type), "help",
							table->help, "default", table->preset));
	return r;
}

/* Those of all classes: which class takes what is in the schema. */
static int put_chardev_keys(const struct world *world, json_t *list)
{
	int r = put_keys(list, chardev_common_options);

	for (const struct chardev_class *const *at = world_config(world)->chardev_classes;
		*at && r == 0; at++)
		r = put_keys(list, (*at)->options);
	return r;
}

static int query_options(struct call *call, struct error **err)
{
	static const struct {
		const char *name;
		const struct opt_desc *table;
	} options[] = {
		{ "add-fd", fdset_options },
		{ "chardev", NULL },
		{ "device", NULL },
		{ "listen", listens_options },
		{ "mon", monitor_options },
		{ "object", NULL },
		{ "vnc", vnc_options },
	};
	const char *only = call_string(call, "option");
	AUTO_JSON json_t *list = json_array();

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		json_t *keys = json_array();
		int r = put_keys(keys, options[i].table);

		if (only && strcmp(only, options[i].name) != 0) {
			json_decref(keys);
			continue;
		}
		if (!strcmp(options[i].name, "chardev"))
			r = put_chardev_keys(call_world(call), keys);
		if (json_array_append_new(list, json_pack("{s:o,s:s}", "parameters", keys, "option",
							options[i].name)) < 0 ||
			r < 0)
			return error_set(err, ENOMEM, "out of memory");
	}
	if (only && !json_array_size(list))
		return error_set(err, ENOENT, "invalid option name: %s", only);
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
	{ "query-qmp-schema", "Tell the types of all commands and events", NULL, &schema_infos,
		query_schema },
	{ "query-name", "Tell the name of the guest or host", NULL, &name_info, query_name },
	{ "query-status", "Tell that the program runs", NULL, &status_info, query_status },
	{ "query-command-line-options", "List the keys of options of the command line", option_args,
		&option_infos, query_options },
	{ "quit", "End the program", NULL, NULL, quit },
	{ 0 },
};
