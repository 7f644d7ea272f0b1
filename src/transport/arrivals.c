/* SPDX-License-Identifier: MIT */
/*
 * All have the same time, so that the list is in the order of their deadlines and one timer does.
 * It runs while anybody waits.
 *
 * A hostile peer can keep the list full. Each newcomer then closes the oldest: who is honest is
 * through before ARRIVALS_MAX others have come.
 */
#include "transport/arrivals.h"

#include "base/list.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

struct arrivals {
	struct loop *loop;
	const struct arrivals_ops *ops;
	void *data;
	struct timer *timer;
	struct list list;
	unsigned n;
	bool freed;
	struct task reap;
};

struct arrival {
	struct arrivals *arrivals;
	struct transport *transport;
	uint64_t deadline_ms;
	struct list node;
};

static struct arrival *oldest(struct arrivals *arrivals)
{
	return container_of(arrivals->list.next, struct arrival, node);
}

static void restart_timer(struct arrivals *arrivals)
{
	uint64_t now = loop_now_ms(arrivals->loop);

	timer_stop(arrivals->timer);
	if (!list_is_empty(&arrivals->list)) {
		uint64_t at = oldest(arrivals)->deadline_ms;

		timer_start(arrivals->timer, at > now ? at - now : 0);
	}
}

/* Return: its transport, which is the caller's now. */
static struct transport *take_out(struct arrival *arrival)
{
	struct transport *transport = arrival->transport;

	transport_watch(transport, 0);
	transport_set_user(transport, NULL, NULL);
	list_remove(&arrival->node);
	arrival->arrivals->n--;
	restart_timer(arrival->arrivals);
	free(arrival);
	return transport;
}

static void dismiss(struct arrival *arrival, const char *reason)
{
	struct arrivals *arrivals = arrival->arrivals;
	struct transport *transport = take_out(arrival);

	log_debug("a handshake with %s came to nothing: %s", transport_identity(transport)->name,
		reason);
	transport_goodbye(transport);
	transport_free(transport);
	if (arrivals->ops->on_failed)
		arrivals->ops->on_failed(arrivals->data);
}

static void on_events(void *data, unsigned events)
{
	struct arrival *arrival = data;
	struct arrivals *arrivals = arrival->arrivals;

	(void)events;
	if (transport_is_ready(arrival->transport))
		arrivals->ops->on_ready(arrivals->data, take_out(arrival));
	else
		dismiss(arrival, "broken off or refused");
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

static void on_timer(void *data)
{
	struct arrivals *arrivals = data;

	while (!arrivals->freed && !list_is_empty(&arrivals->list) &&
		oldest(arrivals)->deadline_ms <= loop_now_ms(arrivals->loop))
		dismiss(oldest(arrivals), "too slow");
}

struct arrivals *arrivals_new(struct loop *loop, const struct arrivals_ops *ops, void *data)
{
	struct arrivals *arrivals = calloc(1, sizeof(*arrivals));

	if (!arrivals)
		return NULL;
	*arrivals = (struct arrivals){ .loop = loop, .ops = ops, .data = data };
	list_init(&arrivals->list);
	arrivals->timer = timer_new(loop, on_timer, arrivals);
	if (!arrivals->timer) {
		free(arrivals);
		return NULL;
	}
	return arrivals;
}

int arrivals_add(struct arrivals *arrivals, struct transport *transport)
{
	struct arrival *arrival;

	if (transport_is_ready(transport)) {
		arrivals->ops->on_ready(arrivals->data, transport);
		return 0;
	}
	arrival = calloc(1, sizeof(*arrival));
	if (!arrival) {
		transport_free(transport);
		return -ENOMEM;
	}
	*arrival = (struct arrival){ .arrivals = arrivals,
		.transport = transport,
		.deadline_ms = loop_now_ms(arrivals->loop) + ARRIVAL_MS };
	list_append(&arrivals->list, &arrival->node);
	restart_timer(arrivals);
	transport_set_user(transport, &callbacks, arrival);
	transport_watch(transport, WATCH_HANGUP);
	if (++arrivals->n > ARRIVALS_MAX)
		dismiss(oldest(arrivals), "too many");
	return 0;
}

void arrivals_clear(struct arrivals *arrivals)
{
	while (!list_is_empty(&arrivals->list))
		transport_free(take_out(oldest(arrivals)));
}

static void release(void *data)
{
	free(data);
}

void arrivals_free(struct arrivals *arrivals)
{
	if (!arrivals || arrivals->freed)
		return;
	arrivals->freed = true;
	arrivals_clear(arrivals);
	timer_free(arrivals->timer);
	task_post(arrivals->loop, &arrivals->reap, release, arrivals);
}
