/* SPDX-License-Identifier: MIT */
#ifndef VHOST_USER_CHANNEL_H
#define VHOST_USER_CHANNEL_H

#include "base/error.h"
#include "snapshot/fields.h"
#include "vhost-user/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct vu_message - one message with the file descriptors that came with it */
struct vu_message {
	struct vu_header header;
	union {
		uint8_t bytes[VU_PAYLOAD_MAX];
		uint64_t u64;
		struct vu_vring_state state;
		struct vu_vring_addr addr;
		struct vu_mem_table mem_table;
		struct vu_mem_slot mem_slot;
		struct vu_log log;
		struct vu_config config;
		struct vu_inflight inflight;
	} payload;
	int fds[VU_FDS_MAX];
	unsigned n_fds;
};

/**
 * struct vu_channel - messages over a non-blocking stream socket
 *
 * A message may come in any number of pieces. One reply at a time is kept for a peer that does not
 * read; as long as there is one, no further message is to be received.
 */
struct vu_channel {
	int fd; /* -1: none */
	struct vu_message in;
	size_t in_got; /* header and payload */
	uint8_t out[sizeof(struct vu_header) + VU_PAYLOAD_MAX];
	size_t out_len, out_sent;
	int out_fd; /* goes with the first byte; -1: none */
};

/** struct vu_file - a descriptor that is left to another program; vu_file_fields is the table */
struct vu_file {
	int fd;
};

extern const struct snapshot_field vu_file_fields[];

/** vu_channel_init() - @fd is taken over and made non-blocking */
void vu_channel_init(struct vu_channel *channel, int fd);

/** vu_channel_done() - close everything; no-op where @fd is -1 */
void vu_channel_done(struct vu_channel *channel);

/**
 * vu_channel_receive() - read on until a message is complete
 *
 * Return: 1: channel->in is a message, valid until vu_channel_next(); 0: not yet; -ENODATA: the
 * peer is gone; -EPROTO: not a message of this protocol; another -errno: of recvmsg(2).
 */
int vu_channel_receive(struct vu_channel *channel, struct error **err);

/** vu_channel_next() - done with channel->in; fds that nobody took (set to -1) are closed */
void vu_channel_next(struct vu_channel *channel);

/**
 * vu_channel_send() - send, or keep, one message; nothing may be kept yet
 * @size: of the payload, at most VU_PAYLOAD_MAX
 * @fd:   goes with it; taken over; -1: none
 *
 * Return: 0; -errno of sendmsg(2).
 */
int vu_channel_send(struct vu_channel *channel, uint32_t request, uint32_t flags,
	const void *payload, size_t size, int fd);

/** vu_channel_flush() - send what was kept. Return: 0 (see vu_channel_is_busy()); -errno */
int vu_channel_flush(struct vu_channel *channel);

/** vu_channel_is_busy() - is a message kept: wait until the socket is writable */
static inline bool vu_channel_is_busy(const struct vu_channel *channel)
{
	return channel->out_len > 0;
}

#endif
