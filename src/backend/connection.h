/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_CONNECTION_H
#define BACKEND_CONNECTION_H

#include "backend/fd-stream.h"
#include "object/tls-creds.h"
#include "transport/address.h"
#include "transport/fd-transport.h"

/**
 * struct connection - one connected socket, the stream over it, and both its names
 * @local, @remote: "HOST:PORT"; empty for unix
 * @farewell: the last line to the peer; NULL: none
 */
struct connection {
	struct fd_stream stream;
	char *local, *remote, *farewell;
};

/**
 * struct connection_options - what a fresh connection is made into
 * @tls:      with whose help it is encrypted; held; NULL: it is not
 * @tls_host: of a client: whose certificate it has to be
 * @websocket_origin: as for websocket_new(); NULL: pages of the same host
 */
struct connection_options {
	struct socket_tuning tuning;
	bool server, telnet, rfc2217, websocket;
	struct tls_creds *tls;
	char *tls_host, *websocket_origin;
};

/** connection_options_done() - release what they hold */
void connection_options_done(struct connection_options *options);

/**
 * connection_use_tls() - of a client: read its `tls-creds`, `tls-hostname` and `host`
 *
 * Return: 0; -ENOMEM; -errno with @err.
 */
int connection_use_tls(struct connection_options *options, struct object_set *objects,
	const struct opts *opts, struct error **err);

/**
 * connection_put_filters() - take a connected descriptor over, and put filters on it; no upcall
 * @fd: also closed where this fails
 * @options: borrowed until the transport is ready
 *
 * Return: 0; -ENOMEM and the like.
 */
int connection_put_filters(struct loop *loop, int fd, const struct connection_options *options,
	struct transport **ret_transport);

/**
 * struct connection_left - what is left of a connection to another program, besides its descriptor
 * @websocket, @telnet: of its filters
 */
struct connection_left {
	struct snapshot_groups websocket, telnet;
};

/** connection_go_on() - as connection_put_filters(), in another one's place; the same filters */
int connection_go_on(struct loop *loop, int fd, const struct connection_options *options,
	const struct connection_left *left, struct transport **ret_transport);

/**
 * connection_begin() - let bytes travel; no upcall
 * @transport: ready; also freed where this fails
 *
 * Return: 0; -ENOMEM.
 */
int connection_begin(struct connection *connection, struct chardev *chardev,
	struct transport *transport, const struct fd_stream_ops *ops);

/** connection_end() - say goodbye, or the last line, and close it; no-op where there is none */
void connection_end(struct connection *connection);

/** connection_set_reason() - when it ends, tell the peer why; NULL: do not. Best effort */
void connection_set_reason(struct connection *connection, const char *reason);

/** connection_target() - what the peer asked for, see chardev_target() */
const char *connection_target(const struct connection *connection);

/** connection_identity() - of the peer, see chardev_identity(); never NULL */
const char *connection_identity(const struct connection *connection);

/** connection_peer() - see chardev_peer() */
bool connection_peer(const struct connection *connection, struct chardev_peer *ret_peer);

/** connection_watch_half() - the peer sends no more: find out by itself should it vanish */
void connection_watch_half(struct connection *connection);

/** connection_describe() - "unix:/p,server=on", "telnet:A:1 <-> B:2"; NULL if memory ran out */
char *connection_describe(const struct connection *connection, const struct address *address,
	const struct connection_options *options);

/** connection_scheme() - "tcp", or the filter that a peer has to speak: "telnet", "websocket" */
const char *connection_scheme(const struct connection_options *options);

#endif
