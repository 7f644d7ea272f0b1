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

/* socket-server.c */
int socket_server_open(struct socket_chardev *socket, bool wait, struct error **err);
void socket_server_close(struct socket_chardev *socket);
int socket_server_add(struct socket_chardev *socket, int fd); /* a client; @fd is taken */
int socket_server_attach(struct socket_chardev *socket, struct error **err);
void socket_server_detach(struct socket_chardev *socket);

/* socket-client.c; @reconnect_ms 0: connect once, now */
int socket_client_open(struct socket_chardev *socket, uint64_t reconnect_ms, struct error **err);
void socket_client_close(struct socket_chardev *socket);

#endif
