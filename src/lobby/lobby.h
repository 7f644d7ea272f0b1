/* SPDX-License-Identifier: MIT */
#ifndef LOBBY_LOBBY_H
#define LOBBY_LOBBY_H

#include "chardev/chardev.h"

/**
 * struct lobby - one port for many consoles
 *
 * The holder of a server with several clients. Who comes says which console he wants and becomes a
 * member of that hub, as if he had come to a server of its own: by a websocket's path
 * (/console/NAME), by the name by which he asks for the host in TLS (NAME.example.org), or by a
 * name that he types.
 */
struct lobby;

enum {
	/* In which a console has to be chosen. */
	LOBBY_CHOICE_MS = 60000,
	/* How often a name may be wrong. */
	LOBBY_TRIES = 5,
	/* Consoles in the list that is shown. */
	LOBBY_LIST_MAX = 100,
};

/**
 * lobby_new() - let in who comes to a server
 * @set:    whose hubs are the consoles
 * @server: a socket with clients=N that nobody holds
 * @glob:   which of them: a pattern for their names [glob(7)]; copied
 *
 * Return: 0; as chardev_link_attach(); -ENOMEM with @err.
 */
int lobby_new(struct loop *loop, struct chardev_set *set, struct chardev *server, const char *glob,
	struct lobby **ret_lobby, struct error **err);

/** lobby_server_id() - the name of its server */
const char *lobby_server_id(const struct lobby *lobby);

/** lobby_free() - who has not chosen yet is sent away; the server stays. NULL is fine */
void lobby_free(struct lobby *lobby);

#endif
