/* SPDX-License-Identifier: MIT */
/* What a hub and its members can be told. */
#include "hub/hub-impl.h"

#include "object/authz.h"

#include <errno.h>

static const struct opt_desc member_options[] = {
	{ .name = "chardev", .type = OPT_ID, .required = true, .help = "the chardev" },
	{ .name = "access",
		.type = OPT_ENUM,
		.values = "type|view",
		.preset = "type",
		.help = "may it send input to the guest" },
	{ .name = "stall",
		.type = OPT_ENUM,
		.values = "skip|wait|close",
		.help = "what happens when it does not keep up; default: the hub's" },
	{ .name = "replay",
		.type = OPT_ENUM,
		.values = "auto|screen|window|none",
		.help = "what it gets first when it joins; default: the hub's" },
	{ .name = "view-authz", .type = OPT_ID, .help = "who may look; default: the hub's" },
	{ .name = "type-authz", .type = OPT_ID, .help = "who may type; default: the hub's" },
	{ 0 },
};

const struct opt_desc hub_options[] = {
	{ .name = "chardevs", .type = OPT_LIST, .help = "ids of the chardevs that take part" },
	{ .name = "members",
		.type = OPT_GROUPS,
		.group = member_options,
		.help = "instead of chardevs: members with options of their own" },
	{ .name = "stall",
		.type = OPT_ENUM,
		.values = "skip|wait|close",
		.preset = "skip",
		.help = "a member that does not keep up: skip what it misses, let the guest wait, "
			"or close its connection" },
	{ .name = "grace-ms",
		.type = OPT_NUMBER,
		.preset = "1000",
		.max = 3600000,
		.help = "how long the guest waits for a member before that" },
	{ .name = "grace-every",
		.type = OPT_NUMBER,
		.preset = "30",
		.min = 1,
		.max = 86400,
		.help = "in how many seconds a member may use up grace-ms while other readers "
			"wait" },
	{ .name = "window",
		.type = OPT_SIZE,
		.preset = "1M",
		.min = 64 << 10,
		.max = 64 << 20,
		.help = "how many of the newest bytes are held for slow and late members" },
	{ .name = "window-max",
		.type = OPT_SIZE,
		.preset = "16M",
		.min = 64 << 10,
		.max = 64 << 20,
		.help = "how far the window may grow where the guest cannot wait" },
	{ .name = "keep",
		.type = OPT_SIZE,
		.preset = "64k",
		.max = 64 << 20,
		.help = "how many of the very first bytes are held besides the window" },
	{ .name = "replay",
		.type = OPT_ENUM,
		.values = "auto|screen|window|none",
		.preset = "auto",
		.help = "what a member that joins gets first: the screen as it is, the newest "
			"bytes as "
			"they came, or nothing; auto: the screen of a terminal, else the bytes" },
	{ .name = "terminal",
		.type = OPT_ENUM,
		.values = "auto|on|off",
		.preset = "auto",
		.help = "is it a terminal that people read; auto: as the guest's end says" },
	{ .name = "size",
		.type = OPT_STRING,
		.preset = "writer",
		.help = "the console's size: COLSxROWS, or that of the writer, smallest or largest "
			"terminal, or what the guest asks for" },
	{ .name = "typing",
		.type = OPT_ENUM,
		.values = "all|one",
		.preset = "all",
		.help = "may all members type at any time, or has one of them the keyboard" },
	{ .name = "typing-idle",
		.type = OPT_NUMBER,
		.preset = "60",
		.min = 1,
		.max = 86400,
		.help = "after how many seconds without a key it is free again" },
	{ .name = "typing-key",
		.type = OPT_NUMBER,
		.preset = "28",
		.min = 1,
		.max = 127,
		.help = "number of the character by which a person asks for it, or gives it; 28 is "
			"Ctrl-\\" },
	{ .name = "view-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says who may look; default: everybody" },
	{ .name = "type-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says who may type; default: whoever may look" },
	{ 0 },
};

/* What is not given stays as it is. */
static int read_rules(const struct hub *hub, const struct opts *opts,
	struct hub_member_options *options, struct error **err)
{
	const struct object_set *objects = chardev_objects(&hub->base);
	const struct {
		const char *key;
		struct object **rule;
	} rules[] = {
		{ "view-authz", &options->view_authz },
		{ "type-authz", &options->type_authz },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]) && r == 0; i++)
		if (opts_has(opts, rules[i].key))
			r = authz_find(objects, rules[i].key, opts_get_string(opts, rules[i].key),
				rules[i].rule, err);
	if (r < 0)
		error_prefix(err, "hub '%s': ", hub->base.id);
	return r;
}

static int add_by_id(struct hub *hub, const char *id, const struct hub_member_options *options,
	struct error **err)
{
	struct chardev *chardev = chardev_set_find(hub->base.set, id);

	if (!chardev)
		return error_set(err, ENOENT, "hub: chardev can't be found by id '%s'", id);
	return hub_add_member(&hub->base, chardev, options, err);
}

static int add_group(struct hub *hub, const struct opts *group, struct error **err)
{
	struct hub_member_options options = hub->defaults;
	int r;

	options.access = (enum hub_access)opts_get_enum(group, "access");
	if (opts_has(group, "stall"))
		options.stall = (enum hub_stall)opts_get_enum(group, "stall");
	if (opts_has(group, "replay"))
		options.replay = (enum hub_replay)opts_get_enum(group, "replay");
	r = read_rules(hub, group, &options, err);
	return r < 0 ? r : add_by_id(hub, opts_get_string(group, "chardev"), &options, err);
}

static int add_groups(struct hub *hub, const struct opts *opts, struct error **err)
{
	AUTO_OPTS_GROUPS struct opts_groups groups = { 0 };
	int r = opts_list_groups(opts, "members", &groups);

	if (r < 0)
		return error_set(err, -r, "hub '%s': out of memory", hub->base.id);
	for (size_t i = 0; i < groups.len && r == 0; i++)
		r = add_group(hub, groups.items[i], err);
	return r;
}

int hub_add_members(struct hub *hub, const struct opts *opts, struct error **err)
{
	size_t n_ids = opts_list_len(opts, "chardevs"), n_groups = opts_list_len(opts, "members");
	int r = 0;

	if (n_ids && n_groups)
		return error_set(err, EINVAL,
			"hub '%s': give either 'chardevs' or 'members', not both", hub->base.id);
	if (!n_ids && !n_groups)
		return error_set(err, EINVAL, "hub: 'chardevs' list is not defined");
	for (size_t i = 0; i < n_ids && r == 0; i++)
		r = add_by_id(hub, opts_list_string(opts, "chardevs", i), &hub->defaults, err);
	return r < 0 ? r : add_groups(hub, opts, err);
}

int hub_read_options(struct hub *hub, const struct opts *opts, struct error **err)
{
	int r = read_rules(hub, opts, &hub->defaults, err);

	if (r < 0)
		return r;
	object_get(hub->defaults.view_authz);
	object_get(hub->defaults.type_authz);
	hub->defaults.stall = (enum hub_stall)opts_get_enum(opts, "stall");
	hub->defaults.replay = (enum hub_replay)opts_get_enum(opts, "replay");
	hub->flow.grace_ms = opts_get_number(opts, "grace-ms");
	hub->flow.grace_every_ms = opts_get_number(opts, "grace-every") * 1000;
	hub->flow.window_max = (size_t)opts_get_number(opts, "window-max");
	hub->keyboard.one = opts_get_enum(opts, "typing") == 1;
	hub->keyboard.idle_ms = opts_get_number(opts, "typing-idle") * 1000;
	hub->keyboard.key = (unsigned char)opts_get_number(opts, "typing-key");
	hub->terminal = (enum hub_terminal)opts_get_enum(opts, "terminal");
	return 0;
}
