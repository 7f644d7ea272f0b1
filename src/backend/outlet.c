/* SPDX-License-Identifier: MIT */
/*
 * A server of datagrams is never waited for: a socket of UDP is connected at once, whoever is
 * there, and a unix socket refuses where nobody has bound it. That the receiver is gone shows when
 * something is sent: then the socket is closed, and another one connected after a while.
 */
/* syscalls: close ioctl */
#include "backend/outlet.h"

#include "transport/arrivals.h"
#include "transport/connector.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

enum { READS_A_DISPATCH = 16 };

static unsigned unheard(const struct outlet *outlet)
{
	int bytes = 0;

	if (outlet->options.address.kind != ADDRESS_INET || outlet->options.address.datagram ||
		ioctl(outlet_fd(outlet), SIOCOUTQ, &bytes) < 0)
		return 0;
	return bytes > 0 ? (unsigned)bytes : 0;
}

static void drop(struct outlet *outlet)
{
	outlet->unheard = unheard(outlet);
	transport_free(outlet->transport);
	outlet->transport = NULL;
	connector_retry(outlet->connector);
}

/* ---- what the server sends ---- */

/* Return: 0: it has said nothing, or what nobody wants to know; else the connection has ended. */
static int listen_to(struct outlet *outlet, int *ret_code)
{
	char bytes[512];
	struct iovec iov = { bytes, sizeof(bytes) };
	ssize_t got = 1;

	for (int i = 0; i < READS_A_DISPATCH && got > 0; i++)
		got = transport_readv(outlet->transport, &iov, 1);
	*ret_code = got < 0 ? (int)-got : 0;
	return got > 0 || got == -EAGAIN || (got == 0 && outlet->options.address.datagram) ? 0 : -1;
}

static void on_events(void *data, unsigned events)
{
	struct outlet *outlet = data;
	int code;

	if (events & (WATCH_READ | WATCH_HANGUP | WATCH_GONE) && listen_to(outlet, &code) < 0) {
		drop(outlet);
		outlet->ops->on_down(outlet->data, code);
		return;
	}
	if (events & WATCH_WRITE) {
		transport_watch(outlet->transport, WATCH_READ);
		outlet->ops->on_room(outlet->data);
	}
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

/* ---- connecting ---- */

static void use(struct outlet *outlet, struct transport *transport)
{
	outlet->transport = transport;
	transport_set_user(transport, &callbacks, outlet);
	transport_watch(transport, WATCH_READ);
}

static void refuse(struct outlet *outlet, const char *why)
{
	connector_retry(outlet->connector);
	outlet->ops->on_refused(outlet->data, why);
}

static void on_ready(void *data, struct transport *transport)
{
	struct outlet *outlet = data;

	use(outlet, transport);
	outlet->ops->on_up(outlet->data);
}

static void on_handshake_failed(void *data)
{
	refuse(data, "the handshake failed");
}

static const struct arrivals_ops arrivals_ops = { .on_ready = on_ready,
	.on_failed = on_handshake_failed };

static void on_connected(void *data, int fd)
{
	struct outlet *outlet = data;
	struct transport *transport;
	int r = connection_put_filters(outlet->loop, fd, &outlet->options.filters, &transport);

	if (r == 0 && transport_is_ready(transport))
		on_ready(outlet, transport);
	else if (r == 0)
		r = arrivals_add(outlet->arrivals, transport);
	if (r < 0)
		refuse(outlet, strerror(-r));
}

static void on_failed(void *data, const struct error *err)
{
	struct outlet *outlet = data;

	outlet->ops->on_refused(outlet->data, error_message(err));
}

static const struct connector_ops connector_ops = { .on_connected = on_connected,
	.on_failed = on_failed };

/* ---- sending ---- */

int outlet_look(struct outlet *outlet)
{
	if (!outlet->transport || outlet->options.address.datagram ||
		!(transport_look(outlet->transport) & WATCH_HANGUP))
		return 0;
	drop(outlet);
	return -EPIPE;
}

ssize_t outlet_send(struct outlet *outlet, const void *bytes, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	ssize_t r;

	if (!outlet->transport)
		return -ENOTCONN;
	r = transport_writev(outlet->transport, &iov, 1);
	if (r == -EAGAIN)
		transport_watch(outlet->transport, WATCH_READ | WATCH_WRITE);
	else if (r == -ENOMEM)
		r = -ENOBUFS;
	else if (r < 0 && r != -EMSGSIZE && r != -ENOBUFS)
		drop(outlet);
	return r;
}

/* ---- beginning and end ---- */

int outlet_init(struct outlet *outlet, struct loop *loop, struct outlet_options *options,
	const struct outlet_ops *ops, void *data)
{
	int r;

	*outlet = (struct outlet){ .loop = loop, .options = *options, .ops = ops, .data = data };
	*options = (struct outlet_options){ 0 };
	outlet->arrivals = arrivals_new(loop, &arrivals_ops, outlet);
	r = outlet->arrivals
		    ? connector_new(loop, &outlet->options.address, outlet->options.retry_ms,
			      &connector_ops, outlet, &outlet->connector)
		    : -ENOMEM;
	if (r < 0)
		outlet_close(outlet);
	return r;
}

void outlet_start(struct outlet *outlet)
{
	connector_start(outlet->connector);
}

int outlet_go_on(struct outlet *outlet, int fd)
{
	static const struct connection_left nothing;
	struct transport *transport;
	int r = connection_go_on(outlet->loop, fd, &outlet->options.filters, &nothing, &transport);

	if (r == 0)
		use(outlet, transport);
	return r;
}

bool outlet_is_up(const struct outlet *outlet)
{
	return outlet->transport;
}

int outlet_fd(const struct outlet *outlet)
{
	return outlet->transport ? transport_fd(outlet->transport) : -1;
}

void outlet_part(struct outlet *outlet)
{
	if (!outlet->transport)
		return;
	transport_goodbye(outlet->transport);
	drop(outlet);
}

void outlet_close(struct outlet *outlet)
{
	transport_free(outlet->transport);
	connector_free(outlet->connector);
	arrivals_free(outlet->arrivals);
	connection_options_done(&outlet->options.filters);
	address_done(&outlet->options.address);
	*outlet = (struct outlet){ 0 };
}
