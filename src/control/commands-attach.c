/* SPDX-License-Identifier: MIT */
/*
 * The command that makes an attachment of a session. Everything that can fail does so before the
 * answer: the client is a member already, and gets its first byte once the answer has been sent.
 */
#include "attach/frame.h"
#include "chardev/chardev-impl.h"
#include "control/attach.h"
#include "control/commands.h"
#include "control/console.h"
#include "control/json-put.h"
#include "control/world.h"
#include "hub/hub.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMBER_ID = 32, INSTANCE_TEXT = 17 };

static const struct type terminal_size = {
	.kind = TYPE_INT, .name = "int", .min = 1, .max = ATTACH_TERMINAL_MAX
};

static const struct type version = { .kind = TYPE_INT, .name = "int", .min = 1, .max = INT32_MAX };

static const struct field attach_args[] = {
	{ "console", &type_string, .help = "id of the hub" },
	{ "version", &version, .optional = true, .help = "newest version that the client knows" },
	{ "view", &type_bool, .optional = true, .help = "look only, whatever rules allow" },
	{ "cols", &terminal_size, .optional = true, .help = "width of the client's terminal" },
	{ "rows", &terminal_size, .optional = true, .help = "its height" },
	{ "instance", &type_string, .optional = true, .help = "to which @offset belongs" },
	{ "offset", &type_size, .optional = true,
		.help = "the client has had all output before it" },
	{ 0 },
};

static const struct type attach_info = { .kind = TYPE_STRUCT,
	.name = "AttachInfo",
	.fields = (const struct field[]){
		{ "version", &type_int, .help = "of the protocol that is spoken from now on" },
		{ "console", &type_string, .help = "id of the hub" },
		{ "member", &type_string, .help = "name of the client at the hub" },
		{ "access", &type_hub_access,
			.help = "what it may; none: while the rules are still asked" },
		{ "screen", &type_bool, .help = "is the console a terminal that people read" },
		{ "instance", &type_string, .help = "names the hub's output" },
		{ "offset", &type_size, .help = "where in the output the client begins" },
		{ 0 },
	} };

static void put_instance(const struct chardev *hub, char text[INSTANCE_TEXT])
{
	snprintf(text, INSTANCE_TEXT, "%016" PRIx64, hub_instance(hub));
}

/* An offset counts only with the instance that it belongs to. */
static void read_past(
	struct call *call, const struct chardev *hub, struct hub_member_options *options)
{
	const char *instance = call_string(call, "instance");
	int64_t offset = call_int(call, "offset", -1);
	char now[INSTANCE_TEXT];

	put_instance(hub, now);
	options->resumes = instance && offset >= 0 && !strcmp(instance, now);
	options->resume_at = options->resumes ? (uint64_t)offset : 0;
}

/* The first number that no member has. */
static void choose_id(const struct world *world, const struct chardev *hub, char id[MEMBER_ID])
{
	struct hub_member_info info;
	unsigned number = 0;

	do
		snprintf(id, MEMBER_ID, "attach%u", ++number);
	while (hub_member_find(hub, id, &info, NULL) == 0 ||
		chardev_set_find(world_chardevs(world), id));
}

static void tell_size(struct call *call, struct chardev *attach)
{
	struct chardev_event event = {
		.type = CHARDEV_RESIZE,
		.cols = (unsigned)call_int(call, "cols", 0),
		.rows = (unsigned)call_int(call, "rows", 0),
	};

	if (event.cols && event.rows)
		chardev_event(attach, &event);
}

static int answer(struct call *call, const struct chardev *hub, const struct chardev *attach,
	struct error **err)
{
	struct hub_member_info me;
	struct hub_info info;
	char instance[INSTANCE_TEXT];
	json_t *object;
	int r = hub_member_find(hub, chardev_id(attach), &me, err);

	if (r < 0)
		return r;
	put_instance(hub, instance);
	hub_info(hub, &info);
	object = json_pack("{s:i,s:s,s:s,s:b,s:s,s:I}", "version", ATTACH_VERSION, "console",
		chardev_id(hub), "member", me.id, "screen", info.is_console, "instance", instance,
		"offset", (json_int_t)me.offset);
	json_put_word(&object, "access", type_hub_access.values, (int)me.access);
	return call_return(call, object, err);
}

static int join(struct call *call, struct chardev *hub, struct chardev *attach, struct error **err)
{
	struct hub_member_options options;
	int r;

	hub_member_defaults(hub, &options);
	if (call_bool(call, "view", false))
		options.access = HUB_ACCESS_VIEW;
	read_past(call, hub, &options);
	r = hub_admit(hub, attach, &options, err);
	if (r == 0 && attach_is_refused(attach))
		r = error_set(err, EACCES, "console '%s' is not for %s", chardev_id(hub),
			call_caller(call)->who);
	if (r < 0)
		return r;
	tell_size(call, attach);
	r = answer(call, hub, attach, err);
	return r < 0 ? r : attach_follow(attach, call_caller(call), err);
}

static int attach(struct call *call, struct error **err)
{
	struct caller *caller = call_caller(call);
	struct chardev *hub, *attach;
	struct chardev_peer peer;
	char id[MEMBER_ID];
	int r = console_of_call(call, "console", &hub, err);

	if (r < 0)
		return r;
	if (!caller->ops->hand_over)
		return error_set(err, ENOTSUP, "this monitor cannot be attached to a console");
	choose_id(call_world(call), hub, id);
	attach = attach_new(hub, id, caller->who);
	if (!attach)
		return error_set(err, ENOMEM, "out of memory");
	if (caller->ops->peer && caller->ops->peer(caller->data, &peer))
		attach_set_peer(attach, &peer);
	r = join(call, hub, attach, err);
	if (r < 0)
		chardev_free(attach);
	return r;
}

const struct command commands_attach[] = {
	{ "attach", "Be a member of a console from now on; see doc/attach.md", attach_args,
		&attach_info, attach },
	{ 0 },
};
