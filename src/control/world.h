/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_WORLD_H
#define CONTROL_WORLD_H

#include "chardev/chardev.h"
#include "control/activation.h"
#include "control/event.h"
#include "control/fdset.h"
#include "control/inventory.h"

struct auditor;
struct auditor_state;
struct display;
struct frontend;
struct frontend_class;
struct frontend_set;
struct monitors;
struct object_class;
struct object_set;
struct opts;
struct recorders;
struct reloader_ops;
struct upgrader;
struct snapshot_groups;
struct vnc_server;

/*
 * Everything that there is, by name, and the one way to make and unmake it: the command line,
 * monitors, clients and the library all come here. What changes is told on world_events().
 */
struct world;

/**
 * struct world_config - what a world is made of
 * @loop:       outlives it
 * @name:       of the guest or host, for titles; copied; NULL: none
 * @escape:     begins a command of a mux; 0: Ctrl-A
 * @on_pty:     a chardev that is a pty was made, whose name nobody knows yet; NULL: of no interest
 * @fdsets, @activation: descriptors that paths and fd= may name; outlive the world
 * @chardev_classes, @frontend_classes, @object_classes: static, NULL-terminated
 */
struct world_config {
	struct loop *loop;
	const char *name;
	unsigned char escape;
	void (*on_pty)(const char *id, const char *path);
	struct fdsets *fdsets;
	const struct activation *activation;
	const struct chardev_class *const *chardev_classes;
	const struct frontend_class *const *frontend_classes;
	const struct object_class *const *object_classes;
};

/** world_new() - with nothing in it. Return: 0; -ENOMEM with @err */
int world_new(const struct world_config *config, struct world **ret_world, struct error **err);

/**
 * world_free() - unmake everything, guests' ends first
 *
 * What files have not been written yet is waited for, seconds at most. NULL is fine.
 */
void world_free(struct world *world);

struct loop *world_loop(const struct world *world);

/** world_config() - what it was made of; the names of the classes */
const struct world_config *world_config(const struct world *world);

/** world_name() - NULL: it has none */
const char *world_name(const struct world *world);

struct chardev_set *world_chardevs(const struct world *world);
struct frontend_set *world_frontends(const struct world *world);
struct object_set *world_objects(const struct world *world);
struct display *world_display(const struct world *world);
struct event_bus *world_events(const struct world *world);
struct fdsets *world_fdsets(const struct world *world);

/** world_set_monitors() - who steers it, for commands that make and unmake some; NULL: nobody */
void world_set_monitors(struct world *world, struct monitors *monitors);
struct monitors *world_monitors(const struct world *world);

/**
 * world_inventory() - all that there is, by whomever it was made
 *
 * What has gone by itself may still be in it.
 */
struct inventory *world_inventory(const struct world *world);

/** world_inventory_is_whole() - memory has never run out for it */
bool world_inventory_is_whole(const struct world *world);

/** world_scrapes() - all that `-metrics` asked for */
const struct scrapes *world_scrapes(const struct world *world);

/** world_has_metrics() - does a server of figures have this name */
bool world_has_metrics(const struct world *world, const char *id);

/** world_auditor() - who writes down what happens; NULL: nobody */
struct auditor *world_auditor(const struct world *world);

/** world_leave_vnc() - what another program has left of its VNC servers, for world_add_vnc() */
void world_leave_vnc(struct world *world, const struct snapshot_groups *left);

/** world_leave_metrics() - what another program has left of `-metrics`, for world_add_metrics() */
void world_leave_metrics(struct world *world, const struct snapshot_groups *left);

/** world_leave_audit() - what another program has left of its audit, for world_add_audit() */
void world_leave_audit(struct world *world, const struct auditor_state *left);

/** world_recorders() - who records consoles */
struct recorders *world_recorders(const struct world *world);

/** world_note() - something was made, or has other options now: checked ones */
void world_note(struct world *world, enum thing_kind kind, const struct opts *opts, void *handle);

/** struct reloader - who can read the configuration again, see control/reload.h */
struct reloader {
	const struct reloader_ops *ops;
	void *data;
};

/** world_set_reloader() - NULL: nobody */
void world_set_reloader(struct world *world, const struct reloader *reloader);
const struct reloader *world_reloader(const struct world *world);

/** world_set_upgrader() - who can put another program in this one's place; NULL: nobody */
void world_set_upgrader(struct world *world, const struct upgrader *upgrader);
const struct upgrader *world_upgrader(const struct world *world);

/** world_next_vnc() - walk the VNC servers in order of creation; NULL starts and ends */
struct vnc_server *world_next_vnc(const struct world *world, const struct vnc_server *after);

/*
 * Make a thing of options: unchecked, as typed or as sent. They are borrowed and bound to the
 * tables of the class on return. Return: 0; -errno with @err.
 */
int world_add_object(struct world *world, struct opts *opts, struct error **err);
int world_add_chardev(
	struct world *world, struct opts *opts, struct chardev **ret_chardev, struct error **err);
int world_add_listen(struct world *world, struct opts *opts, struct error **err);
int world_add_device(
	struct world *world, struct opts *opts, struct frontend **ret_frontend, struct error **err);
int world_add_vnc(struct world *world, struct opts *opts, struct error **err);
int world_add_metrics(struct world *world, struct opts *opts, struct error **err);
int world_add_audit(struct world *world, struct opts *opts, struct error **err);
int world_add_record(struct world *world, struct opts *opts, struct error **err);

/** world_retune_audit() - as auditor_change() of the one of that name */
int world_retune_audit(struct world *world, const char *id, struct opts *opts,
	const struct opts *old, struct error **err);

/** world_retune_record() - as recorder_change() of the one of that name */
int world_retune_record(struct world *world, const char *id, struct opts *opts,
	const struct opts *old, struct error **err);

/** world_change_chardev() - as chardev_set_change() */
int world_change_chardev(struct world *world, const char *id, struct opts *opts,
	struct chardev **ret_chardev, struct error **err);

/** world_remove_chardev() - as chardev_set_remove() */
int world_remove_chardev(struct world *world, const char *id, struct error **err);

/**
 * world_retune_chardev() - as chardev_set_retune()
 *
 * The members and rules that a hub names are looked up anew.
 */
int world_retune_chardev(struct world *world, const char *id, struct opts *opts,
	const struct opts *old, struct error **err);

/** world_remove_object() - as object_set_remove() */
int world_remove_object(struct world *world, const char *id, struct error **err);

/** world_remove_device() - as frontend_set_remove(), and tell of it */
int world_remove_device(struct world *world, const char *id, struct error **err);

/** world_remove_record() - its recordings end. Return: was there one */
bool world_remove_record(struct world *world, const char *id);

/*
 * Unmake a thing, whoever holds it or refers to it: the people on a console are told, what it has
 * lent out goes with the last who has it. No-op where there is none.
 */
void world_drop_object(struct world *world, const char *id);
void world_drop_chardev(struct world *world, const char *id);
void world_drop_listen(struct world *world, const char *id);
void world_drop_vnc(struct world *world, const char *id);
void world_drop_metrics(struct world *world, const char *id);
void world_drop_audit(struct world *world, const char *id);
void world_drop_record(struct world *world, const char *id);

/** world_reload() - files were moved away or replaced: logs are opened anew, objects look again */
void world_reload(struct world *world);

/** world_quit() - tell why (the event SHUTDOWN) and stop the loop, once */
void world_quit(struct world *world, const char *reason);

/** world_stop_serving() - send viewers away, let nobody in */
void world_stop_serving(struct world *world);

#endif
