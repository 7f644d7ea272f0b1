/* SPDX-License-Identifier: MIT */
/* What a hub and its members can be told. */
#include "hub/hub-impl.h"

#include "object/authz.h"

#include <errno.h>
#include <string.h>

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
	{ .name = "chardevs",
		.type = OPT_LIST,
		.live = true,
		.help = "ids of the chardevs that take part" },
	{ .name = "members",
		.type = OPT_GROUPS,
		.live = true,
		.group = member_options,
		.help = "instead of chardevs: members with options of their own" },
	{ .name = "empty",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "may it be without members, which join later" },
	{ .name = "stall",
		.type = OPT_ENUM,
		.live = true,
		.values = "skip|wait|close",
		.preset = "skip",
		.help = "a member that does not keep up: skip what it misses, let the guest wait, "
			"or close its connection" },
	{ .name = "grace-ms",
		.type = OPT_NUMBER,
		.live = true,
		.preset = "1000",
		.max = 3600000,
		.help = "how long the guest waits for a member before that" },
	{ .name = "grace-every",
		.type = OPT_NUMBER,
		.live = true,
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
		.live = true,
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
		.live = true,
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
		.live = true,
		.values = "all|one",
		.preset = "all",
		.help = "may all members type at any time, or has one of them the keyboard" },
	{ .name = "typing-idle",
		.type = OPT_NUMBER,
		.live = true,
		.preset = "60",
		.min = 1,
		.max = 86400,
		.help = "after how many seconds without a key it is free again" },
	{ .name = "typing-key",
		.type = OPT_NUMBER,
		.live = true,
		.preset = "28",
		.min = 1,
		.max = 127,
		.help = "number of the character by which a person asks for it, or gives it; 28 is "
			"Ctrl-\\" },
	{ .name = "view-authz",
		.type = OPT_ID,
		.live = true,
		.help = "-object authz-... that says who may look; default: everybody" },
	{ .name = "type-authz",
		.type = OPT_ID,
		.live = true,
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

static int read_group(const struct hub *hub, const struct opts *group,
	struct hub_member_options *ret_options, struct error **err)
{
	*ret_options = hub->defaults;
	ret_options->access = (enum hub_access)opts_get_enum(group, "access");
	if (opts_has(group, "stall"))
		ret_options->stall = (enum hub_stall)opts_get_enum(group, "stall");
	if (opts_has(group, "replay"))
		ret_options->replay = (enum hub_replay)opts_get_enum(group, "replay");
	return read_rules(hub, group, ret_options, err);
}

/* What the options say of a member. Return: 0; -errno with @err. */
typedef int each_fn(struct hub *hub, const char *id, const struct hub_member_options *options,
	struct error **err);

static int each_group(struct hub *hub, const struct opts *opts, each_fn *fn, struct error **err)
{
	AUTO_OPTS_GROUPS struct opts_groups groups = { 0 };
	int r = opts_list_groups(opts, "members", &groups);

	if (r < 0)
		return error_set(err, -r, "hub '%s': out of memory", hub->base.id);
	for (size_t i = 0; i < groups.len && r == 0; i++) {
		struct hub_member_options options;

		r = read_group(hub, groups.items[i], &options, err);
		if (r == 0)
			r = fn(hub, opts_get_string(groups.items[i], "chardev"), &options, err);
	}
	return r;
}

static int for_each_named(struct hub *hub, const struct opts *opts, each_fn *fn, struct error **err)
{
	size_t n_ids = opts_list_len(opts, "chardevs"), n_groups = opts_list_len(opts, "members");
	int r = 0;

	if (n_ids && n_groups)
		return error_set(err, EINVAL,
			"hub '%s': give either 'chardevs' or 'members', not both", hub->base.id);
	if (!n_ids && !n_groups && !opts_get_bool(opts, "empty"))
		return error_set(err, EINVAL, "hub: 'chardevs' list is not defined");
	for (size_t i = 0; i < n_ids && r == 0; i++)
		r = fn(hub, opts_list_string(opts, "chardevs", i), &hub->defaults, err);
	return r < 0 ? r : each_group(hub, opts, fn, err);
}

int hub_add_members(struct hub *hub, const struct opts *opts, struct error **err)
{
	return for_each_named(hub, opts, add_by_id, err);
}

/* ---- other options ---- */

static bool names(const struct opts *opts, const char *id)
{
	for (size_t i = 0; i < opts_count(opts); i++) {
		const char *key = opts_key_at(opts, i);

		if (!strcmp(opts_value_at(opts, i), id) &&
			(!strncmp(key, "chardevs.", 9) || !strncmp(key, "members.", 8)))
			return true;
	}
	return false;
}

/* Who came by other ways, by a command, stays. */
static void remove_unnamed(struct hub *hub, const struct opts *opts, const struct opts *old)
{
	struct hub_member_info info;

	for (size_t i = hub_member_count(&hub->base); i > 0; i--) {
		if (hub_member_info(&hub->base, i - 1, &info) < 0 || info.server)
			continue;
		if (names(old, info.id) && !names(opts, info.id))
			hub_remove_member(&hub->base, info.id, NULL);
	}
}

static int set_or_add(struct hub *hub, const char *id, const struct hub_member_options *options,
	struct error **err)
{
	if (!hub_find_member(hub, id))
		return add_by_id(hub, id, options, err);
	return hub_set_member(&hub->base, id, options, err);
}

/* Those that the options do not name have what the hub says: clients what their server has. */
static void set_others(struct hub *hub, const struct opts *opts)
{
	struct hub_member_info info;

	for (size_t i = 0; hub_member_info(&hub->base, i, &info) == 0; i++) {
		struct hub_member_options options = info.options;

		if (names(opts, info.id))
			continue;
		options.view_authz = hub->defaults.view_authz;
		options.type_authz = hub->defaults.type_authz;
		if (info.server) {
			const struct member *server = hub_find_member(hub, chardev_id(info.server));

			if (server)
				options = server->options;
		}
		hub_set_member(&hub->base, info.id, &options, NULL);
	}
}

int hub_change(struct chardev *chardev, const struct opts *opts, const struct opts *old,
	struct error **err)
{
	struct hub *hub = hub_from(chardev);
	struct hub_member_options before = hub->defaults;
	int r;

	hub->defaults.view_authz = hub->defaults.type_authz = NULL;
	r = hub_read_options(hub, opts, err);
	if (r < 0) {
		hub->defaults = before;
		return r;
	}
	remove_unnamed(hub, opts, old);
	r = for_each_named(hub, opts, set_or_add, err);
	set_others(hub, opts);
	object_put(before.view_authz);
	object_put(before.type_authz);
	return r;
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
