/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_LISTENER_H
#define TRANSPORT_LISTENER_H

#include "io/loop.h"
#include "transport/address.h"

/** struct listener - a listening socket: of a server, a device, anybody */
struct listener;

/** @fd: a non-blocking connection, the callee's */
typedef void listener_fn(void *data, int fd);

/**
 * listener_new() - listen at an address
 * @address: borrowed until return; its port becomes the real one where it was 0 or a range
 * @owner:   who listens, for messages: "socket 'a'"; copied
 *
 * Nothing is accepted until listener_start(); the kernel keeps some waiting. When descriptors run
 * out, who knocks is told so and sent away, instead of being left to knock.
 *
 * Return: 0; -errno with @err, see address_listen().
 */
int listener_new(struct loop *loop, struct address *address, const char *owner, listener_fn *fn,
	void *data, struct listener **ret_listener, struct error **err);

/**
 * listener_open() - the same, or go on with a socket that listens there
 * @fd: it, the listener's, also where this fails; -1: none does
 */
int listener_open(struct loop *loop, struct address *address, int fd, const char *owner,
	listener_fn *fn, void *data, struct listener **ret_listener, struct error **err);

/**
 * listener_inherit() - go on with a socket that listens at @address
 * @fd: the listener's, also where this fails
 */
int listener_inherit(struct loop *loop, int fd, const struct address *address, const char *owner,
	listener_fn *fn, void *data, struct listener **ret_listener, struct error **err);

/**
 * listener_start(), listener_stop() - accept who comes, or leave them waiting
 *
 * They wait too while loop_hold_arrivals().
 */
void listener_start(struct listener *listener);
void listener_stop(struct listener *listener);

/** listener_name() - where it really listens: "127.0.0.1:5901", "unix:/run/a" */
const char *listener_name(const struct listener *listener);

/** listener_fd() - the listening socket */
int listener_fd(const struct listener *listener);

/**
 * listener_free() - may be called from @fn; NULL is fine
 *
 * The file of a unix socket is removed if it is still this one's: a successor may have put another
 * in its place.
 */
void listener_free(struct listener *listener);

/**
 * socket_turn_away() - send a line to a peer and close
 *
 * What it has sent is read first: a connection that is closed with unread input is reset, and the
 * line with it. Bounded: a peer that never stops sending is closed all the same.
 */
void socket_turn_away(int fd, const char *line);

#endif
