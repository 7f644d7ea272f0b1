/* SPDX-License-Identifier: MIT */
/*
 * A connected datagram socket. There is no peer that could come or go: it is always open, and
 * always takes bytes. A datagram is lost where nobody listens or the network refuses it; that is
 * what UDP is, so it is counted, told once, and not an error of the chardev.
 *
 * What is written at once stays one datagram where it fits into DATAGRAM_OUT_BYTES. A datagram that
 * comes is read whole and given to the holder as it takes it; meanwhile the others wait in the
 * kernel, which drops what its buffer cannot hold.
 *
 * A hostile peer: the kernel passes on only datagrams of the address that we are connected to. One
 * dispatch reads at most DATAGRAMS_A_DISPATCH.
 */
/* syscalls: bind close connect recvfrom sendto socket */
#include "backend/backends.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "chardev/handover.h"
#include "opts/opts.h"
#include "transport/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	DATAGRAM_OUT_BYTES = 1400, /* fits into an Ethernet frame with all headers */
	DATAGRAM_IN_BYTES = 65536, /* the largest there is */
	DATAGRAMS_A_DISPATCH = 16,
};

/**
 * struct udp_chardev
 * @remote:     "HOST:PORT" as asked for
 * @in, @in_at, @in_len: the datagram that the holder has not taken wholly
 * @full:       the kernel takes no more for now
 * @lost:       datagrams since the peer was last heard
 */
struct udp_chardev {
	struct chardev base;
	int fd;
	struct watch *watch;
	char *remote;
	char in[DATAGRAM_IN_BYTES];
	size_t in_at, in_len;
	bool full;
	uint64_t lost;
};

static struct udp_chardev *udp_of(struct chardev *chardev)
{
	return container_of(chardev, struct udp_chardev, base);
}

static void update_watch(struct udp_chardev *udp)
{
	bool wants_in = udp->in_at == udp->in_len && chardev_in_room(&udp->base);

	watch_set(udp->watch, (wants_in ? WATCH_READ : 0u) | (udp->full ? WATCH_WRITE : 0u));
}

/* ---- what is lost ---- */

static void note_lost(struct udp_chardev *udp, int error)
{
	if (!udp->lost++)
		log_info("chardev '%s': datagrams to %s are lost: %s", udp->base.id, udp->remote,
			strerror(error));
}

static void note_alive(struct udp_chardev *udp)
{
	if (udp->lost)
		log_info("chardev '%s': %s is heard again; datagrams lost: %llu", udp->base.id,
			udp->remote, (unsigned long long)udp->lost);
	udp->lost = 0;
}

/* ---- in ---- */

static void deliver(struct udp_chardev *udp)
{
	while (udp->in_at < udp->in_len) {
		size_t len = chardev_in_room(&udp->base), left = udp->in_len - udp->in_at, at;

		if (!len)
			return;
		len = len < left ? len : left;
		at = udp->in_at;
		udp->in_at += len;
		chardev_in(&udp->base, udp->in + at, len);
		if (udp->base.closing)
			return;
	}
}

/* Return: false: nothing more for now. */
static bool receive(struct udp_chardev *udp)
{
	ssize_t got = recv(udp->fd, udp->in, sizeof(udp->in), MSG_DONTWAIT);

	if (got < 0 && errno == ECONNREFUSED) { /* of one that was sent */
		note_lost(udp, errno);
		return true;
	}
	if (got < 0)
		return errno == EINTR;
	note_alive(udp);
	udp->in_at = 0;
	udp->in_len = (size_t)got;
	deliver(udp);
	return !udp->base.closing && udp->in_at == udp->in_len;
}

static void on_ready(void *data, unsigned events)
{
	struct udp_chardev *udp = data;

	if (events & (WATCH_READ | WATCH_HANGUP | WATCH_GONE))
		for (int i = 0; i < DATAGRAMS_A_DISPATCH && chardev_in_room(&udp->base); i++)
			if (!receive(udp))
				break;
	if (!udp->base.closing && udp->full && (events & WATCH_WRITE)) {
		udp->full = false;
		chardev_room(&udp->base);
	}
	if (!udp->base.closing)
		update_watch(udp);
}

static void udp_in_resume(struct chardev *chardev)
{
	struct udp_chardev *udp = udp_of(chardev);

	deliver(udp);
	if (!chardev->closing)
		update_watch(udp);
}

/* ---- out ---- */

/* Return: false: full. */
static bool send_one(struct udp_chardev *udp, const char *bytes, size_t len)
{
	ssize_t r = send(udp->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (r < 0 && errno == ECONNREFUSED) { /* of the one before */
		note_lost(udp, errno);
		r = send(udp->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	if (r < 0 && errno == EAGAIN)
		return false;
	if (r < 0)
		note_lost(udp, errno);
	return true;
}

static ssize_t udp_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct udp_chardev *udp = udp_of(chardev);
	size_t done = 0;

	for (int i = 0; i < n && !udp->full; i++) {
		const char *bytes = iov[i].iov_base;
		size_t left = iov[i].iov_len;

		while (left) {
			size_t len = left < DATAGRAM_OUT_BYTES ? left : DATAGRAM_OUT_BYTES;

			udp->full = !send_one(udp, bytes, len);
			if (udp->full)
				break;
			bytes += len;
			left -= len;
			done += len;
		}
	}
	if (udp->full)
		update_watch(udp);
	return (ssize_t)done;
}

/* ---- open and close ---- */

/* What a string option says; empty where it says nothing. */
static const char *text_of(const struct opts *opts, const char *key)
{
	const char *text = opts_get_string(opts, key);

	return text ? text : "";
}

/* Return: a list of addresses, *@ret_list NULL where none is asked for. */
static int resolve_local(
	const struct opts *opts, int family, struct addrinfo **ret_list, struct error **err)
{
	const char *host = text_of(opts, "localaddr"), *port = text_of(opts, "localport");
	AUTO_ADDRESS struct address local = { .kind = ADDRESS_INET, .datagram = true };

	*ret_list = NULL;
	if (!*host && !*port)
		return 0;
	local.ipv4 = family == AF_INET ? ADDRESS_ON : ADDRESS_OFF;
	local.ipv6 = family == AF_INET6 ? ADDRESS_ON : ADDRESS_OFF;
	local.host = strdup(host);
	local.port = strdup(*port ? port : "0");
	if (!local.host || !local.port)
		return error_set(err, ENOMEM, "chardev: udp: out of memory");
	return address_resolve(&local, true, ret_list, err);
}

static int connect_to(
	const struct opts *opts, const struct addrinfo *remote, int *ret_fd, struct error **err)
{
	AUTO_CLOSE int fd = socket(remote->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct addrinfo *local;
	int r = fd < 0 ? error_set(err, errno, "Failed to create a socket: %s", strerror(errno))
		       : resolve_local(opts, remote->ai_family, &local, err);

	if (r < 0)
		return r;
	if (local && bind(fd, local->ai_addr, local->ai_addrlen) < 0)
		r = error_set(err, errno, "Failed to bind socket: %s", strerror(errno));
	else if (connect(fd, remote->ai_addr, remote->ai_addrlen) < 0)
		r = error_set(err, errno, "Failed to connect socket: %s", strerror(errno));
	if (local)
		freeaddrinfo(local);
	if (r == 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

/* The first address that works; the error is that of the last. */
static int connect_any(
	const struct opts *opts, const struct address *address, int *ret_fd, struct error **err)
{
	struct error *last = NULL;
	struct addrinfo *list;
	int r = address_resolve(address, false, &list, err);

	if (r < 0)
		return r;
	r = -EADDRNOTAVAIL;
	for (const struct addrinfo *info = list; info && r < 0; info = info->ai_next) {
		error_free(last);
		last = NULL;
		r = connect_to(opts, info, ret_fd, &last);
	}
	freeaddrinfo(list);
	if (r < 0 && err)
		*err = last;
	else
		error_free(last);
	return r;
}

static void udp_close(struct chardev *chardev)
{
	struct udp_chardev *udp = udp_of(chardev);

	watch_free(udp->watch);
	if (udp->fd >= 0)
		close(udp->fd);
	free(udp->remote);
}

static int udp_check(const struct opts *opts, struct error **err)
{
	if (!*text_of(opts, "port"))
		return error_set(err, EINVAL, "chardev: udp: remote port not specified");
	return address_check_choices(
		address_choice(opts_has(opts, "ipv4"), opts_get_bool(opts, "ipv4")),
		address_choice(opts_has(opts, "ipv6"), opts_get_bool(opts, "ipv6")), err);
}

static int udp_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct udp_chardev *udp = udp_of(chardev);
	const char *host = text_of(opts, "host"), *port = text_of(opts, "port");
	AUTO_ADDRESS struct address remote = { .kind = ADDRESS_INET,
		.datagram = true,
		.ipv4 = address_choice(opts_has(opts, "ipv4"), opts_get_bool(opts, "ipv4")),
		.ipv6 = address_choice(opts_has(opts, "ipv6"), opts_get_bool(opts, "ipv6")) };
	int r;

	udp->fd = -1;
	remote.host = strdup(*host ? host : "localhost");
	remote.port = strdup(port);
	if (!remote.host || !remote.port)
		return error_set(err, ENOMEM, "udp '%s': out of memory", chardev->id);
	r = connect_any(opts, &remote, &udp->fd, err);
	if (r < 0)
		return r;
	udp->remote = address_text(&remote);
	r = udp->remote ? watch_new(chardev->loop, udp->fd, on_ready, udp, &udp->watch) : -ENOMEM;
	if (r < 0) {
		udp_close(chardev);
		return error_set(err, -r, "udp '%s': %s", chardev->id, strerror(-r));
	}
	chardev_set_open(chardev, true);
	return 0;
}

/* ---- in another program's place ---- */

/** struct udp_state - what is left of one: the socket, what the holder has not taken, the name */
struct udp_state {
	int fd;
	const char *remote;
	struct snapshot_bytes in;
	uint64_t lost;
};

static const struct snapshot_field udp_fields[] = {
	SNAPSHOT_FIELD(struct udp_state, fd, 1, SNAPSHOT_FILE, .needed = true),
	SNAPSHOT_FIELD(struct udp_state, remote, 2, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct udp_state, in, 3, SNAPSHOT_BLOB),
	SNAPSHOT_FIELD(struct udp_state, lost, 4, SNAPSHOT_U64),
	{ 0 },
};

static void udp_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct udp_chardev *udp = udp_of(chardev);
	const struct udp_state state = { .fd = udp->fd,
		.remote = udp->remote,
		.in = { udp->in + udp->in_at, udp->in_len - udp->in_at },
		.lost = udp->lost };

	snapshot_put(&to->writer, udp_fields, &state);
}

static int udp_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct udp_chardev *udp = udp_of(chardev);
	const struct udp_state *state = left;
	int r = state->in.len <= sizeof(udp->in) ? 0 : -EBADMSG;

	(void)opts, (void)from;
	udp->fd = state->fd;
	udp->remote = strdup(state->remote);
	if (r == 0)
		r = udp->remote ? watch_new(chardev->loop, udp->fd, on_ready, udp, &udp->watch)
				: -ENOMEM;
	if (r < 0) {
		udp_close(chardev);
		return error_set(err, -r, "its socket: %s", strerror(-r));
	}
	udp->in_len = state->in.len;
	if (udp->in_len)
		memcpy(udp->in, state->in.data, udp->in_len);
	udp->lost = state->lost;
	chardev_set_open(chardev, true);
	return 0;
}

static const struct chardev_handover udp_handover = {
	.fields = udp_fields,
	.size = sizeof(struct udp_state),
	.save = udp_save,
	.load = udp_load,
};

static char *udp_describe(const struct chardev *chardev)
{
	return strdup(((const struct udp_chardev *)chardev)->remote);
}

static const struct opt_desc udp_options[] = {
	{ .name = "host", .type = OPT_STRING, .help = "where to send to; default: localhost" },
	{ .name = "port", .type = OPT_STRING, .help = "port or service there" },
	{ .name = "localaddr", .type = OPT_STRING, .help = "address to send from" },
	{ .name = "localport", .type = OPT_STRING, .help = "port to send from" },
	{ .name = "ipv4", .type = OPT_BOOL, .help = "use IPv4" },
	{ .name = "ipv6", .type = OPT_BOOL, .help = "use IPv6" },
	{ 0 },
};

const struct chardev_class backend_udp_class = {
	.name = "udp",
	.summary = "datagrams to and from one address",
	.options = udp_options,
	.size = sizeof(struct udp_chardev),
	.check = udp_check,
	.open = udp_open,
	.close = udp_close,
	.out = udp_out,
	.in_resume = udp_in_resume,
	.handover = &udp_handover,
	.describe = udp_describe,
};
