/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_WEBSOCKET_H
#define TRANSPORT_WEBSOCKET_H

#include "transport/transport.h"

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
