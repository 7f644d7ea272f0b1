/* SPDX-License-Identifier: MIT */
#include "control/monitors.h"

#include "base/list.h"
#include "control/hmp.h"
#include "control/qmp.h"
#include "control/world.h"

#include <errno.h>
#include <stdlib.h>

struct monitors {
	struct world *world;
	struct list list;
};

/* One of @qmp and @hmp is NULL. */
struct monitor {
	struct list node;
	struct qmp *qmp;
	struct hmp *hmp;
};

enum { MODE_READLINE, MODE_CONTROL };

const struct opt_desc monitor_options[] = {
	{ .name = "chardev", .type = OPT_ID, .required = true, .help = "where it is spoken to" },
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

struct monitors *monitors_new(struct world *world)
{
	struct monitors *monitors = calloc(1, sizeof(*monitors));

	if (!monitors)
		return NULL;
	monitors->world = world;
	list_init(&monitors->list);
	world_set_monitors(world, monitors);
	return monitors;
}

static void monitor_free(struct monitor *monitor)
{
	list_remove(&monitor->node);
	qmp_free(monitor->qmp);
	hmp_free(monitor->hmp);
	free(monitor);
}

void monitors_free(struct monitors *monitors)
{
	if (!monitors)
		return;
	while (!list_is_empty(&monitors->list))
		monitor_free(container_of(monitors->list.next, struct monitor, node));
	world_set_monitors(monitors->world, NULL);
	free(monitors);
}

static int open_monitor(struct monitors *monitors, const struct opts *opts, struct monitor *monitor,
	struct error **err)
{
	const char *id = opts_get_string(opts, "chardev");
	struct chardev *chardev = chardev_set_find(world_chardevs(monitors->world), id);

	if (!chardev)
		return error_set(err, ENOENT, "chardev \"%s\" not found", id);
	if (opts_get_enum(opts, "mode") == MODE_READLINE && opts_get_bool(opts, "pretty"))
		return error_set(err, EINVAL, "'pretty' is not compatible with HMP monitors");
	if (opts_get_enum(opts, "mode") == MODE_READLINE)
		return hmp_new(monitors->world, chardev, &monitor->hmp, err);
	return qmp_new(monitors->world, chardev, opts_get_bool(opts, "pretty"), &monitor->qmp, err);
}

int monitors_add(struct monitors *monitors, struct opts *opts, struct error **err)
{
	static const struct opt_desc *const tables[] = { monitor_options, NULL };
	struct monitor *monitor;
	int r = opts_check(opts, "mon", tables, err);

	if (r < 0)
		return r;
	monitor = calloc(1, sizeof(*monitor));
	if (!monitor)
		return error_set(err, ENOMEM, "out of memory");
	list_append(&monitors->list, &monitor->node);
	r = open_monitor(monitors, opts, monitor, err);
	if (r < 0)
		monitor_free(monitor);
	return r;
}
