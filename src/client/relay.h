/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_RELAY_H
#define CLIENT_RELAY_H

#include "client/session.h"

/** relay_pump() - all bytes, both ways, between standard input and output and a connection */
void relay_pump(struct connection *connection);

/**
 * relay_only() - serve one console of a daemon, and nothing else, to standard input and output
 * @view: to look only
 *
 * Return: 0: the client has gone; -errno with @err.
 */
int relay_only(struct session *session, const char *console, bool view, struct error **err);

#endif
