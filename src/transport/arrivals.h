/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_ARRIVALS_H
#define TRANSPORT_ARRIVALS_H

#include "transport/transport.h"

/**
 * struct arrivals - fresh connections whose filters still shake hands
 *
 * Who does so takes nobody's place: a user hears of a connection when bytes can travel.
 */
struct arrivals;

enum {
	/* Of one struct arrivals; beyond it the oldest is closed. */
	ARRIVALS_MAX = 256,
	/* In which a handshake has to be over. */
	ARRIVAL_MS = 10000,
};

struct arrivals_ops {
	/** Bytes can travel. @transport is the callee's and has no user yet. */
	void (*on_ready)(void *data, struct transport *transport);

	/** Optional. It came to nothing and is closed: broken off, refused, too slow, too many. */
	void (*on_failed)(void *data);
};

/** arrivals_new() - NULL: no memory */
struct arrivals *arrivals_new(struct loop *loop, const struct arrivals_ops *ops, void *data);

/**
 * arrivals_add() - wait until a connection is ready; one that is ready is passed on at once
 * @transport: with all of its filters; the callee's, also where this fails
 *
 * Return: 0, -ENOMEM.
 */
int arrivals_add(struct arrivals *arrivals, struct transport *transport);

/** arrivals_clear() - close all that wait */
void arrivals_clear(struct arrivals *arrivals);

/** arrivals_free() - and the rest; may be called from the callbacks; NULL is fine */
void arrivals_free(struct arrivals *arrivals);

#endif
