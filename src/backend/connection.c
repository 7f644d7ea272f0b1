/* SPDX-License-Identifier: MIT */
/* syscalls: close getpeername getsockname */
#include "backend/connection.h"

#include "opts/opts.h"
#include "transport/telnet.h"
#include "transport/tls.h"
#include "transport/websocket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *local_name(int fd)
{
	struct sockaddr_storage sockaddr = { 0 };
	socklen_t len = sizeof(sockaddr);

	if (getsockname(fd, (struct sockaddr *)&sockaddr, &len) < 0)
		return strdup("");
	return sockaddr_text(&sockaddr);
}

static char *remote_name(int fd)
{
	struct sockaddr_storage sockaddr = { 0 };
	socklen_t len = sizeof(sockaddr);

	if (getpeername(fd, (struct sockaddr *)&sockaddr, &len) < 0)
		return strdup("");
	return sockaddr_text(&sockaddr);
}

void connection_options_done(struct connection_options *options)
{
	tls_creds_put(options->tls);
	free(options->tls_host);
	free(options->websocket_origin);
	*options = (struct connection_options){ 0 };
}

int connection_use_tls(struct connection_options *options, struct object_set *objects,
	const struct opts *opts, struct error **err)
{
	const char *name = opts_get_string(opts, "tls-hostname");
	const char *host = name ? name : opts_get_string(opts, "host");
	int r = tls_creds_get(
		objects, opts_get_string(opts, "tls-creds"), TLS_CLIENT, &options->tls, err);

	if (r < 0)
		return r;
	options->tls_host = strdup(*host ? host : "localhost");
	return options->tls_host ? 0 : -ENOMEM;
}

/* @left: NULL: it is fresh. */
static int put_tls(struct transport *lower, const struct connection_options *options,
	const struct connection_left *left, struct transport **ret)
{
	if (left)
		return -ENOTSUP;
	return tls_new(lower, tls_creds_context(options->tls), options->tls_host, ret);
}

static int put_websocket(struct transport *lower, const struct connection_options *options,
	const struct connection_left *left, struct transport **ret)
{
	return left ? websocket_load(lower, left->websocket, ret)
		    : websocket_new(lower, options->websocket_origin, ret);
}

static int load_telnet(struct transport *lower, const struct telnet_options *options,
	struct snapshot_groups groups, struct transport **ret)
{
	struct telnet_state state;
	struct snapshot_part part;

	if (!snapshot_next_group(&groups, &part) ||
		snapshot_get(&part, telnet_fields, &state, NULL) < 0)
		return -EBADMSG;
	return telnet_load(lower, options, &state, ret);
}

static int put_telnet(struct transport *lower, const struct connection_options *options,
	const struct connection_left *left, struct transport **ret)
{
	const struct telnet_options telnet = {
		.role = options->server ? TELNET_SERVER : TELNET_CLIENT,
		.com_port = options->rfc2217,
	};

	return left ? load_telnet(lower, &telnet, left->telnet, ret)
		    : telnet_new(lower, &telnet, ret);
}

/*
 * The filters, from the lowest on. On success *@transport is the topmost, which owns the others;
 * else it is the highest that was made.
 */
static int put_filters(struct transport **transport, const struct connection_options *options,
	const struct connection_left *left)
{
	const struct {
		bool wanted;
		int (*put)(struct transport *lower, const struct connection_options *options,
			const struct connection_left *left, struct transport **ret);
	} filters[] = {
		{ options->tls, put_tls },
		{ options->websocket, put_websocket },
		{ options->telnet, put_telnet },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]) && r == 0; i++)
		if (filters[i].wanted)
			r = filters[i].put(*transport, options, left, transport);
	return r;
}

int connection_go_on(struct loop *loop, int fd, const struct connection_options *options,
	const struct connection_left *left, struct transport **ret_transport)
{
	struct transport *transport;
	int r = socket_transport_new(loop, fd, &options->tuning, &transport);

	if (r < 0) {
		close(fd);
		return r;
	}
	r = put_filters(&transport, options, left);
	if (r < 0)
		transport_free(transport);
	else
		*ret_transport = transport;
	return r;
}

int connection_put_filters(struct loop *loop, int fd, const struct connection_options *options,
	struct transport **ret_transport)
{
	return connection_go_on(loop, fd, options, NULL, ret_transport);
}

int connection_begin(struct connection *connection, struct chardev *chardev,
	struct transport *transport, const struct fd_stream_ops *ops)
{
	fd_stream_init(&connection->stream, chardev, ops, 0);
	connection->local = local_name(transport_fd(transport));
	connection->remote = remote_name(transport_fd(transport));
	if (!connection->local || !connection->remote) {
		transport_free(transport);
		connection_end(connection);
		return -ENOMEM;
	}
	fd_stream_open_transport(&connection->stream, transport);
	fd_stream_start(&connection->stream);
	return 0;
}

void connection_end(struct connection *connection)
{
	if (connection->stream.transport && connection->farewell)
		transport_last_words(connection->stream.transport, connection->farewell);
	else if (connection->stream.transport)
		transport_goodbye(connection->stream.transport);
	if (connection->stream.chardev)
		fd_stream_close(&connection->stream);
	free(connection->local);
	free(connection->remote);
	free(connection->farewell);
	connection->local = connection->remote = connection->farewell = NULL;
}

void connection_set_reason(struct connection *connection, const char *reason)
{
	free(connection->farewell);
	connection->farewell = NULL;
	if (reason && asprintf(&connection->farewell, "charhub: %s\r\n", reason) < 0)
		connection->farewell = NULL;
}

const char *connection_target(const struct connection *connection)
{
	const struct transport *transport = connection->stream.transport;
	const char *path = transport ? transport_path(transport) : NULL;

	return path || !transport ? path : transport_sni(transport);
}

const char *connection_identity(const struct connection *connection)
{
	const struct transport *transport = connection->stream.transport;

	return transport ? transport_identity(transport)->who : IDENTITY_ANONYMOUS;
}

bool connection_peer(const struct connection *connection, struct chardev_peer *ret_peer)
{
	const struct transport *transport = connection->stream.transport;
	const struct identity *identity = transport ? transport_identity(transport) : NULL;

	if (!identity || !*identity->name)
		return false;
	*ret_peer = (struct chardev_peer){ identity->name, identity->pid, identity->uid };
	return true;
}

void connection_watch_half(struct connection *connection)
{
	if (connection->stream.transport)
		socket_watch_half(connection->stream.transport);
}

const char *connection_scheme(const struct connection_options *options)
{
	if (options->telnet)
		return "telnet";
	if (options->websocket)
		return "websocket";
	return options->tls ? "tls" : "tcp";
}

char *connection_describe(const struct connection *connection, const struct address *address,
	const struct connection_options *options)
{
	const char *role = options->server ? ",server=on" : "";
	char *text;
	int r;

	if (connection->remote && *connection->remote)
		r = asprintf(&text, "%s:%s%s <-> %s", connection_scheme(options), connection->local,
			role, connection->remote);
	else if (address->kind == ADDRESS_VSOCK)
		r = asprintf(&text, "vsock:%u:%u%s", address->cid, address->vsock_port, role);
	else
		r = asprintf(&text, "unix:%s%s", address->path ? address->path : "", role);
	return r < 0 ? NULL : text;
}
