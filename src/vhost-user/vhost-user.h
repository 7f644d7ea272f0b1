/* SPDX-License-Identifier: MIT */
#ifndef VHOST_USER_VHOST_USER_H
#define VHOST_USER_VHOST_USER_H

#include "base/error.h"
#include "io/loop.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"
#include "virtio/console.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The backend's side of vhost-user: a frontend (a VMM, User-Mode Linux) connects to a unix socket,
 * shares its guest's memory, and the console device is served to that guest, without a byte
 * passing through the VMM. One struct vhost_user is one device's socket, with at most one
 * frontend at a time, while others wait; make as many as there are devices.
 *
 * A frontend that breaks the protocol loses its connection, a guest that breaks the rings has its
 * device marked NEEDS_RESET; either costs one log line and nobody else anything.
 */
struct vhost_user;

enum {
	VHOST_USER_QUEUES_MAX = 256, /* a message has 8 bits for a queue's number */
	VHOST_USER_PORTS_MAX = VHOST_USER_QUEUES_MAX / 2 - 1, /* so, max_ports of the device */
};

/**
 * struct vhost_user_ops - what the owner may want to hear
 *
 * Every member may be NULL. In any of them the vhost_user may be freed.
 */
struct vhost_user_ops {
	/** A frontend has come (true) or gone. Not told by vhost_user_free(). */
	void (*on_frontend)(void *user, bool present);

	/** The guest broke the rules: @why. The log has a line already. */
	void (*on_broken)(void *user, const char *why);
};

/**
 * struct vhost_user_state - what is left of one to another program (doc/upgrade.md)
 * @path:       its socket
 * @listener:   -1: it connects
 * @slots:      of the device
 * @waiting:    frontends that wait; @connection: the one that is served
 */
struct vhost_user_state {
	const char *path;
	int listener;
	struct snapshot_groups waiting, slots, connection;
};

extern const struct snapshot_field vhost_user_fields[];

/**
 * struct vhost_user_options - how to make one
 * @id:      the device's name in log lines
 * @path:    unix socket; a stale socket file is replaced, a live one is -EADDRINUSE
 * @mode:    permissions of the socket file; 0: ADDRESS_MODE
 * @connect: the frontend listens (server=off): connect now, and again every @reconnect_ms after
 *           the connection failed or ended; 0: only once
 * @inband:  offer INBAND_NOTIFICATIONS: kicks and calls are messages. User-Mode Linux takes it
 *           whenever it is offered; where a change of the configuration and a call meet in one of
 *           its interrupts, 6.1 acts on the change when the next one comes, so that a size that
 *           goes that way (max_ports=1) is late.
 * @ops:     static; may be NULL
 * @user:    handed to @ops
 * @left:    of another program, in whose place this one goes on: vhost_user_load() is to follow,
 *           once the device has its ports; NULL: none
 */
struct vhost_user_options {
	const char *id, *path;
	mode_t mode;
	bool connect;
	unsigned reconnect_ms;
	bool inband;
	const struct vhost_user_ops *ops;
	void *user;
	const struct vhost_user_state *left;
};

/**
 * vhost_user_new() - serve a console device on a unix socket
 * @loop:    outlives it
 * @console: borrowed; outlives it; has no other transport
 * @options: borrowed until return
 *
 * Listening begins before this returns. With @options->connect and no reconnect_ms, a frontend that
 * is not there is an error.
 *
 * Return: 0; -EINVAL: more than VHOST_USER_PORTS_MAX ports; -ENAMETOOLONG: a path that is too long;
 * -EADDRINUSE; -ENOMEM; another -errno of socket(2), bind(2), connect(2).
 */
int vhost_user_new(struct loop *loop, struct virtio_console *console,
	const struct vhost_user_options *options, struct vhost_user **ret_vhost_user,
	struct error **err);

/**
 * vhost_user_free() - close the connection, remove the socket file; NULL is fine
 *
 * The device is reset: it has no transport afterwards.
 */
void vhost_user_free(struct vhost_user *vu);

/** vhost_user_adopt() - serve the frontend at the other end of @fd, which is taken over */
int vhost_user_adopt(struct vhost_user *vu, int fd);

/** vhost_user_has_frontend() - is one connected */
bool vhost_user_has_frontend(const struct vhost_user *vu);

/** vhost_user_path() - its socket; owned by it */
const char *vhost_user_path(const struct vhost_user *vu);

/** vhost_user_goes_on() - could another program serve it: is the guest's memory all there */
bool vhost_user_goes_on(const struct vhost_user *vu);

/**
 * vhost_user_save() - put all that is left: see struct vhost_user_state
 *
 * At any moment but within its own callbacks. It changes nothing: all may go on here.
 */
void vhost_user_save(const struct vhost_user *vu, struct snapshot_writer *to);

/**
 * vhost_user_load() - go on with those who were connected; descriptors of @state are borrowed
 *
 * What @state says of memory and rings is checked as messages are. A frontend that cannot be
 * served is dismissed, which the log tells.
 */
void vhost_user_load(struct vhost_user *vu, const struct vhost_user_state *state);

/** vhost_user_disconnect() - end the present connection, if there is one */
void vhost_user_disconnect(struct vhost_user *vu);

#endif
