/* SPDX-License-Identifier: MIT */
/*
 * The connecting side. Without reconnect-ms it connects once, synchronously, at creation; with it a
 * connector does, in the background and again after each end.
 *
 * A TCP peer that closes looks as if it had closed half: whoever reconnects takes it as the end,
 * since a restarted server matters more than a half-closed one.
 */
#include "backend/socket-impl.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>

static void on_gone(struct chardev *chardev, int error)
{
	struct socket_chardev *socket = socket_of(chardev);

	(void)error;
	connection_end(&socket->connection);
	if (socket->connector)
		connector_retry(socket->connector);
	chardev_hang_up(chardev);
}

static void on_eof(struct chardev *chardev)
{
	struct socket_chardev *socket = socket_of(chardev);

	if (socket->connector && socket->address.kind == ADDRESS_INET) {
		on_gone(chardev, 0);
		return;
	}
	connection_watch_half(&socket->connection);
	chardev_set_open(chardev, false);
}

static const struct fd_stream_ops client_ops = { .on_eof = on_eof, .on_gone = on_gone };

static void connected_but(struct socket_chardev *socket, const char *reason)
{
	log_warning("socket '%s': connected, but: %s", socket->base.id, reason);
	if (socket->connector)
		connector_retry(socket->connector);
}

static int begin(struct socket_chardev *socket, struct transport *transport)
{
	int r = connection_begin(&socket->connection, &socket->base, transport, &client_ops);

	if (r < 0)
		return r;
	chardev_set_open(&socket->base, true);
	chardev_room(&socket->base);
	return 0;
}

static void on_ready(void *data, struct transport *transport)
{
	int r = begin(data, transport);

	if (r < 0)
		connected_but(data, strerror(-r));
}

static void on_handshake_failed(void *data)
{
	connected_but(data, "the handshake failed");
}

static const struct arrivals_ops arrivals_ops = { .on_ready = on_ready,
	.on_failed = on_handshake_failed };

static int arrive(struct socket_chardev *socket, int fd)
{
	struct transport *transport;
	int r = connection_put_filters(socket->base.loop, fd, &socket->options, &transport);

	if (r < 0)
		return r;
	return transport_is_ready(transport) ? begin(socket, transport)
					     : arrivals_add(socket->arrivals, transport);
}

static void on_connected(void *data, int fd)
{
	int r = arrive(data, fd);

	if (r < 0)
		connected_but(data, strerror(-r));
}

static void on_failed(void *data, const struct error *err)
{
	const struct socket_chardev *socket = data;

	log_warning(
		"Unable to connect character device %s: %s", socket->base.id, error_message(err));
}

static const struct connector_ops connector_ops = { .on_connected = on_connected,
	.on_failed = on_failed };

/* ---- methods ---- */

static int connect_once(struct socket_chardev *socket, struct error **err)
{
	int r = address_connect(&socket->address, err);

	if (r < 0)
		return r;
	r = arrive(socket, r);
	return r < 0 ? error_set(err, -r, "socket '%s': %s", socket->base.id, strerror(-r)) : 0;
}

static int make_connector(struct socket_chardev *socket, uint64_t retry_ms, struct error **err)
{
	int r = connector_new(socket->base.loop, &socket->address, retry_ms, &connector_ops, socket,
		&socket->connector);

	return r < 0 ? error_set(err, ENOMEM, "socket '%s': out of memory", socket->base.id) : 0;
}

static int connect_later(struct socket_chardev *socket, uint64_t retry_ms, struct error **err)
{
	int r = make_connector(socket, retry_ms, err);

	if (r == 0)
		connector_start(socket->connector);
	return r;
}

int socket_client_open(struct socket_chardev *socket, uint64_t reconnect_ms, struct error **err)
{
	int r;

	socket->arrivals = arrivals_new(socket->base.loop, &arrivals_ops, socket);
	if (!socket->arrivals)
		return error_set(err, ENOMEM, "socket '%s': out of memory", socket->base.id);
	r = reconnect_ms ? connect_later(socket, reconnect_ms, err) : connect_once(socket, err);
	if (r < 0)
		socket_client_close(socket);
	return r;
}

/* ---- in another program's place ---- */

/* Return: false: none was left. */
static bool load_connection(struct socket_chardev *socket, struct snapshot_groups groups)
{
	struct connection_state state;
	struct transport *transport;
	struct snapshot_part part;
	int r;

	if (!snapshot_next_group(&groups, &part) ||
		snapshot_get(&part, connection_fields, &state, NULL) < 0)
		return false;
	r = connection_go_on(
		socket->base.loop, state.fd, &socket->options, &state.left, &transport);
	if (r == 0)
		r = connection_begin(&socket->connection, &socket->base, transport, &client_ops);
	if (r < 0) {
		log_error("socket '%s': its connection cannot go on: %s", socket->base.id,
			strerror(-r));
		return false;
	}
	if (state.open)
		chardev_set_open(&socket->base, true);
	return true;
}

int socket_client_load(struct socket_chardev *socket, const struct socket_state *state,
	uint64_t reconnect_ms, struct error **err)
{
	int r = 0;

	socket->arrivals = arrivals_new(socket->base.loop, &arrivals_ops, socket);
	if (!socket->arrivals)
		return error_set(err, ENOMEM, "socket '%s': out of memory", socket->base.id);
	if (reconnect_ms)
		r = make_connector(socket, reconnect_ms, err);
	if (r == 0 && !load_connection(socket, state->only)) {
		if (socket->connector)
			connector_start(socket->connector);
		else if (state->again)
			r = connect_once(socket, err);
	}
	if (r < 0)
		socket_client_close(socket);
	return r;
}

void socket_client_close(struct socket_chardev *socket)
{
	arrivals_free(socket->arrivals);
	socket->arrivals = NULL;
	connector_free(socket->connector);
	socket->connector = NULL;
}
