/* SPDX-License-Identifier: MIT */
/*
 * The table of requests. What is common to all is checked here: that the request is known and was
 * agreed upon, its size, its number of file descriptors, whether it wants a reply.
 *
 * Three ends of a request: it is done; it is refused (not known to us, or it cannot be done now),
 * which a frontend that asked for an acknowledgement is told, and others lose their connection,
 * since they would go on as if it had been done; it is malformed, and the connection ends.
 */
/* syscalls: close */
#include "vhost-user/requests.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_MASK = 0xff };

#define NO_FEATURE (-1)

/**
 * struct request - what there is to know about one
 * @min, @max: size of the payload
 * @fds_min, @fds_max: file descriptors
 * @feature:   protocol feature that must have been agreed upon, or NO_FEATURE
 * @replies:   has a reply of its own
 * @handle:    NULL: not ours
 */
struct request {
	const char *name;
	uint32_t min, max;
	unsigned fds_min, fds_max;
	int feature;
	bool replies;
	request_fn *handle;
};

static uint64_t protocol_features(const struct vhost_user *vu)
{
	uint64_t features = 1ULL << VU_PF_MQ | 1ULL << VU_PF_LOG_SHMFD | 1ULL << VU_PF_REPLY_ACK |
			    1ULL << VU_PF_BACKEND_REQ | 1ULL << VU_PF_CONFIG |
			    1ULL << VU_PF_INFLIGHT_SHMFD | 1ULL << VU_PF_RESET_DEVICE |
			    1ULL << VU_PF_CONFIGURE_MEM_SLOTS | 1ULL << VU_PF_STATUS;

	return vu->inband ? features | 1ULL << VU_PF_INBAND_NOTIFICATIONS : features;
}

static int reply_u64(struct reply *reply, uint64_t value)
{
	memcpy(reply->bytes, &value, sizeof(value));
	reply->size = sizeof(value);
	return 0;
}

/* ---- features and state ---- */

static int get_features(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)m, (void)err;
	return reply_u64(reply,
		virtio_console_features(vu->console) | VU_F_LOG_ALL | VU_F_PROTOCOL_FEATURES);
}

/* A driver that was loaded again after it broke its device is served again. */
static void mend_broken(struct vhost_user *vu)
{
	if (!virtio_console_broken(vu->console))
		return;
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX; i++)
		vring_stop(&vu->vrings[i]);
	virtio_console_reset(vu->console);
	vu->connection.status = 0;
}

static int set_features(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	uint64_t features = m->payload.u64;
	int ret = 0;

	(void)reply;
	mend_broken(vu);
	ret = virtio_console_set_features(
		vu->console, features & ~(VU_F_LOG_ALL | VU_F_PROTOCOL_FEATURES));
	if (ret < 0)
		return error_set(err, EPROTO, "features 0x%llx %s", (unsigned long long)features,
			ret == -EBUSY ? "change while a queue runs" : "were not offered");
	vu->connection.features = features;
	guest_memory_log_enable(vu->memory, features & VU_F_LOG_ALL);
	if (features & VU_F_PROTOCOL_FEATURES)
		return 0;
	/* A frontend that knows of no protocol features knows of no ENABLE either. */
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX && ret == 0; i++) {
		vu->vrings[i].enabled = true;
		ret = vring_update(&vu->vrings[i], err);
	}
	return ret;
}

static int get_protocol_features(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)m, (void)err;
	return reply_u64(reply, protocol_features(vu));
}

static int set_protocol_features(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)reply;
	if (m->payload.u64 & ~protocol_features(vu))
		return error_set(err, EPROTO, "protocol features 0x%llx were not offered",
			(unsigned long long)m->payload.u64);
	vu->connection.protocol_features = m->payload.u64;
	return 0;
}

static int get_queue_num(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)m, (void)err;
	return reply_u64(reply, virtio_console_queue_count(vu->console));
}

static int do_nothing(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)vu, (void)m, (void)reply, (void)err;
	return 0;
}

static void stop_all(struct vhost_user *vu)
{
	for (unsigned i = 0; i < VHOST_USER_QUEUES_MAX; i++) {
		vring_stop(&vu->vrings[i]);
		vu->vrings[i].enabled = false;
	}
}

static int reset_device(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)m, (void)reply, (void)err;
	stop_all(vu);
	virtio_console_reset(vu->console);
	vu->connection.status = 0;
	return 0;
}

/*
 * QEMU writes 0 when the guest resets the device, and also when it merely pauses the guest: the
 * state of the ports must survive that. A new driver says by DEVICE_READY that it is new.
 */
static int set_status(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)reply, (void)err;
	vu->connection.status = m->payload.u64 & STATUS_MASK;
	if (vu->connection.status == 0) {
		stop_all(vu);
		mend_broken(vu);
	}
	return 0;
}

static int get_status(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)m, (void)err;
	return reply_u64(reply, vu->connection.status);
}

static int set_backend_req_fd(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	(void)reply;
	return backend_set_channel(vu, TAKE_FD(m->fds[0]), err);
}

/* ---- configuration space ---- */

static bool config_fits(const struct vu_message *m)
{
	const struct vu_config *config = &m->payload.config;

	return config->size <= VU_CONFIG_MAX && config->offset <= VU_CONFIG_MAX &&
	       m->header.size >= VU_CONFIG_HEADER_SIZE + config->size;
}

static int get_config(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	struct vu_config *config = &m->payload.config;

	(void)err;
	if (!config_fits(m))
		return 0; /* an empty reply is how the protocol says no */
	virtio_console_read_config(vu->console, config->offset, config->bytes, config->size);
	reply->size = VU_CONFIG_HEADER_SIZE + config->size;
	memcpy(reply->bytes, config, reply->size);
	return 0;
}

static int set_config(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err)
{
	const struct vu_config *config = &m->payload.config;

	(void)reply;
	if (!config_fits(m))
		return error_set(err, EPROTO, "%u bytes at %u are not in the message", config->size,
			config->offset);
	virtio_console_write_config(vu->console, config->offset, config->bytes, config->size);
	return 0;
}

/* ---- the table ---- */

static const struct request requests[VU_REQUESTS] = {
#define SIZED(from, to)	 .min = (from), .max = (to)
#define EXACTLY(type)	 SIZED(sizeof(type), sizeof(type))
#define FDS(from, to)	 .fds_min = (from), .fds_max = (to)
#define ANYTIME		 .feature = NO_FEATURE
#define ONLY_WITH(which) .feature = (which)
#define NOT_OURS	 SIZED(0, VU_PAYLOAD_MAX), FDS(0, VU_FDS_MAX), ANYTIME
	/* clang-format off */
	[VU_GET_FEATURES] = { "GET_FEATURES", SIZED(0, 0), ANYTIME, .replies = true,
		.handle = get_features },
	[VU_SET_FEATURES] = { "SET_FEATURES", EXACTLY(uint64_t), ANYTIME, .handle = set_features },
	[VU_SET_OWNER] = { "SET_OWNER", SIZED(0, 0), ANYTIME, .handle = do_nothing },
	[VU_RESET_OWNER] = { "RESET_OWNER", SIZED(0, 0), ANYTIME, .handle = do_nothing },
	[VU_SET_MEM_TABLE] = { "SET_MEM_TABLE", SIZED(VU_MEM_TABLE_HEADER_SIZE,
		sizeof(struct vu_mem_table)), FDS(0, VU_REGIONS_MAX), ANYTIME,
		.handle = request_set_mem_table },
	[VU_SET_LOG_BASE] = { "SET_LOG_BASE", EXACTLY(struct vu_log), FDS(1, 1),
		ONLY_WITH(VU_PF_LOG_SHMFD), .replies = true, .handle = request_set_log_base },
	[VU_SET_LOG_FD] = { "SET_LOG_FD", SIZED(0, sizeof(uint64_t)), FDS(1, 1), ANYTIME,
		.handle = do_nothing },
	[VU_SET_VRING_NUM] = { "SET_VRING_NUM", EXACTLY(struct vu_vring_state), ANYTIME,
		.handle = request_set_vring_num },
	[VU_SET_VRING_ADDR] = { "SET_VRING_ADDR", EXACTLY(struct vu_vring_addr), ANYTIME,
		.handle = request_set_vring_addr },
	[VU_SET_VRING_BASE] = { "SET_VRING_BASE", EXACTLY(struct vu_vring_state), ANYTIME,
		.handle = request_set_vring_base },
	[VU_GET_VRING_BASE] = { "GET_VRING_BASE", EXACTLY(struct vu_vring_state), ANYTIME,
		.replies = true, .handle = request_get_vring_base },
	[VU_SET_VRING_KICK] = { "SET_VRING_KICK", EXACTLY(uint64_t), FDS(0, 1), ANYTIME,
		.handle = request_set_vring_kick },
	[VU_SET_VRING_CALL] = { "SET_VRING_CALL", EXACTLY(uint64_t), FDS(0, 1), ANYTIME,
		.handle = request_set_vring_call },
	[VU_SET_VRING_ERR] = { "SET_VRING_ERR", EXACTLY(uint64_t), FDS(0, 1), ANYTIME,
		.handle = request_set_vring_err },
	[VU_GET_PROTOCOL_FEATURES] = { "GET_PROTOCOL_FEATURES", SIZED(0, 0), ANYTIME,
		.replies = true, .handle = get_protocol_features },
	[VU_SET_PROTOCOL_FEATURES] = { "SET_PROTOCOL_FEATURES", EXACTLY(uint64_t), ANYTIME,
		.handle = set_protocol_features },
	[VU_GET_QUEUE_NUM] = { "GET_QUEUE_NUM", SIZED(0, 0), ONLY_WITH(VU_PF_MQ), .replies = true,
		.handle = get_queue_num },
	[VU_SET_VRING_ENABLE] = { "SET_VRING_ENABLE", EXACTLY(struct vu_vring_state), ANYTIME,
		.handle = request_set_vring_enable },
	[VU_SEND_RARP] = { "SEND_RARP", NOT_OURS },
	[VU_NET_SET_MTU] = { "NET_SET_MTU", NOT_OURS },
	[VU_SET_BACKEND_REQ_FD] = { "SET_BACKEND_REQ_FD", SIZED(0, sizeof(uint64_t)), FDS(1, 1),
		ONLY_WITH(VU_PF_BACKEND_REQ), .handle = set_backend_req_fd },
	[VU_IOTLB_MSG] = { "IOTLB_MSG", NOT_OURS },
	[VU_SET_VRING_ENDIAN] = { "SET_VRING_ENDIAN", NOT_OURS },
	[VU_GET_CONFIG] = { "GET_CONFIG", SIZED(VU_CONFIG_HEADER_SIZE, sizeof(struct vu_config)),
		ONLY_WITH(VU_PF_CONFIG), .replies = true, .handle = get_config },
	[VU_SET_CONFIG] = { "SET_CONFIG", SIZED(VU_CONFIG_HEADER_SIZE, sizeof(struct vu_config)),
		ONLY_WITH(VU_PF_CONFIG), .handle = set_config },
	[VU_CREATE_CRYPTO_SESSION] = { "CREATE_CRYPTO_SESSION", NOT_OURS },
	[VU_CLOSE_CRYPTO_SESSION] = { "CLOSE_CRYPTO_SESSION", NOT_OURS },
	[VU_POSTCOPY_ADVISE] = { "POSTCOPY_ADVISE", NOT_OURS },
	[VU_POSTCOPY_LISTEN] = { "POSTCOPY_LISTEN", NOT_OURS },
	[VU_POSTCOPY_END] = { "POSTCOPY_END", NOT_OURS },
	[VU_GET_INFLIGHT_FD] = { "GET_INFLIGHT_FD", SIZED(VU_INFLIGHT_SIZE,
		sizeof(struct vu_inflight)), ONLY_WITH(VU_PF_INFLIGHT_SHMFD), .replies = true,
		.handle = request_get_inflight_fd },
	[VU_SET_INFLIGHT_FD] = { "SET_INFLIGHT_FD", SIZED(VU_INFLIGHT_SIZE,
		sizeof(struct vu_inflight)), FDS(1, 1), ONLY_WITH(VU_PF_INFLIGHT_SHMFD),
		.handle = request_set_inflight_fd },
	[VU_GPU_SET_SOCKET] = { "GPU_SET_SOCKET", NOT_OURS },
	[VU_RESET_DEVICE] = { "RESET_DEVICE", SIZED(0, 0), ONLY_WITH(VU_PF_RESET_DEVICE),
		.handle = reset_device },
	[VU_VRING_KICK] = { "VRING_KICK", EXACTLY(struct vu_vring_state),
		ONLY_WITH(VU_PF_INBAND_NOTIFICATIONS), .handle = request_vring_kick },
	[VU_GET_MAX_MEM_SLOTS] = { "GET_MAX_MEM_SLOTS", SIZED(0, 0),
		ONLY_WITH(VU_PF_CONFIGURE_MEM_SLOTS), .replies = true,
		.handle = request_get_max_mem_slots },
	[VU_ADD_MEM_REG] = { "ADD_MEM_REG", EXACTLY(struct vu_mem_slot), FDS(1, 1),
		ONLY_WITH(VU_PF_CONFIGURE_MEM_SLOTS), .handle = request_add_mem_reg },
	[VU_REM_MEM_REG] = { "REM_MEM_REG", EXACTLY(struct vu_mem_slot), FDS(0, 1),
		ONLY_WITH(VU_PF_CONFIGURE_MEM_SLOTS), .handle = request_rem_mem_reg },
	[VU_SET_STATUS] = { "SET_STATUS", EXACTLY(uint64_t), ONLY_WITH(VU_PF_STATUS),
		.handle = set_status },
	[VU_GET_STATUS] = { "GET_STATUS", SIZED(0, 0), ONLY_WITH(VU_PF_STATUS), .replies = true,
		.handle = get_status },
	[VU_GET_SHARED_OBJECT] = { "GET_SHARED_OBJECT", NOT_OURS },
	[VU_SET_DEVICE_STATE_FD] = { "SET_DEVICE_STATE_FD", NOT_OURS },
	[VU_CHECK_DEVICE_STATE] = { "CHECK_DEVICE_STATE", NOT_OURS },
	/* clang-format on */
};

static const struct request *find_request(uint32_t number)
{
	return number < VU_REQUESTS && requests[number].name ? &requests[number] : NULL;
}

/* -EPROTO: malformed; -ENOTSUP: not ours, or not agreed upon */
static int check(const struct vhost_user *vu, const struct request *request,
	const struct vu_message *m, struct error **err)
{
	if (!request)
		return error_set(err, ENOTSUP, "is not known");
	if (m->header.size < request->min || m->header.size > request->max)
		return error_set(err, EPROTO, "has %u bytes", m->header.size);
	if (m->n_fds < request->fds_min || m->n_fds > request->fds_max)
		return error_set(err, EPROTO, "came with %u file descriptors", m->n_fds);
	if (!request->handle)
		return error_set(err, ENOTSUP, "is not for a console");
	if (request->feature != NO_FEATURE &&
		!vu_has_protocol_feature(vu, (enum vu_protocol_feature)request->feature))
		return error_set(err, ENOTSUP, "needs a feature that was not agreed upon");
	return 0;
}

static int send_reply(
	struct vhost_user *vu, uint32_t number, struct reply *reply, struct error **err)
{
	int ret = vu_channel_send(&vu->connection.channel, number, VU_FLAG_REPLY, reply->bytes,
		reply->size, reply->fd);

	log_debug("device '%s': reply to %u, %u bytes", vu->id, number, (unsigned)reply->size);
	return ret < 0 ? error_set(err, -ret, "sendmsg: %s", strerror(-ret)) : 0;
}

static bool wants_ack(const struct vhost_user *vu, const struct vu_message *m)
{
	return (m->header.flags & VU_FLAG_NEED_REPLY) &&
	       vu_has_protocol_feature(vu, VU_PF_REPLY_ACK);
}

/* The request failed: say so where somebody listens, otherwise the connection ends. */
static int refuse(struct vhost_user *vu, const struct request *request, struct vu_message *m,
	int code, struct reply *reply, struct error **err)
{
	if (request)
		error_prefix(err, "%s: ", request->name);
	else
		error_prefix(err, "request %u: ", m->header.request);
	if (code == -EPROTO || !wants_ack(vu, m) || (request && request->replies))
		return code;
	log_warning("device '%s': refused: %s", vu->id, error_message(*err));
	error_free(*err);
	*err = NULL;
	reply_u64(reply, 1);
	return send_reply(vu, m->header.request, reply, err);
}

int vu_handle_request(struct vhost_user *vu, struct error **err)
{
	struct vu_message *m = &vu->connection.channel.in;
	const struct request *request = find_request(m->header.request);
	struct reply reply = { .fd = -1 };
	int ret = check(vu, request, m, err);

	log_debug("device '%s': request %s (%u), %u bytes, %u descriptors", vu->id,
		request ? request->name : "?", m->header.request, m->header.size, m->n_fds);
	if (ret == 0)
		ret = request->handle(vu, m, &reply, err);
	if ((ret < 0 || !vu->connected) && reply.fd >= 0) {
		close(reply.fd);
		reply.fd = -1;
	}
	if (!vu->connected)
		return 0;
	if (ret < 0)
		return refuse(vu, request, m, ret, &reply, err);
	if (!request->replies && !wants_ack(vu, m))
		return 0;
	if (!request->replies)
		reply_u64(&reply, 0);
	return send_reply(vu, m->header.request, &reply, err);
}
