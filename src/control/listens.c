/* SPDX-License-Identifier: MIT */
/*
 * `-listen` is a `-chardev socket` with presets of its own, and a lobby that holds it: so it takes
 * all that the socket takes, and is a chardev like any other to who looks at the list.
 */
#include "control/listens.h"

#include "base/cleanup.h"
#include "lobby/lobby.h"
#include "control/shorthand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS "64"

const struct opt_desc listens_options[] = {
	{ .name = "consoles",
		.type = OPT_STRING,
		.preset = "*",
		.help = "the hubs that can be chosen: a pattern for their names" },
	{ 0 },
};

static bool is_ours(const char *key)
{
	return !strcmp(key, "consoles") || !strcmp(key, "listen");
}

static const char *keep_socket_keys(const char *key)
{
	return is_ours(key) ? NULL : key;
}

static int preset(struct opts *opts, const char *key, const char *value)
{
	return opts_has(opts, key) ? 0 : opts_set(opts, key, value);
}

int listens_check(struct opts *opts, struct error **err)
{
	const char *address = opts_text(opts, "listen");
	int r = address ? shorthand_listen(opts, address, err) : 0;

	if (r < 0)
		return r;
	r = preset(opts, "consoles", "*");
	if (r == 0)
		r = opts_set(opts, "backend", "socket");
	if (r == 0)
		r = opts_set(opts, "server", "on");
	if (r == 0)
		r = opts_set(opts, "wait", "off");
	if (r == 0)
		r = preset(opts, "clients", CLIENTS);
	if (r < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (!strcmp(opts_text(opts, "clients"), "1"))
		return error_set(
			err, EINVAL, "'clients=1': a console is chosen by one of several clients");
	return 0;
}

/* The first without a name is "listen0". */
static int name_server(const struct chardev_set *chardevs, struct opts *opts)
{
	char id[32];

	if (opts_has(opts, "id"))
		return 0;
	for (unsigned i = 0;
		snprintf(id, sizeof(id), "listen%u", i) && chardev_set_find(chardevs, id); i++)
		continue;
	return opts_set(opts, "id", id);
}

static int add_lobby(struct listens *listens, struct loop *loop, struct chardev_set *chardevs,
	struct chardev *server, const char *consoles, struct error **err)
{
	struct lobby **items =
		reallocarray(listens->items, listens->len + 1, sizeof(struct lobby *));
	int r;

	if (!items)
		return error_set(err, ENOMEM, "out of memory");
	listens->items = items;
	r = lobby_new(loop, chardevs, server, consoles, &items[listens->len], err);
	if (r == 0)
		listens->len++;
	return r;
}

int listens_add(struct listens *listens, struct loop *loop, struct chardev_set *chardevs,
	struct opts *opts, struct error **err)
{
	AUTO_FREE char *consoles = strdup(opts_text(opts, "consoles"));
	struct chardev *server;
	int r = consoles ? opts_rename_keys(opts, keep_socket_keys) : -ENOMEM;

	if (r == 0)
		r = name_server(chardevs, opts);
	if (r < 0)
		return error_set(err, ENOMEM, "out of memory");
	r = chardev_set_add(chardevs, opts, &server, err);
	if (r < 0)
		return r;
	r = add_lobby(listens, loop, chardevs, server, consoles, err);
	if (r < 0)
		chardev_free(server);
	return r;
}

void listens_drop(struct listens *listens, struct chardev_set *chardevs, const char *id)
{
	for (size_t i = 0; i < listens->len; i++) {
		if (strcmp(lobby_server_id(listens->items[i]), id))
			continue;
		lobby_free(listens->items[i]);
		listens->items[i] = listens->items[--listens->len];
		chardev_free(chardev_set_find(chardevs, id));
		return;
	}
}

void listens_done(struct listens *listens)
{
	for (size_t i = 0; i < listens->len; i++)
		lobby_free(listens->items[i]);
	free(listens->items);
	*listens = (struct listens){ 0 };
}
