/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TLS_H
#define TRANSPORT_TLS_H

#include "transport/transport.h"

struct tls_context;

/**
 * tls_new() - TLS over a transport, in the role of the context [RFC 8446, RFC 5246]
 * @lower:   the filter's where this succeeds
 * @context: used for as long as the transport lives
 * @host:    of a client: whom it wants to reach, which is offered (SNI) and which the peer's
 *           certificate has to name; NULL: a server
 *
 * Once it is ready, transport_identity() says who the peer has proven to be, and of a server
 * transport_sni() the name that the peer asked for. A peer that speaks no TLS is told so in a line.
 * The deadline of the handshake is the user's duty.
 *
 * Return: 0, -ENOMEM.
 */
int tls_new(struct transport *lower, struct tls_context *context, const char *host,
	struct transport **ret_transport);

#endif
