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
 */
struct vnc_viewer {
	struct list node;
	struct peer peer;
	struct handshake handshake;
	struct session session;
	struct byte_queue in;
	bool connecting, shares;
};

/**
 * viewer_new() - greet a connection; the caller has it in no list yet
 * @fd: the viewer's from now on, also where this fails
 *
 * Return: 0; -ENOMEM and the like.
 */
int viewer_new(struct vnc_host *host, int fd, bool websocket, const char *name,
	struct vnc_viewer **ret_viewer);

/** viewer_free() - close; the server forgets it. Not from inside of message handlers */
void viewer_free(struct vnc_viewer *viewer);

/** viewer_say_goodbye() - before viewer_free(), where the viewer did not hang up itself */
void viewer_say_goodbye(struct vnc_viewer *viewer);

#endif
