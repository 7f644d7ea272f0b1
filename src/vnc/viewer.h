/* SPDX-License-Identifier: MIT */
#ifndef VNC_VIEWER_H
#define VNC_VIEWER_H

#include "base/list.h"
#include "vnc/handshake.h"
#include "vnc/session.h"

/**
 * struct vnc_viewer - one connection, from the first byte to the last
 * @node:    in the server's list
 * @session: once the handshake is DONE
 * @in:      bytes that are not a whole message yet
 * @connecting, @shares: is in the server's count of these
 * @successor: see vnc_viewer_successor()
 */
struct vnc_viewer {
	struct list node;
	struct peer peer;
	struct handshake handshake;
	struct session session;
	struct byte_queue in;
	bool connecting, shares;
	const struct vnc_viewer *successor;
};

/**
 * viewer_new() - greet a connection; the caller has it in no list yet
 * @fd: the viewer's from now on, also where this fails
 *
 * Return: 0; -ENOMEM and the like.
 */
int viewer_new(struct vnc_host *host, int fd, bool websocket, const char *name,
	struct vnc_viewer **ret_viewer);

/** struct viewer_identity - who it is, as it was found out by another program; see struct peer */
struct viewer_identity {
	const char *name, *who;
	bool may_type;
};

/**
 * viewer_go_on() - one that has logged in, to another program; the caller has it in no list yet
 * @fd:        as for viewer_new()
 * @websocket: as for stream_load()
 *
 * Return: 0; -EBADMSG, -ENOMEM and the like.
 */
int viewer_go_on(struct vnc_host *host, int fd, const struct viewer_identity *identity,
	struct snapshot_groups websocket, struct vnc_viewer **ret_viewer);

/** viewer_drop() - close one that no list has, and of which nobody was told */
void viewer_drop(struct vnc_viewer *viewer);

/** viewer_free() - close; the server forgets it. Not from inside of message handlers */
void viewer_free(struct vnc_viewer *viewer);

/** viewer_say_goodbye() - before viewer_free(), where the viewer did not hang up itself */
void viewer_say_goodbye(struct vnc_viewer *viewer);

#endif
