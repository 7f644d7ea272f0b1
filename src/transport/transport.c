/* SPDX-License-Identifier: MIT */
/*
 * What all transports have in common: who is told, what is watched, and the end. A transport that
 * was freed is silent at once and its descriptors are closed; its memory goes after the dispatch,
 * since one of its own functions may have called the user who freed it.
 *
 * News that no descriptor tells (bytes in a filter's buffer, a file that is always ready) are told
 * by a task, again in each round for as long as they are watched and so.
 */
#include "transport/transport.h"

#include "transport/transport-impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAIN_BYTES = 4096, DRAINS_MAX = 16 };

/* ---- for the kinds ---- */

void transport_init(struct transport *transport, const struct transport_ops *ops, struct loop *loop,
	unsigned ways, int fd, const struct identity *identity)
{
	*transport = (struct transport){ .ops = ops,
		.loop = loop,
		.ways = ways,
		.fd = fd,
		.identity = identity,
		.ready = true };
}

static void on_lower_events(void *data, unsigned events)
{
	struct transport *transport = data;

	transport->ops->on_lower(transport, events);
}

static const struct transport_callbacks lower_callbacks = { .on_events = on_lower_events };

void transport_init_filter(
	struct transport *transport, const struct transport_ops *ops, struct transport *lower)
{
	*transport = (struct transport){ .ops = ops,
		.loop = lower->loop,
		.lower = lower,
		.ways = lower->ways,
		.fd = lower->fd,
		.identity = lower->identity };
	transport_set_user(lower, &lower_callbacks, transport);
}

void transport_tell(struct transport *transport, unsigned events)
{
	events &= transport->wanted | TRANSPORT_READY;
	if (events && transport->callbacks && !transport->freed)
		transport->callbacks->on_events(transport->data, events);
}

static void tell_news(struct transport *transport)
{
	struct transport_news news = transport->news;

	transport->has_news = false;
	if (transport->callbacks && transport->callbacks->on_news)
		transport->callbacks->on_news(transport->data, &news);
}

static void tell_kicked(void *data)
{
	struct transport *transport = data;
	unsigned events = transport->kicked;

	transport->kicked = 0;
	if (transport->has_news)
		tell_news(transport);
	transport_tell(transport, events);
	if (!transport->freed)
		transport->ops->watch(transport);
}

void transport_kick(struct transport *transport, unsigned events)
{
	transport->kicked |= events;
	if (events)
		task_post(transport->loop, &transport->kick, tell_kicked, transport);
}

void transport_post_news(struct transport *transport, const struct transport_news *news)
{
	transport->news = *news;
	transport->has_news = true;
	task_post(transport->loop, &transport->kick, tell_kicked, transport);
}

void transport_set_ready(struct transport *transport)
{
	transport->ready = true;
	transport_kick(transport, TRANSPORT_READY);
}

/* ---- for the user ---- */

void transport_set_user(
	struct transport *transport, const struct transport_callbacks *callbacks, void *data)
{
	transport->callbacks = callbacks;
	transport->data = data;
}

void transport_watch(struct transport *transport, unsigned events)
{
	if (events == transport->wanted)
		return;
	transport->wanted = events;
	transport->ops->watch(transport);
}

ssize_t transport_readv(struct transport *transport, const struct iovec *iov, int n)
{
	return transport->ops->readv(transport, iov, n);
}

ssize_t transport_writev(struct transport *transport, const struct iovec *iov, int n)
{
	return transport->ops->writev(transport, iov, n);
}

unsigned transport_look(struct transport *transport)
{
	return transport->ops->look(transport);
}

bool transport_has_unread(struct transport *transport)
{
	return transport->ops->has_unread(transport);
}

int transport_half_close(struct transport *transport)
{
	return transport->ops->half_close(transport);
}

int transport_abort(struct transport *transport)
{
	if (transport->ops->abort)
		return transport->ops->abort(transport);
	return transport->lower ? transport_abort(transport->lower) : -ENOTSUP;
}

int transport_send_news(struct transport *transport, const struct transport_news *news)
{
	if (transport->ops->send_news)
		return transport->ops->send_news(transport, news);
	return transport->lower ? transport_send_news(transport->lower, news) : -ENOTSUP;
}

void transport_keep_fds(struct transport *transport)
{
	if (transport->ops->keep_fds)
		transport->ops->keep_fds(transport);
}

int transport_take_fd(struct transport *transport)
{
	return transport->ops->take_fd ? transport->ops->take_fd(transport) : -ENOENT;
}

const char *transport_obstacle(const struct transport *transport)
{
	for (; transport; transport = transport->lower) {
		const char *obstacle =
			transport->ops->obstacle ? transport->ops->obstacle(transport) : NULL;

		if (obstacle)
			return obstacle;
	}
	return NULL;
}

void transport_save(const struct transport *transport, struct snapshot_writer *writer)
{
	for (; transport; transport = transport->lower)
		if (transport->ops->save)
			transport->ops->save(transport, writer);
}

void transport_goodbye(struct transport *transport)
{
	if (transport->ops->goodbye)
		transport->ops->goodbye(transport);
	if (transport->lower)
		transport_goodbye(transport->lower);
}

void transport_last_words(struct transport *transport, const char *line)
{
	char sink[DRAIN_BYTES];
	struct iovec into = { sink, sizeof(sink) },
		     from = { (void *)(uintptr_t)line, strlen(line) };

	for (int i = 0; i < DRAINS_MAX && transport_readv(transport, &into, 1) > 0; i++)
		continue;
	if (transport_writev(transport, &from, 1) > 0)
		transport_half_close(transport);
}

static void transport_release(void *data)
{
	free(data);
}

void transport_free(struct transport *transport)
{
	if (!transport || transport->freed)
		return;
	transport->freed = true;
	task_cancel(&transport->kick);
	transport->ops->close(transport);
	transport_free(transport->lower);
	task_post(transport->loop, &transport->reap, transport_release, transport);
}

bool transport_is_ready(const struct transport *transport)
{
	return transport->ready && (!transport->lower || transport_is_ready(transport->lower));
}

unsigned transport_ways(const struct transport *transport)
{
	return transport->ways;
}

int transport_fd(const struct transport *transport)
{
	return transport->fd;
}

const struct identity *transport_identity(const struct transport *transport)
{
	return transport->identity;
}

const char *transport_sni(const struct transport *transport)
{
	while (transport && !transport->sni)
		transport = transport->lower;
	return transport ? transport->sni : NULL;
}

const char *transport_path(const struct transport *transport)
{
	while (transport && !transport->path)
		transport = transport->lower;
	return transport ? transport->path : NULL;
}
