/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_WEBSOCKET_H
#define TRANSPORT_WEBSOCKET_H

#include "transport/transport.h"

/**
 * struct websocket_state - what is left of an open one to another program
 * @header, @control: of the frame that comes in, as far as they have; @left, @done: of its payload
 * @raw, @out: bytes that wait
 */
struct websocket_state {
	struct snapshot_bytes header, control, raw, out, pong;
	bool in_payload, in_message, pong_due, eof;
	uint64_t left, done;
	const char *path;
};

extern const struct snapshot_field websocket_fields[];

/**
 * websocket_load() - as websocket_new(), in the place of another one
 * @left: what transport_save() has put: one group of websocket_fields
 *
 * Return: 0; -EBADMSG: there is none, or it makes no sense; -ENOMEM.
 */
int websocket_load(
	struct transport *lower, struct snapshot_groups left, struct transport **ret_transport);

/**
 * websocket_new() - the server's side of a websocket over a transport [RFC 6455]
 * @lower: the filter's where this succeeds
 * @origin: as for websocket_answer(); borrowed until the transport is ready
 *
 * Messages are a byte stream here: where one ends does not matter to the user, who sends binary
 * ones. The deadline of the handshake is the user's duty.
 *
 * Return: 0, -ENOMEM.
 */
int websocket_new(struct transport *lower, const char *origin, struct transport **ret_transport);

#endif
