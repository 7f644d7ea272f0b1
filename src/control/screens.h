/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SCREENS_H
#define CONTROL_SCREENS_H

#include "base/error.h"
#include "vnc/vnc.h"

struct display;
struct object_set;
struct opts;

/** struct screens - what there is to look at, and the servers that show it */
struct screens;

/**
 * screens_new() - a display and no server yet
 * @name:    of the guest, or NULL
 * @objects: secrets and the like; outlives it
 *
 * Return: 0; -ENOMEM with @err.
 */
int screens_new(struct loop *loop, const char *name, struct object_set *objects,
	struct screens **ret_screens, struct error **err);

/** screens_listen() - hear of viewers that come and go; @fn must free nothing */
void screens_listen(struct screens *screens,
	void (*fn)(void *data, struct vnc_server *server, enum vnc_event event,
		const struct vnc_viewer *viewer),
	void *data);

/** screens_display() - for chardev_set_show() */
struct display *screens_display(const struct screens *screens);

/**
 * screens_leave() - of servers in another program, for screens_add_vnc(); see struct vnc_context
 * @left: outlives this until the next call; NULL: nothing any more
 */
void screens_leave(struct screens *screens, const struct snapshot_groups *left);

/** screens_add_vnc() - a `-vnc` option. Return: 0; -errno with @err */
int screens_add_vnc(struct screens *screens, struct opts *opts, struct error **err);

/** screens_drop_vnc() - by id; its viewers are sent away. No-op: none */
void screens_drop_vnc(struct screens *screens, const char *id);

/** screens_next_vnc() - walk the servers in order of creation; NULL starts and ends */
struct vnc_server *screens_next_vnc(const struct screens *screens, const struct vnc_server *after);

/** screens_stop_serving() - send all viewers away; before the chardevs go */
void screens_stop_serving(struct screens *screens);

/** screens_free() - after the chardevs; NULL is fine */
void screens_free(struct screens *screens);

#endif
