/* SPDX-License-Identifier: MIT */
/*
 * On another host they are found by the relay there, which speaks first:
 *
 *	<- {"daemons": ["/run/charhub/a.control", ...]}
 *	-> {"daemon": "/run/charhub/a.control"}
 *
 * and from then on it is that daemon that speaks.
 */
#include "client/daemons.h"

#include "base/cleanup.h"
#include "client/json.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELLO_MAX = 64 * 1024, HELLO_MS = 60 * 1000 };

static const char suffix[] = ".control";

static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = strlen(name), cut = strlen(suffix);

	if (len > cut && !strcmp(name + len - cut, suffix))
		len -= cut;
	return strndup(name, len);
}

int daemons_add(struct daemons *daemons, const char *path, struct error **err)
{
	struct daemon *items =
		reallocarray(daemons->items, daemons->len + 1, sizeof(*daemons->items));
	struct daemon *added;

	if (!items)
		return error_set(err, ENOMEM, "out of memory");
	daemons->items = items;
	added = &items[daemons->len];
	*added = (struct daemon){ .all = daemons, .name = name_of(path), .path = strdup(path) };
	daemons->len++;
	return added->name && added->path ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int add_folder(struct daemons *daemons, const char *folder, struct error **err)
{
	AUTO_FREE char *pattern = NULL;
	glob_t found = { 0 };
	int r = 0;

	if (asprintf(&pattern, "%s/*%s", folder, suffix) < 0) {
		pattern = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && r == 0; i++)
			r = daemons_add(daemons, found.gl_pathv[i], err);
	globfree(&found);
	return r;
}

static int find_here(struct daemons *daemons, const char *socket, struct error **err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	AUTO_FREE char *own = NULL;
	int r;

	if (!socket)
		socket = getenv("CHARHUB_SOCKET");
	if (socket && *socket)
		return daemons_add(daemons, socket, err);
	r = add_folder(daemons, "/run/charhub", err);
	if (r < 0 || !runtime || !*runtime)
		return r;
	if (asprintf(&own, "%s/charhub", runtime) < 0) {
		own = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	return add_folder(daemons, own, err);
}

static int no_hello(const char *host, int code, struct error **err)
{
	error_set(err, code, "there is no charhub on '%s': %s", host,
		code == EPIPE ? "the connection has ended" : strerror(code));
	error_set_hint(err, "'ssh %s charhub relay' is to answer.", host);
	return -code;
}

/* Read one line and no byte more: what follows is for somebody else. */
static int read_hello(
	struct connection *connection, const char *host, json_t **ret_hello, struct error **err)
{
	AUTO_FREE char *line = malloc(HELLO_MAX);
	AUTO_JSON json_t *hello = NULL;
	size_t len = 0;

	if (!line)
		return error_set(err, ENOMEM, "out of memory");
	while (len < HELLO_MAX && (!len || line[len - 1] != '\n')) {
		ssize_t n = connection_read(connection, line + len, 1, HELLO_MS);

		if (n <= 0)
			return no_hello(host, n ? (int)-n : EPIPE, err);
		len++;
	}
	hello = json_loadb(line, len, 0, NULL);
	if (json_is_array(json_object_get(hello, "daemons"))) {
		*ret_hello = TAKE_PTR(hello);
		return 0;
	}
	return error_set(err, EPROTO, "what answers on '%s' is no 'charhub relay'", host);
}

static int open_relay(const struct daemons *daemons, struct connection *connection,
	json_t **ret_hello, struct error **err)
{
	int r = connection_spawn(daemons->ssh, daemons->host, connection, err);

	if (r < 0)
		return r;
	r = read_hello(connection, daemons->host, ret_hello, err);
	if (r < 0)
		connection_close(connection);
	return r;
}

static int find_there(struct daemons *daemons, struct error **err)
{
	AUTO_JSON json_t *hello = NULL;
	const json_t *path;
	size_t i;
	int r = open_relay(daemons, &daemons->spare, &hello, err);

	if (r < 0)
		return r;
	json_array_foreach(json_object_get(hello, "daemons"), i, path)
	{
		if (json_is_string(path))
			r = daemons_add(daemons, json_string_value(path), err);
		if (r < 0)
			return r;
	}
	return 0;
}

int daemons_find(struct daemons *daemons, const char *socket, const char *host, const char *ssh,
	struct error **err)
{
	*daemons = (struct daemons){ .host = host, .ssh = ssh, .spare = { .fd = -1 } };
	return host ? find_there(daemons, err) : find_here(daemons, socket, err);
}

int daemons_check(const struct daemons *daemons, struct error **err)
{
	if (daemons->len)
		return 0;
	error_set(err, ENOENT, "no charhubd with a control socket runs%s%s",
		daemons->host ? " on " : " here", daemons->host ? daemons->host : "");
	error_set_hint(err, "It is started with '-control PATH'; --socket=PATH or $CHARHUB_SOCKET "
			    "says where, else they are looked for in /run/charhub and "
			    "$XDG_RUNTIME_DIR/charhub.");
	return -ENOENT;
}

void daemons_done(struct daemons *daemons)
{
	for (size_t i = 0; i < daemons->len; i++) {
		free(daemons->items[i].name);
		free(daemons->items[i].path);
	}
	free(daemons->items);
	connection_close(&daemons->spare);
}

static int choose(struct connection *connection, const char *path, struct error **err)
{
	AUTO_JSON json_t *choice = json_pack("{s:s}", "daemon", path);
	AUTO_FREE char *line = choice ? json_dumps(choice, JSON_COMPACT) : NULL;
	int r = line ? connection_write(connection, line, strlen(line)) : -ENOMEM;

	if (r == 0)
		r = connection_write(connection, "\n", 1);
	return r < 0 ? error_set(err, -r, "the relay has gone: %s", strerror(-r)) : 0;
}

static int connect_there(struct daemons *daemons, const char *path, struct connection *connection,
	struct error **err)
{
	AUTO_JSON json_t *hello = NULL;
	int r = 0;

	if (daemons->spare.fd >= 0) {
		*connection = daemons->spare;
		daemons->spare = (struct connection){ .fd = -1 };
	} else {
		r = open_relay(daemons, connection, &hello, err);
	}
	if (r < 0)
		return r;
	r = choose(connection, path, err);
	if (r < 0)
		connection_close(connection);
	return r;
}

int daemon_connect(
	const struct daemon *daemon, struct connection *ret_connection, struct error **err)
{
	if (daemon->all->host)
		return connect_there(daemon->all, daemon->path, ret_connection, err);
	return connection_dial(daemon->path, ret_connection, err);
}
