/* SPDX-License-Identifier: MIT */
#include "backend/connection.h"

#include "transport/fd-transport.h"

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

int connection_begin(struct connection *connection, struct chardev *chardev, int fd, bool nodelay,
	const struct fd_stream_ops *ops)
{
	struct transport *transport;
	int r = -ENOMEM;

	fd_stream_init(&connection->stream, chardev, ops, 0);
	connection->local = local_name(fd);
	connection->remote = remote_name(fd);
	if (connection->local && connection->remote)
		r = socket_transport_new(
			chardev->loop, fd, nodelay ? SOCKET_NODELAY : 0, &transport);
	if (r < 0) {
		close(fd);
		connection_end(connection);
		return r;
	}
	fd_stream_open_transport(&connection->stream, transport);
	fd_stream_start(&connection->stream);
	return 0;
}

void connection_end(struct connection *connection)
{
	if (connection->stream.chardev)
		fd_stream_close(&connection->stream);
	free(connection->local);
	free(connection->remote);
	connection->local = connection->remote = NULL;
}

void connection_send_away(struct connection *connection, const char *line)
{
	if (connection->stream.transport)
		transport_last_words(connection->stream.transport, line);
	connection_end(connection);
}

void connection_watch_half(struct connection *connection)
{
	if (connection->stream.transport)
		socket_watch_half(connection->stream.transport);
}

char *connection_describe(
	const struct connection *connection, const struct address *address, bool server)
{
	const char *role = server ? ",server=on" : "";
	char *text;
	int r;

	if (connection->remote && *connection->remote)
		r = asprintf(&text, "tcp:%s%s <-> %s", connection->local, role, connection->remote);
	else
		r = asprintf(&text, "unix:%s%s", address->path ? address->path : "", role);
	return r < 0 ? NULL : text;
}
