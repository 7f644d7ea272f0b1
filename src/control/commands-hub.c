/* SPDX-License-Identifier: MIT */
/*
 * Who takes part in a hub, and as what.
 */
#include "control/commands.h"
#include "control/console.h"
#include "control/json-put.h"
#include "control/world.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "object/authz.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

#define STALL  "skip|wait|close"
#define REPLAY "auto|screen|window|none"

static const struct type set_access_type = {
	.kind = TYPE_ENUM, .name = "HubMemberAccess", .values = "type|view"
};
static const struct type stall_type = { .kind = TYPE_ENUM, .name = "HubStall", .values = STALL };
static const struct type replay_type = { .kind = TYPE_ENUM, .name = "HubReplay", .values = REPLAY };
static const struct type standing_type = {
	.kind = TYPE_ENUM, .name = "HubStanding", .values = "out|good|catchup|skipped"
};

/* ---- query-hubs ---- */

static const struct type member_type = { .kind = TYPE_STRUCT,
	.name = "HubMember",
	.fields = (const struct field[]){
		{ "id", &type_string, .help = "of the member's chardev" },
		{ "filename", &type_string, .help = "where it leads, as query-chardev says it" },
		{ "server", &type_string, .optional = true, .help = "whose client it is" },
		{ "identity", &type_string, .optional = true, .help = "who is there" },
		{ "open", &type_bool, .help = "is somebody there" },
		{ "since", &type_int, .optional = true,
			.help = "when he came, in seconds since 1970" },
		{ "access", &type_hub_access, .help = "what he may" },
		{ "stall", &stall_type, .help = "what happens when he does not keep up" },
		{ "replay", &replay_type, .help = "what he gets first" },
		{ "standing", &standing_type, .help = "does he keep up" },
		{ "keyboard", &type_bool, .help = "with typing=one: is it he who types" },
		{ "idle", &type_int, .optional = true,
			.help = "how many seconds ago he typed; none: never" },
		{ "cols", &type_int, .optional = true, .help = "of his terminal" },
		{ "rows", &type_int, .optional = true, .help = "of his terminal" },
		{ "offset", &type_int,
			.help = "up to where he has been given the console's output" },
		{ "backlog", &type_int, .help = "bytes that he has not been given yet" },
		{ "out-bytes", &type_int, .help = "that he has been given" },
		{ "in-bytes", &type_int, .help = "that he has sent" },
		{ "skips", &type_int, .help = "how often he did not keep up" },
		{ "skipped-bytes", &type_int, .help = "that he has never been given" },
		{ "refused-bytes", &type_int, .help = "that he sent and that did not count" },
		{ 0 },
	} };

static const struct type members_type = {
	.kind = TYPE_LIST, .name = "HubMemberList", .element = &member_type
};

static const struct type hub_info_type = { .kind = TYPE_STRUCT,
	.name = "HubInfo",
	.fields = (const struct field[]){
		{ "id", &type_string, .help = "of the hub" },
		{ "console", &type_bool, .help = "is it a terminal that people read" },
		{ "guest", &type_bool, .help = "does a guest's end hold it" },
		{ "cols", &type_int, .help = "of the console" },
		{ "rows", &type_int, .help = "of the console" },
		{ "end", &type_int, .help = "offset of the next byte of output" },
		{ "held-from", &type_int, .help = "output is held from there on" },
		{ "kept", &type_int, .help = "and from 0 up to there" },
		{ "log-file", &type_string, .optional = true,
			.help = "the file of its log; none: it has no log that is one" },
		{ "lost-bytes", &type_int, .help = "that members have never been given, in all" },
		{ "dropped-bytes", &type_int,
			.help = "of output that are held no more since memory was short" },
		{ "shortages", &type_int, .help = "how often that was told" },
		{ "typing", &type_string, .help = "'all' or 'one'" },
		{ "keyboard", &type_string, .optional = true,
			.help = "who has it; none: it is free" },
		{ "asker", &type_string, .optional = true, .help = "who asks for it" },
		{ "members", &members_type, .help = "in the order in which they came" },
		{ 0 },
	} };

static const struct type hubs_type = {
	.kind = TYPE_LIST, .name = "HubInfoList", .element = &hub_info_type
};

static json_t *describe_member(const struct hub_member_info *member)
{
	AUTO_FREE char *filename = chardev_describe(member->chardev);
	json_t *object = json_object();

	json_put_text(&object, "id", member->id);
	json_put_text(&object, "filename", filename ? filename : "");
	json_put_text(&object, "server", member->server ? chardev_id(member->server) : NULL);
	json_put_text(&object, "identity", member->identity);
	json_put_flag(&object, "open", member->open);
	if (member->since)
		json_put_number(&object, "since", (uint64_t)member->since);
	json_put_word(&object, "access", type_hub_access.values, (int)member->access);
	json_put_word(&object, "stall", STALL, (int)member->options.stall);
	json_put_word(&object, "replay", REPLAY, (int)member->options.replay);
	json_put_word(&object, "standing", standing_type.values, (int)member->standing);
	json_put_flag(&object, "keyboard", member->has_keyboard);
	if (member->idle_ms != UINT64_MAX)
		json_put_number(&object, "idle", member->idle_ms / 1000);
	if (member->cols && member->rows) {
		json_put_number(&object, "cols", member->cols);
		json_put_number(&object, "rows", member->rows);
	}
	json_put_number(&object, "offset", member->offset);
	json_put_number(&object, "backlog", member->backlog);
	json_put_number(&object, "out-bytes", member->out_bytes);
	json_put_number(&object, "in-bytes", member->in_bytes);
	json_put_number(&object, "skips", member->skips);
	json_put_number(&object, "skipped-bytes", member->skipped_bytes);
	json_put_number(&object, "refused-bytes", member->refused_bytes);
	return object;
}

static json_t *describe_hub(const struct chardev *hub)
{
	AUTO_FREE char *log = chardev_log_path(hub);
	json_t *object = json_object(), *members = json_array();
	struct hub_member_info member;
	struct hub_info info;

	hub_info(hub, &info);
	json_put_text(&object, "id", chardev_id(hub));
	json_put_flag(&object, "console", info.is_console);
	json_put_flag(&object, "guest", info.has_guest);
	json_put_number(&object, "cols", info.cols);
	json_put_number(&object, "rows", info.rows);
	json_put_number(&object, "end", info.end);
	json_put_number(&object, "held-from", info.held_from);
	json_put_number(&object, "kept", info.kept);
	json_put_text(&object, "log-file", log);
	json_put_number(&object, "lost-bytes", info.lost_bytes);
	json_put_number(&object, "dropped-bytes", info.dropped_bytes);
	json_put_number(&object, "shortages", info.shortages);
	json_put_text(&object, "typing", info.typing_one ? "one" : "all");
	json_put_text(&object, "keyboard", info.keyboard);
	json_put_text(&object, "asker", info.asker);
	for (size_t i = 0; hub_member_info(hub, i, &member) == 0; i++)
		json_add(&members, describe_member(&member));
	json_put(&object, "members", members);
	return object;
}

static const struct field query_args[] = {
	{ "id", &type_string, .optional = true, .help = "of one hub; default: all" },
	{ 0 },
};

static int query_hubs(struct call *call, struct error **err)
{
	AUTO_JSON json_t *list = json_array();
	struct chardev *hub = NULL;
	int r;

	if (call_string(call, "id")) {
		r = console_of_call(call, "id", &hub, err);
		if (r < 0)
			return r;
		json_add(&list, describe_hub(hub));
		return call_return(call, json_incref(list), err);
	}
	while ((hub = console_next(call_world(call), hub)))
		json_add(&list, describe_hub(hub));
	return call_return(call, json_incref(list), err);
}

/* ---- members ---- */

static int find_word(const struct call *call, const char *key, const char *words, int preset)
{
	const char *word = call_string(call, key);

	return word ? opts_enum_index(words, word) : preset;
}

static int read_rule(
	const struct call *call, const char *key, struct object **rule, struct error **err)
{
	const char *id = call_string(call, key);

	return id ? authz_find(world_objects(call_world(call)), key, id, rule, err) : 0;
}

/* What is not given stays as it is in @options. */
static int read_options(
	const struct call *call, struct hub_member_options *options, struct error **err)
{
	int r;

	options->access = (enum hub_access)find_word(
		call, "access", type_hub_access.values, (int)options->access);
	options->stall = (enum hub_stall)find_word(call, "stall", STALL, (int)options->stall);
	options->replay = (enum hub_replay)find_word(call, "replay", REPLAY, (int)options->replay);
	r = read_rule(call, "view-authz", &options->view_authz, err);
	return r < 0 ? r : read_rule(call, "type-authz", &options->type_authz, err);
}

#define MEMBER_ARGS                                                           \
	{ "hub", &type_string, .help = "id of the hub" },                     \
	{                                                                     \
		"chardev", &type_string, .help = "id of the member's chardev" \
	}

#define OPTION_ARGS                                                                         \
	{ "access", &set_access_type, .optional = true, .help = "may it send input" },      \
		{ "stall", &stall_type, .optional = true,                                   \
			.help = "what happens when it does not keep up" },                  \
		{ "replay", &replay_type, .optional = true, .help = "what it gets first" }, \
		{ "view-authz", &type_string, .optional = true,                             \
			.help = "the rule that says who may look at it" },                  \
	{                                                                                   \
		"type-authz", &type_string, .optional = true,                               \
					    .help = "the rule that says who may type at it" \
	}

static const struct field member_args[] = { MEMBER_ARGS, { 0 } };
static const struct field option_args[] = { MEMBER_ARGS, OPTION_ARGS, { 0 } };

static int hub_add(struct call *call, struct error **err)
{
	const char *id = call_string(call, "chardev");
	struct hub_member_options options;
	struct chardev *hub, *chardev;
	int r = console_of_call(call, "hub", &hub, err);

	if (r < 0)
		return r;
	chardev = chardev_set_find(world_chardevs(call_world(call)), id);
	if (!chardev)
		return error_set(err, ENOENT, "Chardev '%s' not found", id);
	hub_member_defaults(hub, &options);
	r = read_options(call, &options, err);
	return r < 0 ? r : hub_add_member(hub, chardev, &options, err);
}

static int hub_remove(struct call *call, struct error **err)
{
	struct chardev *hub;
	int r = console_of_call(call, "hub", &hub, err);

	return r < 0 ? r : hub_remove_member(hub, call_string(call, "chardev"), err);
}

static int hub_set(struct call *call, struct error **err)
{
	const char *id = call_string(call, "chardev");
	struct hub_member_info member;
	struct chardev *hub;
	int r = console_of_call(call, "hub", &hub, err);

	if (r == 0)
		r = hub_member_find(hub, id, &member, err);
	if (r == 0)
		r = read_options(call, &member.options, err);
	return r < 0 ? r : hub_set_member(hub, id, &member.options, err);
}

/* ---- peer-disconnect ---- */

static const struct field disconnect_args[] = {
	MEMBER_ARGS,
	{ "reason", &type_string, .optional = true, .help = "for a last line to him" },
	{ 0 },
};

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static int peer_disconnect(struct call *call, struct error **err)
{
	const char *id = call_string(call, "chardev"), *reason = call_string(call, "reason");
	struct chardev *hub;
	int r = console_of_call(call, "hub", &hub, err);

	if (r == 0 && reason && !is_plain(reason))
		r = error_set(err, EINVAL, "Parameter 'reason' expects one line of text");
	if (r == 0)
		r = hub_disconnect_member(hub, id, reason, call_caller(call)->who, err);
	if (r == 0)
		log_info("hub '%s': %s has sent '%s' away", chardev_id(hub), call_caller(call)->who,
			id);
	return r;
}

const struct command commands_hub[] = {
	{ "query-hubs", "List hubs and who takes part in them", query_args, &hubs_type,
		query_hubs },
	{ "hub-add-member", "Let a chardev take part in a hub", option_args, NULL, hub_add },
	{ "hub-remove-member", "Let it take part no more", member_args, NULL, hub_remove },
	{ "hub-set-member", "Change what a member may", option_args, NULL, hub_set },
	{ "peer-disconnect", "Send away who is at a member", disconnect_args, NULL,
		peer_disconnect },
	{ 0 },
};
