/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_OUTLET_H
#define BACKEND_OUTLET_H

#include "backend/connection.h"
#include "io/loop.h"
#include "transport/address.h"

#include <sys/types.h>

/**
 * struct outlet_options - where messages go; all is the outlet's from outlet_init() on
 * @address:  unix or IP; what is `datagram` takes a message each, else they make a stream
 * @filters:  of a stream: with or without TLS
 * @retry_ms: between one attempt to connect and the next
 */
struct outlet_options {
	struct address address;
	struct connection_options filters;
	uint64_t retry_ms;
};

struct outlet_ops {
	/** Messages can be sent: there is a connection. */
	void (*on_up)(void *data);

	/** There is none any more; @code: positive errno, 0: the peer has closed it. */
	void (*on_down)(void *data, int code);

	/** There will be none for now: @why; once, until there is one. */
	void (*on_refused)(void *data, const char *why);

	/** After outlet_send() said -EAGAIN: there is room. */
	void (*on_room)(void *data);
};

/**
 * struct outlet - sends messages to a server, to which it connects as often as it takes
 *
 * Part of a class's object, zeroed before first use. What the server sends is read and forgotten.
 *
 * @unheard: of the connection that has ended: bytes of TCP that were not acknowledged
 */
struct outlet {
	struct loop *loop;
	struct outlet_options options;
	const struct outlet_ops *ops;
	void *data;
	struct connector *connector;
	struct arrivals *arrivals;
	struct transport *transport; /* NULL: not connected */
	unsigned unheard;
};

/**
 * outlet_init() - nothing happens before outlet_start()
 * @options: moved from, also where this fails
 *
 * Return: 0; -ENOMEM.
 */
int outlet_init(struct outlet *outlet, struct loop *loop, struct outlet_options *options,
	const struct outlet_ops *ops, void *data);

/** outlet_start() - connect, after this dispatch */
void outlet_start(struct outlet *outlet);

/**
 * outlet_go_on() - use a connection that another program has left
 * @fd: the outlet's, also where this fails
 *
 * Return: 0; -errno: it is to be started.
 */
int outlet_go_on(struct outlet *outlet, int fd);

/** outlet_is_up() - is there a connection */
bool outlet_is_up(const struct outlet *outlet);

/**
 * outlet_look() - has the server of a stream closed it by now
 *
 * To be asked before messages are sent: the kernel takes them all the same, and forgets them.
 *
 * Return: 0; -EPIPE: it has; the connection is made again.
 */
int outlet_look(struct outlet *outlet);

/**
 * outlet_send() - offer a message, or the rest of one
 *
 * Return: bytes taken, of a datagram all; -EAGAIN: on_room() comes; -EMSGSIZE: this datagram is too
 * large; -ENOBUFS: later, nobody tells when; -ENOTCONN: there is no connection; another -errno: the
 * connection has just ended, and is made again.
 */
ssize_t outlet_send(struct outlet *outlet, const void *bytes, size_t len);

/** outlet_fd() - the connection's socket; -1: there is none */
int outlet_fd(const struct outlet *outlet);

/** outlet_part() - say goodbye to the server; to come again, should this program go on */
void outlet_part(struct outlet *outlet);

/** outlet_close() - and free what it holds; also of a zeroed one */
void outlet_close(struct outlet *outlet);

#endif
