/* SPDX-License-Identifier: MIT */
/* A server in another program's place: who looked goes on looking. */
#include "base/log.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"
#include "vnc/server.h"
#include "vnc/state.h"
#include "vnc/viewer-handover.h"

#include <string.h>

/* ---- leaving it ---- */

static void put_doors(const struct vnc_server *server, struct snapshot_writer *writer)
{
	const struct vnc_addresses *addresses = &server->host.config.addresses;

	for (size_t i = 0; i < addresses->len; i++) {
		const struct address *address = &addresses->items[i].address;
		struct vnc_door_state state = { .websocket = addresses->items[i].websocket,
			.abstract = address->abstract,
			.tight = address->tight,
			.kind = address->kind,
			.number = address->kind == ADDRESS_FD ? (unsigned)address->fd : 0,
			.path = address->path,
			.host = address->host,
			.port = address->port };

		if (!server->doors[i])
			continue;
		state.fd = listener_fd(server->doors[i]);
		snapshot_put_group(writer, VNC_TAG_DOOR, vnc_door_fields, &state);
	}
}

static struct snapshot_bytes bytes_of(const struct auth_password *password)
{
	return (struct snapshot_bytes){ password->is_set ? password->bytes : NULL,
		AUTH_PASSWORD_MAX };
}

void vnc_server_save(const struct vnc_server *server, struct snapshot_writer *writer,
	void (*on_left_out)(void *data, const struct vnc_viewer *viewer, const char *why),
	void *data)
{
	const struct vnc_server_state state = { .id = server->host.config.id,
		.password = bytes_of(&server->password),
		.view_password = bytes_of(&server->view_password),
		.expires = (uint64_t)server->password_expires,
		.admitted = server->host.logins.admitted,
		.refused = server->host.logins.refused };

	snapshot_put(writer, vnc_server_fields, &state);
	put_doors(server, writer);
	list_for_each (viewer, &server->viewers, struct vnc_viewer, node) {
		const char *obstacle = viewer_obstacle(viewer);

		if (!obstacle)
			viewer_save(viewer, viewer == server->exclusive, writer);
		else if (on_left_out)
			on_left_out(data, viewer, obstacle);
	}
}

void vnc_server_part(struct vnc_server *server)
{
	list_for_each_safe (viewer, &server->viewers, struct vnc_viewer, node) {
		if (!viewer_obstacle(viewer))
			continue;
		viewer_say_goodbye(viewer);
		viewer_free(viewer);
	}
}

/* ---- going on ---- */

static int load(struct vnc_server *server, const struct snapshot_part *part)
{
	struct vnc_viewer_state state;
	struct vnc_viewer *viewer;
	int r = snapshot_get(part, vnc_viewer_fields, &state, NULL);

	if (r == 0)
		r = viewer_load(&server->host, &state, &viewer);
	if (r == 0)
		server_take(server, viewer, state.shares, state.alone);
	return r;
}

void vnc_server_go_on(struct vnc_server *server, const struct snapshot_groups *left)
{
	struct vnc_server_state state;
	struct snapshot_part part;

	if (!vnc_find_state(left, server->host.config.id, &state))
		return;
	while (snapshot_next_group(&state.viewers, &part)) {
		int r = load(server, &part);

		if (r < 0)
			log_error("vnc '%s': a viewer cannot go on: %s", state.id, strerror(-r));
	}
}
