/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_LISTENER_H
#define TRANSPORT_LISTENER_H

#include <charhub/loop.h>

struct listener;

/** @fd: a non-blocking connection, the callee's */
typedef void listener_fn(void *data, int fd);

/**
 * listener_new() - accept the connections of a listening socket
 * @fd:   the listener's from now on, also where this fails
 * @name: for the log; copied
 *
 * Nothing is accepted until listener_start(). When descriptors run out, who knocks is told so and
 * sent away, instead of being left to knock.
 *
 * Return: 0; -ENOMEM, -EMFILE.
 */
int listener_new(struct loop *loop, int fd, const char *name, listener_fn *fn, void *data,
	struct listener **ret_listener);

void listener_start(struct listener *listener);
void listener_stop(struct listener *listener);

/** listener_fd() - the listening socket */
int listener_fd(const struct listener *listener);

/** listener_free() - may be called from @fn; NULL is fine */
void listener_free(struct listener *listener);

/**
 * socket_turn_away() - send a line to a peer and close
 *
 * What it has sent is read first: a connection that is closed with unread input is reset, and the
 * line with it. Bounded: a peer that never stops sending is closed all the same.
 */
void socket_turn_away(int fd, const char *line);

#endif
