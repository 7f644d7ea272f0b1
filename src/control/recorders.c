/* SPDX-License-Identifier: MIT */
#include "control/recorders.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/names.h"
#include "chardev/chardev.h"
#include "control/event-table.h"
#include "control/event.h"
#include "record/left-takes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** struct entry - a recorder, in the order of their coming and by its id */
struct entry {
	struct list node;
	struct name name;
	struct recorder *recorder;
};

/**
 * struct recorders
 * @missing: bytes of output that takes lack which have ended
 * @host:    as recorders see the world
 */
struct recorders {
	struct list all;
	struct names names;
	struct event_bus *events;
	uint64_t missing;
	struct recorder_host host;
};

static void tell(void *data, const char *record, struct chardev *hub, const struct take_info *take,
	bool begins)
{
	struct recorders *recorders = data;

	if (!begins)
		recorders->missing += take->missing;
	if (event_bus_is_heard(recorders->events))
		event_publish(recorders->events,
			begins ? &event_recording_started : &event_recording_stopped,
			json_pack("{s:s,s:s,s:s}", "hub", chardev_id(hub), "record", record, "path",
				take->path));
}

struct recorders *recorders_new(
	struct loop *loop, struct chardev_set *chardevs, struct event_bus *events)
{
	struct recorders *recorders = malloc(sizeof(*recorders));

	if (!recorders)
		return NULL;
	*recorders = (struct recorders){
		.events = events,
		.host = { .loop = loop, .chardevs = chardevs, .tell = tell, .data = recorders },
	};
	list_init(&recorders->all);
	return recorders;
}

static void drop(struct entry *entry)
{
	list_remove(&entry->node);
	names_remove(&entry->name);
	recorder_free(entry->recorder);
	free(entry);
}

void recorders_free(struct recorders *recorders)
{
	if (!recorders)
		return;
	list_for_each_safe (entry, &recorders->all, struct entry, node)
		drop(entry);
	names_done(&recorders->names);
	recorders_inherited(recorders);
	free(recorders);
}

int recorders_inherit(struct recorders *recorders, const struct snapshot_groups *groups)
{
	recorders->host.left = left_takes_new(groups);
	return recorders->host.left ? 0 : -ENOMEM;
}

void recorders_inherited(struct recorders *recorders)
{
	left_takes_free(TAKE_PTR(recorders->host.left));
}

int recorders_add(struct recorders *recorders, struct opts *opts, struct error **err)
{
	struct entry *entry;
	int r = recorder_check(opts, err);

	if (r < 0)
		return r;
	if (recorders_find(recorders, opts_get_string(opts, "id")))
		return error_set(
			err, EEXIST, "Duplicate ID '%s' for record", opts_get_string(opts, "id"));
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return error_set(err, ENOMEM, "out of memory");
	r = recorder_new(&recorders->host, opts, &entry->recorder, err);
	if (r < 0) {
		free(entry);
		return r;
	}
	list_append(&recorders->all, &entry->node);
	names_add(&recorders->names, &entry->name, recorder_id(entry->recorder));
	return 0;
}

static struct entry *find(const struct recorders *recorders, const char *id)
{
	struct name *name = names_find(&recorders->names, id);

	return name ? container_of(name, struct entry, name) : NULL;
}

struct recorder *recorders_find(const struct recorders *recorders, const char *id)
{
	const struct entry *entry = find(recorders, id);

	return entry ? entry->recorder : NULL;
}

void recorders_drop(struct recorders *recorders, const char *id)
{
	struct entry *entry = find(recorders, id);

	if (entry)
		drop(entry);
}

void recorders_meet(struct recorders *recorders, struct chardev *hub)
{
	list_for_each (entry, &recorders->all, struct entry, node)
		recorder_meet(entry->recorder, hub);
}

void recorders_save(struct recorders *recorders, uint16_t tag, struct chardev_bequest *to)
{
	list_for_each (entry, &recorders->all, struct entry, node)
		recorder_save(entry->recorder, tag, to);
}

void recorders_each(const struct recorders *recorders, recording_fn *fn, void *data)
{
	list_for_each (entry, &recorders->all, struct entry, node)
		recorder_each(entry->recorder, fn, data);
}

bool recorders_owe(const struct recorders *recorders)
{
	list_for_each (entry, &recorders->all, struct entry, node)
		if (recorder_owes(entry->recorder))
			return true;
	return false;
}

static void count(void *data, const struct recording_info *info)
{
	struct recordings_figures *figures = data;

	figures->recordings++;
	figures->failing += info->take.is_failing;
	figures->missing += info->take.missing;
}

void recorders_figures(const struct recorders *recorders, struct recordings_figures *ret_figures)
{
	*ret_figures = (struct recordings_figures){ .missing = recorders->missing };
	recorders_each(recorders, count, ret_figures);
}
