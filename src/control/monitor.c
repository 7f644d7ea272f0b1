/* SPDX-License-Identifier: MIT */
#include "control/monitor.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "control/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READS_A_ROUND = 16 };

/* ---- what is sent ---- */

/* Some of it was taken, or none: does the peer still read. Without the focus nothing is offered. */
static void watch_stall(struct monitor *monitor, bool moved)
{
	if (!monitor->out.len || monitor->silent)
		timer_stop(monitor->stall);
	else if (moved || !timer_is_running(monitor->stall))
		timer_start(monitor->stall, MONITOR_STALL_MS);
}

static void pump(struct monitor *monitor)
{
	struct byte_queue *out = &monitor->out;
	ssize_t n = 0;

	if (out->len && !monitor->silent)
		n = chardev_link_out(&monitor->link, byte_queue_data(out), out->len);
	if (n < 0)
		byte_queue_clear(out);
	else
		byte_queue_pop(out, (size_t)n);
	watch_stall(monitor, n != 0);
}

size_t monitor_offer(struct monitor *monitor, const char *bytes, size_t len)
{
	ssize_t n = 0;

	if (monitor->gone || !len)
		return len;
	if (!monitor->out.len && !monitor->silent)
		n = chardev_link_out(&monitor->link, bytes, len);
	return n < 0 ? len : (size_t)n;
}

/* Only what does not go at once is kept. */
void monitor_send(struct monitor *monitor, const char *bytes, size_t len)
{
	size_t n = bytes ? monitor_offer(monitor, bytes, len) : 0;

	if (n == len || monitor->gone)
		return;
	if (bytes && byte_queue_push(&monitor->out, bytes + n, len - n) == 0)
		watch_stall(monitor, n > 0);
	else
		log_error("monitor '%s': out of memory: an answer is lost",
			chardev_link_id(&monitor->link));
}

void monitor_send_away(struct monitor *monitor)
{
	if (!monitor->leaving)
		monitor->leaving = chardev_link_disconnect(&monitor->link, NULL) == 0;
}

static void on_stall(void *data)
{
	struct monitor *monitor = data;

	log_warning("monitor '%s': does not read its answers, and is closed",
		chardev_link_id(&monitor->link));
	monitor_send_away(monitor);
}

/* ---- what is read ---- */

static void work(void *data);

void monitor_post(struct monitor *monitor)
{
	task_post(world_loop(monitor->world), &monitor->work, work, monitor);
}

bool monitor_is_read(const struct monitor *monitor)
{
	return monitor->in_at == monitor->in_len && !monitor->caller.call;
}

static bool is_ready(const struct monitor *monitor)
{
	const struct monitor_ops *ops = monitor->ops;

	return !monitor->caller.call && monitor->out.len < MONITOR_OUT_MAX && !monitor->gone &&
	       (!ops->may_read || ops->may_read(monitor));
}

static bool may_read(const struct monitor *monitor)
{
	return monitor->in_at < monitor->in_len && is_ready(monitor);
}

static void read_some(struct monitor *monitor)
{
	monitor->running = true;
	for (size_t i = 0; i < READS_A_ROUND && may_read(monitor); i++)
		monitor->in_at += monitor->ops->read(
			monitor, monitor->in + monitor->in_at, monitor->in_len - monitor->in_at);
	monitor->running = false;
}

/* Back to before the first byte. */
static void forget(struct monitor *monitor)
{
	caller_done(&monitor->caller);
	if (monitor->ops->forget)
		monitor->ops->forget(monitor);
	byte_queue_clear(&monitor->out);
	if (monitor->stall) /* there was memory for it */
		timer_stop(monitor->stall);
	monitor->in_at = monitor->in_len = 0;
}

static void free_one(struct monitor *monitor)
{
	forget(monitor);
	task_cancel(&monitor->work);
	timer_free(monitor->stall);
	chardev_link_detach(&monitor->link);
	chardev_free(monitor->peer);
	list_remove(&monitor->node);
	free(monitor->who);
	free(monitor->id);
	free(monitor);
}

static void end(struct monitor *monitor)
{
	if (monitor->server)
		free_one(monitor);
	else
		forget(monitor);
}

static void work(void *data)
{
	struct monitor *monitor = data;

	if (!monitor->gone)
		read_some(monitor);
	if (monitor->gone) {
		end(monitor);
		return;
	}
	if (monitor->ops->rest && !monitor->ops->rest(monitor))
		return;
	if (may_read(monitor))
		monitor_post(monitor);
	else if (monitor->ended && monitor_is_read(monitor) && !monitor->out.len)
		monitor_send_away(monitor);
	if (monitor_is_read(monitor))
		chardev_link_in_resume(&monitor->link);
}

/* ---- what the chardev tells ---- */

static size_t in_room(void *holder)
{
	const struct monitor *monitor = holder;

	return monitor->in_at == monitor->in_len && is_ready(monitor) ? MONITOR_IN_BYTES : 0;
}

static void on_in(void *holder, const void *buf, size_t len)
{
	struct monitor *monitor = holder;

	memcpy(monitor->in, buf, len);
	monitor->in_at = 0;
	monitor->in_len = len;
	monitor_post(monitor);
}

static void on_room(void *holder)
{
	struct monitor *monitor = holder;

	pump(monitor);
	monitor_post(monitor);
}

/* Who it is, for logs and events; the peer's identity holds only while it is there. */
static void learn_who(struct monitor *monitor)
{
	const char *identity = monitor->peer ? chardev_identity(monitor->peer) : NULL;
	char *who;

	if (asprintf(&who, "%s%s", identity ? "" : "monitor ",
		    identity ? identity : chardev_link_id(&monitor->link)) < 0)
		return;
	free(monitor->who);
	monitor->who = who;
	monitor->caller.who = who;
}

static void begin(struct monitor *monitor)
{
	monitor->ended = monitor->leaving = monitor->gone = false;
	learn_who(monitor);
	monitor->ops->begin(monitor);
	monitor_post(monitor); /* there was no room while nobody was there */
}

static void hang_up(struct monitor *monitor)
{
	monitor->ended = monitor->gone = true;
	if (monitor->running || monitor->server)
		monitor_post(monitor);
	else
		forget(monitor);
}

static void set_focus(struct monitor *monitor, bool has)
{
	if (!has && monitor->ops->unfocus)
		monitor->ops->unfocus(monitor);
	monitor->silent = !has;
	on_room(monitor);
}

static void on_event(void *holder, const struct chardev_event *event)
{
	struct monitor *monitor = holder;

	switch (event->type) {
	case CHARDEV_OPENED:
		forget(monitor);
		begin(monitor);
		break;
	case CHARDEV_CLOSED:
		monitor->ended = true;
		monitor_post(monitor);
		break;
	case CHARDEV_HANGUP: hang_up(monitor); break;
	case CHARDEV_MUX_OUT: set_focus(monitor, false); break;
	case CHARDEV_MUX_IN: set_focus(monitor, true); break;
	default: break;
	}
}

static void on_removed(void *holder)
{
	struct monitor *monitor = holder;

	monitor->peer = NULL;
	hang_up(monitor);
}

static int on_peer(void *holder, struct chardev *peer, struct error **err)
{
	struct monitor *server = holder, *monitor;
	int r = monitor_new(server->world, peer, server->ops, &monitor, err);

	if (r < 0)
		return r;
	monitor->server = server;
	monitor->peer = peer;
	list_append(&server->peers, &monitor->node);
	begin(monitor);
	return 0;
}

static const struct chardev_holder_ops holder_ops = {
	.in_room = in_room,
	.on_in = on_in,
	.on_room = on_room,
	.on_event = on_event,
	.on_removed = on_removed,
	.on_peer = on_peer,
};

/* ---- life ---- */

int monitor_new(struct world *world, struct chardev *chardev, const struct monitor_ops *ops,
	struct monitor **ret_monitor, struct error **err)
{
	struct monitor *monitor = calloc(1, ops->size);
	int r;

	if (!monitor)
		return error_set(err, ENOMEM, "out of memory");
	monitor->ops = ops;
	monitor->world = world;
	list_init(&monitor->peers);
	list_init(&monitor->node);
	caller_init(&monitor->caller, world, ops->caller, monitor, "monitor");
	monitor->stall = timer_new(world_loop(world), on_stall, monitor);
	if (monitor->stall)
		r = chardev_link_attach(
			&monitor->link, chardev, ops->flags, &holder_ops, monitor, err);
	else
		r = error_set(err, ENOMEM, "out of memory");
	if (r < 0)
		free_one(monitor);
	else
		*ret_monitor = monitor;
	return r;
}

void monitor_start(struct monitor *monitor)
{
	if (chardev_link_is_open(&monitor->link))
		begin(monitor);
}

struct chardev *monitor_take_peer(struct monitor *monitor)
{
	chardev_link_detach(&monitor->link);
	return TAKE_PTR(monitor->peer);
}

static void end_one(struct monitor *monitor)
{
	if (monitor->ops->last)
		monitor->ops->last(monitor);
	free_one(monitor);
}

void monitor_free(struct monitor *monitor)
{
	if (!monitor)
		return;
	while (!list_is_empty(&monitor->peers))
		end_one(container_of(monitor->peers.next, struct monitor, node));
	end_one(monitor);
}
