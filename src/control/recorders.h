/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_RECORDERS_H
#define CONTROL_RECORDERS_H

#include "record/recorder.h"

struct event_bus;
struct snapshot_groups;

/** struct recorders - what `-record` asked for */
struct recorders;

/** recorders_new() - there are none yet; what is given outlives them. Return: NULL: no memory */
struct recorders *recorders_new(
	struct loop *loop, struct chardev_set *chardevs, struct event_bus *events);

/** recorders_free() - before the chardevs go; NULL is fine */
void recorders_free(struct recorders *recorders);

/**
 * recorders_inherit() - go on with takes of another program
 * @groups: of take_fields
 *
 * Return: 0; -ENOMEM.
 */
int recorders_inherit(struct recorders *recorders, const struct snapshot_groups *groups);

/** recorders_inherited() - all recorders have been made: files that none has taken are closed */
void recorders_inherited(struct recorders *recorders);

/** recorders_add() - Return: 0; -EEXIST "Duplicate ID 'x' for record"; -errno; with @err */
int recorders_add(struct recorders *recorders, struct opts *opts, struct error **err);

/** recorders_find() - by name; NULL: none */
struct recorder *recorders_find(const struct recorders *recorders, const char *id);

/** recorders_drop() - no-op where there is none */
void recorders_drop(struct recorders *recorders, const char *id);

/** recorders_meet() - a hub has come */
void recorders_meet(struct recorders *recorders, struct chardev *hub);

/** recorders_save() - see recorder_save() */
void recorders_save(struct recorders *recorders, uint16_t tag, struct chardev_bequest *to);

/** recorders_each() - call it for each take that there is */
void recorders_each(const struct recorders *recorders, recording_fn *fn, void *data);

/** recorders_owe() - see recorder_owes() */
bool recorders_owe(const struct recorders *recorders);

/**
 * struct recordings_figures - of all of them
 * @recordings: that there are; @failing: of these, whose files give errors
 * @missing:    bytes of output that recordings lack, also those that have ended
 */
struct recordings_figures {
	uint64_t recordings, failing, missing;
};

void recorders_figures(const struct recorders *recorders, struct recordings_figures *ret_figures);

#endif
