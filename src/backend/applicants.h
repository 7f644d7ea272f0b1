/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_APPLICANTS_H
#define BACKEND_APPLICANTS_H

#include "object/authz.h"
#include "transport/transport.h"

/**
 * struct applicants - connections of which it is being asked whether they may come in
 *
 * As long as that takes they take nobody's place.
 */
struct applicants;

enum {
	/* Of one struct applicants; beyond it the oldest is closed. */
	APPLICANTS_MAX = 256,
};

struct applicants_ops {
	/** @transport may, and is the callee's. It has no user yet. */
	void (*on_admitted)(void *data, struct transport *transport);

	/** @transport may not, and is the callee's. */
	void (*on_refused)(void *data, struct transport *transport);
};

/** applicants_new() - @rule: as in struct authz_gate's @tls. Return: NULL: no memory */
struct applicants *applicants_new(
	struct object *rule, const struct applicants_ops *ops, void *data);

/**
 * applicants_add() - ask about a connection that is ready; what is known is told at once
 * @transport: the callee's
 */
void applicants_add(struct applicants *applicants, struct transport *transport);

/** applicants_clear() - close all */
void applicants_clear(struct applicants *applicants);

/** applicants_free() - and the rest; NULL is fine */
void applicants_free(struct applicants *applicants);

#endif
