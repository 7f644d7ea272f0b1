/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_CONNECTOR_H
#define TRANSPORT_CONNECTOR_H

#include "io/loop.h"
#include "transport/address.h"

/** struct connector - connects to an address in the background, as often as it takes */
struct connector;

struct connector_ops {
	/** @fd: a non-blocking connection, the callee's. */
	void (*on_connected)(void *data, int fd);

	/** The first failure since the last success; @err is freed by the connector. */
	void (*on_failed)(void *data, const struct error *err);
};

/**
 * connector_new() - nothing happens before connector_start()
 * @address:  unix, TCP, UDP or vsock; borrowed, outlives the connector. That of datagrams is
 *            connected as soon as there is a socket: whether UDP has a receiver nobody can tell
 * @retry_ms: between an attempt that failed and the next one
 *
 * Return: 0, -ENOMEM.
 */
int connector_new(struct loop *loop, const struct address *address, uint64_t retry_ms,
	const struct connector_ops *ops, void *data, struct connector **ret_connector);

/** connector_start() - connect, after this dispatch */
void connector_start(struct connector *connector);

/** connector_retry() - connect in @retry_ms: a connection has ended, or was of no use */
void connector_retry(struct connector *connector);

/** connector_free() - may be called from its callbacks; NULL is fine */
void connector_free(struct connector *connector);

#endif
