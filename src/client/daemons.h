/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_DAEMONS_H
#define CLIENT_DAEMONS_H

#include "client/connection.h"

#include <stdbool.h>

/**
 * struct daemon - one charhubd
 * @name: the last part of its socket's path, without ".control"
 * @path: of its control socket, on its host
 */
struct daemon {
	struct daemons *all;
	char *name, *path;
};

/**
 * struct daemons - all that were found
 * @host: where; NULL: here
 * @ssh:  how to get there
 * @spare: a way to the host that nobody uses yet: the one that told who is there
 */
struct daemons {
	const char *host, *ssh;
	struct daemon *items;
	size_t len;
	struct connection spare;
};

/**
 * daemons_find() - look for them
 * @socket: the only one; NULL: $CHARHUB_SOCKET, else all in /run/charhub and
 *          $XDG_RUNTIME_DIR/charhub
 * @host, @ssh: where; NULL: here. Borrowed
 *
 * Return: 0, there may be none; -errno with @err.
 */
int daemons_find(struct daemons *daemons, const char *socket, const char *host, const char *ssh,
	struct error **err);

/** daemons_check() - is there one. Return: 0; -ENOENT with @err, which says how there would be */
int daemons_check(const struct daemons *daemons, struct error **err);

/** daemons_add() - one more. Return: 0; -ENOMEM with @err */
int daemons_add(struct daemons *daemons, const char *path, struct error **err);

/** daemons_done() */
void daemons_done(struct daemons *daemons);

/** daemon_connect() - a stream on which the daemon speaks. Return: 0; -errno with @err */
int daemon_connect(
	const struct daemon *daemon, struct connection *ret_connection, struct error **err);

#endif
