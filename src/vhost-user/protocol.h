/* SPDX-License-Identifier: MIT */
#ifndef VHOST_USER_PROTOCOL_H
#define VHOST_USER_PROTOCOL_H

#include <stdint.h>

/*
 * What is on the wire, in the byte order of the machine [vhost-user, "Message Specification"].
 */
enum {
	VU_FDS_MAX = 8,
	VU_REGIONS_MAX = 8, /* in one SET_MEM_TABLE */
	VU_CONFIG_MAX = 256,
	VU_PAYLOAD_MAX = 4096, /* more than any message needs */

	VU_FLAG_VERSION = 1,
	VU_FLAG_VERSION_MASK = 3,
	VU_FLAG_REPLY = 4,
	VU_FLAG_NEED_REPLY = 8,

	VU_VRING_INDEX_MASK = 0xff, /* of the u64 of SET_VRING_KICK, CALL, ERR */
	VU_VRING_NO_FD = 0x100,
	VU_VRING_ADDR_LOG = 1,
};

/* Feature bits of the protocol among those of virtio. */
#define VU_F_LOG_ALL	       (1ULL << 26)
#define VU_F_PROTOCOL_FEATURES (1ULL << 30)

enum vu_protocol_feature {
	VU_PF_MQ = 0,
	VU_PF_LOG_SHMFD = 1,
	VU_PF_REPLY_ACK = 3,
	VU_PF_BACKEND_REQ = 5,
	VU_PF_CONFIG = 9,
	VU_PF_INFLIGHT_SHMFD = 12,
	VU_PF_RESET_DEVICE = 13,
	VU_PF_INBAND_NOTIFICATIONS = 14,
	VU_PF_CONFIGURE_MEM_SLOTS = 15,
	VU_PF_STATUS = 16,
};

enum vu_request {
	VU_GET_FEATURES = 1,
	VU_SET_FEATURES = 2,
	VU_SET_OWNER = 3,
	VU_RESET_OWNER = 4,
	VU_SET_MEM_TABLE = 5,
	VU_SET_LOG_BASE = 6,
	VU_SET_LOG_FD = 7,
	VU_SET_VRING_NUM = 8,
	VU_SET_VRING_ADDR = 9,
	VU_SET_VRING_BASE = 10,
	VU_GET_VRING_BASE = 11,
	VU_SET_VRING_KICK = 12,
	VU_SET_VRING_CALL = 13,
	VU_SET_VRING_ERR = 14,
	VU_GET_PROTOCOL_FEATURES = 15,
	VU_SET_PROTOCOL_FEATURES = 16,
	VU_GET_QUEUE_NUM = 17,
	VU_SET_VRING_ENABLE = 18,
	VU_SEND_RARP = 19,
	VU_NET_SET_MTU = 20,
	VU_SET_BACKEND_REQ_FD = 21,
	VU_IOTLB_MSG = 22,
	VU_SET_VRING_ENDIAN = 23,
	VU_GET_CONFIG = 24,
	VU_SET_CONFIG = 25,
	VU_CREATE_CRYPTO_SESSION = 26,
	VU_CLOSE_CRYPTO_SESSION = 27,
	VU_POSTCOPY_ADVISE = 28,
	VU_POSTCOPY_LISTEN = 29,
	VU_POSTCOPY_END = 30,
	VU_GET_INFLIGHT_FD = 31,
	VU_SET_INFLIGHT_FD = 32,
	VU_GPU_SET_SOCKET = 33,
	VU_RESET_DEVICE = 34,
	VU_VRING_KICK = 35,
	VU_GET_MAX_MEM_SLOTS = 36,
	VU_ADD_MEM_REG = 37,
	VU_REM_MEM_REG = 38,
	VU_SET_STATUS = 39,
	VU_GET_STATUS = 40,
	VU_GET_SHARED_OBJECT = 41,
	VU_SET_DEVICE_STATE_FD = 42,
	VU_CHECK_DEVICE_STATE = 43,
	VU_REQUESTS = 44,
};

/* From the backend, on its own channel. */
enum vu_backend_request {
	VU_BACKEND_CONFIG_CHANGE_MSG = 2,
	VU_BACKEND_VRING_CALL = 4,
};

struct vu_header {
	uint32_t request, flags, size;
};

struct vu_vring_state {
	uint32_t index, num;
};

struct vu_vring_addr {
	uint32_t index, flags;
	uint64_t descriptor, used, available, log;
};

struct vu_region {
	uint64_t guest_addr, size, user_addr, file_offset;
};

struct vu_mem_table {
	uint32_t count, padding;
	struct vu_region regions[VU_REGIONS_MAX];
};

struct vu_mem_slot {
	uint64_t padding;
	struct vu_region region;
};

struct vu_log {
	uint64_t size, offset;
};

struct vu_config {
	uint32_t offset, size, flags;
	uint8_t bytes[VU_CONFIG_MAX];
};

struct vu_inflight {
	uint64_t size, offset;
	uint16_t queues, queue_size;
	/* Frontends send it with or without the padding that C puts here. */
};

enum {
	VU_CONFIG_HEADER_SIZE = 12,
	VU_INFLIGHT_SIZE = 20,
	VU_MEM_TABLE_HEADER_SIZE = 8,
};

_Static_assert(sizeof(struct vu_header) == 12, "the protocol's layout");
_Static_assert(sizeof(struct vu_vring_addr) == 40, "the protocol's layout");
_Static_assert(sizeof(struct vu_mem_table) == 264, "the protocol's layout");

#endif
