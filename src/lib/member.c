/* SPDX-License-Identifier: MIT */
/*
 * Who takes part, by the program's doing. A descriptor and a set of callbacks are peers of the hub,
 * as the clients of a server are; a chardev stays what it is.
 */
#include "lib/member.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "lib/console.h"
#include "lib/visitor.h"
#include "lib/voice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 24, TERMINAL_MAX = 1000 };

/* ---- life of a handle ---- */

static void free_handle(void *data)
{
	struct charhub_member *member = data;

	free(member->id);
	free(member);
}

static void forget_peer(struct charhub_member *member)
{
	if (!member->peer)
		return;
	if (member->kind == MEMBER_FD)
		visitor_on_gone(member->peer, NULL, NULL);
	else
		voice_begin(member->peer, NULL, NULL);
}

static void let_go(struct charhub_member *member)
{
	list_remove(&member->node);
	task_cancel(&member->gone);
	hub_unobserve(&member->observer);
	forget_peer(member);
	task_post(member->charhub->loop, &member->reap, free_handle, member);
}

void members_forget(struct charhub *charhub)
{
	while (!list_is_empty(&charhub->members))
		let_go(container_of(charhub->members.next, struct charhub_member, node));
}

static void tell_gone(void *data)
{
	struct charhub_member *member = data;

	if (member->config.on_gone)
		member->config.on_gone(member->config.data);
}

static void tell_gone_later(struct charhub_member *member)
{
	task_post(member->charhub->loop, &member->gone, tell_gone, member);
}

static void on_peer_gone(void *data)
{
	struct charhub_member *member = data;

	member->peer = NULL;
	tell_gone_later(member);
}

static void on_hub_event(void *data, struct chardev *hub, const struct hub_event *event)
{
	struct charhub_member *member = data;

	(void)hub;
	if (!member->hub || event->type != HUB_EVENT_LEFT || strcmp(event->member, member->id) != 0)
		return;
	member->hub = NULL;
	tell_gone_later(member);
}

static void on_hub_gone(void *data)
{
	struct charhub_member *member = data;

	if (!member->hub)
		return;
	member->hub = NULL;
	tell_gone_later(member);
}

/* ---- the callbacks ---- */

static size_t on_output(void *data, const void *bytes, size_t len)
{
	const struct charhub_member_config *config = &((struct charhub_member *)data)->config;

	return config->on_output ? config->on_output(config->data, bytes, len) : len;
}

static void on_room(void *data)
{
	const struct charhub_member_config *config = &((struct charhub_member *)data)->config;

	if (config->on_room)
		config->on_room(config->data);
}

static void on_resize(void *data, unsigned cols, unsigned rows)
{
	const struct charhub_member_config *config = &((struct charhub_member *)data)->config;

	if (config->on_resize)
		config->on_resize(config->data, cols, rows);
}

static const struct voice_ops voice_ops = {
	.on_output = on_output,
	.on_room = on_room,
	.on_resize = on_resize,
	.on_gone = on_peer_gone,
};

/* ---- making one ---- */

static bool is_taken(const struct charhub *charhub, const struct chardev *hub, const char *id)
{
	struct hub_member_info info;

	return hub_member_find(hub, id, &info, NULL) == 0 ||
	       chardev_set_find(world_chardevs(charhub->estate.world), id);
}

/* The first number that is free, or what was asked for. */
static int choose_id(const struct charhub_console *console, const char *wanted, const char *kind,
	char made[ID_BYTES], const char **ret_id, struct error **err)
{
	unsigned number = 0;

	if (wanted && is_taken(console->charhub, console->hub, wanted))
		return error_set(err, EEXIST, "there is a chardev or member '%s' already", wanted);
	*ret_id = wanted;
	if (wanted)
		return 0;
	do
		snprintf(made, ID_BYTES, "%s%u", kind, ++number);
	while (is_taken(console->charhub, console->hub, made));
	*ret_id = made;
	return 0;
}

static void read_options(const struct charhub_console *console,
	const struct charhub_member_config *config, struct hub_member_options *ret_options)
{
	hub_member_defaults(console->hub, ret_options);
	ret_options->access = config->access == CHARHUB_VIEW ? HUB_ACCESS_VIEW : HUB_ACCESS_TYPE;
	if (config->stall != CHARHUB_STALL_PRESET)
		ret_options->stall = (enum hub_stall)(config->stall - CHARHUB_STALL_SKIP);
	if (config->replay != CHARHUB_REPLAY_PRESET)
		ret_options->replay = (enum hub_replay)(
			config->replay - CHARHUB_REPLAY_SCREEN + HUB_REPLAY_SCREEN);
}

_Static_assert((int)HUB_STALL_CLOSE == CHARHUB_STALL_CLOSE - CHARHUB_STALL_SKIP &&
		       (int)HUB_REPLAY_NONE ==
			       CHARHUB_REPLAY_NONE - CHARHUB_REPLAY_SCREEN + (int)HUB_REPLAY_SCREEN,
	"the words of a member have the hub's order");

static int join_chardev(struct charhub_console *console, const struct charhub_member_config *config,
	const struct hub_member_options *options, struct error **err)
{
	struct chardev *chardev =
		chardev_set_find(world_chardevs(console->charhub->estate.world), config->chardev);

	if (!chardev)
		return error_set(err, ENOENT, "Chardev '%s' not found", config->chardev);
	return hub_add_member(console->hub, chardev, options, err);
}

static int new_peer(struct charhub_console *console, const struct charhub_member_config *config,
	enum member_kind kind, struct chardev **ret_peer, struct error **err)
{
	const char *who = config->identity ? config->identity : "anonymous", *id;
	char made[ID_BYTES];
	int r = choose_id(
		console, config->id, kind == MEMBER_FD ? "fd" : "program", made, &id, err);

	if (r < 0)
		return r;
	if (kind == MEMBER_FD)
		return visitor_new(console->hub, id, config->fd, config->identity, ret_peer, err);
	r = voice_new(console->hub, id, who, ret_peer);
	return r < 0 ? error_set(err, -r, "out of memory") : 0;
}

/* Rules may say no at once, or when they have answered: then the peer goes later. */
static int join_peer(struct charhub_console *console, const struct charhub_member_config *config,
	enum member_kind kind, const struct hub_member_options *options, struct chardev **ret_peer,
	struct error **err)
{
	struct hub_member_info info;
	struct chardev *peer;
	int r = new_peer(console, config, kind, &peer, err);

	if (r < 0)
		return r;
	r = hub_admit(console->hub, peer, options, err);
	if (r < 0) {
		chardev_free(peer);
		return r;
	}
	if (hub_member_find(console->hub, chardev_id(peer), &info, NULL) < 0)
		return error_set(err, EACCES, "console '%s' is not for this member", console->id);
	*ret_peer = peer;
	return 0;
}

static int find_kind(const struct charhub_member_config *config, bool wants_handle,
	enum member_kind *ret_kind, struct error **err)
{
	bool has_callbacks = config->on_output || config->on_room || config->on_resize;

	if (!!config->chardev + !!config->has_fd + has_callbacks != 1)
		return error_set(
			err, EINVAL, "a member is one of: a chardev, a descriptor, or callbacks");
	if (config->chardev && (config->id || config->identity))
		return error_set(err, EINVAL, "member '%s': a chardev has a name and an identity",
			config->chardev);
	if (has_callbacks && !wants_handle)
		return error_set(err, EINVAL, "a member of callbacks needs its handle");
	*ret_kind = config->chardev  ? MEMBER_CHARDEV
		    : config->has_fd ? MEMBER_FD
				     : MEMBER_CALLBACKS;
	return 0;
}

static struct charhub_member *new_handle(struct charhub *charhub)
{
	struct charhub_member *member = calloc(1, sizeof(*member));

	if (!member)
		return NULL;
	member->charhub = charhub;
	list_init(&member->node);
	return member;
}

static const struct hub_observer_ops observer_ops = { .on_event = on_hub_event,
	.on_gone = on_hub_gone };

/* From now on the handle knows of it. */
static void begin(struct charhub_member *member, struct charhub_console *console)
{
	list_append(&member->charhub->members, &member->node);
	if (member->kind == MEMBER_CHARDEV) {
		member->hub = console->hub;
		member->observer.ops = &observer_ops;
		member->observer.data = member;
		hub_observe(console->hub, &member->observer);
	} else if (member->kind == MEMBER_FD) {
		visitor_on_gone(member->peer, on_peer_gone, member);
	} else {
		voice_begin(member->peer, &voice_ops, member);
	}
}

static int join(struct charhub_member *member, struct charhub_console *console,
	const struct charhub_member_config *config, struct error **err)
{
	struct hub_member_options options;
	int r;

	member->config = *config;
	read_options(console, config, &options);
	if (copy_text(config->chardev, &member->id) < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (member->kind == MEMBER_CHARDEV)
		r = join_chardev(console, config, &options, err);
	else
		r = join_peer(console, config, member->kind, &options, &member->peer, err);
	if (r < 0)
		return r;
	begin(member, console);
	if (member->kind == MEMBER_FD)
		close(config->fd);
	return 0;
}

int charhub_member_new(struct charhub_console *console, const struct charhub_member_config *config,
	struct charhub_member **ret_member, struct charhub_error **err)
{
	struct charhub_member_config ours;
	struct charhub_member *member;
	int r = copy_config(&ours, sizeof(ours), config, error_out(err));

	if (r < 0)
		return r;
	ENTER(console->charhub);
	if (!console->hub)
		return error_set(error_out(err), ENODEV, "console '%s' has gone", console->id);
	member = new_handle(console->charhub);
	if (!member)
		return error_set(error_out(err), ENOMEM, "out of memory");
	r = find_kind(&ours, ret_member != NULL, &member->kind, error_out(err));
	if (r == 0)
		r = join(member, console, &ours, error_out(err));
	if (r < 0)
		free_handle(member);
	else if (ret_member)
		*ret_member = member;
	else
		let_go(member);
	return r;
}

int charhub_console_add_fd(struct charhub_console *console, int fd, struct charhub_error **err)
{
	const struct charhub_member_config config = {
		.size = sizeof(config), .has_fd = true, .fd = fd
	};

	return charhub_member_new(console, &config, NULL, err);
}

void charhub_member_free(struct charhub_member *member)
{
	struct chardev *peer;

	if (!member)
		return;
	ENTER(member->charhub);
	peer = member->peer;
	if (member->hub)
		hub_remove_member(member->hub, member->id, NULL);
	let_go(member);
	if (peer)
		chardev_free(peer);
}

/* ---- using one ---- */

/* Return: 0; -EINVAL: it is no member of callbacks; -ENODEV. */
static int check_voice(const struct charhub_member *member)
{
	if (member->kind != MEMBER_CALLBACKS)
		return -EINVAL;
	return member->peer ? 0 : -ENODEV;
}

ssize_t charhub_member_write(struct charhub_member *member, const void *bytes, size_t len)
{
	int r = check_voice(member);

	if (r < 0)
		return r;
	ENTER(member->charhub);
	return (ssize_t)voice_type(member->peer, bytes, len);
}

void charhub_member_resume(struct charhub_member *member)
{
	if (check_voice(member) < 0)
		return;
	ENTER(member->charhub);
	voice_resume(member->peer);
}

static int send_event(struct charhub_member *member, const struct chardev_event *event)
{
	int r = check_voice(member);

	if (r < 0)
		return r;
	ENTER(member->charhub);
	chardev_event(member->peer, event);
	return 0;
}

int charhub_member_resize(struct charhub_member *member, unsigned cols, unsigned rows)
{
	const struct chardev_event event = { .type = CHARDEV_RESIZE, .cols = cols, .rows = rows };

	if (!cols || !rows || cols > TERMINAL_MAX || rows > TERMINAL_MAX)
		return -EINVAL;
	return send_event(member, &event);
}

int charhub_member_break(struct charhub_member *member)
{
	const struct chardev_event event = { .type = CHARDEV_BREAK };

	return send_event(member, &event);
}
