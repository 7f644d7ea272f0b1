/* SPDX-License-Identifier: MIT */
/* syscalls: fcntl */
#include "control/scrapes.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "control/shorthand.h"
#include "metrics/metrics.h"
#include "snapshot/reader.h"
#include "transport/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* struct scrape_server - @passed: its socket is the service manager's */
struct scrape_server {
	char *id;
	struct metrics_server *server;
	bool passed;
};

const struct snapshot_field scrape_fields[] = {
	SNAPSHOT_FIELD(struct scrape_state, id, 1, SNAPSHOT_STRING, .needed = true),
	SNAPSHOT_FIELD(struct scrape_state, fd, 2, SNAPSHOT_FILE, .needed = true),
	{ 0 },
};

const struct opt_desc scrapes_options[] = {
	{ .name = "metrics",
		.type = OPT_STRING,
		.required = true,
		.help = "where to listen: [HOST]:PORT, unix:PATH or fd:NAME" },
	{ .name = "id", .type = OPT_STRING, .help = "name; default 'metrics0', 'metrics1' and on" },
	{ .name = "mode",
		.type = OPT_STRING,
		.preset = "0660",
		.help = "permissions of the socket file: who may connect" },
	{ 0 },
};

int scrapes_where(struct opts *opts, struct opts **ret_where, struct error **err)
{
	AUTO_OPTS struct opts *where = opts_new();
	const char *text;
	int r = opts_check(
		opts, "metrics", (const struct opt_desc *const[]){ scrapes_options, NULL }, err);

	if (r < 0)
		return r;
	if (!where)
		return error_set(err, ENOMEM, "out of memory");
	text = opts_get_string(opts, "metrics");
	r = shorthand_listen(where, text, err);
	if (r == 0)
		*ret_where = TAKE_PTR(where);
	return r;
}

/* ---- addresses ---- */

static int read_fd(const char *text, struct address *address, struct error **err)
{
	uint64_t number;

	if (parse_u64(text, &number) < 0 || number > INT32_MAX)
		return error_set(err, EINVAL, "Unable to parse FD number %s", text);
	address->kind = ADDRESS_FD;
	address->fd = (int)number;
	return 0;
}

static int read_address(const struct opts *opts, const struct opts *where, struct address *address,
	struct error **err)
{
	const char *fd = opts_text(where, "fd"), *path = opts_text(where, "path");

	if (fd)
		return read_fd(fd, address, err);
	if (path) {
		address->kind = ADDRESS_UNIX;
		address->path = strdup(path);
		return address->path
			       ? address_read_mode(address, opts_get_string(opts, "mode"), err)
			       : error_set(err, ENOMEM, "out of memory");
	}
	address->kind = ADDRESS_INET;
	address->host = strdup(opts_text(where, "host"));
	address->port = strdup(opts_text(where, "port"));
	return address->host && address->port ? 0 : error_set(err, ENOMEM, "out of memory");
}

/* ---- servers ---- */

static struct scrape_server *find(const struct scrapes *scrapes, const char *id)
{
	for (size_t i = 0; i < scrapes->len; i++)
		if (!strcmp(scrapes->items[i].id, id))
			return &scrapes->items[i];
	return NULL;
}

bool scrapes_has(const struct scrapes *scrapes, const char *id)
{
	return find(scrapes, id);
}

/* The first without a name is "metrics0". */
static char *choose_id(const struct scrapes *scrapes, const struct opts *opts)
{
	const char *id = opts_get_string(opts, "id");
	char name[32] = "";

	for (unsigned i = 0;
		!id && snprintf(name, sizeof(name), "metrics%u", i) && scrapes_has(scrapes, name);
		i++)
		continue;
	return strdup(id ? id : name);
}

/* Return: a copy of the socket that was left of it; -1: none was. */
static int inherit(const struct scrapes *scrapes, const char *id)
{
	struct snapshot_groups left = { 0 };
	struct snapshot_part part;
	struct scrape_state state;

	if (scrapes->left)
		left = *scrapes->left;
	while (snapshot_next_group(&left, &part))
		if (snapshot_get(&part, scrape_fields, &state, NULL) == 0 && !strcmp(state.id, id))
			return fcntl(state.fd, F_DUPFD_CLOEXEC, 0);
	return -1;
}

static int listen_at(struct scrapes *scrapes, struct scrape_server *server, const struct opts *opts,
	const struct opts *where, struct error **err)
{
	const struct metrics_source source = { .put = figures_put, .data = &scrapes->figures };
	AUTO_ADDRESS struct address address = { 0 };
	AUTO_FREE char *owner = NULL;
	int r = read_address(opts, where, &address, err);

	if (r < 0)
		return r;
	if (asprintf(&owner, "metrics '%s'", server->id) < 0) {
		owner = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	server->passed = address.kind == ADDRESS_FD;
	return metrics_server_new(scrapes->figures.loop, &address, inherit(scrapes, server->id),
		owner, &source, &server->server, err);
}

static int make_room(struct scrapes *scrapes, struct error **err)
{
	struct scrape_server *items =
		reallocarray(scrapes->items, scrapes->len + 1, sizeof(*items));

	if (!items)
		return error_set(err, ENOMEM, "out of memory");
	scrapes->items = items;
	return 0;
}

int scrapes_add(
	struct scrapes *scrapes, struct opts *opts, const struct opts *where, struct error **err)
{
	struct scrape_server server = { .id = choose_id(scrapes, opts) };
	int r = server.id ? make_room(scrapes, err) : error_set(err, ENOMEM, "out of memory");

	if (r == 0 && scrapes_has(scrapes, server.id))
		r = error_set(err, EEXIST, "Duplicate ID '%s' for metrics", server.id);
	if (r == 0)
		r = listen_at(scrapes, &server, opts, where, err);
	if (r < 0) {
		free(server.id);
		return r;
	}
	if (!scrapes->len)
		figures_start(&scrapes->figures);
	scrapes->items[scrapes->len++] = server;
	return 0;
}

void scrapes_save(const struct scrapes *scrapes, uint16_t tag, struct snapshot_writer *to)
{
	for (size_t i = 0; i < scrapes->len; i++) {
		const struct scrape_server *server = &scrapes->items[i];
		const struct scrape_state state = { server->id, metrics_server_fd(server->server) };

		if (!server->passed)
			snapshot_put_group(to, tag, scrape_fields, &state);
	}
}

static void drop(struct scrapes *scrapes, struct scrape_server *server)
{
	metrics_server_free(server->server);
	free(server->id);
	*server = scrapes->items[--scrapes->len];
	if (!scrapes->len)
		figures_stop(&scrapes->figures);
}

void scrapes_drop(struct scrapes *scrapes, const char *id)
{
	struct scrape_server *server = find(scrapes, id);

	if (server)
		drop(scrapes, server);
}

void scrapes_done(struct scrapes *scrapes)
{
	while (scrapes->len)
		drop(scrapes, &scrapes->items[0]);
	free(scrapes->items);
	scrapes->items = NULL;
}
