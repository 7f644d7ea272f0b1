/* SPDX-License-Identifier: MIT */
/*
 * The connecting side. Without reconnect-ms it connects once, synchronously, at creation. With it:
 *
 *	waiting		the timer runs, or the first attempt is posted
 *	resolving	a name is looked up in a thread; numbers are not
 *	connecting	the addresses are tried one after another
 *	connected	until the connection ends; then waiting
 *
 * A failure is logged once until an attempt succeeds. A TCP peer that closes looks as if it had
 * closed half: whoever reconnects takes it as the end, since a restarted server matters more than
 * a half-closed one.
 */
#include "backend/socket-impl.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

struct socket_client {
	struct socket_chardev *socket;
	uint64_t reconnect_ms;
	struct timer *timer;
	struct task first;
	struct lookup *lookup;
	struct addrinfo *list; /* as getaddrinfo() gives it */
	struct addrinfo *next; /* what is tried next */
	int fd;		       /* being connected, or -1 */
	struct watch *watch;
	bool reported;
};

/* ---- the end of an attempt ---- */

static void stop_attempt(struct socket_client *client)
{
	watch_free(client->watch);
	client->watch = NULL;
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	if (client->list)
		freeaddrinfo(client->list);
	client->list = client->next = NULL;
}

static void report(struct socket_client *client, struct error *err)
{
	if (!client->reported)
		log_warning("Unable to connect character device %s: %s", client->socket->base.id,
			error_message(err));
	client->reported = true;
	error_free(err);
}

static void fail(struct socket_client *client, struct error *err)
{
	stop_attempt(client);
	report(client, err);
	timer_start(client->timer, client->reconnect_ms);
}

static void fail_code(struct socket_client *client, int code)
{
	struct error *err = NULL;

	address_no_connection(&client->socket->address, code, &err);
	fail(client, err);
}

/* ---- a connection ---- */

static void on_gone(struct chardev *chardev, int error)
{
	struct socket_chardev *socket = socket_of(chardev);

	(void)error;
	connection_end(&socket->connection);
	socket_client_lost(socket);
	chardev_hang_up(chardev);
}

static void on_eof(struct chardev *chardev)
{
	struct socket_chardev *socket = socket_of(chardev);

	if (socket->client && socket->address.kind == ADDRESS_INET) {
		on_gone(chardev, 0);
		return;
	}
	connection_watch_half(&socket->connection);
	chardev_set_open(chardev, false);
}

static const struct fd_stream_ops client_ops = { .on_eof = on_eof, .on_gone = on_gone };

static int begin(struct socket_chardev *socket, int fd)
{
	return connection_begin(
		&socket->connection, &socket->base, fd, socket->nodelay, &client_ops);
}

static void succeed(struct socket_client *client, int fd)
{
	struct socket_chardev *socket = client->socket;
	int r;

	stop_attempt(client);
	client->reported = false;
	r = begin(socket, fd);
	if (r < 0) {
		fail_code(client, -r);
		return;
	}
	chardev_set_open(&socket->base, true);
	chardev_room(&socket->base);
}

/* ---- an attempt ---- */

/* Return: 0: connected, or being connected; -errno: try another. */
static int try(
	struct socket_client *client, const struct sockaddr *sockaddr, socklen_t len, watch_fn *fn)
{
	int fd = socket(sockaddr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = fd < 0 || connect(fd, sockaddr, len) < 0 ? -errno : 0;

	if (r == 0) {
		succeed(client, fd);
		return 0;
	}
	client->fd = fd;
	if (r == -EINPROGRESS)
		r = watch_new(client->socket->base.loop, fd, fn, client, &client->watch);
	if (r == 0) {
		watch_set(client->watch, WATCH_WRITE);
		return 0;
	}
	if (fd >= 0)
		close(fd);
	client->fd = -1;
	return r;
}

static void on_connected(void *data, unsigned events);

static void try_next(struct socket_client *client, int code)
{
	while (client->next) {
		const struct addrinfo *info = client->next;
		int r;

		client->next = info->ai_next;
		r = try(client, info->ai_addr, info->ai_addrlen, on_connected);
		if (r == 0)
			return;
		code = -r;
	}
	fail_code(client, code);
}

static void on_connected(void *data, unsigned events)
{
	struct socket_client *client = data;
	int code = 0, fd = client->fd;
	socklen_t len = sizeof(code);

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	watch_free(client->watch);
	client->watch = NULL;
	client->fd = -1;
	if (!code) {
		succeed(client, fd);
		return;
	}
	close(fd);
	try_next(client, code);
}

static void on_resolved(void *data, int status, struct addrinfo *list)
{
	struct socket_client *client = data;
	struct error *err = NULL;

	client->lookup = NULL;
	if (status) {
		error_set(&err, EADDRNOTAVAIL, "address resolution failed for %s:%s: %s",
			client->socket->address.host, client->socket->address.port,
			gai_strerror(status));
		fail(client, err);
		return;
	}
	client->list = client->next = list;
	try_next(client, EADDRNOTAVAIL);
}

static void look_up(struct socket_client *client)
{
	const struct address *address = &client->socket->address;
	struct addrinfo hints;
	int r;

	address_hints(address, &hints);
	r = lookup_new(client->socket->base.loop, address->host, address->port, &hints, on_resolved,
		client, &client->lookup);
	if (r < 0)
		fail_code(client, -r);
}

static void attempt_unix(struct socket_client *client)
{
	struct sockaddr_storage sockaddr;
	struct error *err = NULL;
	socklen_t len;
	int r = address_resolve_unix(&client->socket->address, &sockaddr, &len, &err);

	if (r < 0) {
		fail(client, err);
		return;
	}
	r = try(client, (struct sockaddr *)&sockaddr, len, on_connected);
	if (r < 0)
		fail_code(client, -r);
}

static void attempt(void *data)
{
	struct socket_client *client = data;
	struct error *err = NULL;

	if (client->socket->address.kind == ADDRESS_UNIX) {
		attempt_unix(client);
	} else if (!address_is_numeric(&client->socket->address)) {
		look_up(client);
	} else if (address_resolve(&client->socket->address, false, &client->list, &err) < 0) {
		client->list = NULL;
		fail(client, err);
	} else {
		client->next = client->list;
		try_next(client, EADDRNOTAVAIL);
	}
}

/* ---- methods ---- */

void socket_client_lost(struct socket_chardev *socket)
{
	if (socket->client)
		timer_start(socket->client->timer, socket->client->reconnect_ms);
}

static int connect_once(struct socket_chardev *socket, struct error **err)
{
	int r = address_connect(&socket->address, err);

	if (r < 0)
		return r;
	r = begin(socket, r);
	if (r < 0)
		return error_set(err, -r, "socket '%s': %s", socket->base.id, strerror(-r));
	chardev_set_open(&socket->base, true);
	return 0;
}

int socket_client_open(struct socket_chardev *socket, uint64_t reconnect_ms, struct error **err)
{
	struct socket_client *client;

	if (!reconnect_ms)
		return connect_once(socket, err);
	client = calloc(1, sizeof(*client));
	if (client)
		client->timer = timer_new(socket->base.loop, attempt, client);
	if (!client || !client->timer) {
		free(client);
		return error_set(err, ENOMEM, "socket '%s': out of memory", socket->base.id);
	}
	client->socket = socket;
	client->reconnect_ms = reconnect_ms;
	client->fd = -1;
	socket->client = client;
	task_post(socket->base.loop, &client->first, attempt, client);
	return 0;
}

void socket_client_close(struct socket_chardev *socket)
{
	struct socket_client *client = socket->client;

	if (!client)
		return;
	socket->client = NULL;
	task_cancel(&client->first);
	timer_free(client->timer);
	lookup_free(client->lookup);
	stop_attempt(client);
	free(client);
}
