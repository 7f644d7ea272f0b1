/* SPDX-License-Identifier: MIT */
#ifndef VHOST_USER_REQUESTS_H
#define VHOST_USER_REQUESTS_H

#include "vhost-user/vhost-user-impl.h"

/** struct reply - what goes back; @fd is taken over, -1: none */
struct reply {
	uint8_t bytes[sizeof(struct vu_config) + sizeof(uint64_t)];
	size_t size;
	int fd;
};

/**
 * request_fn - act on a message whose size and number of descriptors have been checked
 * @m:     descriptors that are taken are set to -1
 * @reply: to be filled where the request has a reply of its own
 *
 * Return: 0; -EPROTO: malformed, the connection must end; another -errno: refused; with @err.
 */
typedef int request_fn(
	struct vhost_user *vu, struct vu_message *m, struct reply *reply, struct error **err);

/* ---- request-memory.c ---- */
request_fn request_set_mem_table, request_get_max_mem_slots, request_add_mem_reg,
	request_rem_mem_reg, request_set_log_base, request_get_inflight_fd, request_set_inflight_fd;

/* ---- request-vring.c ---- */
request_fn request_set_vring_num, request_set_vring_addr, request_set_vring_base,
	request_get_vring_base, request_set_vring_kick, request_set_vring_call,
	request_set_vring_err, request_set_vring_enable, request_vring_kick;

#endif
