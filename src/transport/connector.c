/* SPDX-License-Identifier: MIT */
/*
 *	waiting		the timer runs, or the first attempt is posted
 *	resolving	a name is looked up in a thread; numbers are not
 *	connecting	the addresses are tried one after another
 *	connected	nothing, until connector_retry(); then waiting
 *
 * A failure is told once until an attempt succeeds.
 */
/* syscalls: close connect getsockopt socket */
#include "transport/connector.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

/**
 * struct connector
 * @list: as getaddrinfo() gives it
 * @next: what of it is tried next
 * @fd:   being connected, or -1
 */
struct connector {
	struct loop *loop;
	const struct address *address;
	uint64_t retry_ms;
	const struct connector_ops *ops;
	void *data;
	struct timer *timer;
	struct task first, reap;
	struct lookup *lookup;
	struct addrinfo *list, *next;
	int fd;
	struct watch *watch;
	bool reported, freed;
};

/* ---- the end of an attempt ---- */

static void stop_attempt(struct connector *connector)
{
	watch_free(connector->watch);
	connector->watch = NULL;
	if (connector->fd >= 0)
		close(connector->fd);
	connector->fd = -1;
	if (connector->list)
		freeaddrinfo(connector->list);
	connector->list = connector->next = NULL;
}

static void fail(struct connector *connector, struct error *err)
{
	stop_attempt(connector);
	log_debug("%s; again in %llu ms", error_message(err),
		(unsigned long long)connector->retry_ms);
	timer_start(connector->timer, connector->retry_ms);
	if (!connector->reported) {
		connector->reported = true;
		connector->ops->on_failed(connector->data, err);
	}
	error_free(err);
}

static void fail_code(struct connector *connector, int code)
{
	struct error *err = NULL;

	address_no_connection(connector->address, code, &err);
	fail(connector, err);
}

static void succeed(struct connector *connector, int fd)
{
	AUTO_FREE char *text = address_text(connector->address);

	stop_attempt(connector);
	connector->reported = false;
	log_debug("connected to %s", text ? text : "?");
	connector->ops->on_connected(connector->data, fd);
}

/* ---- an attempt ---- */

static void on_connected(void *data, unsigned events);

/* Return: 0: connected, or being connected; -errno: try another. */
static int try(struct connector *connector, const struct sockaddr *sockaddr, socklen_t len)
{
	int type = connector->address->datagram ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(sockaddr->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r = fd < 0 || connect(fd, sockaddr, len) < 0 ? -errno : 0;

	if (r == 0) {
		succeed(connector, fd);
		return 0;
	}
	if (r == -EINPROGRESS)
		r = watch_new(connector->loop, fd, on_connected, connector, &connector->watch);
	if (r < 0) {
		if (fd >= 0)
			close(fd);
		return r;
	}
	connector->fd = fd;
	watch_set(connector->watch, WATCH_WRITE);
	return 0;
}

static void try_next(struct connector *connector, int code)
{
	while (connector->next) {
		const struct addrinfo *info = connector->next;
		int r;

		connector->next = info->ai_next;
		r = try(connector, info->ai_addr, info->ai_addrlen);
		if (r == 0)
			return;
		code = -r;
	}
	fail_code(connector, code);
}

static void on_connected(void *data, unsigned events)
{
	struct connector *connector = data;
	int code = 0, fd = connector->fd;
	socklen_t len = sizeof(code);

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	watch_free(connector->watch);
	connector->watch = NULL;
	connector->fd = -1;
	if (!code) {
		succeed(connector, fd);
		return;
	}
	close(fd);
	try_next(connector, code);
}

static void on_resolved(void *data, int status, struct addrinfo *list)
{
	struct connector *connector = data;
	struct error *err = NULL;

	connector->lookup = NULL;
	if (status) {
		error_set(&err, EADDRNOTAVAIL, "address resolution failed for %s:%s: %s",
			connector->address->host, connector->address->port, gai_strerror(status));
		fail(connector, err);
		return;
	}
	connector->list = connector->next = list;
	try_next(connector, EADDRNOTAVAIL);
}

static void look_up(struct connector *connector)
{
	const struct address *address = connector->address;
	struct addrinfo hints;
	int r;

	address_hints(address, &hints);
	r = lookup_new(connector->loop, address->host, address->port, &hints, on_resolved,
		connector, &connector->lookup);
	if (r < 0)
		fail_code(connector, -r);
}

static void attempt_local(struct connector *connector)
{
	struct sockaddr_storage sockaddr;
	struct error *err = NULL;
	socklen_t len;
	int r = address_to_sockaddr(connector->address, &sockaddr, &len, &err);

	if (r < 0) {
		fail(connector, err);
		return;
	}
	r = try(connector, (struct sockaddr *)&sockaddr, len);
	if (r < 0)
		fail_code(connector, -r);
}

static void attempt(void *data)
{
	struct connector *connector = data;
	struct error *err = NULL;

	if (connector->address->kind != ADDRESS_INET) {
		attempt_local(connector);
	} else if (!address_is_numeric(connector->address)) {
		look_up(connector);
	} else if (address_resolve(connector->address, false, &connector->list, &err) < 0) {
		connector->list = NULL;
		fail(connector, err);
	} else {
		connector->next = connector->list;
		try_next(connector, EADDRNOTAVAIL);
	}
}

/* ---- beginning and end ---- */

void connector_start(struct connector *connector)
{
	task_post(connector->loop, &connector->first, attempt, connector);
}

void connector_retry(struct connector *connector)
{
	timer_start(connector->timer, connector->retry_ms);
}

static void connector_release(void *data)
{
	free(data);
}

void connector_free(struct connector *connector)
{
	if (!connector || connector->freed)
		return;
	connector->freed = true;
	task_cancel(&connector->first);
	timer_free(connector->timer);
	lookup_free(connector->lookup);
	stop_attempt(connector);
	task_post(connector->loop, &connector->reap, connector_release, connector);
}

int connector_new(struct loop *loop, const struct address *address, uint64_t retry_ms,
	const struct connector_ops *ops, void *data, struct connector **ret_connector)
{
	struct connector *connector = calloc(1, sizeof(*connector));

	if (!connector)
		return -ENOMEM;
	*connector = (struct connector){ .loop = loop,
		.address = address,
		.retry_ms = retry_ms,
		.ops = ops,
		.data = data,
		.fd = -1 };
	connector->timer = timer_new(loop, attempt, connector);
	if (!connector->timer) {
		free(connector);
		return -ENOMEM;
	}
	*ret_connector = connector;
	return 0;
}
