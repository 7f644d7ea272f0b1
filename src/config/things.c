/* SPDX-License-Identifier: MIT */
#include "config/things.h"

#include "chardev/chardev-impl.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "control/auditor.h"
#include "control/listens.h"
#include "control/make.h"
#include "control/monitors.h"
#include "control/recorders.h"
#include "control/scrapes.h"
#include "control/world.h"
#include "frontend/frontend.h"
#include "object/object.h"
#include "opts/opts.h"
#include "vnc/vnc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/**
 * struct kind - what the kinds differ in
 * @id:       the option that is its name
 * @first, @others: what it is called that has none, with a number from @from on; NULL: by its text,
 *            and there are no others
 * @drop:     no-op where there is none
 * @change:   NULL: it is made anew instead
 */
struct kind {
	const char *id;
	const char *first, *others;
	unsigned from;
	void (*drop)(struct world *world, const char *name, void *handle);
	bool (*exists)(const struct world *world, const char *name);
	int (*change)(struct world *world, const char *name, struct opts *opts,
		const struct opts *old, struct error **err);
};

/* ---- objects ---- */

static void drop_object(struct world *world, const char *name, void *handle)
{
	(void)handle;
	world_drop_object(world, name);
}

static bool object_exists(const struct world *world, const char *name)
{
	return object_set_find(world_objects(world), name);
}

/* ---- chardevs ---- */

static void drop_chardev(struct world *world, const char *name, void *handle)
{
	(void)handle;
	world_drop_chardev(world, name);
}

static bool chardev_exists(const struct world *world, const char *name)
{
	return chardev_set_find(world_chardevs(world), name);
}

/* ---- listens ---- */

static void drop_listen(struct world *world, const char *name, void *handle)
{
	(void)handle;
	world_drop_listen(world, name);
}

/* ---- monitors ---- */

static void drop_monitor(struct world *world, const char *name, void *handle)
{
	(void)handle;
	monitors_remove_at(world_monitors(world), name);
}

static bool monitor_exists(const struct world *world, const char *name)
{
	return monitors_has_at(world_monitors(world), name);
}

/* ---- devices ---- */

static void drop_device(struct world *world, const char *name, void *handle)
{
	struct frontend *frontend = handle;

	if (!frontend)
		frontend = frontend_set_find(world_frontends(world), name);
	if (frontend)
		frontend_set_drop(world_frontends(world), frontend);
}

static bool device_exists(const struct world *world, const char *name)
{
	return frontend_set_find(world_frontends(world), name);
}

/* ---- VNC servers ---- */

static void drop_vnc(struct world *world, const char *name, void *handle)
{
	(void)handle;
	world_drop_vnc(world, name);
}

static bool vnc_exists(const struct world *world, const char *name)
{
	struct vnc_server *server = NULL;

	while ((server = world_next_vnc(world, server)))
		if (!strcmp(vnc_server_id(server), name))
			return true;
	return false;
}

/* ---- metrics ---- */

static void drop_metrics(struct world *world, const char *name, void *handle)
{
	(void)handle;
	world_drop_metrics(world, name);
}

/* ---- audit ---- */

static void drop_audit(struct world *world, const char *name, void *handle)
{
	(void)handle;
	world_drop_audit(world, name);
}

static bool audit_exists(const struct world *world, const char *name)
{
	const struct auditor *auditor = world_auditor(world);

	return auditor && !strcmp(auditor_id(auditor), name);
}

/* ---- recorders ---- */

static void drop_record(struct world *world, const char *name, void *handle)
{
	(void)handle;
	world_drop_record(world, name);
}

static bool record_exists(const struct world *world, const char *name)
{
	return recorders_find(world_recorders(world), name);
}

static const struct kind kinds[THING_KINDS] = {
	[THING_OBJECT] = { "id", .drop = drop_object, .exists = object_exists },
	[THING_CHARDEV] = { "id", .drop = drop_chardev, .exists = chardev_exists,
		.change = world_retune_chardev },
	[THING_LISTEN] = { "id", "listen0", "listen", 1, drop_listen, chardev_exists, NULL },
	[THING_MONITOR] = { "chardev", .drop = drop_monitor, .exists = monitor_exists },
	[THING_DEVICE] = { "id", .drop = drop_device, .exists = device_exists },
	[THING_VNC] = { "id", "default", "vnc", 2, drop_vnc, vnc_exists, NULL },
	[THING_METRICS] = { "id", "metrics0", "metrics", 1, drop_metrics, world_has_metrics, NULL },
	[THING_AUDIT] = { "id", "audit", NULL, 0, drop_audit, audit_exists, world_retune_audit },
	[THING_RECORD] = { "id", "record0", "record", 1, drop_record, record_exists,
		world_retune_record },
};

/* ---- names ---- */

static int out_of_memory(struct error **err)
{
	return error_set(err, ENOMEM, "out of memory");
}

/* Those kinds whose options were not checked by tables when they were read. */
static void bind(const struct world *world, enum thing_kind kind, struct opts *opts)
{
	const struct chardev_class *socket =
		chardev_class_find(world_config(world)->chardev_classes, "socket");

	if (kind == THING_VNC)
		opts_bind(opts, (const struct opt_desc *const[]){ vnc_options, NULL });
	else if (kind == THING_METRICS)
		opts_bind(opts, (const struct opt_desc *const[]){ scrapes_options, NULL });
	else if (kind == THING_AUDIT)
		opts_bind(opts, (const struct opt_desc *const[]){ auditor_options, NULL });
	else if (kind == THING_RECORD)
		opts_bind(opts, (const struct opt_desc *const[]){ recorder_options, NULL });
	else if (kind == THING_LISTEN)
		opts_bind(opts, (const struct opt_desc *const[]){ listens_options, socket->options,
					chardev_common_options, NULL });
}

/* Two of a kind want the same name, or the same chardev. */
static int name_is_taken(enum thing_kind kind, const struct request *request, struct error **err)
{
	const char *id = kinds[kind].id;

	log_set_place(request->where);
	if (strcmp(id, "id"))
		return error_set(err, EBUSY, "%s '%s' is already in use", id, request->name);
	return error_set(
		err, EEXIST, "Duplicate ID '%s' for %s", request->name, thing_kind_name(kind));
}

/* Return: 0; -ENOMEM. */
static int choose_name(enum thing_kind kind, struct request *request, struct inventory *names)
{
	const struct kind *of = &kinds[kind];
	const char *id = opts_text(request->opts, of->id);
	char name[24];
	unsigned n = of->from;

	if (id || !of->first)
		return 0;
	snprintf(name, sizeof(name), "%s", of->first);
	while (of->others && inventory_find(names, kind, name))
		snprintf(name, sizeof(name), "%s%u", of->others, n++);
	return opts_set(request->opts, of->id, name);
}

int things_name_one(struct world *world, enum thing_kind kind, struct request *request,
	struct inventory *names, struct error **err)
{
	const struct kind *of = &kinds[kind];
	const char *id;

	bind(world, kind, request->opts);
	if (choose_name(kind, request, names) < 0)
		return out_of_memory(err);
	free(request->text); /* it may have been named before, to see whether it can be made */
	free(request->name);
	request->name = NULL;
	request->text = opts_canonical(request->opts, thing_kind_implied(kind));
	if (!request->text)
		return out_of_memory(err);
	id = opts_text(request->opts, of->id);
	request->name = strdup(id ? id : request->text);
	if (!request->name)
		return out_of_memory(err);
	if (inventory_find(names, kind, request->name))
		return name_is_taken(kind, request, err);
	return inventory_note(names, kind, request->name, "", NULL) < 0 ? out_of_memory(err) : 0;
}

int things_name(struct world *world, struct wanted *wanted, struct error **err)
{
	struct inventory *names = inventory_new();
	int r = names ? 0 : out_of_memory(err);

	for (int kind = 0; kind < THING_KINDS; kind++)
		for (size_t i = 0; i < wanted->lists[kind].len && r == 0; i++)
			r = things_name_one(world, (enum thing_kind)kind,
				&wanted->lists[kind].items[i], names, err);
	inventory_free(names);
	return r;
}

/* ---- making and unmaking ---- */

int thing_make(
	struct world *world, enum thing_kind kind, struct request *request, struct error **err)
{
	struct frontend *handle = NULL;
	int r = world_make(world, kind, request->opts, &handle, err);

	if (r < 0)
		return r;
	if (inventory_ask(world_inventory(world), kind, request->name, request->text,
		    request->group, handle) == 0)
		return 0;
	kinds[kind].drop(world, request->name, handle);
	inventory_forget(world_inventory(world), kind, request->name);
	return out_of_memory(err);
}

void thing_drop(struct world *world, enum thing_kind kind, const char *name)
{
	const struct thing *thing = inventory_find_asked(world_inventory(world), kind, name);

	kinds[kind].drop(world, name, thing ? thing->handle : NULL);
	inventory_forget(world_inventory(world), kind, name);
}

bool thing_exists(const struct world *world, enum thing_kind kind, const char *name)
{
	return kinds[kind].exists(world, name);
}

int thing_compare(const struct thing *thing, const struct request *request)
{
	const char *asked = thing_asked(thing);
	int r = OPTS_SAME;

	if (strcmp(request->text, asked))
		r = opts_compare(request->opts, asked, thing_kind_implied(thing->kind));
	return r == OPTS_LIVE && !kinds[thing->kind].change ? OPTS_OTHER : r;
}

int thing_change(struct world *world, const struct thing *thing, const struct request *request,
	struct error **err)
{
	const struct kind *of = &kinds[thing->kind];
	AUTO_OPTS struct opts *old = NULL;
	int r = opts_parse(thing_asked(thing), thing_kind_implied(thing->kind), &old, err);

	if (r == 0)
		r = of->change(world, request->name, request->opts, old, err);
	if (r == 0 && inventory_ask(world_inventory(world), thing->kind, request->name,
			      request->text, request->group, thing->handle) < 0)
		r = out_of_memory(err);
	return r;
}
