/* SPDX-License-Identifier: MIT */
/*
 * Requests about memory that is shared: the guest's, the dirty log, the inflight buffer. It may
 * come and go while queues run: their rings are looked for again each time, and a ring whose memory
 * is gone breaks the device.
 */
/* syscalls: ftruncate memfd_create */
#include "vhost-user/requests.h"

#include "base/cleanup.h"
#include "virtio/inflight.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Guest memory has changed: queues that run follow it, queues that waited for it may start. */
static void memory_changed(struct vhost_user *vu)
{
	virtio_console_remap(vu->console);
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX && vu->connected; i++)
		vring_update(&vu->vrings[i], NULL);
}

static int add_region(
	struct vhost_user *vu, const struct vu_region *from, int fd, struct error **err)
{
	const struct guest_memory_region region = { .guest_addr = from->guest_addr,
		.size = from->size,
		.user_addr = from->user_addr,
		.file_offset = from->file_offset };
	const char *why = "";
	int ret = guest_memory_add(vu->memory, &region, fd, &why);

	if (ret == 0)
		return 0;
	return error_set(err, -ret, "the region at 0x%llx of 0x%llx bytes %s",
		(unsigned long long)from->guest_addr, (unsigned long long)from->size, why);
}

/* Frontends may send room for more regions than there are (User-Mode Linux does). */
int request_set_mem_table(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	const struct vu_mem_table *table = &m->payload.mem_table;
	int ret = 0;

	(void)reply;
	if (table->count > VU_REGIONS_MAX || table->count != m->n_fds ||
		m->header.size < VU_MEM_TABLE_HEADER_SIZE + table->count * sizeof(struct vu_region))
		return error_set(err, EPROTO, "%u regions in %u bytes with %u file descriptors",
			table->count, m->header.size, m->n_fds);
	guest_memory_clear(vu->memory);
	for (unsigned i = 0; i < table->count && ret == 0; i++)
		ret = add_region(vu, &table->regions[i], m->fds[i], err);
	memory_changed(vu);
	return ret;
}

int request_get_max_mem_slots(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	const uint64_t slots = GUEST_MEMORY_REGIONS_MAX;

	(void)vu, (void)m, (void)err;
	memcpy(reply->bytes, &slots, sizeof(slots));
	reply->size = sizeof(slots);
	return 0;
}

int request_add_mem_reg(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	int ret = add_region(vu, &m->payload.mem_slot.region, m->fds[0], err);

	(void)reply;
	if (ret == 0)
		memory_changed(vu);
	return ret;
}

int request_rem_mem_reg(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	const struct vu_region *from = &m->payload.mem_slot.region;
	const struct guest_memory_region region = {
		.guest_addr = from->guest_addr, .size = from->size, .user_addr = from->user_addr
	};

	(void)reply;
	if (guest_memory_remove(vu->memory, &region) < 0)
		return error_set(err, ENOENT, "there is no region at 0x%llx of 0x%llx bytes",
			(unsigned long long)from->guest_addr, (unsigned long long)from->size);
	memory_changed(vu);
	return 0;
}

int request_set_log_base(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	struct shared_map *map = &vu->connection.log_map;
	const uint64_t done = 0;
	const char *why = "";
	int ret;

	guest_memory_set_log(vu->memory, NULL, 0);
	shared_map_done(map);
	ret = shared_map_init(map, m->fds[0], m->payload.log.offset, m->payload.log.size, &why);
	if (ret < 0)
		return error_set(err, -ret, "the log %s", why);
	guest_memory_set_log(vu->memory, map->data, map->size);
	memcpy(reply->bytes, &done, sizeof(done));
	reply->size = sizeof(done);
	return 0;
}

/* ---- inflight ---- */

static int check_inflight(const struct vu_inflight *inflight, struct error **err)
{
	if (inflight->queues < 1 || inflight->queues > VHOST_USER_QUEUES_MAX ||
		inflight->queue_size < 1 || inflight->queue_size > VIRTQUEUE_NUM_MAX)
		return error_set(err, EPROTO, "%u queues of %u descriptors", inflight->queues,
			inflight->queue_size);
	return 0;
}

static bool is_packed(const struct vhost_user *vu)
{
	return vu->connection.features & VIRTIO_F_RING_PACKED_BIT;
}

static int make_inflight(size_t size, int *ret_fd)
{
	AUTO_CLOSE int fd = memfd_create("charhub-inflight", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int vu_use_inflight(
	struct vhost_user *vu, const struct vu_inflight *inflight, bool packed, struct error **err)
{
	int ret = check_inflight(inflight, err);

	if (ret < 0)
		return ret;
	if (inflight->size < inflight_size(packed, inflight->queue_size) * inflight->queues ||
		inflight->offset % sizeof(uint64_t))
		return error_set(err, EPROTO, "a buffer of 0x%llx bytes at 0x%llx",
			(unsigned long long)inflight->size, (unsigned long long)inflight->offset);
	vu->connection.inflight_packed = packed;
	vu->connection.inflight_queues = inflight->queues;
	vu->connection.inflight_queue_size = inflight->queue_size;
	return 0;
}

/* Queues write to the buffer: none may run while it goes. */
static void forget_inflight(struct vhost_user *vu)
{
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX; i++)
		vring_stop(&vu->vrings[i]);
	shared_map_done(&vu->connection.inflight_map);
}

int request_get_inflight_fd(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	struct vu_inflight *inflight = &m->payload.inflight;
	size_t part = inflight_size(is_packed(vu), inflight->queue_size);
	const char *why = "";
	int ret = check_inflight(inflight, err);

	if (ret < 0)
		return ret;
	forget_inflight(vu);
	inflight->size = part * inflight->queues;
	inflight->offset = 0;
	ret = make_inflight(inflight->size, &reply->fd);
	if (ret == 0)
		ret = shared_map_init(
			&vu->connection.inflight_map, reply->fd, 0, inflight->size, &why);
	if (ret < 0)
		return error_set(err, -ret, "no memory for the inflight buffer");
	for (unsigned i = 0; i < inflight->queues; i++)
		inflight_init(vu->connection.inflight_map.data + part * i, is_packed(vu),
			inflight->queue_size);
	reply->size = m->header.size;
	memcpy(reply->bytes, inflight, reply->size);
	return vu_use_inflight(vu, inflight, is_packed(vu), err);
}

int request_set_inflight_fd(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	const struct vu_inflight *inflight = &m->payload.inflight;
	const char *why = "";
	int ret;

	(void)reply;
	forget_inflight(vu);
	ret = vu_use_inflight(vu, inflight, is_packed(vu), err);
	if (ret < 0)
		return ret;
	ret = shared_map_init(
		&vu->connection.inflight_map, m->fds[0], inflight->offset, inflight->size, &why);
	if (ret < 0)
		return error_set(err, -ret, "the inflight buffer %s", why);
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX && ret == 0; i++)
		ret = vring_update(&vu->vrings[i], err);
	return ret;
}
