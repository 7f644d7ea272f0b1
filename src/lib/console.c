/* SPDX-License-Identifier: MIT */
/*
 * Handles of consoles. A handle outlives the hub that it stands for, which anybody may remove by a
 * command: the hub's observer says when, and from then on the handle is good for nothing but to be
 * freed.
 */
#include "lib/console.h"

#include "control/console.h"
#include "lib/guest.h"
#include "opts/opts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_CELLS = 1000 };

/* ---- life of a handle ---- */

static void free_handle(void *data)
{
	struct charhub_console *console = data;

	free(console->id);
	free(console);
}

/* Nothing comes from it any more; its memory goes after the dispatch. */
static void let_go(struct charhub_console *console)
{
	list_remove(&console->node);
	task_cancel(&console->gone);
	hub_unobserve(&console->observer);
	if (console->guest)
		console->guest->ops = NULL;
	task_post(console->charhub->loop, &console->reap, free_handle, console);
}

static void tell_gone(void *data)
{
	struct charhub_console *console = data;

	if (console->config.on_gone)
		console->config.on_gone(console->config.data);
}

static void tell_gone_later(struct charhub_console *console)
{
	task_post(console->charhub->loop, &console->gone, tell_gone, console);
}

static void on_hub_gone(void *data)
{
	struct charhub_console *console = data;

	console->hub = NULL;
	tell_gone_later(console);
}

static const struct hub_observer_ops observer_ops = { .on_gone = on_hub_gone };

static struct charhub_console *new_handle(struct charhub *charhub, const char *id)
{
	struct charhub_console *console = calloc(1, sizeof(*console));

	if (!console)
		return NULL;
	console->id = strdup(id);
	if (!console->id) {
		free(console);
		return NULL;
	}
	console->charhub = charhub;
	console->observer.ops = &observer_ops;
	console->observer.data = console;
	list_init(&console->node);
	return console;
}

static void begin(struct charhub_console *console, struct chardev *hub)
{
	console->hub = hub;
	hub_observe(hub, &console->observer);
	list_append(&console->charhub->consoles, &console->node);
}

void consoles_forget(struct charhub *charhub)
{
	while (!list_is_empty(&charhub->consoles))
		let_go(container_of(charhub->consoles.next, struct charhub_console, node));
}

/* ---- the guest's side ---- */

static size_t on_input(void *data, const void *bytes, size_t len)
{
	const struct charhub_console_config *config = &((struct charhub_console *)data)->config;

	return config->on_input ? config->on_input(config->data, bytes, len) : len;
}

static void on_room(void *data)
{
	const struct charhub_console_config *config = &((struct charhub_console *)data)->config;

	if (config->on_room)
		config->on_room(config->data);
}

static void on_resize(void *data, unsigned cols, unsigned rows)
{
	const struct charhub_console_config *config = &((struct charhub_console *)data)->config;

	if (config->on_resize)
		config->on_resize(config->data, cols, rows);
}

static void on_break(void *data)
{
	const struct charhub_console_config *config = &((struct charhub_console *)data)->config;

	if (config->on_break)
		config->on_break(config->data);
}

static void on_guest_gone(void *data)
{
	struct charhub_console *console = data;

	console->guest = NULL;
	tell_gone_later(console);
}

static const struct guest_ops guest_ops = {
	.on_input = on_input,
	.on_room = on_room,
	.on_resize = on_resize,
	.on_break = on_break,
	.on_gone = on_guest_gone,
};

/* ---- making one ---- */

static int make_hub(struct charhub *charhub, const struct charhub_console_config *config,
	struct chardev **ret_hub, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	struct chardev *hub;
	int r = 0;

	if (config->options)
		r = opts_parse(config->options, NULL, &opts, err);
	else
		opts = opts_new();
	if (r < 0)
		return r;
	if (!opts || opts_set(opts, "backend", "hub") < 0 || opts_set(opts, "empty", "on") < 0 ||
		opts_set(opts, "id", config->id) < 0)
		return error_set(err, ENOMEM, "out of memory");
	r = world_add_chardev(charhub->estate.world, opts, &hub, err);
	if (r < 0)
		return r;
	if (!chardev_is_hub(hub)) {
		world_remove_chardev(charhub->estate.world, config->id, NULL);
		return error_set(
			err, EINVAL, "console '%s': it cannot be behind a mux", config->id);
	}
	*ret_hub = hub;
	return 0;
}

static int make_guest(
	struct charhub *charhub, const struct charhub_console_config *config, struct error **err)
{
	AUTO_OPTS struct opts *opts = opts_new();
	bool never_waits = config->flags & CHARHUB_NEVER_WAIT;

	if (!opts || opts_set(opts, "driver", "program") < 0 ||
		opts_set(opts, "id", config->id) < 0 || opts_set(opts, "chardev", config->id) < 0 ||
		opts_set(opts, "never-wait", never_waits ? "on" : "off") < 0)
		return error_set(err, ENOMEM, "out of memory");
	return world_add_device(charhub->estate.world, opts, NULL, err);
}

static int make(struct charhub_console *console, struct error **err)
{
	struct charhub *charhub = console->charhub;
	struct world *world = charhub->estate.world;
	struct chardev *hub = NULL;
	int r = make_hub(charhub, &console->config, &hub, err);

	if (r < 0)
		return r;
	r = make_guest(charhub, &console->config, err);
	if (r < 0) {
		world_remove_chardev(world, console->id, NULL);
		return r;
	}
	console->owns = true;
	console->guest = guest_find(world_frontends(world), hub);
	console->guest->ops = &guest_ops;
	console->guest->data = console;
	begin(console, hub);
	return 0;
}

/* Pointers to text are not kept. */
static int check_config(const struct charhub_console_config *config, struct error **err)
{
	if (!config->id)
		return error_set(err, EINVAL, "a console needs an id");
	if (config->flags & ~CHARHUB_NEVER_WAIT)
		return error_set(err, EINVAL, "console '%s': flags has unknown bits", config->id);
	return 0;
}

int charhub_console_new(struct charhub *charhub, const struct charhub_console_config *config,
	struct charhub_console **ret_console, struct charhub_error **err)
{
	struct charhub_console_config ours;
	struct charhub_console *console;
	int r = copy_config(&ours, sizeof(ours), config, error_out(err));

	ENTER(charhub);
	if (r == 0)
		r = check_config(&ours, error_out(err));
	if (r < 0)
		return r;
	console = new_handle(charhub, ours.id);
	if (!console)
		return error_set(error_out(err), ENOMEM, "out of memory");
	console->config = ours;
	r = make(console, error_out(err));
	if (r < 0)
		free_handle(console);
	else
		*ret_console = console;
	return r;
}

int charhub_console_find(struct charhub *charhub, const char *id,
	struct charhub_console **ret_console, struct charhub_error **err)
{
	struct charhub_console *console;
	struct chardev *hub;
	int r;

	ENTER(charhub);
	r = console_find(charhub->estate.world, id, &hub, error_out(err));
	if (r < 0)
		return r;
	console = new_handle(charhub, id);
	if (!console)
		return error_set(error_out(err), ENOMEM, "out of memory");
	begin(console, hub);
	*ret_console = console;
	return 0;
}

static void unmake(struct charhub_console *console)
{
	struct world *world = console->charhub->estate.world;
	struct guest *guest = console->guest;
	bool has_hub = console->owns && console->hub;

	let_go(console);
	if (guest)
		world_remove_device(world, guest->base.id, NULL);
	if (has_hub)
		world_remove_chardev(world, console->id, NULL);
}

void charhub_console_free(struct charhub_console *console)
{
	if (!console)
		return;
	ENTER(console->charhub);
	unmake(console);
}

/* ---- using one ---- */

ssize_t charhub_console_write(struct charhub_console *console, const void *bytes, size_t len)
{
	ssize_t taken;

	if (!console->hub || (console->owns && !console->guest))
		return -ENODEV;
	if (!console->guest)
		return -EBUSY;
	if (!len)
		return 0;
	ENTER(console->charhub);
	taken = chardev_link_out(&console->guest->link, bytes, len < SSIZE_MAX ? len : SSIZE_MAX);
	return taken == -EPIPE ? -ENODEV : taken;
}

void charhub_console_resume(struct charhub_console *console)
{
	ENTER(console->charhub);
	if (console->guest)
		guest_resume(console->guest);
}

int charhub_console_resize(
	struct charhub_console *console, unsigned cols, unsigned rows, struct charhub_error **err)
{
	ENTER(console->charhub);
	if (!console->hub)
		return error_set(error_out(err), ENODEV, "console '%s' has gone", console->id);
	if (!cols || !rows || cols > SIZE_MAX_CELLS || rows > SIZE_MAX_CELLS)
		return error_set(error_out(err), EINVAL,
			"console '%s': %u columns and %u rows: 1 to %d each are possible",
			console->id, cols, rows, SIZE_MAX_CELLS);
	return hub_resize(console->hub, cols, rows, error_out(err));
}

int charhub_console_info(struct charhub_console *console, struct charhub_console_info *info)
{
	struct charhub_console_info ours = { .size = info->size };
	struct hub_info known;

	if (info->size < sizeof(info->size))
		return -EINVAL;
	if (!console->hub)
		return -ENODEV;
	hub_info(console->hub, &known);
	ours.cols = known.cols;
	ours.rows = known.rows;
	ours.has_guest = known.has_guest;
	ours.is_terminal = known.is_console;
	ours.members = known.members;
	ours.open_members = known.open_members;
	ours.end = known.end;
	ours.held_from = known.held_from;
	ours.kept = known.kept;
	ours.lost = known.lost_bytes;
	memcpy(info, &ours, ours.size < sizeof(ours) ? ours.size : sizeof(ours));
	return 0;
}
