/* SPDX-License-Identifier: MIT */
/*
 * Requests about one queue. Frontends set up queues that the device does not have (QEMU, when it is
 * given a larger num_vqs): those are remembered like others and never run.
 */
#include "vhost-user/requests.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>

static struct vring *vring_of(struct vhost_user *vu, uint32_t index, struct error **err)
{
	if (index < VHOST_USER_QUEUES_MAX)
		return &vu->vrings[index];
	error_set(err, EPROTO, "queue %u is out of range", index);
	return NULL;
}

int request_set_vring_num(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	const struct vu_vring_state *state = &m->payload.state;
	struct vring *vring = vring_of(vu, state->index, err);

	(void)reply;
	if (!vring)
		return -EPROTO;
	if (state->num < 1 || state->num > VIRTQUEUE_NUM_MAX)
		return error_set(err, EPROTO, "queue %u: size %u, at most %d are possible",
			state->index, state->num, VIRTQUEUE_NUM_MAX);
	if (vring->setup.num == state->num)
		return 0;
	vring_stop(vring);
	vring->setup.num = state->num;
	return vring_update(vring, err);
}

/* Return: only the log of a running queue is switched on or off */
static bool same_addresses(const struct vring *vring, const struct vu_vring_addr *addr)
{
	return vring->setup.desc == addr->descriptor && vring->setup.driver == addr->available &&
	       vring->setup.device == addr->used;
}

int request_set_vring_addr(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	const struct vu_vring_addr *addr = &m->payload.addr;
	struct vring *vring = vring_of(vu, addr->index, err);
	struct virtqueue *vq;

	(void)reply;
	if (!vring)
		return -EPROTO;
	if (!same_addresses(vring, addr))
		vring_stop(vring);
	vring->setup.desc = addr->descriptor;
	vring->setup.driver = addr->available;
	vring->setup.device = addr->used;
	vring->setup.log = addr->flags & VU_VRING_ADDR_LOG;
	vring->setup.log_addr = addr->log;
	vring->addr_set = true;
	vq = virtio_console_queue(vu->console, vring->index);
	if (vq && virtqueue_is_running(vq))
		virtqueue_set_log(vq, vring->setup.log, vring->setup.log_addr);
	return vring_update(vring, err);
}

int request_set_vring_base(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	struct vring *vring = vring_of(vu, m->payload.state.index, err);

	(void)reply;
	if (!vring)
		return -EPROTO;
	vring_stop(vring);
	vring->setup.base = m->payload.state.num;
	return vring_update(vring, err);
}

int request_get_vring_base(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	struct vu_vring_state state = m->payload.state;
	struct vring *vring = vring_of(vu, state.index, err);

	if (!vring)
		return -EPROTO;
	vring_stop(vring);
	state.num = vring->setup.base;
	vring_clear_kick(vring);
	memcpy(reply->bytes, &state, sizeof(state));
	reply->size = sizeof(state);
	return 0;
}

typedef int vring_fd_fn(struct vring *vring, int fd, struct error **err);

/* KICK, CALL and ERR: a number with a flag that says that no descriptor comes along */
static int set_fd(struct vhost_user *vu, struct vu_message *m, vring_fd_fn *set, struct error **err)
{
	bool none = m->payload.u64 & VU_VRING_NO_FD;
	struct vring *vring;

	if (m->payload.u64 & ~(uint64_t)(VU_VRING_INDEX_MASK | VU_VRING_NO_FD))
		return error_set(err, EPROTO, "value 0x%llx has bits that mean nothing",
			(unsigned long long)m->payload.u64);
	if (none != (m->n_fds == 0))
		return error_set(err, EPROTO, "%s a file descriptor", none ? "unasked" : "lacks");
	vring = &vu->vrings[m->payload.u64 & VU_VRING_INDEX_MASK];
	return set(vring, none ? -1 : TAKE_FD(m->fds[0]), err);
}

int request_set_vring_kick(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)reply;
	return set_fd(vu, m, vring_set_kick, err);
}

int request_set_vring_call(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)reply;
	return set_fd(vu, m, vring_set_call, err);
}

int request_set_vring_err(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)reply;
	return set_fd(vu, m, vring_set_err, err);
}

int request_set_vring_enable(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	struct vring *vring = vring_of(vu, m->payload.state.index, err);

	(void)reply;
	if (!vring)
		return -EPROTO;
	vring->enabled = m->payload.state.num;
	if (!vring->enabled)
		vring_stop(vring);
	return vring_update(vring, err);
}

int request_vring_kick(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	struct vring *vring = vring_of(vu, m->payload.state.index, err);

	(void)reply;
	if (!vring)
		return -EPROTO;
	vu_kick(vu, vring->index);
	return 0;
}
