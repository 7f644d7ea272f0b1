/* SPDX-License-Identifier: MIT */
/*
 * The socket of one device, and the frontend that is connected to it.
 *
 * While a frontend is connected others wait (door.c). Its messages are handled one at a time and as
 * they come (requests.c); guest memory, queues' settings and all descriptors belong to the
 * connection and go with it, and the device is reset then.
 *
 * The device works when a queue was kicked, at once, and in a task of the loop for as long as it
 * has more to do than one dispatch may take. In a round of the loop it works for ROUND_NS, however
 * many of its queues are kicked and however much a few bytes make the readers of its ports do. A
 * busy device is polled, see pace.h, and may linger for a console's next buffer, unless others had
 * something to do since its last turn. A hostile frontend can end its own connection only.
 */
/* syscalls: close fcntl */
#include "vhost-user/vhost-user.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/short-timer.h"
#include "vhost-user/vhost-user-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DISPATCH_BUDGET = 256 * 1024,
	ROUND_NS = 1000000, /* of work for one device, and a turn of one port, before others */
	ALONE_NS = 5000,    /* between two turns of a device: others had next to nothing to do */
	MESSAGES_A_DISPATCH = 32,
	MESSAGES_NS = 1000 * 1000, /* no further message after so long: maps and kicks take time */
	STATUS_NEEDS_RESET = 0x40,
};

static void destroy(struct vhost_user *vu)
{
	guest_memory_free(vu->memory);
	free(vu->id);
	address_done(&vu->address);
	free(vu);
}

void vu_enter(struct vhost_user *vu)
{
	vu->depth++;
}

void vu_leave(struct vhost_user *vu)
{
	if (--vu->depth == 0 && vu->freed)
		destroy(vu);
}

/* ---- the device's wishes ---- */

/* In each round of the loop once at most: the others have had their turn. */
static void process_later(void *data)
{
	struct vhost_user *vu = data;

	vu->worked_ns = 0;
	vu_process(vu);
}

static bool handle_is_time_up(void *transport)
{
	const struct vhost_user *vu = transport;

	return vu->worked_ns + (loop_clock_ns(vu->loop) - vu->began_ns) >= ROUND_NS;
}

static bool handle_may_linger(void *transport)
{
	const struct vhost_user *vu = transport;

	return vu->is_alone && !handle_is_time_up(transport);
}

/* Look again after others had their turn, after a while, or when it is kicked. */
static void look_again(struct vhost_user *vu, bool more)
{
	unsigned polling = pace_follow(
		&vu->connection.pace, virtio_console_taken(vu->console), loop_clock_ns(vu->loop));

	virtio_console_set_polling(vu->console, polling);
	if (more || (polling & VIRTIO_CONSOLE_POLL_CONSOLES))
		task_post(vu->loop, &vu->process_task, process_later, vu);
	else if (polling)
		short_timer_start(vu->paced, PACE_SLEEP_US);
}

void vu_kick(struct vhost_user *vu, unsigned queue)
{
	virtio_console_kick(vu->console, queue); /* and it wakes us up later, if not now */
	if (vu->worked_ns < ROUND_NS)
		vu_process(vu);
}

void vu_process(struct vhost_user *vu)
{
	bool more;

	vu_enter(vu);
	vu->began_ns = loop_clock_ns(vu->loop);
	vu->is_alone = vu->began_ns - vu->ended_ns < ALONE_NS;
	more = vu->connected && virtio_console_process(vu->console, DISPATCH_BUDGET);
	vu->ended_ns = loop_clock_ns(vu->loop);
	vu->worked_ns += vu->ended_ns - vu->began_ns;
	if (vu->connected)
		look_again(vu, more);
	vu_leave(vu);
}

static void handle_notify(void *transport, unsigned queue)
{
	struct vhost_user *vu = transport;

	vring_call(&vu->vrings[queue]);
}

static void handle_config_changed(void *transport)
{
	backend_config_changed(transport);
}

static void handle_wake(void *transport)
{
	struct vhost_user *vu = transport;

	task_post(vu->loop, &vu->process_task, process_later, vu);
}

static void handle_broken(void *transport, const char *why)
{
	struct vhost_user *vu = transport;

	log_warning("device '%s': the guest broke the rules (%s): it needs a reset", vu->id, why);
	vu->connection.status |= STATUS_NEEDS_RESET;
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX; i++)
		vring_signal_error(&vu->vrings[i]);
	backend_config_changed(vu);
	if (vu->ops && vu->ops->on_broken)
		vu->ops->on_broken(vu->user, why);
}

static const struct virtio_console_transport_ops transport_ops = {
	.notify = handle_notify,
	.config_changed = handle_config_changed,
	.wake = handle_wake,
	.broken = handle_broken,
	.is_time_up = handle_is_time_up,
	.may_linger = handle_may_linger,
};

/* ---- a connection ---- */

void vu_watch_channel(struct vhost_user *vu)
{
	watch_set(vu->connection.watch,
		vu_channel_is_busy(&vu->connection.channel) ? WATCH_WRITE : WATCH_READ);
}

static void first_message(struct vhost_user *vu)
{
	vu->connection.spoke = true;
	if (vu->door)
		door_has_spoken(vu->door);
	log_info("device '%s': a frontend has connected", vu->id);
}

/* One round of messages. Return: 0; -errno with @err: the connection must end. */
static int serve_channel(struct vhost_user *vu, struct error **err)
{
	struct vu_channel *channel = &vu->connection.channel;
	uint64_t begin_ns = loop_clock_ns(vu->loop);
	int ret = vu_channel_flush(channel);

	if (ret < 0)
		return error_set(err, -ret, "sendmsg: %s", strerror(-ret));
	for (int i = 0; i < MESSAGES_A_DISPATCH && !vu_channel_is_busy(channel) &&
			loop_clock_ns(vu->loop) - begin_ns < MESSAGES_NS;
		i++) {
		ret = vu_channel_receive(channel, err);
		if (ret <= 0)
			return ret;
		if (!vu->connection.spoke)
			first_message(vu);
		ret = vu_handle_request(vu, err);
		if (!vu->connected)
			return 0;
		vu_channel_next(channel);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void on_channel(void *data, unsigned events)
{
	struct vhost_user *vu = data;
	struct error *err = NULL;

	(void)events;
	vu_enter(vu);
	if (serve_channel(vu, &err) < 0 && vu->connected)
		vu_close_connection(vu, err);
	else if (vu->connected)
		vu_watch_channel(vu);
	vu_leave(vu);
}

int vu_open_connection(struct vhost_user *vu, int fd)
{
	struct connection *c = &vu->connection;
	int ret;

	*c = (struct connection){ .backend_fd = -1,
		.pace.taken = *virtio_console_taken(vu->console) };
	ret = watch_new(vu->loop, fd, on_channel, vu, &c->watch);
	if (ret < 0) {
		close(fd);
		return ret;
	}
	vu_channel_init(&c->channel, fd);
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX; i++)
		vring_init(&vu->vrings[i], vu, i);
	vu->connected = true;
	virtio_console_set_transport(vu->console, vu->memory, &transport_ops, vu);
	vu_watch_channel(vu);
	if (vu->door)
		door_is_taken(vu->door, fd);
	if (vu->ops && vu->ops->on_frontend)
		vu->ops->on_frontend(vu->user, true);
	return 0;
}

/* Everything of the connection goes, and the device is reset. */
static void drop_connection(struct vhost_user *vu)
{
	struct connection *c = &vu->connection;

	vu->connected = false;
	task_cancel(&vu->process_task);
	short_timer_stop(vu->paced);
	virtio_console_set_transport(vu->console, NULL, NULL, NULL);
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX; i++)
		vring_done(&vu->vrings[i]);
	backend_done(vu);
	watch_free(c->watch);
	c->watch = NULL;
	vu_channel_done(&c->channel);
	guest_memory_clear(vu->memory);
	guest_memory_set_log(vu->memory, NULL, 0);
	guest_memory_log_enable(vu->memory, false);
	shared_map_done(&c->log_map);
	shared_map_done(&c->inflight_map);
}

static void log_departure(struct vhost_user *vu, struct error *err)
{
	if (err && error_code(err) != ENODATA && error_code(err) != ECONNRESET)
		log_warning("device '%s': frontend dismissed: %s", vu->id, error_message(err));
	else if (vu->connection.spoke)
		log_info("device '%s': the frontend has left", vu->id);
	error_free(err);
}

void vu_close_connection(struct vhost_user *vu, struct error *err)
{
	if (!vu->connected) {
		error_free(err);
		return;
	}
	vu_enter(vu);
	log_departure(vu, err);
	drop_connection(vu);
	if (!vu->freed && vu->door)
		door_is_empty(vu->door);
	if (!vu->freed && vu->connector)
		connector_retry(vu->connector);
	if (!vu->freed && vu->ops && vu->ops->on_frontend)
		vu->ops->on_frontend(vu->user, false);
	vu_leave(vu);
}

/* ---- listening and connecting ---- */

static void on_enter(void *data, int fd)
{
	struct vhost_user *vu = data;
	int ret;

	vu_enter(vu);
	ret = vu_open_connection(vu, fd);
	if (ret < 0)
		log_warning("device '%s': cannot serve a frontend: %s", vu->id, strerror(-ret));
	vu_leave(vu);
}

static void on_dismiss(void *data, const char *why)
{
	struct error *err = NULL;

	error_set(&err, EBUSY, "%s", why);
	vu_close_connection(data, err);
}

static const struct door_ops door_ops = { .on_enter = on_enter, .on_dismiss = on_dismiss };

static int start_listening(
	struct vhost_user *vu, const struct vhost_user_state *left, struct error **err)
{
	AUTO_FREE char *owner = NULL;
	int fd = left ? fcntl(left->listener, F_DUPFD_CLOEXEC, 0) : -1;

	if (left && fd < 0)
		return error_set(err, errno, "its socket: %s", strerror(errno));
	if (asprintf(&owner, "device '%s'", vu->id) < 0) {
		owner = NULL;
		close(fd);
		return error_set(err, ENOMEM, "out of memory");
	}
	return door_new(vu->loop, &vu->address, fd, owner, &door_ops, vu, &vu->door, err);
}

static int connect_now(struct vhost_user *vu, struct error **err)
{
	int ret = address_connect(&vu->address, err);

	if (ret < 0)
		return ret;
	ret = vu_open_connection(vu, ret);
	return ret < 0 ? error_set(err, -ret, "cannot serve a frontend: %s", strerror(-ret)) : 0;
}

static void on_connected(void *data, int fd)
{
	struct vhost_user *vu = data;

	if (vu->connected) { /* one was adopted meanwhile */
		close(fd);
		return;
	}
	vu_enter(vu);
	on_enter(vu, fd);
	if (!vu->freed && !vu->connected)
		connector_retry(vu->connector);
	vu_leave(vu);
}

static void on_failed(void *data, const struct error *err)
{
	const struct vhost_user *vu = data;

	log_warning("device '%s': %s", vu->id, error_message(err));
}

static const struct connector_ops connector_ops = { .on_connected = on_connected,
	.on_failed = on_failed };

static int start_connecting(struct vhost_user *vu, bool now, struct error **err)
{
	int ret = connector_new(
		vu->loop, &vu->address, vu->reconnect_ms, &connector_ops, vu, &vu->connector);

	if (ret < 0)
		return error_set(err, -ret, "out of memory");
	if (now)
		connector_start(vu->connector);
	return 0;
}

/* ---- life ---- */

static bool has_connection(const struct vhost_user_state *state)
{
	struct snapshot_groups groups = state->connection;
	struct snapshot_part part;

	return snapshot_next_group(&groups, &part);
}

static int begin(struct vhost_user *vu, const struct vhost_user_state *left, struct error **err)
{
	int ret = short_timer_new(vu->loop, process_later, vu, &vu->paced);

	if (ret < 0)
		return error_set(err, -ret, "cannot make a timer: %s", strerror(-ret));
	if (!vu->connects)
		return start_listening(vu, left, err);
	if (vu->reconnect_ms)
		return start_connecting(vu, !left || !has_connection(left), err);
	return left ? 0 : connect_now(vu, err);
}

int vhost_user_new(struct loop *loop, struct virtio_console *console,
	const struct vhost_user_options *options, struct vhost_user **ret_vhost_user,
	struct error **err)
{
	struct vhost_user *vu;
	int ret;

	if (virtio_console_queue_count(console) > VHOST_USER_QUEUES_MAX)
		return error_set(err, EINVAL, "device '%s': vhost-user has at most %d ports",
			options->id, VHOST_USER_PORTS_MAX);
	vu = calloc(1, sizeof(*vu));
	if (!vu)
		return error_set(err, ENOMEM, "out of memory");
	*vu = (struct vhost_user){ .loop = loop,
		.console = console,
		.ops = options->ops,
		.user = options->user,
		.connects = options->connect,
		.reconnect_ms = options->reconnect_ms,
		.inband = options->inband,
		.address = { .kind = ADDRESS_UNIX, .mode = options->mode } };
	vu->connection.channel.fd = vu->connection.backend_fd = -1;
	vu->id = strdup(options->id);
	vu->address.path = strdup(options->path);
	vu->memory = guest_memory_new();
	vu_enter(vu);
	ret = vu->id && vu->address.path && vu->memory ? begin(vu, options->left, err)
						       : error_set(err, ENOMEM, "out of memory");
	if (ret < 0) {
		error_prefix(err, "device '%s': ", options->id);
		vhost_user_free(vu);
	} else {
		*ret_vhost_user = vu;
	}
	vu_leave(vu);
	return ret;
}

void vhost_user_free(struct vhost_user *vu)
{
	if (!vu || vu->freed)
		return;
	vu_enter(vu);
	vu->freed = true;
	vu->ops = NULL;
	if (vu->connected)
		drop_connection(vu);
	connector_free(vu->connector);
	vu->connector = NULL;
	short_timer_free(vu->paced);
	door_free(vu->door);
	vu->door = NULL;
	vu_leave(vu);
}

int vhost_user_adopt(struct vhost_user *vu, int fd)
{
	int ret;

	if (vu->connected) {
		close(fd);
		return -EBUSY;
	}
	vu_enter(vu);
	ret = vu_open_connection(vu, fd);
	vu_leave(vu);
	return ret;
}

bool vhost_user_has_frontend(const struct vhost_user *vu)
{
	return vu->connected;
}

const char *vhost_user_path(const struct vhost_user *vu)
{
	return vu->address.path;
}

void vhost_user_disconnect(struct vhost_user *vu)
{
	vu_close_connection(vu, NULL);
}
