/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_ATTACH_H
#define CONTROL_ATTACH_H

#include "chardev/chardev.h"

struct caller;

/*
 * A chardev of class "attach": a client that speaks the frames of doc/attach.md over a connection,
 * which is a chardev too. A hub takes it as the member that it is; what it is told besides bytes,
 * and what its client asks for, goes in frames of its own.
 */

/**
 * attach_new() - for one client
 * @hub: of which it will be a member; gives it set and loop
 * @id:  of the member
 * @who: is at the other end, see chardev_identity(); copied; NULL: nobody to whom a rule applies
 *
 * It is open, and takes no bytes before attach_start(), which attach_follow() sees to.
 *
 * Return: the caller's until the hub admits it; NULL if memory ran out.
 */
struct chardev *attach_new(struct chardev *hub, const char *id, const char *who);

/** attach_set_peer() - where the client is, until its connection tells; without memory: nowhere */
void attach_set_peer(struct chardev *attach, const struct chardev_peer *peer);

/** attach_is_refused() - was it sent away before it began: rules allow it nothing */
bool attach_is_refused(const struct chardev *attach);

/**
 * attach_follow() - once the present command has been answered, its connection is @attach's
 *
 * Where it is gone by then, so is @attach.
 *
 * Return: 0; -ENOTSUP: the caller's connection cannot be given away; -ENOMEM.
 */
int attach_follow(struct chardev *attach, struct caller *caller, struct error **err);

/**
 * attach_start() - the connection speaks frames from now on
 * @connection: nobody holds it; @attach's to free. NULL: it has gone, and so does @attach
 * @bytes: that have come on it already
 */
void attach_start(
	struct chardev *attach, struct chardev *connection, const void *bytes, size_t len);

#endif
