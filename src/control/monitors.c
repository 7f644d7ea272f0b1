/* SPDX-License-Identifier: MIT */
/*
 * Monitors by name. QEMU 11.1 makes them by `-object`, older ones by `-mon`: it is the same thing
 * with other words for it. One may be unmade by its own session, which gets its answer first.
 */
#include "control/monitors.h"

#include "base/cleanup.h"
#include "control/hmp.h"
#include "control/monitor-page.h"
#include "control/monitor.h"
#include "control/qmp.h"
#include "control/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct monitors {
	struct world *world;
	struct list list, leaving;
	struct task reap;
};

enum { MODE_READLINE, MODE_CONTROL };

#define CHARDEV_OPTION                                               \
	{                                                            \
		.name = "chardev", .type = OPT_ID, .required = true, \
		.help = "where it is spoken to"                      \
	}

const struct opt_desc monitor_options[] = {
	CHARDEV_OPTION,
	{ .name = "id", .type = OPT_STRING, .help = "its name" },
	{ .name = "mode",
		.type = OPT_ENUM,
		.values = "readline|control",
		.preset = "readline",
		.help = "for people, or for programs: QMP" },
	{ .name = "pretty",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "mode=control: answers in several lines" },
	{ 0 },
};

static const struct opt_desc object_options[] = {
	{ .name = "qom-type", .type = OPT_STRING, .help = "monitor-hmp, monitor-qmp" },
	{ .name = "id", .type = OPT_STRING, .required = true, .help = "its name" },
	CHARDEV_OPTION,
	{ 0 },
};

static const struct opt_desc qmp_options[] = {
	{ .name = "pretty", .type = OPT_BOOL, .preset = "off", .help = "answers in several lines" },
	{ 0 },
};

static const char qmp_type[] = "monitor-qmp";

const char *const monitor_types[] = { "monitor-hmp", qmp_type, NULL };

bool monitors_is_type(const char *type)
{
	for (const char *const *at = monitor_types; *at; at++)
		if (!strcmp(*at, type))
			return true;
	return false;
}

struct monitors *monitors_new(struct world *world)
{
	struct monitors *monitors = calloc(1, sizeof(*monitors));

	if (!monitors)
		return NULL;
	monitors->world = world;
	list_init(&monitors->list);
	list_init(&monitors->leaving);
	world_set_monitors(world, monitors);
	display_set_page(world_display(world), &monitor_page_ops, world);
	return monitors;
}

static void free_all(struct list *list)
{
	while (!list_is_empty(list))
		monitor_free(container_of(list->next, struct monitor, node));
}

static void reap(void *data)
{
	struct monitors *monitors = data;

	free_all(&monitors->leaving);
}

void monitors_free(struct monitors *monitors)
{
	if (!monitors)
		return;
	free_all(&monitors->leaving);
	free_all(&monitors->list);
	task_cancel(&monitors->reap);
	world_set_monitors(monitors->world, NULL);
	free(monitors);
}

static struct monitor *find(const struct monitors *monitors, const char *id)
{
	list_for_each (monitor, &monitors->list, struct monitor, node)
		if (monitor->id && !strcmp(monitor->id, id))
			return monitor;
	return NULL;
}

bool monitors_has(const struct monitors *monitors, const char *id)
{
	return find(monitors, id);
}

int monitors_remove(struct monitors *monitors, const char *id, struct error **err)
{
	struct monitor *monitor = find(monitors, id);

	if (!monitor)
		return error_set(err, ENOENT, "object '%s' not found", id);
	inventory_forget(
		world_inventory(monitors->world), THING_MONITOR, chardev_link_id(&monitor->link));
	list_remove(&monitor->node);
	list_append(&monitors->leaving, &monitor->node);
	task_post(world_loop(monitors->world), &monitors->reap, reap, monitors);
	return 0;
}

static bool any_owes(const struct list *list)
{
	list_for_each (monitor, list, struct monitor, node)
		if ((monitor->out.len && !monitor->silent && !monitor->gone) ||
			any_owes(&monitor->peers))
			return true;
	return false;
}

bool monitors_owe(const struct monitors *monitors)
{
	return any_owes(&monitors->list);
}

static struct monitor *find_at(const struct monitors *monitors, const char *chardev)
{
	list_for_each (monitor, &monitors->list, struct monitor, node)
		if (!strcmp(chardev_link_id(&monitor->link), chardev))
			return monitor;
	return NULL;
}

bool monitors_has_at(const struct monitors *monitors, const char *chardev)
{
	return find_at(monitors, chardev);
}

void monitors_remove_at(struct monitors *monitors, const char *chardev)
{
	struct monitor *monitor = find_at(monitors, chardev);

	if (monitor)
		monitor_free(monitor);
}

/* ---- making ---- */

static int open_monitor(struct monitors *monitors, const struct opts *opts, bool is_control,
	struct monitor **ret_monitor, struct error **err)
{
	const char *id = opts_get_string(opts, "chardev");
	struct chardev *chardev = chardev_set_find(world_chardevs(monitors->world), id);

	if (!chardev)
		return error_set(err, ENOENT, "chardev \"%s\" not found", id);
	if (!is_control)
		return hmp_new(monitors->world, chardev, ret_monitor, err);
	return qmp_new(monitors->world, chardev, opts_get_bool(opts, "pretty"), ret_monitor, err);
}

static int add(
	struct monitors *monitors, const struct opts *opts, bool is_control, struct error **err)
{
	const char *id = opts_get_string(opts, "id");
	AUTO_FREE char *copy = id ? strdup(id) : NULL;
	struct monitor *monitor;
	int r;

	if (id && find(monitors, id))
		return error_set(err, EEXIST, "Duplicate ID '%s' for mon", id);
	if (id && !copy)
		return error_set(err, ENOMEM, "out of memory");
	r = open_monitor(monitors, opts, is_control, &monitor, err);
	if (r < 0)
		return r;
	world_note(monitors->world, THING_MONITOR, opts, NULL);
	monitor->id = TAKE_PTR(copy);
	list_append(&monitors->list, &monitor->node);
	return 0;
}

int monitors_add(struct monitors *monitors, struct opts *opts, struct error **err)
{
	static const struct opt_desc *const tables[] = { monitor_options, NULL };
	bool is_control;
	int r;

	if (opts_text(opts, "qom-type"))
		return monitors_add_object(monitors, opts, err);
	r = opts_check(opts, "mon", tables, err);
	if (r < 0)
		return r;
	is_control = opts_get_enum(opts, "mode") == MODE_CONTROL;
	if (!is_control && opts_get_bool(opts, "pretty"))
		return error_set(err, EINVAL, "'pretty' is not compatible with HMP monitors");
	return add(monitors, opts, is_control, err);
}

static bool is_qmp(const struct opts *opts)
{
	return !strcmp(opts_text(opts, "qom-type"), qmp_type);
}

int monitors_check_object(struct opts *opts, struct error **err)
{
	static const struct opt_desc *const hmp_tables[] = { object_options, NULL };
	static const struct opt_desc *const qmp_tables[] = { object_options, qmp_options, NULL };
	const struct opt_desc *const *tables = is_qmp(opts) ? qmp_tables : hmp_tables;
	const char *key = opts_unknown_key(opts, tables);

	if (key)
		return error_set(err, EINVAL, "Parameter '%s' is unexpected", key);
	return opts_check(opts, opts_text(opts, "qom-type"), tables, err);
}

int monitors_add_object(struct monitors *monitors, struct opts *opts, struct error **err)
{
	int r = monitors_check_object(opts, err);

	return r < 0 ? r : add(monitors, opts, is_qmp(opts), err);
}
