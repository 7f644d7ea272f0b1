/* SPDX-License-Identifier: MIT */
/* syscalls: close */
#include "control/bequest.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "chardev/chardev-impl.h"
#include "control/auditor.h"
#include "control/monitors.h"
#include "control/recorders.h"
#include "control/scrapes.h"
#include "control/world.h"
#include "frontend/frontend.h"
#include "object/object.h"
#include "vnc/state.h"
#include "vnc/vnc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_THING = 1, TAG_CHARDEV, TAG_FRONTEND, TAG_AUDIT, TAG_VNC, TAG_TAKE, TAG_METRICS };

static const struct snapshot_field thing_fields[] = {
	SNAPSHOT_FIELD(struct bequest_thing, kind, 1, SNAPSHOT_U32, .max = THING_KINDS - 1),
	SNAPSHOT_FIELD(struct bequest_thing, name, 2, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct bequest_thing, options, 3, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct bequest_thing, text, 4, SNAPSHOT_STRING),
	SNAPSHOT_FIELD(struct bequest_thing, group, 5, SNAPSHOT_STRING),
	{ 0 },
};

static const struct snapshot_field all_fields[] = {
	SNAPSHOT_FIELD(struct bequest, things, TAG_THING, SNAPSHOT_EACH, .of = thing_fields,
		.size = sizeof(struct bequest_thing)),
	SNAPSHOT_FIELD(struct bequest, chardevs, TAG_CHARDEV, SNAPSHOT_EACH,
		.of = chardev_state_fields, .size = sizeof(struct chardev_state)),
	SNAPSHOT_FIELD(struct bequest, frontends, TAG_FRONTEND, SNAPSHOT_EACH,
		.of = frontend_state_fields, .size = sizeof(struct frontend_state)),
	SNAPSHOT_FIELD(struct bequest, audits, TAG_AUDIT, SNAPSHOT_EACH, .of = auditor_fields,
		.size = sizeof(struct auditor_state)),
	SNAPSHOT_FIELD(struct bequest, takes, TAG_TAKE, SNAPSHOT_EACH, .of = take_fields,
		.size = sizeof(struct take_state)),
	SNAPSHOT_FIELD(struct bequest, vncs, TAG_VNC, SNAPSHOT_EACH, .of = vnc_server_fields,
		.size = sizeof(struct vnc_server_state)),
	SNAPSHOT_FIELD(struct bequest, metrics, TAG_METRICS, SNAPSHOT_EACH, .of = scrape_fields,
		.size = sizeof(struct scrape_state)),
	SNAPSHOT_FIELD(struct bequest, forgone, BEQUEST_TAG_FORGONE, SNAPSHOT_EACH),
	{ 0 },
};

/* ---- what there is ---- */

static bool has_vnc(const struct world *world, const char *name)
{
	struct vnc_server *server = NULL;

	while ((server = world_next_vnc(world, server)))
		if (!strcmp(vnc_server_id(server), name))
			return true;
	return false;
}

static bool is_there(const struct world *world, const struct thing *thing)
{
	switch (thing->kind) {
	case THING_OBJECT: return object_set_find(world_objects(world), thing->name);
	case THING_CHARDEV: return chardev_set_find(world_chardevs(world), thing->name);
	case THING_MONITOR: return monitors_has_at(world_monitors(world), thing->name);
	case THING_VNC: return has_vnc(world, thing->name);
	case THING_METRICS: return world_has_metrics(world, thing->name);
	case THING_AUDIT: return world_auditor(world);
	case THING_RECORD: return recorders_find(world_recorders(world), thing->name);
	default: return true;
	}
}

/* ---- leaving it ---- */

static void put_thing(struct thing *thing, struct chardev_bequest *to)
{
	const struct bequest_thing left = { .kind = thing->kind,
		.name = thing->name,
		.options = thing->text,
		.text = thing_asked(thing),
		.group = thing->group };

	thing->saved = true;
	snapshot_put_group(&to->writer, TAG_THING, thing_fields, &left);
}

/* What a chardev holds is made before it, whenever that came. */
static void put_chardev(const struct world *world, struct thing *thing, struct chardev_bequest *to)
{
	const struct chardev *chardev = chardev_set_find(world_chardevs(world), thing->name);
	struct chardev *child;

	if (thing->saved || !chardev)
		return;
	thing->saved = true;
	for (size_t i = 0; chardev->class->child && (child = chardev->class->child(chardev, i));
		i++) {
		struct thing *below =
			inventory_find(world_inventory(world), THING_CHARDEV, chardev_id(child));

		if (below)
			put_chardev(world, below, to);
	}
	put_thing(thing, to);
}

static void put_things(const struct world *world, struct chardev_bequest *to)
{
	struct thing *thing = NULL;

	while ((thing = inventory_next(world_inventory(world), thing)))
		thing->saved = false;
	while ((thing = inventory_next(world_inventory(world), thing))) {
		if (!is_there(world, thing))
			continue;
		if (thing->kind == THING_CHARDEV)
			put_chardev(world, thing, to);
		else
			put_thing(thing, to);
	}
}

static void put_frontends(const struct world *world, struct chardev_bequest *to)
{
	struct frontend *frontend = NULL;

	while ((frontend = frontend_set_next(world_frontends(world), frontend))) {
		if (!frontend_goes_on(frontend))
			continue;
		snapshot_begin_group(&to->writer, TAG_FRONTEND, false);
		frontend_save(frontend, to);
		snapshot_end_group(&to->writer);
	}
}

/* What has happened until now is written by who takes over, where this is no trial. */
static void put_audit(const struct world *world, struct chardev_bequest *to)
{
	AUTO_STRBUF struct strbuf pending = { 0 };
	struct auditor_state state;

	if (!world_auditor(world))
		return;
	auditor_save(world_auditor(world), to->writer.is_trial ? NULL : &pending, &state);
	if (pending.failed)
		to->writer.error = ENOMEM;
	snapshot_put_group(&to->writer, TAG_AUDIT, auditor_fields, &state);
}

static void leave_out_viewer(void *data, const struct vnc_viewer *viewer, const char *why)
{
	const struct chardev_bequest *to = data;

	if (to->on_left_out)
		to->on_left_out(to->data, NULL, vnc_viewer_name(viewer), why);
}

static void put_vncs(const struct world *world, struct chardev_bequest *to)
{
	struct vnc_server *server = NULL;

	while ((server = world_next_vnc(world, server))) {
		snapshot_begin_group(&to->writer, TAG_VNC, false);
		vnc_server_save(server, &to->writer, leave_out_viewer, to);
		snapshot_end_group(&to->writer);
	}
}

int bequest_save(struct world *world, struct chardev_bequest *to, struct error **err)
{
	struct chardev *chardev = NULL;

	if (!world_inventory_is_whole(world))
		return error_set(err, ENOMEM, "memory ran out, and not all that there is is known");
	put_things(world, to);
	while ((chardev = chardev_set_next(world_chardevs(world), chardev))) {
		snapshot_begin_group(&to->writer, TAG_CHARDEV, false);
		chardev_save(chardev, to);
		snapshot_end_group(&to->writer);
	}
	put_frontends(world, to);
	put_vncs(world, to);
	scrapes_save(world_scrapes(world), TAG_METRICS, &to->writer);
	put_audit(world, to);
	recorders_save(world_recorders(world), TAG_TAKE, to);
	return snapshot_finish(&to->writer, err);
}

void bequest_part(struct world *world)
{
	struct vnc_server *server = NULL;

	while ((server = world_next_vnc(world, server)))
		vnc_server_part(server);
}

/* ---- what becomes of it ---- */

static enum bequest_fate fate_of(const struct world *world, const struct thing *thing)
{
	const struct frontend *frontend = thing->handle;
	const struct chardev *chardev;

	switch (thing->kind) {
	case THING_OBJECT:
	case THING_VNC:
	case THING_METRICS:
	case THING_AUDIT:
	case THING_RECORD: return BEQUEST_GOES_ON;
	case THING_CHARDEV:
		chardev = chardev_set_find(world_chardevs(world), thing->name);
		return chardev->class->handover ? BEQUEST_GOES_ON : BEQUEST_MADE_ANEW;
	case THING_DEVICE:
		if (frontend_goes_on(frontend))
			return BEQUEST_GOES_ON;
		return frontend->guest_open ? BEQUEST_LOST : BEQUEST_MADE_ANEW;
	default: return BEQUEST_MADE_ANEW;
	}
}

void bequest_tell(struct world *world,
	void (*fn)(void *data, enum bequest_fate fate, enum thing_kind kind, const char *name),
	void *data)
{
	struct thing *thing = NULL;

	while ((thing = inventory_next(world_inventory(world), thing)))
		if (is_there(world, thing))
			fn(data, fate_of(world, thing), thing->kind, thing->name);
}

/* ---- reading it ---- */

int bequest_open(int fd, struct bequest *ret_bequest, struct error **err)
{
	struct bequest bequest = { 0 };
	int r = snapshot_open(fd, &bequest.snapshot, err);

	if (r < 0) {
		close(fd);
		return r;
	}
	r = snapshot_check(&bequest.snapshot.all, all_fields, sizeof(bequest), err);
	if (r == 0)
		r = snapshot_get(&bequest.snapshot.all, all_fields, &bequest, err);
	if (r == 0)
		*ret_bequest = bequest;
	else
		snapshot_close(&bequest.snapshot);
	return r;
}

void bequest_close(struct bequest *bequest)
{
	snapshot_close(&bequest->snapshot);
	*bequest = (struct bequest){ 0 };
}

bool bequest_audit(const struct bequest *bequest, struct auditor_state *ret_state)
{
	struct snapshot_groups left = bequest->audits;
	struct snapshot_part part;

	return snapshot_next_group(&left, &part) &&
	       snapshot_get(&part, auditor_fields, ret_state, NULL) == 0;
}

bool bequest_next_thing(struct snapshot_groups *left, struct bequest_thing *ret_thing)
{
	struct snapshot_part part;

	return snapshot_next_group(left, &part) &&
	       snapshot_get(&part, thing_fields, ret_thing, NULL) == 0;
}

int bequest_check(const struct bequest *bequest, const struct world *world, struct error **err)
{
	struct snapshot_groups chardevs = bequest->chardevs, frontends = bequest->frontends;
	struct snapshot_part part;
	int r = 0;

	while (r == 0 && snapshot_next_group(&chardevs, &part))
		r = chardev_check_state(world_config(world)->chardev_classes, &part, err);
	while (r == 0 && snapshot_next_group(&frontends, &part))
		r = frontend_check_state(world_config(world)->frontend_classes, &part, err);
	return r;
}

int bequest_inherit(const struct bequest *bequest, struct world *world)
{
	int r = chardev_set_inherit(world_chardevs(world), &bequest->snapshot, &bequest->chardevs);

	world_leave_vnc(world, &bequest->vncs);
	world_leave_metrics(world, &bequest->metrics);
	if (r == 0)
		r = recorders_inherit(world_recorders(world), &bequest->takes);
	return r < 0 ? r : frontend_set_inherit(world_frontends(world), &bequest->frontends);
}

/* Those who were to have them have copies. */
static void close_left(struct snapshot_groups groups)
{
	struct snapshot_part part;

	while (snapshot_next_group(&groups, &part))
		snapshot_close_fds(&part);
}

static void go_on_looking(const struct snapshot_groups *vncs, struct world *world)
{
	struct vnc_server *server = NULL;

	while ((server = world_next_vnc(world, server)))
		vnc_server_go_on(server, vncs);
	world_leave_vnc(world, NULL);
	close_left(*vncs);
}

void bequest_go_on(const struct bequest *bequest, struct world *world)
{
	frontend_set_inherited(world_frontends(world));
	chardev_set_inherited(world_chardevs(world));
	recorders_inherited(world_recorders(world));
	go_on_looking(&bequest->vncs, world);
	world_leave_metrics(world, NULL);
	close_left(bequest->metrics);
	world_leave_audit(world, NULL);
	close_left(bequest->audits);
}
