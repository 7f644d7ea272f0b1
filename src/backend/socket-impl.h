/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_SOCKET_IMPL_H
#define BACKEND_SOCKET_IMPL_H

#include "backend/applicants.h"
#include "backend/connection.h"
#include "base/list.h"
#include "base/numbers.h"
#include "chardev/chardev-impl.h"
#include "transport/arrivals.h"
#include "transport/connector.h"
#include "transport/listener.h"

/**
 * struct socket_chardev - a server or a client
 * @connection: of a client, and of a server with one client at a time
 * @tls_rule:   of a server: whom of those that are ready it takes; held; NULL: all
 * @arrivals:   connections that are not ready
 * @applicants: of a server: those that are, of which it is being asked whether they may
 * @peers:      of a server with several: struct socket_peer
 * @numbers:    those of the peers
 * @n_served:   connections that count against @clients_max
 */
struct socket_chardev {
	struct chardev base;
	struct address address;
	struct connection connection;
	struct connection_options options;
	struct object *tls_rule;
	struct arrivals *arrivals;
	struct applicants *applicants;
	struct task bye;

	struct listener *listener;
	unsigned clients_max, n_served;
	struct list peers;
	struct numbers numbers;

	struct connector *connector; /* of a client that reconnects */
};

static inline struct socket_chardev *socket_of(struct chardev *chardev)
{
	return container_of(chardev, struct socket_chardev, base);
}

/**
 * struct socket_state - what is left of one
 * @listener: of a server
 * @port:     that it has really taken
 * @again:    of a client: its connection was left out, it is to be made again
 * @only:     the connection of a client, and of a server with one; @peers: of one with several
 */
struct socket_state {
	int listener;
	const char *port;
	bool again;
	struct snapshot_groups only, peers;
};

/**
 * struct connection_state - a connection
 * @number: of a peer
 * @open:   it has not closed its half
 */
struct connection_state {
	int fd;
	unsigned number;
	bool open;
	uint64_t out_bytes, in_bytes;
	struct connection_left left;
};

enum { SOCKET_ONLY = 8, SOCKET_PEER = 9 };

extern const struct snapshot_field connection_fields[];

/* socket.c: put a connection, a group of that tag; false: there is none, or it is left out */
bool socket_save_connection(struct chardev *chardev, const struct connection *connection,
	unsigned number, uint16_t tag, struct chardev_bequest *to);

/* socket.c: why a connection is left out; NULL: it is not */
const char *socket_find_obstacle(
	const struct chardev *chardev, const struct connection *connection);

/* socket.c: say goodbye to the peer of a chardev, a person or not, and close */
void socket_part(struct chardev *chardev, struct connection *connection, const char *reason);

/* socket-server.c */
int socket_server_open(struct socket_chardev *socket, bool wait, struct error **err);
void socket_server_save_peers(struct socket_chardev *socket, struct chardev_bequest *to);
int socket_server_load(
	struct socket_chardev *socket, const struct socket_state *state, struct error **err);
void socket_server_close(struct socket_chardev *socket);
int socket_server_add(struct socket_chardev *socket, int fd); /* a client; @fd is taken */
int socket_server_attach(struct socket_chardev *socket, struct error **err);
void socket_server_detach(struct socket_chardev *socket);

/* socket-client.c; @reconnect_ms 0: connect once, now */
int socket_client_open(struct socket_chardev *socket, uint64_t reconnect_ms, struct error **err);
int socket_client_load(struct socket_chardev *socket, const struct socket_state *state,
	uint64_t reconnect_ms, struct error **err);
void socket_client_close(struct socket_chardev *socket);

#endif
