/* SPDX-License-Identifier: MIT */
#include "control/recorders.h"

#include "chardev/chardev.h"
#include "control/event-table.h"
#include "control/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct recorders
 * @missing: bytes of output that takes lack which have ended
 * @host:    as recorders see the world
 */
struct recorders {
	struct recorder **items;
	size_t len;
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

	if (recorders)
		*recorders = (struct recorders){
			.events = events,
			.host = { .loop = loop,
				.chardevs = chardevs,
				.tell = tell,
				.data = recorders },
		};
	return recorders;
}

void recorders_free(struct recorders *recorders)
{
	if (!recorders)
		return;
	for (size_t i = 0; i < recorders->len; i++)
		recorder_free(recorders->items[i]);
	free(recorders->items);
	free(recorders);
}

void recorders_inherit(struct recorders *recorders, const struct snapshot_groups *left)
{
	recorders->host.left = left;
}

int recorders_add(struct recorders *recorders, struct opts *opts, struct error **err)
{
	struct recorder **items;
	int r = recorder_check(opts, err);

	if (r < 0)
		return r;
	if (recorders_find(recorders, opts_get_string(opts, "id")))
		return error_set(
			err, EEXIST, "Duplicate ID '%s' for record", opts_get_string(opts, "id"));
	items = reallocarray(recorders->items, recorders->len + 1, sizeof(*items));
	if (!items)
		return error_set(err, ENOMEM, "out of memory");
	recorders->items = items;
	r = recorder_new(&recorders->host, opts, &items[recorders->len], err);
	if (r == 0)
		recorders->len++;
	return r;
}

struct recorder *recorders_find(const struct recorders *recorders, const char *id)
{
	for (size_t i = 0; i < recorders->len; i++)
		if (!strcmp(recorder_id(recorders->items[i]), id))
			return recorders->items[i];
	return NULL;
}

void recorders_drop(struct recorders *recorders, const char *id)
{
	for (size_t i = 0; i < recorders->len; i++) {
		if (strcmp(recorder_id(recorders->items[i]), id) != 0)
			continue;
		recorder_free(recorders->items[i]);
		recorders->items[i] = recorders->items[--recorders->len];
		return;
	}
}

void recorders_meet(struct recorders *recorders, struct chardev *hub)
{
	for (size_t i = 0; i < recorders->len; i++)
		recorder_meet(recorders->items[i], hub);
}

void recorders_save(struct recorders *recorders, uint16_t tag, struct chardev_bequest *to)
{
	for (size_t i = 0; i < recorders->len; i++)
		recorder_save(recorders->items[i], tag, to);
}

void recorders_each(const struct recorders *recorders, recording_fn *fn, void *data)
{
	for (size_t i = 0; i < recorders->len; i++)
		recorder_each(recorders->items[i], fn, data);
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
