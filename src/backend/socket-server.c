/* SPDX-License-Identifier: MIT */
/*
 * A server with one client, which is the chardev itself, or with several, each of which becomes a
 * chardev of its own that is offered to the holder.
 *
 * Who comes while all places are taken is told so and sent away. A place is taken by a connection
 * that is open both ways; a half-closed one, and one that has gone but whose last bytes wait for
 * the holder's room, makes way: its owner may be the one who knocks.
 *
 * A server with several clients and without a holder accepts nobody; the kernel keeps a few
 * waiting.
 */
/* syscalls: accept4 ioctl */
#include "backend/socket-impl.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { LINE_BYTES = 256 };

/**
 * struct socket_peer - one client of a server with several
 * @server: NULL: it has gone
 * @number: the last part of its id; unique among the peers
 * @served: counts in the server's n_served
 */
struct socket_peer {
	struct chardev base;
	struct connection connection;
	struct socket_chardev *server;
	struct list link;
	unsigned number;
	bool served;
	struct task bye;
};

/* In the filters' own way, so that the peer can read it. */
static void send_away(struct transport *transport, const char *line)
{
	transport_last_words(transport, line);
	transport_free(transport);
}

static void refuse(const struct socket_chardev *socket, struct transport *transport)
{
	char line[LINE_BYTES];

	snprintf(line, sizeof(line), "charhub: console '%s' is in use (%u of %u clients)\r\n",
		socket->base.id, socket->n_served, socket->clients_max);
	log_debug("socket '%s': a client is sent away: all places are taken", socket->base.id);
	send_away(transport, line);
}

/* One who has to make way may have sent something that nobody had room for. */
static void tell_unread(const struct chardev *chardev, const struct fd_stream *stream)
{
	int unread = 0;

	if (ioctl(fd_stream_fd(stream), FIONREAD, &unread) == 0 && unread > 0)
		log_warning("socket '%s': who has left makes way for who comes: the last %d bytes "
			    "that he had sent are lost",
			chardev->id, unread);
}

/* ---- one client ---- */

static void end_only_client(struct socket_chardev *socket)
{
	socket->n_served = 0;
	connection_end(&socket->connection);
	chardev_hang_up(&socket->base);
}

static void on_only_gone(struct chardev *chardev, int error)
{
	(void)error;
	end_only_client(socket_of(chardev));
}

static void on_only_eof(struct chardev *chardev)
{
	connection_watch_half(&socket_of(chardev)->connection);
	chardev_set_open(chardev, false);
}

static const struct fd_stream_ops only_ops = { .on_eof = on_only_eof, .on_gone = on_only_gone };

static int begin_only_client(struct socket_chardev *socket, struct transport *transport)
{
	int r = connection_begin(&socket->connection, &socket->base, transport, &only_ops);

	if (r < 0)
		return r;
	socket->n_served = 1;
	chardev_set_open(&socket->base, true);
	return 0;
}

static void accept_only_client(struct socket_chardev *socket, struct transport *transport)
{
	const struct fd_stream *stream = &socket->connection.stream;
	int r;

	if (socket->n_served && socket->base.open && fd_stream_takes_out(stream)) {
		refuse(socket, transport);
		return;
	}
	if (socket->n_served) {
		tell_unread(&socket->base, stream);
		end_only_client(socket);
	}
	if (socket->base.closing) {
		transport_free(transport);
		return;
	}
	r = begin_only_client(socket, transport);
	if (r < 0)
		log_error("socket '%s': %s", socket->base.id, strerror(-r));
	else
		chardev_room(&socket->base);
}

/* ---- several clients ---- */

static struct socket_peer *peer_of(struct chardev *chardev)
{
	return container_of(chardev, struct socket_peer, base);
}

static void peer_end(struct socket_peer *peer)
{
	if (peer->served && peer->server)
		peer->server->n_served--;
	peer->served = false;
	connection_end(&peer->connection);
}

static void on_peer_gone(struct chardev *chardev, int error)
{
	(void)error;
	peer_end(peer_of(chardev));
	chardev_hang_up(chardev);
}

static void on_peer_eof(struct chardev *chardev)
{
	connection_watch_half(&peer_of(chardev)->connection);
	chardev_set_open(chardev, false);
}

static const struct fd_stream_ops peer_ops = { .on_eof = on_peer_eof, .on_gone = on_peer_gone };

static void peer_close(struct chardev *chardev)
{
	struct socket_peer *peer = peer_of(chardev);

	task_cancel(&peer->bye);
	peer_end(peer);
	list_remove(&peer->link);
	if (peer->server)
		numbers_give_back(&peer->server->numbers, peer->number);
}

static ssize_t peer_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return fd_stream_outv(&peer_of(chardev)->connection.stream, iov, n);
}

static void peer_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&peer_of(chardev)->connection.stream);
}

static int peer_event(struct chardev *chardev, const struct chardev_event *event)
{
	return fd_stream_event(&peer_of(chardev)->connection.stream, event);
}

static void say_bye(void *data)
{
	struct socket_peer *peer = data;

	if (fd_stream_is_started(&peer->connection.stream))
		on_peer_gone(&peer->base, 0);
}

static int peer_disconnect(struct chardev *chardev, const char *reason)
{
	connection_set_reason(&peer_of(chardev)->connection, reason);
	task_post(chardev->loop, &peer_of(chardev)->bye, say_bye, peer_of(chardev));
	return 0;
}

static int peer_take_fd(struct chardev *chardev)
{
	return fd_stream_take_fd(&peer_of(chardev)->connection.stream);
}

static const char *peer_target(const struct chardev *chardev)
{
	return connection_target(&((const struct socket_peer *)chardev)->connection);
}

static const char *peer_identity(const struct chardev *chardev)
{
	return connection_identity(&((const struct socket_peer *)chardev)->connection);
}

static bool peer_peer(const struct chardev *chardev, struct chardev_peer *ret_peer)
{
	return connection_peer(&((const struct socket_peer *)chardev)->connection, ret_peer);
}

static char *peer_describe(const struct chardev *chardev)
{
	const struct socket_peer *peer = (const struct socket_peer *)chardev;

	return peer->server ? connection_describe(&peer->connection, &peer->server->address,
				      &peer->server->options)
			    : strdup("socket");
}

static void part(struct chardev *chardev, const char *reason)
{
	socket_part(chardev, &peer_of(chardev)->connection, reason);
}

static bool goes_on(const struct chardev *chardev)
{
	const struct socket_peer *peer = (const struct socket_peer *)chardev;

	return peer->server && fd_stream_is_started(&peer->connection.stream) &&
	       !socket_find_obstacle(chardev, &peer->connection);
}

/* What is left of one its server has. */
static const struct chardev_handover peer_handover = { .goes_on = goes_on, .part = part };

static const struct chardev_class peer_class = {
	.name = "socket",
	.summary = "one client of a socket server",
	.size = sizeof(struct socket_peer),
	.close = peer_close,
	.out = peer_out,
	.in_resume = peer_in_resume,
	.event = peer_event,
	.disconnect = peer_disconnect,
	.take_fd = peer_take_fd,
	.identity = peer_identity,
	.peer = peer_peer,
	.target = peer_target,
	.handover = &peer_handover,
	.describe = peer_describe,
};

static struct chardev *new_numbered(struct socket_chardev *socket, unsigned number)
{
	AUTO_FREE char *id = NULL;

	if (asprintf(&id, "%s.%u", socket->base.id, number) < 0)
		return NULL;
	return chardev_new_peer(&socket->base, &peer_class, id);
}

/* @number is its own; 0: there is none. */
static struct socket_peer *new_peer(struct socket_chardev *socket, unsigned number)
{
	struct chardev *chardev = number ? new_numbered(socket, number) : NULL;
	struct socket_peer *peer;

	if (!chardev) {
		if (number)
			numbers_give_back(&socket->numbers, number);
		return NULL;
	}
	peer = peer_of(chardev);
	peer->server = socket;
	peer->number = number;
	fd_stream_init(&peer->connection.stream, chardev, &peer_ops, 0);
	list_append(&socket->peers, &peer->link);
	return peer;
}

static void make_way(struct socket_chardev *socket)
{
	list_for_each (peer, &socket->peers, struct socket_peer, link) {
		if (!peer->served ||
			(peer->base.open && fd_stream_takes_out(&peer->connection.stream)))
			continue;
		tell_unread(&peer->base, &peer->connection.stream);
		on_peer_gone(&peer->base, 0);
		return;
	}
}

static void accept_peer(struct socket_chardev *socket, struct transport *transport)
{
	AUTO_ERROR struct error *err = NULL;
	struct socket_peer *peer;
	int r;

	if (socket->n_served >= socket->clients_max)
		make_way(socket);
	if (socket->base.closing) {
		transport_free(transport);
		return;
	}
	if (socket->n_served >= socket->clients_max) {
		refuse(socket, transport);
		return;
	}
	peer = new_peer(socket, numbers_take(&socket->numbers));
	if (!peer) {
		send_away(transport, "charhub: out of memory\r\n");
		return;
	}
	r = connection_begin(&peer->connection, &peer->base, transport, &peer_ops);
	if (r == 0) {
		socket->n_served++;
		peer->served = true;
		chardev_set_open(&peer->base, true);
		r = chardev_offer_peer(&socket->base, &peer->base, &err);
		if (r < 0)
			connection_set_reason(
				&peer->connection, err ? error_message(err) : strerror(-r));
	}
	if (r < 0)
		chardev_free(&peer->base);
}

/* ---- both ---- */

static void on_refused(void *data, struct transport *transport)
{
	const struct socket_chardev *socket = data;
	const struct identity *identity = transport_identity(transport);
	char line[LINE_BYTES + IDENTITY_WHO_MAX];

	snprintf(line, sizeof(line), "charhub: console '%s' is not for %s\r\n", socket->base.id,
		identity->who);
	log_info("socket '%s': %s from %s is refused: tls-authz lets nobody of that name in",
		socket->base.id, identity->who, identity->name);
	send_away(transport, line);
}

static void on_admitted(void *data, struct transport *transport)
{
	struct socket_chardev *socket = data;

	if (socket->clients_max == 1)
		accept_only_client(socket, transport);
	else
		accept_peer(socket, transport);
}

static const struct applicants_ops applicants_ops = {
	.on_admitted = on_admitted,
	.on_refused = on_refused,
};

static void on_ready(void *data, struct transport *transport)
{
	const struct socket_chardev *socket = data;

	applicants_add(socket->applicants, transport);
}

static const struct arrivals_ops arrivals_ops = { .on_ready = on_ready };

int socket_server_add(struct socket_chardev *socket, int fd)
{
	struct transport *transport;
	int r = connection_put_filters(socket->base.loop, fd, &socket->options, &transport);

	if (r == 0)
		r = arrivals_add(socket->arrivals, transport);
	if (r < 0)
		log_error("socket '%s': %s", socket->base.id, strerror(-r));
	return r;
}

static void on_client(void *data, int fd)
{
	socket_server_add(data, fd);
}

/* Before the program's loop runs: the operator wants nothing to start without a client. */
static int wait_for_client(struct socket_chardev *socket, struct error **err)
{
	AUTO_FREE char *text = chardev_describe(&socket->base);
	int fd = listener_fd(socket->listener), client, r;

	log_info("QEMU waiting for connection on: %s", text ? text : socket->base.id);
	for (;;) {
		r = wait_for_fd(fd, POLLIN);
		if (r < 0)
			return error_set(err, -r, "socket '%s': no client has come: %s",
				socket->base.id, strerror(-r));
		if (socket->clients_max > 1)
			return 0; /* it waits for the holder */
		client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client >= 0)
			break;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			return error_set(err, errno, "socket '%s': cannot accept: %s",
				socket->base.id, strerror(errno));
	}
	on_client(socket, client);
	return 0;
}

/* @fd: listens already; -1: none does. */
static int listen_at(struct socket_chardev *socket, int fd, struct error **err)
{
	AUTO_FREE char *owner = NULL;

	socket->arrivals = arrivals_new(socket->base.loop, &arrivals_ops, socket);
	socket->applicants = applicants_new(socket->tls_rule, &applicants_ops, socket);
	if (!socket->arrivals || !socket->applicants ||
		asprintf(&owner, "socket '%s'", socket->base.id) < 0)
		return error_set(err, ENOMEM, "socket '%s': out of memory", socket->base.id);
	return listener_open(socket->base.loop, &socket->address, fd, owner, on_client, socket,
		&socket->listener, err);
}

int socket_server_open(struct socket_chardev *socket, bool wait, struct error **err)
{
	int r = listen_at(socket, -1, err);

	if (r == 0 && wait)
		r = wait_for_client(socket, err);
	if (r < 0)
		socket_server_close(socket);
	else if (socket->clients_max == 1)
		listener_start(socket->listener);
	return r;
}

/* ---- in another program's place ---- */

void socket_server_save_peers(struct socket_chardev *socket, struct chardev_bequest *to)
{
	list_for_each (peer, &socket->peers, struct socket_peer, link)
		socket_save_connection(
			&peer->base, &peer->connection, peer->number, SOCKET_PEER, to);
}

static int load_only(struct socket_chardev *socket, const struct connection_state *state)
{
	struct transport *transport;
	int r = connection_go_on(
		socket->base.loop, state->fd, &socket->options, &state->left, &transport);

	if (r < 0)
		return r;
	r = connection_begin(&socket->connection, &socket->base, transport, &only_ops);
	if (r < 0)
		return r;
	socket->n_served = 1;
	if (state->open)
		chardev_set_open(&socket->base, true);
	return 0;
}

/* It waits for its holder to be made, who asks for it. */
static int load_peer(struct socket_chardev *socket, const struct connection_state *state)
{
	struct socket_peer *peer = NULL;
	struct transport *transport;
	int r = connection_go_on(
		socket->base.loop, state->fd, &socket->options, &state->left, &transport);

	if (r < 0)
		return r;
	if (numbers_take_this(&socket->numbers, state->number) == 0)
		peer = new_peer(socket, state->number);
	if (!peer) {
		transport_free(transport);
		return -ENOMEM;
	}
	r = connection_begin(&peer->connection, &peer->base, transport, &peer_ops);
	if (r < 0) {
		chardev_free(&peer->base);
		return r;
	}
	socket->n_served++;
	peer->served = true;
	peer->base.out_bytes = state->out_bytes;
	peer->base.in_bytes = state->in_bytes;
	if (state->open)
		chardev_set_open(&peer->base, true);
	chardev_leave_orphan(&peer->base);
	return 0;
}

/* One that cannot go on is told in the log; the others do. */
static void load_each(struct socket_chardev *socket, struct snapshot_groups groups,
	int (*load)(struct socket_chardev *socket, const struct connection_state *state))
{
	struct connection_state state;
	struct snapshot_part part;

	while (snapshot_next_group(&groups, &part)) {
		int r = snapshot_get(&part, connection_fields, &state, NULL);

		if (r == 0)
			r = load(socket, &state);
		if (r < 0)
			log_error("socket '%s': a client cannot go on: %s", socket->base.id,
				strerror(-r));
	}
}

int socket_server_load(
	struct socket_chardev *socket, const struct socket_state *state, struct error **err)
{
	int r = listen_at(socket, state->listener, err);

	if (r < 0) {
		socket_server_close(socket);
		return r;
	}
	load_each(socket, state->only, load_only);
	load_each(socket, state->peers, load_peer);
	if (socket->clients_max == 1)
		listener_start(socket->listener);
	return 0;
}

void socket_server_close(struct socket_chardev *socket)
{
	listener_free(socket->listener);
	socket->listener = NULL;
	arrivals_free(socket->arrivals);
	socket->arrivals = NULL;
	applicants_free(socket->applicants);
	socket->applicants = NULL;
	list_for_each_safe (peer, &socket->peers, struct socket_peer, link) {
		list_remove(&peer->link);
		peer->server = NULL;
	}
	numbers_done(&socket->numbers);
}

int socket_server_attach(struct socket_chardev *socket, struct error **err)
{
	if (socket->clients_max == 1)
		return 0;
	if (!chardev_takes_peers(&socket->base)) {
		error_set(err, EINVAL,
			"chardev '%s' has clients=%u and can only be a member of a hub",
			socket->base.id, socket->clients_max);
		error_set_hint(err, "Put a hub between, or leave clients= out.");
		return -EINVAL;
	}
	listener_start(socket->listener);
	return 0;
}

void socket_server_detach(struct socket_chardev *socket)
{
	if (socket->clients_max == 1)
		return;
	listener_stop(socket->listener);
	arrivals_clear(socket->arrivals);
	applicants_clear(socket->applicants);
}
