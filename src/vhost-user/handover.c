/* SPDX-License-Identifier: MIT */
/*
 * A device in another program's place. The frontend notices nothing: its connection stays, with a
 * message of which a part has been read and a reply of which a part has been sent; each ring goes
 * on where it stood, a chain of which a part was taken at that byte.
 *
 * Memory is mapped again from descriptors that are kept for this, with the checks of the messages
 * that brought them: it is no more to be trusted than before. Where that fails, or a ring cannot go
 * on, the frontend is dismissed as one that sent such messages is.
 *
 * What is not kept is made up for: all queues are looked at once, with or without a kick; whoever
 * was held back is asked again; how fast a guest is is learned again.
 */
/* syscalls: fcntl */
#include "vhost-user/vhost-user-impl.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { TAG_WAITING = 32, TAG_SLOT, TAG_CONNECTION };
enum { TAG_IN_FD = 32, TAG_LOG, TAG_INFLIGHT, TAG_REGION, TAG_VRING };

const struct snapshot_field vu_file_fields[] = {
	SNAPSHOT_FIELD(struct vu_file, fd, 1, SNAPSHOT_FILE, .needed = true),
	{ 0 },
};

/** struct map_state - a part of a file that is shared */
struct map_state {
	int fd;
	uint64_t offset, size;
};

static const struct snapshot_field map_fields[] = {
	SNAPSHOT_FIELD(struct map_state, fd, 1, SNAPSHOT_FILE, .needed = true),
	SNAPSHOT_FIELD(struct map_state, offset, 2, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct map_state, size, 3, SNAPSHOT_U64),
	{ 0 },
};

struct region_state {
	int fd;
	struct guest_memory_region at;
};

static const struct snapshot_field region_fields[] = {
	SNAPSHOT_FIELD(struct region_state, fd, 1, SNAPSHOT_FILE, .needed = true),
	SNAPSHOT_FIELD(struct region_state, at.guest_addr, 2, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct region_state, at.size, 3, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct region_state, at.user_addr, 4, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct region_state, at.file_offset, 5, SNAPSHOT_U64),
	{ 0 },
};

/**
 * struct vring_state - @setup: as the frontend said it; @queue: as it runs, or ran
 * @call_pending: a message to the frontend
 */
struct vring_state {
	unsigned index;
	int kick_fd, call_fd, err_fd;
	bool kick_set, addr_set, enabled, call_pending;
	struct virtqueue_setup setup;
	uint64_t base;
	struct virtqueue_state queue;
	uint64_t queue_base;
};

#define FIELD(...) SNAPSHOT_FIELD(struct vring_state, __VA_ARGS__)

static const struct snapshot_field vring_fields[] = {
	FIELD(index, 1, SNAPSHOT_U32, .max = VHOST_USER_QUEUES_MAX - 1),
	FIELD(kick_fd, 2, SNAPSHOT_FILE),
	FIELD(call_fd, 3, SNAPSHOT_FILE),
	FIELD(err_fd, 4, SNAPSHOT_FILE),
	FIELD(kick_set, 5, SNAPSHOT_BOOL),
	FIELD(addr_set, 6, SNAPSHOT_BOOL),
	FIELD(enabled, 7, SNAPSHOT_BOOL),
	FIELD(call_pending, 8, SNAPSHOT_BOOL),
	FIELD(setup.num, 9, SNAPSHOT_U32, .max = VIRTQUEUE_NUM_MAX),
	FIELD(base, 10, SNAPSHOT_U64, .max = UINT32_MAX),
	FIELD(setup.desc, 11, SNAPSHOT_U64),
	FIELD(setup.driver, 12, SNAPSHOT_U64),
	FIELD(setup.device, 13, SNAPSHOT_U64),
	FIELD(setup.log, 14, SNAPSHOT_BOOL),
	FIELD(setup.log_addr, 15, SNAPSHOT_U64),
	FIELD(queue.running, 16, SNAPSHOT_BOOL),
	FIELD(queue.setup.num, 17, SNAPSHOT_U32, .max = VIRTQUEUE_NUM_MAX),
	FIELD(queue_base, 18, SNAPSHOT_U64, .max = UINT32_MAX),
	FIELD(queue.setup.desc, 19, SNAPSHOT_U64),
	FIELD(queue.setup.driver, 20, SNAPSHOT_U64),
	FIELD(queue.setup.device, 21, SNAPSHOT_U64),
	FIELD(queue.consumed, 22, SNAPSHOT_U64),
	FIELD(queue.unsignalled, 23, SNAPSHOT_U32),
	{ 0 },
};

#undef FIELD
#define FIELD(...) SNAPSHOT_FIELD(struct virtio_console_slot, __VA_ARGS__)

static const struct snapshot_field slot_fields[] = {
	FIELD(id, 1, SNAPSHOT_U32, .max = VIRTIO_CONSOLE_PORTS_MAX - 1),
	FIELD(pending, 2, SNAPSHOT_U32, .max = VIRTIO_CONSOLE_PENDING_MAX),
	FIELD(known, 3, SNAPSHOT_BOOL),
	FIELD(guest_open, 4, SNAPSHOT_BOOL),
	FIELD(host_open, 5, SNAPSHOT_BOOL),
	FIELD(cols, 6, SNAPSHOT_U32, .max = UINT16_MAX),
	FIELD(rows, 7, SNAPSHOT_U32, .max = UINT16_MAX),
	FIELD(stats.out, 8, SNAPSHOT_U64),
	FIELD(stats.out_dropped, 9, SNAPSHOT_U64),
	FIELD(stats.out_unheard, 10, SNAPSHOT_U64),
	FIELD(stats.in, 11, SNAPSHOT_U64),
	{ 0 },
};

/**
 * struct connection_state
 * @out_fd, @out:  of a reply, what was not sent yet
 * @head, @payload: of a message, what has come; @in_fds: with it
 */
struct connection_state {
	int fd, out_fd, backend_fd;
	struct snapshot_bytes head, payload, out;
	bool spoke, config_change_pending, inflight_packed;
	uint64_t features, protocol_features;
	unsigned status, inflight_queues, inflight_queue_size;
	struct virtio_console_driver driver;
	struct snapshot_groups in_fds, log, inflight, regions, vrings;
};

#undef FIELD
#define FIELD(...)	  SNAPSHOT_FIELD(struct connection_state, __VA_ARGS__)
#define EACH(kind, table) SNAPSHOT_EACH, .of = (table), .size = sizeof(struct kind)

static const struct snapshot_field connection_fields[] = {
	FIELD(fd, 1, SNAPSHOT_FILE, .needed = true),
	FIELD(out_fd, 2, SNAPSHOT_FILE),
	FIELD(backend_fd, 3, SNAPSHOT_FILE),
	FIELD(head, 4, SNAPSHOT_BLOB),
	FIELD(payload, 5, SNAPSHOT_BLOB),
	FIELD(out, 6, SNAPSHOT_BLOB),
	FIELD(spoke, 7, SNAPSHOT_BOOL),
	FIELD(config_change_pending, 8, SNAPSHOT_BOOL),
	FIELD(features, 9, SNAPSHOT_U64),
	FIELD(protocol_features, 10, SNAPSHOT_U64),
	FIELD(status, 11, SNAPSHOT_U32, .max = UINT8_MAX),
	FIELD(inflight_packed, 12, SNAPSHOT_BOOL),
	FIELD(inflight_queues, 13, SNAPSHOT_U32, .max = VHOST_USER_QUEUES_MAX),
	FIELD(inflight_queue_size, 14, SNAPSHOT_U32, .max = VIRTQUEUE_NUM_MAX),
	FIELD(driver.ready, 15, SNAPSHOT_BOOL),
	FIELD(driver.broken, 16, SNAPSHOT_BOOL),
	FIELD(in_fds, TAG_IN_FD, EACH(vu_file, vu_file_fields)),
	FIELD(log, TAG_LOG, EACH(map_state, map_fields)),
	FIELD(inflight, TAG_INFLIGHT, EACH(map_state, map_fields)),
	FIELD(regions, TAG_REGION, EACH(region_state, region_fields)),
	FIELD(vrings, TAG_VRING, EACH(vring_state, vring_fields)),
	{ 0 },
};

const struct snapshot_field vhost_user_fields[] = {
	SNAPSHOT_FIELD(struct vhost_user_state, path, 1, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct vhost_user_state, listener, 2, SNAPSHOT_FILE),
	SNAPSHOT_FIELD(
		struct vhost_user_state, waiting, TAG_WAITING, EACH(vu_file, vu_file_fields)),
	SNAPSHOT_FIELD(
		struct vhost_user_state, slots, TAG_SLOT, EACH(virtio_console_slot, slot_fields)),
	SNAPSHOT_FIELD(struct vhost_user_state, connection, TAG_CONNECTION,
		EACH(connection_state, connection_fields)),
	{ 0 },
};

/* ---- leaving it ---- */

static void put_map(struct snapshot_writer *to, uint16_t tag, const struct shared_map *map)
{
	const struct map_state state = { map->fd, map->offset, map->size };

	if (map->data)
		snapshot_put_group(to, tag, map_fields, &state);
}

static void put_regions(const struct guest_memory *memory, struct snapshot_writer *to)
{
	for (unsigned i = 0; i < guest_memory_count(memory); i++) {
		struct region_state state;

		state.fd = guest_memory_region(memory, i, &state.at);
		snapshot_put_group(to, TAG_REGION, region_fields, &state);
	}
}

/* One that the device has not, and that has nothing but room, is as at the start. */
static bool is_worth_it(const struct vring *vring)
{
	return vring->index < virtio_console_queue_count(vring->vu->console) || vring->kick_set ||
	       vring->addr_set || vring->setup.num || vring->call_fd >= 0 || vring->err_fd >= 0;
}

static void put_vring(const struct vring *vring, struct snapshot_writer *to)
{
	const struct connection *c = &vring->vu->connection;
	unsigned index = vring->index;
	const struct virtqueue *vq = virtio_console_queue(vring->vu->console, index);
	struct vring_state state = { .index = index,
		.kick_fd = vring->kick_fd,
		.call_fd = vring->call_fd,
		.err_fd = vring->err_fd,
		.kick_set = vring->kick_set,
		.addr_set = vring->addr_set,
		.enabled = vring->enabled,
		.call_pending = c->call_pending[index / 64] >> (index % 64) & 1,
		.setup = vring->setup,
		.base = vring->setup.base };

	if (!is_worth_it(vring))
		return;
	if (vq)
		virtqueue_save(vq, &state.queue);
	state.queue_base = state.queue.setup.base;
	if (state.queue.running)
		state.base = state.queue_base;
	snapshot_put_group(to, TAG_VRING, vring_fields, &state);
}

static void put_slots(const struct virtio_console *console, struct snapshot_writer *to)
{
	struct virtio_console_slot slot;

	for (unsigned id = 0; id < VIRTIO_CONSOLE_PORTS_MAX; id++)
		if (virtio_console_slot(console, id, &slot))
			snapshot_put_group(to, TAG_SLOT, slot_fields, &slot);
}

static struct snapshot_bytes bytes_of(const void *data, size_t len)
{
	return (struct snapshot_bytes){ len ? data : NULL, len };
}

static void put_channel(const struct vu_channel *channel, struct connection_state *state)
{
	size_t head = channel->in_got < sizeof(channel->in.header) ? channel->in_got
								   : sizeof(channel->in.header);

	state->fd = channel->fd;
	state->out_fd = channel->out_fd;
	state->head = bytes_of(&channel->in.header, head);
	state->payload = bytes_of(channel->in.payload.bytes, channel->in_got - head);
	state->out =
		bytes_of(channel->out + channel->out_sent, channel->out_len - channel->out_sent);
}

static void put_connection(const struct vhost_user *vu, struct snapshot_writer *to)
{
	const struct connection *c = &vu->connection;
	struct connection_state state = { .backend_fd = c->backend_fd,
		.spoke = c->spoke,
		.config_change_pending = c->config_change_pending,
		.features = c->features,
		.protocol_features = c->protocol_features,
		.status = c->status,
		.inflight_packed = c->inflight_packed,
		.inflight_queues = c->inflight_queues,
		.inflight_queue_size = c->inflight_queue_size,
		.driver = virtio_console_driver(vu->console) };

	put_channel(&c->channel, &state);
	snapshot_begin_group(to, TAG_CONNECTION, false);
	snapshot_put(to, connection_fields, &state);
	for (unsigned i = 0; i < c->channel.in.n_fds; i++)
		snapshot_put_group(
			to, TAG_IN_FD, vu_file_fields, &(struct vu_file){ c->channel.in.fds[i] });
	put_map(to, TAG_LOG, &c->log_map);
	put_map(to, TAG_INFLIGHT, &c->inflight_map);
	put_regions(vu->memory, to);
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX; i++)
		put_vring(&vu->vrings[i], to);
	snapshot_end_group(to);
}

bool vhost_user_goes_on(const struct vhost_user *vu)
{
	return !vu->connected || !guest_memory_is_broken(vu->memory);
}

void vhost_user_save(const struct vhost_user *vu, struct snapshot_writer *to)
{
	const struct vhost_user_state state = { .path = vu->address.path,
		.listener = vu->door ? door_fd(vu->door) : -1 };

	snapshot_put(to, vhost_user_fields, &state);
	if (vu->door)
		door_save(vu->door, TAG_WAITING, to);
	put_slots(vu->console, to);
	if (vu->connected)
		put_connection(vu, to);
}

/* ---- going on ---- */

/* One of our own, none of none. */
static int copy_fd(int fd, int *ret_fd, struct error **err)
{
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0 && copy < 0)
		return error_set(err, errno, "descriptor %d: %s", fd, strerror(errno));
	*ret_fd = copy;
	return 0;
}

static int get_in_fds(struct vu_message *in, struct snapshot_groups groups, struct error **err)
{
	struct snapshot_part part;
	struct vu_file file;
	int r = 0;

	while (r == 0 && snapshot_next_group(&groups, &part)) {
		if (in->n_fds == VU_FDS_MAX)
			return error_set(err, EBADMSG, "more than %d descriptors", VU_FDS_MAX);
		r = snapshot_get(&part, vu_file_fields, &file, err);
		if (r == 0)
			r = copy_fd(file.fd, &in->fds[in->n_fds], err);
		if (r == 0)
			in->n_fds++;
	}
	return r;
}

static int get_channel(
	struct vu_channel *channel, const struct connection_state *state, struct error **err)
{
	struct vu_message *in = &channel->in;

	if (state->head.len > sizeof(in->header) || state->payload.len > sizeof(in->payload) ||
		(state->payload.len && state->head.len < sizeof(in->header)) ||
		state->out.len > sizeof(channel->out))
		return error_set(err, EBADMSG, "a message of more bytes than it can have");
	if (state->head.len)
		memcpy(&in->header, state->head.data, state->head.len);
	if (state->payload.len)
		memcpy(in->payload.bytes, state->payload.data, state->payload.len);
	if (state->out.len)
		memcpy(channel->out, state->out.data, state->out.len);
	channel->in_got = state->head.len + state->payload.len;
	channel->out_len = state->out.len;
	return copy_fd(state->out_fd, &channel->out_fd, err);
}

static int get_regions(struct vhost_user *vu, struct snapshot_groups groups, struct error **err)
{
	struct region_state state;
	struct snapshot_part part;
	const char *why = "";

	while (snapshot_next_group(&groups, &part)) {
		int r = snapshot_get(&part, region_fields, &state, err);

		if (r < 0)
			return r;
		r = guest_memory_add(vu->memory, &state.at, state.fd, &why);
		if (r < 0)
			return error_set(err, -r, "a region of its memory %s", why);
	}
	return 0;
}

/* At most one. */
static int get_map(
	struct shared_map *map, struct snapshot_groups groups, const char *what, struct error **err)
{
	struct map_state state;
	struct snapshot_part part;
	const char *why = "";
	int r;

	if (!snapshot_next_group(&groups, &part))
		return 0;
	r = snapshot_get(&part, map_fields, &state, err);
	if (r < 0)
		return r;
	r = shared_map_init(map, state.fd, state.offset, state.size, &why);
	return r < 0 ? error_set(err, -r, "the %s %s", what, why) : 0;
}

static int get_inflight(
	struct vhost_user *vu, const struct connection_state *state, struct error **err)
{
	const struct shared_map *map = &vu->connection.inflight_map;
	struct vu_inflight inflight = { .queues = (uint16_t)state->inflight_queues,
		.queue_size = (uint16_t)state->inflight_queue_size };
	int r = get_map(&vu->connection.inflight_map, state->inflight, "inflight buffer", err);

	if (r < 0 || !map->data)
		return r;
	inflight.size = map->size;
	inflight.offset = map->offset;
	return vu_use_inflight(vu, &inflight, state->inflight_packed, err);
}

static int get_memory(
	struct vhost_user *vu, const struct connection_state *state, struct error **err)
{
	struct connection *c = &vu->connection;
	int r = get_regions(vu, state->regions, err);

	if (r == 0)
		r = get_map(&c->log_map, state->log, "log", err);
	if (r == 0)
		r = get_inflight(vu, state, err);
	guest_memory_set_log(vu->memory, c->log_map.data, c->log_map.size);
	guest_memory_log_enable(vu->memory, c->features & VU_F_LOG_ALL);
	return r;
}

static int get_features(
	struct vhost_user *vu, const struct connection_state *state, struct error **err)
{
	struct connection *c = &vu->connection;

	c->spoke = state->spoke;
	c->status = (uint8_t)state->status;
	c->features = state->features;
	c->protocol_features = state->protocol_features;
	if (virtio_console_set_features(
		    vu->console, state->features & ~(VU_F_LOG_ALL | VU_F_PROTOCOL_FEATURES)) < 0)
		return error_set(err, EPROTO, "features 0x%llx are not offered by this program",
			(unsigned long long)state->features);
	return 0;
}

static int get_backend(
	struct vhost_user *vu, const struct connection_state *state, struct error **err)
{
	int fd = -1, r = copy_fd(state->backend_fd, &fd, err);

	if (r < 0 || fd < 0)
		return r;
	r = backend_set_channel(vu, fd, err);
	vu->connection.config_change_pending = state->config_change_pending;
	return r;
}

static int get_fds(struct vring *vring, const struct vring_state *state, struct error **err)
{
	int kick = -1, call = -1, error = -1;
	int r = copy_fd(state->call_fd, &call, err);

	if (r == 0)
		r = vring_set_call(vring, call, err);
	if (r == 0)
		r = copy_fd(state->err_fd, &error, err);
	if (r == 0)
		r = vring_set_err(vring, error, err);
	if (r == 0)
		r = copy_fd(state->kick_fd, &kick, err);
	if (r == 0 && state->kick_set)
		return vring_set_kick(vring, kick, err);
	return r < 0 ? r : vring_update(vring, err);
}

static int get_vring(struct vhost_user *vu, struct vring_state *state, struct error **err)
{
	struct vring *vring = &vu->vrings[state->index];
	const struct virtqueue *vq;
	int r;

	vring->setup = state->setup;
	vring->setup.base = (uint32_t)state->base;
	vring->addr_set = state->addr_set;
	vring->enabled = state->enabled;
	state->queue.setup.base = (uint32_t)state->queue_base;
	r = virtio_console_restore_queue(vu->console, state->index, &state->queue);
	if (r < 0)
		return error_set(err, -r, "out of memory");
	r = get_fds(vring, state, err);
	vq = virtio_console_queue(vu->console, state->index);
	if (r == 0 && state->queue.running && !virtio_console_broken(vu->console) &&
		!(vq && virtqueue_is_running(vq)))
		r = error_set(err, EPROTO, "queue %u cannot go on", state->index);
	if (r == 0 && state->call_pending)
		vu->connection.call_pending[state->index / 64] |= 1ULL << (state->index % 64);
	return r;
}

static int get_vrings(struct vhost_user *vu, struct snapshot_groups groups, struct error **err)
{
	struct vring_state state = { 0 };
	struct snapshot_part part;
	int r = 0;

	while (r == 0 && snapshot_next_group(&groups, &part)) {
		r = snapshot_get(&part, vring_fields, &state, err);
		if (r == 0)
			r = get_vring(vu, &state, err);
	}
	return r;
}

static void get_slots(struct virtio_console *console, struct snapshot_groups groups)
{
	struct virtio_console_slot slot;
	struct snapshot_part part;

	while (snapshot_next_group(&groups, &part))
		if (snapshot_get(&part, slot_fields, &slot, NULL) == 0)
			virtio_console_restore_slot(console, &slot);
}

/* Memory before the rings that are in it; what the ports are like before the rings that run. */
static int get_connection(struct vhost_user *vu, const struct connection_state *state,
	struct snapshot_groups slots, struct error **err)
{
	struct vu_channel *channel = &vu->connection.channel;
	int r = get_channel(channel, state, err);

	if (r == 0)
		r = get_in_fds(&channel->in, state->in_fds, err);
	if (r == 0)
		r = get_features(vu, state, err);
	if (r == 0)
		r = get_memory(vu, state, err);
	if (r == 0)
		r = get_backend(vu, state, err);
	if (r < 0)
		return r;
	virtio_console_restore(vu->console, &state->driver);
	get_slots(vu->console, slots);
	r = get_vrings(vu, state->vrings, err);
	if (r == 0)
		virtio_console_restored(vu->console);
	return r;
}

static void load_connection(
	struct vhost_user *vu, const struct snapshot_part *part, struct snapshot_groups slots)
{
	struct connection_state state;
	struct error *err = NULL;
	int fd = -1, r = snapshot_get(part, connection_fields, &state, &err);

	if (r == 0)
		r = copy_fd(state.fd, &fd, &err);
	if (r == 0)
		r = vu_open_connection(vu, fd);
	if (r < 0) {
		log_error("device '%s': its frontend is lost: %s", vu->id,
			err ? error_message(err) : strerror(-r));
		error_free(err);
		return;
	}
	r = get_connection(vu, &state, slots, &err);
	if (r < 0) {
		vu_close_connection(vu, err);
		return;
	}
	if (state.spoke && vu->door)
		door_has_spoken(vu->door);
	backend_flush(vu);
	vu_watch_channel(vu);
}

void vhost_user_load(struct vhost_user *vu, const struct vhost_user_state *state)
{
	struct snapshot_groups groups = state->connection;
	struct snapshot_part part;

	vu_enter(vu);
	if (snapshot_next_group(&groups, &part))
		load_connection(vu, &part, state->slots);
	else
		get_slots(vu->console, state->slots);
	if (vu->door)
		door_load(vu->door, state->waiting);
	vu_leave(vu);
}
