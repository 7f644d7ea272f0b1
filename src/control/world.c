/* SPDX-License-Identifier: MIT */
/*
 * The sets of everything, in the order in which they lean on each other: what stands first is made
 * first and goes last.
 */
#include "control/world.h"

#include "base/cleanup.h"
#include "chardev/chardev-impl.h"
#include "control/auditor.h"
#include "control/drain.h"
#include "control/event-table.h"
#include "control/hub-events.h"
#include "control/listens.h"
#include "control/people.h"
#include "control/recorders.h"
#include "control/scrapes.h"
#include "control/screens.h"
#include "control/vnc-info.h"
#include "display/display.h"
#include "frontend/frontend.h"
#include "hub/hub.h"
#include "io/budget.h"
#include "object/object.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct world {
	struct world_config config;
	struct loop *loop;
	char *name;
	struct fdsets *fdsets;
	const struct activation *activation;
	struct event_bus *events;
	struct object_set *objects;
	struct screens *screens;
	struct chardev_set *chardevs;
	struct frontend_set *frontends;
	struct listens listens;
	struct scrapes scrapes;
	struct auditor *auditor;
	const struct auditor_state *audit_left;
	struct recorders *recorders;
	struct monitors *monitors;
	struct inventory *inventory;
	bool inventory_is_short;
	const struct reloader *reloader;
	const struct upgrader *upgrader;
	bool quitting;
};

/* ---- what happens in parts that know nothing of events ---- */

static void on_guest_open(void *data, const struct frontend *frontend, bool open)
{
	const struct world *world = data;

	if (*frontend->id && event_bus_is_heard(world->events))
		event_publish(world->events, &event_vserport_change,
			json_pack("{s:s,s:b}", "id", frontend->id, "open", open));
}

static void on_viewer(void *data, struct vnc_server *server, enum vnc_event event,
	const struct vnc_viewer *viewer)
{
	static const struct event_desc *const descs[] = {
		[VNC_CONNECTED] = &event_vnc_connected,
		[VNC_INITIALIZED] = &event_vnc_initialized,
		[VNC_REFUSED] = &event_vnc_refused,
		[VNC_DISCONNECTED] = &event_vnc_disconnected,
	};
	const struct world *world = data;

	if (event_bus_is_heard(world->events))
		event_publish(world->events, descs[event], vnc_event_data(server, viewer));
}

/* ---- birth and death ---- */

static int make_sets(struct world *world, const struct world_config *config, struct error **err)
{
	int r;

	world->name = config->name ? strdup(config->name) : NULL;
	world->events = event_bus_new(world->loop);
	world->inventory = inventory_new();
	world->objects = object_set_new(world->loop, config->object_classes);
	if ((config->name && !world->name) || !world->events || !world->objects ||
		!world->inventory)
		return error_set(err, ENOMEM, "out of memory");
	r = screens_new(world->loop, world->name, world->objects, &world->screens, err);
	if (r < 0)
		return r;
	world->chardevs = chardev_set_new(world->loop, config->chardev_classes);
	if (!world->chardevs)
		return error_set(err, ENOMEM, "out of memory");
	chardev_set_objects(world->chardevs, world->objects);
	chardev_set_show(world->chardevs, world_display(world));
	display_set_people(world_display(world), people_at, world->chardevs);
	if (config->escape)
		chardev_set_escape(world->chardevs, config->escape);
	world->frontends = frontend_set_new(world->loop, world->chardevs, config->frontend_classes);
	if (!world->frontends)
		return error_set(err, ENOMEM, "out of memory");
	frontend_set_listen(world->frontends, on_guest_open, world);
	world->recorders = recorders_new(world->loop, world->chardevs, world->events);
	if (!world->recorders)
		return error_set(err, ENOMEM, "out of memory");
	world->scrapes.figures = (struct figures){
		.loop = world->loop,
		.chardevs = world->chardevs,
		.frontends = world->frontends,
		.screens = world->screens,
		.recorders = world->recorders,
	};
	screens_listen(world->screens, on_viewer, world);
	return 0;
}

int world_new(const struct world_config *config, struct world **ret_world, struct error **err)
{
	struct world *world = calloc(1, sizeof(*world));
	int r;

	if (!world)
		return error_set(err, ENOMEM, "out of memory");
	world->config = *config;
	world->loop = config->loop;
	world->fdsets = config->fdsets;
	world->activation = config->activation;
	r = make_sets(world, config, err);
	if (r < 0)
		world_free(world);
	else
		*ret_world = world;
	return r;
}

static bool owes_text(const void *data)
{
	const struct world *world = data;
	const struct chardev *chardev = NULL;

	while ((chardev = chardev_set_next(world->chardevs, chardev)))
		if (chardev_owes(chardev))
			return true;
	return recorders_owe(world->recorders);
}

static bool owes_audit(const void *data)
{
	return auditor_owes(data);
}

static void end_audit(struct world *world)
{
	if (!world->auditor)
		return;
	auditor_end(world->auditor);
	drain(world->loop, owes_audit, world->auditor);
	auditor_free(world->auditor);
}

void world_free(struct world *world)
{
	if (!world)
		return;
	world_stop_serving(world);
	frontend_set_free(world->frontends);
	if (world->recorders)
		drain(world->loop, owes_text, world);
	recorders_free(world->recorders);
	chardev_set_free(world->chardevs);
	end_audit(world);
	budget_set(world->loop, 0);
	screens_free(world->screens);
	object_set_free(world->objects);
	event_bus_free(world->events);
	inventory_free(world->inventory);
	free(world->name);
	free(world);
}

/* ---- what there is ---- */

struct loop *world_loop(const struct world *world)
{
	return world->loop;
}

const struct world_config *world_config(const struct world *world)
{
	return &world->config;
}

const char *world_name(const struct world *world)
{
	return world->name;
}

struct chardev_set *world_chardevs(const struct world *world)
{
	return world->chardevs;
}

struct frontend_set *world_frontends(const struct world *world)
{
	return world->frontends;
}

struct object_set *world_objects(const struct world *world)
{
	return world->objects;
}

struct display *world_display(const struct world *world)
{
	return screens_display(world->screens);
}

struct event_bus *world_events(const struct world *world)
{
	return world->events;
}

struct fdsets *world_fdsets(const struct world *world)
{
	return world->fdsets;
}

void world_set_monitors(struct world *world, struct monitors *monitors)
{
	world->monitors = monitors;
}

struct monitors *world_monitors(const struct world *world)
{
	return world->monitors;
}

struct inventory *world_inventory(const struct world *world)
{
	return world->inventory;
}

bool world_inventory_is_whole(const struct world *world)
{
	return !world->inventory_is_short;
}

void world_note(struct world *world, enum thing_kind kind, const struct opts *opts, void *handle)
{
	AUTO_FREE char *text = opts_canonical(opts, thing_kind_implied(kind));
	const char *id = opts_text(opts, kind == THING_MONITOR ? "chardev" : "id");

	if (!text || inventory_note(world->inventory, kind, id ? id : text, text, handle) < 0)
		world->inventory_is_short = true;
}

void world_set_reloader(struct world *world, const struct reloader *reloader)
{
	world->reloader = reloader;
}

const struct reloader *world_reloader(const struct world *world)
{
	return world->reloader;
}

void world_set_upgrader(struct world *world, const struct upgrader *upgrader)
{
	world->upgrader = upgrader;
}

const struct upgrader *world_upgrader(const struct world *world)
{
	return world->upgrader;
}

struct vnc_server *world_next_vnc(const struct world *world, const struct vnc_server *after)
{
	return screens_next_vnc(world->screens, after);
}

/* ---- making and unmaking ---- */

static void forget(struct world *world, enum thing_kind kind, const char *id)
{
	inventory_forget(world->inventory, kind, id);
}

/* Paths and fd= of a chardev may name descriptors that were passed to the program. */
static int resolve_fds(const struct world *world, struct opts *opts, struct error **err)
{
	int r = fdsets_resolve(world->fdsets, opts, err);

	return r < 0 ? r : activation_resolve(world->activation, opts, err);
}

int world_add_object(struct world *world, struct opts *opts, struct error **err)
{
	int r = object_set_add(world->objects, opts, err);

	if (r == 0)
		world_note(world, THING_OBJECT, opts, NULL);
	return r;
}

/* With mux=on the chardev of that name is a mux, and what was asked for is below it. */
static struct chardev *made(struct chardev *chardev, const struct opts *opts)
{
	return opts_get_bool(opts, "mux") ? chardev->class->child(chardev, 0) : chardev;
}

static void tell_pty(const struct world *world, const struct chardev *chardev)
{
	AUTO_FREE char *where = NULL;

	if (!world->config.on_pty || chardev->loaded ||
		strcmp(chardev_class_name(chardev), "pty") != 0)
		return;
	where = chardev_describe(chardev);
	if (where)
		world->config.on_pty(chardev_id(chardev), where + strlen("pty:"));
}

int world_add_chardev(
	struct world *world, struct opts *opts, struct chardev **ret_chardev, struct error **err)
{
	struct chardev *chardev;
	int r = resolve_fds(world, opts, err);

	if (r == 0)
		r = chardev_set_add(world->chardevs, opts, &chardev, err);
	if (r < 0)
		return r;
	if (chardev_is_hub(made(chardev, opts)))
		r = hub_events_start(made(chardev, opts), world->events, err);
	if (r < 0) {
		chardev_free(chardev);
		return r;
	}
	if (chardev_is_hub(made(chardev, opts)))
		recorders_meet(world->recorders, made(chardev, opts));
	world_note(world, THING_CHARDEV, opts, NULL);
	tell_pty(world, made(chardev, opts));
	if (ret_chardev)
		*ret_chardev = chardev;
	return 0;
}

int world_add_listen(struct world *world, struct opts *opts, struct error **err)
{
	int r = listens_check(opts, err);

	if (r == 0)
		r = resolve_fds(world, opts, err);
	if (r == 0)
		r = listens_add(&world->listens, world->loop, world->chardevs, opts, err);
	if (r == 0)
		world_note(world, THING_LISTEN, opts, NULL);
	return r;
}

int world_add_device(
	struct world *world, struct opts *opts, struct frontend **ret_frontend, struct error **err)
{
	struct frontend *frontend;
	int r = frontend_set_add(world->frontends, opts, &frontend, err);

	if (r < 0)
		return r;
	world_note(world, THING_DEVICE, opts, frontend);
	if (ret_frontend)
		*ret_frontend = frontend;
	return 0;
}

int world_add_vnc(struct world *world, struct opts *opts, struct error **err)
{
	int r = screens_add_vnc(world->screens, opts, err);

	if (r == 0)
		world_note(world, THING_VNC, opts, NULL);
	return r;
}

int world_add_metrics(struct world *world, struct opts *opts, struct error **err)
{
	AUTO_OPTS struct opts *where = NULL;
	int r = scrapes_where(opts, &where, err);

	if (r == 0)
		r = resolve_fds(world, where, err);
	if (r == 0)
		r = scrapes_add(&world->scrapes, opts, where, err);
	if (r == 0)
		world_note(world, THING_METRICS, opts, NULL);
	return r;
}

struct auditor *world_auditor(const struct world *world)
{
	return world->auditor;
}

void world_leave_vnc(struct world *world, const struct snapshot_groups *left)
{
	screens_leave(world->screens, left);
}

void world_leave_metrics(struct world *world, const struct snapshot_groups *left)
{
	world->scrapes.left = left;
}

void world_leave_audit(struct world *world, const struct auditor_state *left)
{
	world->audit_left = left;
}

int world_add_audit(struct world *world, struct opts *opts, struct error **err)
{
	const struct auditor_config config = {
		.loop = world->loop, .events = world->events, .left = world->audit_left
	};
	int r = auditor_check(opts, err);

	if (r == 0 && world->auditor)
		r = error_set(
			err, EEXIST, "there is an audit already: '%s'", auditor_id(world->auditor));
	if (r == 0)
		r = auditor_new(&config, opts, &world->auditor, err);
	if (r < 0)
		return r;
	world->scrapes.figures.auditor = world->auditor;
	world_note(world, THING_AUDIT, opts, NULL);
	return 0;
}

int world_retune_audit(struct world *world, const char *id, struct opts *opts,
	const struct opts *old, struct error **err)
{
	int r = auditor_change(world->auditor, opts, err);

	(void)id, (void)old;
	if (r == 0)
		world_note(world, THING_AUDIT, opts, NULL);
	return r;
}

struct recorders *world_recorders(const struct world *world)
{
	return world->recorders;
}

int world_add_record(struct world *world, struct opts *opts, struct error **err)
{
	int r = recorders_add(world->recorders, opts, err);

	if (r == 0)
		world_note(world, THING_RECORD, opts, NULL);
	return r;
}

int world_retune_record(struct world *world, const char *id, struct opts *opts,
	const struct opts *old, struct error **err)
{
	int r = recorder_change(recorders_find(world->recorders, id), opts, err);

	(void)old;
	if (r == 0)
		world_note(world, THING_RECORD, opts, NULL);
	return r;
}

const struct scrapes *world_scrapes(const struct world *world)
{
	return &world->scrapes;
}

bool world_has_metrics(const struct world *world, const char *id)
{
	return scrapes_has(&world->scrapes, id);
}

int world_remove_device(struct world *world, const char *id, struct error **err)
{
	int r = frontend_set_remove(world->frontends, id, err);

	if (r == 0)
		forget(world, THING_DEVICE, id);
	if (r == 0 && event_bus_is_heard(world->events))
		event_publish(world->events, &event_device_deleted,
			json_pack("{s:s,s:s+}", "device", id, "path",
				"/machine"
				"/peripheral/",
				id));
	return r;
}

int world_change_chardev(struct world *world, const char *id, struct opts *opts,
	struct chardev **ret_chardev, struct error **err)
{
	struct chardev *chardev;
	int r = resolve_fds(world, opts, err);

	if (r == 0)
		r = chardev_set_change(world->chardevs, id, opts, &chardev, err);
	if (r < 0)
		return r;
	inventory_spoil(world->inventory, THING_CHARDEV, id);
	world_note(world, THING_CHARDEV, opts, NULL);
	tell_pty(world, chardev);
	if (ret_chardev)
		*ret_chardev = chardev;
	return 0;
}

int world_retune_chardev(struct world *world, const char *id, struct opts *opts,
	const struct opts *old, struct error **err)
{
	int r = chardev_set_retune(world->chardevs, id, opts, old, err);

	if (r == 0)
		world_note(world, THING_CHARDEV, opts, NULL);
	return r;
}

int world_remove_chardev(struct world *world, const char *id, struct error **err)
{
	int r = chardev_set_remove(world->chardevs, id, err);

	if (r == 0)
		forget(world, THING_CHARDEV, id);
	return r;
}

int world_remove_object(struct world *world, const char *id, struct error **err)
{
	int r = object_set_remove(world->objects, id, err);

	if (r == 0)
		forget(world, THING_OBJECT, id);
	return r;
}

bool world_remove_record(struct world *world, const char *id)
{
	bool is_there = recorders_find(world->recorders, id);

	world_drop_record(world, id);
	forget(world, THING_RECORD, id);
	return is_there;
}

void world_drop_object(struct world *world, const char *id)
{
	object_set_drop(world->objects, id);
}

/* Of a hub that is made anew: who has come through a server of its own comes again. */
static void send_people_away(struct chardev *hub)
{
	struct hub_member_info info;

	for (size_t i = 0; hub_member_info(hub, i, &info) == 0; i++)
		if (info.open && chardev_identity(info.chardev))
			hub_disconnect_member(hub, info.id,
				"this console is set up anew: come again", NULL, NULL);
}

/* Of `mux=on` the name is that of the mux, and what it is on goes too. */
void world_drop_chardev(struct world *world, const char *id)
{
	struct chardev *chardev = chardev_set_find(world->chardevs, id), *below = NULL;

	if (!chardev)
		return;
	if (chardev_is_hub(chardev))
		send_people_away(chardev);
	if (!strcmp(chardev_class_name(chardev), "mux"))
		below = chardev->class->child(chardev, 0);
	chardev_free(chardev);
	if (below && !strncmp(chardev_id(below), id, strlen(id)) &&
		!strcmp(chardev_id(below) + strlen(id), "-base"))
		chardev_free(below);
}

void world_drop_listen(struct world *world, const char *id)
{
	listens_drop(&world->listens, world->chardevs, id);
}

void world_drop_vnc(struct world *world, const char *id)
{
	screens_drop_vnc(world->screens, id);
}

void world_drop_metrics(struct world *world, const char *id)
{
	scrapes_drop(&world->scrapes, id);
}

void world_drop_audit(struct world *world, const char *id)
{
	if (!world->auditor || strcmp(auditor_id(world->auditor), id) != 0)
		return;
	auditor_free(world->auditor);
	world->auditor = NULL;
	world->scrapes.figures.auditor = NULL;
}

void world_drop_record(struct world *world, const char *id)
{
	recorders_drop(world->recorders, id);
}

void world_reload(struct world *world)
{
	if (world->auditor)
		auditor_reopen(world->auditor);
	object_set_reload(world->objects);
	chardev_set_reopen_files(world->chardevs);
}

void world_quit(struct world *world, const char *reason)
{
	if (world->quitting)
		return;
	world->quitting = true;
	if (event_bus_is_heard(world->events))
		event_publish(world->events, &event_shutdown,
			json_pack("{s:b,s:s}", "guest", false, "reason", reason));
	loop_stop(world->loop);
}

void world_stop_serving(struct world *world)
{
	scrapes_done(&world->scrapes);
	screens_stop_serving(world->screens);
	listens_done(&world->listens);
}
