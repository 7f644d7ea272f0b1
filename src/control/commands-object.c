/* SPDX-License-Identifier: MIT */
/*
 * Objects and devices: made of options that only their classes know.
 */
#include "control/commands.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "control/event-table.h"
#include "control/monitors.h"
#include "control/world.h"
#include "frontend/frontend.h"
#include "object/object.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

/* The members of the arguments as options. */
static int read_args(const struct call *call, struct opts **ret_opts, struct error **err)
{
	AUTO_FREE char *text = json_dumps(call_args(call), JSON_COMPACT);

	return text ? opts_parse_json(text, ret_opts, err)
		    : error_set(err, ENOMEM, "out of memory");
}

/* ---- object-add, object-del ---- */

static const struct field object_args[] = {
	{ "qom-type", &type_string, .help = "the class: secret, tls-creds-x509, ..." },
	{ "id", &type_string, .help = "its name" },
	{ FIELD_OTHERS, &type_any, .optional = true, .help = "the options of the class" },
	{ 0 },
};

static int check_members(const struct object_class *class, struct opts *opts, struct error **err)
{
	const struct opt_desc *const tables[] = { class->options, object_common_options, NULL };
	const char *key = opts_unknown_key(opts, tables);

	return key ? error_set(err, EINVAL, "Parameter '%s' is unexpected", key) : 0;
}

static bool is_there(const struct world *world, const char *id)
{
	return object_set_find(world_objects(world), id) ||
	       (world_monitors(world) && monitors_has(world_monitors(world), id));
}

static int make_object(struct call *call, struct opts *opts, struct error **err)
{
	struct world *world = call_world(call);
	const char *type = call_string(call, "qom-type");
	const struct object_class *class =
		object_class_find(world_config(world)->object_classes, type);
	int r;

	if (monitors_is_type(type) && world_monitors(world))
		return monitors_add_object(world_monitors(world), opts, err);
	if (!class)
		return error_set(
			err, EINVAL, "Parameter 'qom-type' does not accept value '%s'", type);
	r = check_members(class, opts, err);
	return r < 0 ? r : world_add_object(world, opts, err);
}

static int object_add(struct call *call, struct error **err)
{
	const char *id = call_string(call, "id");
	AUTO_OPTS struct opts *opts = NULL;
	int r = read_args(call, &opts, err);

	if (r < 0)
		return r;
	if (is_there(call_world(call), id))
		return error_set(err, EEXIST,
			"attempt to add duplicate property '%s' to object (type 'container')", id);
	return make_object(call, opts, err);
}

static const struct field id_args[] = {
	{ "id", &type_string, .help = "its name" },
	{ 0 },
};

static int object_del(struct call *call, struct error **err)
{
	struct world *world = call_world(call);
	const char *id = call_string(call, "id");

	if (world_monitors(world) && monitors_has(world_monitors(world), id))
		return monitors_remove(world_monitors(world), id, err);
	return world_remove_object(world, id, err);
}

/* ---- device_add, device_del ---- */

static const struct field device_args[] = {
	{ "driver", &type_string, .help = "the class: console, virtconsole, ..." },
	{ "bus", &type_string, .optional = true, .help = "id of the device that a port goes to" },
	{ "id", &type_string, .optional = true, .help = "its name" },
	{ FIELD_OTHERS, &type_any, .optional = true, .help = "the options of the class" },
	{ 0 },
};

static int device_add(struct call *call, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	int r = read_args(call, &opts, err);

	return r < 0 ? r : world_add_device(call_world(call), opts, NULL, err);
}

static int device_del(struct call *call, struct error **err)
{
	struct world *world = call_world(call);
	const char *id = call_string(call, "id");
	int r = world_remove_device(world, id, err);

	if (r == -ENOENT)
		call_fails_as(call, "DeviceNotFound");
	return r;
}

/* ---- qom-list-types ---- */

static const struct type type_info = { .kind = TYPE_STRUCT,
	.name = "ObjectTypeInfo",
	.fields = (const struct field[]){
		{ "name", &type_string, .help = "of the class" },
		{ "parent", &type_string, .optional = true, .help = "what it is one of" },
		{ 0 },
	} };
static const struct type type_infos = {
	.kind = TYPE_LIST, .name = "ObjectTypeInfoList", .element = &type_info
};

static const struct field list_types_args[] = {
	{ "implements", &type_string, .optional = true,
		.help = "only these: chardev, device, user-creatable" },
	{ "abstract", &type_bool, .optional = true, .help = "accepted: there are no others" },
	{ 0 },
};

static int put_type(
	json_t *list, const char *prefix, const char *name, const char *parent, const char *wanted)
{
	if (wanted && strcmp(wanted, parent) != 0 && strcmp(wanted, "object") != 0)
		return 0;
	return json_array_append_new(
		list, json_pack("{s:s++,s:s}", "name", prefix, name, "", "parent", parent));
}

static int qom_list_types(struct call *call, struct error **err)
{
	const struct world_config *config = world_config(call_world(call));
	const char *wanted = call_string(call, "implements");
	AUTO_JSON json_t *list = json_array();
	int r = 0;

	for (const struct chardev_class *const *at = config->chardev_classes; *at && r == 0; at++)
		r = put_type(list, "chardev-", (*at)->name, "chardev", wanted);
	for (const struct frontend_class *const *at = config->frontend_classes; *at && r == 0; at++)
		r = put_type(list, "", (*at)->name, "device", wanted);
	for (const struct object_class *const *at = config->object_classes; *at && r == 0; at++)
		r = put_type(list, "", (*at)->name, "user-creatable", wanted);
	for (const char *const *at = monitor_types; *at && r == 0; at++)
		r = put_type(list, "", *at, "user-creatable", wanted);
	if (r < 0)
		return error_set(err, ENOMEM, "out of memory");
	return call_return(call, json_incref(list), err);
}

const struct command commands_object[] = {
	{ "object-add", "Make a secret, credentials, a rule, a monitor", object_args, NULL,
		object_add },
	{ "object-del", "Unmake an object that nothing uses", id_args, NULL, object_del },
	{ "device_add", "Make a guest's end, also a port of a running guest", device_args, NULL,
		device_add },
	{ "device_del", "Unmake a guest's end", id_args, NULL, device_del },
	{ "qom-list-types", "List the classes of what can be made", list_types_args, &type_infos,
		qom_list_types },
	{ 0 },
};
