/* SPDX-License-Identifier: MIT */
/*
 * Who may come in: listening, the limit of connections, passwords, and what a viewer that wants to
 * be alone gets. Somebody who connects and never logs in can not keep others out (make_room()), and
 * who guesses passwords has to wait (door.c).
 */
/* syscalls: getpeername */
/* before the sandbox: fcntl */
#include "vnc/server.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/log.h"
#include "snapshot/reader.h"
#include "vnc/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BLINK_MS = 500 };

static struct vnc_server *server_of(struct vnc_host *host)
{
	return container_of(host, struct vnc_server, host);
}

/* ---- events ---- */

static void tell(struct vnc_host *host, enum vnc_event event, const struct vnc_viewer *viewer)
{
	struct vnc_server *server = server_of(host);

	if (server->context.on_event)
		server->context.on_event(server->context.data, server, event, viewer);
}

static void forget(struct vnc_host *host, struct vnc_viewer *viewer)
{
	struct vnc_server *server = server_of(host);

	server->connecting -= viewer->connecting;
	host->shared -= viewer->shares;
	if (server->exclusive == viewer)
		server->exclusive = NULL;
	list_remove(&viewer->node);
	if (host->shared <= 1)
		studio_forget(host->studio);
	tell(host, VNC_DISCONNECTED, viewer);
}

/* ---- who may stay ---- */

static void send_others_away(struct vnc_server *server, struct vnc_viewer *viewer)
{
	list_for_each_safe (other, &server->viewers, struct vnc_viewer, node) {
		if (other == viewer || other->connecting)
			continue;
		log_info("vnc: %s: closed, since %s wants to be alone", vnc_viewer_name(other),
			vnc_viewer_name(viewer));
		other->successor = viewer;
		viewer_free(other);
	}
}

static int admit_exclusive(struct vnc_server *server, struct vnc_viewer *viewer)
{
	if (server->host.config.share == VNC_SHARE_FORCE_SHARED)
		return -EBUSY;
	send_others_away(server, viewer);
	server->exclusive = viewer;
	return 0;
}

static int admit(struct vnc_host *host, struct vnc_viewer *viewer, bool shared)
{
	struct vnc_server *server = server_of(host);

	if (!shared && server->host.config.share != VNC_SHARE_IGNORE) {
		int r = admit_exclusive(server, viewer);

		if (r < 0)
			return r;
	} else {
		if (server->exclusive || host->shared >= server->host.config.connections)
			return -EBUSY;
		viewer->shares = true;
		host->shared++;
	}
	server->connecting -= viewer->connecting;
	viewer->connecting = false;
	return 0;
}

static int check_password(struct vnc_host *host, const uint8_t challenge[AUTH_CHALLENGE_SIZE],
	const uint8_t response[AUTH_CHALLENGE_SIZE], bool *ret_may_type)
{
	struct vnc_server *server = server_of(host);
	/* Both are always looked at, so that the time tells nothing. */
	bool full = auth_matches(&server->password, challenge, response);
	bool view = auth_matches(&server->view_password, challenge, response);
	bool expired = server->password_expires && time(NULL) >= server->password_expires;

	if (!full && !view)
		return -EACCES;
	if (expired)
		return -EKEYEXPIRED;
	*ret_may_type = full;
	return 0;
}

/* ---- blinking ---- */

static void on_blink(void *data)
{
	struct vnc_server *server = data;
	bool anybody = false;

	server->lit = !server->lit;
	list_for_each (viewer, &server->viewers, struct vnc_viewer, node) {
		struct display_view *view = viewer->peer.view;

		if (!view || !display_view_wants_blink(view))
			continue;
		display_view_blink(view, server->lit);
		peer_post(&viewer->peer);
		anybody = true;
	}
	if (anybody)
		timer_start(server->blink, BLINK_MS);
}

static void wants_blink(struct vnc_host *host)
{
	struct vnc_server *server = server_of(host);

	if (timer_is_running(server->blink))
		return;
	server->lit = true;
	timer_start(server->blink, BLINK_MS);
}

/* ---- accepting ---- */

static char *peer_name(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	char *name = NULL;

	if (getpeername(fd, (struct sockaddr *)&address, &len) == 0 &&
		(address.ss_family == AF_INET || address.ss_family == AF_INET6))
		return sockaddr_text(&address);
	return asprintf(&name, "unix:%d", fd) < 0 ? NULL : name;
}

static unsigned count_at(const struct vnc_server *server, const struct door_address *address)
{
	unsigned count = 0;

	list_for_each (viewer, &server->viewers, struct vnc_viewer, node)
		count += viewer->connecting && door_address_equal(&viewer->peer.address, address);
	return count;
}

/*
 * Too many are logging in: of the address that most of them come from, one that has sent nothing,
 * the oldest. Somebody who types a password is not kept out by others that only connect.
 */
static void make_room(struct vnc_server *server)
{
	struct vnc_viewer *worst = NULL;
	unsigned worst_count = 0;

	if (server->connecting < server->host.config.connections)
		return;
	list_for_each (viewer, &server->viewers, struct vnc_viewer, node) {
		unsigned count;

		if (!viewer->connecting)
			continue;
		count = 2 * count_at(server, &viewer->peer.address) + !viewer->peer.has_spoken;
		if (count > worst_count) {
			worst_count = count;
			worst = viewer;
		}
	}
	if (!worst)
		return;
	log_info("vnc: %s: closed, too many are logging in", vnc_viewer_name(worst));
	viewer_free(worst);
}

static int take_connection(struct vnc_server *server, int fd, bool websocket)
{
	AUTO_FREE char *name = peer_name(fd);
	struct vnc_viewer *viewer = NULL;
	int r;

	make_room(server);
	r = viewer_new(&server->host, fd, websocket, name ? name : "?", &viewer);
	if (r < 0) {
		log_warning("vnc: %s: %s", name ? name : "?", strerror(-r));
		return r;
	}
	list_append(&server->viewers, &viewer->node);
	viewer->connecting = true;
	server->connecting++;
	tell(&server->host, VNC_CONNECTED, viewer);
	return 0;
}

static void on_connection(void *data, int fd)
{
	take_connection(data, fd, false);
}

static void on_websocket(void *data, int fd)
{
	take_connection(data, fd, true);
}

int vnc_server_adopt(struct vnc_server *server, int fd, struct error **err)
{
	int r = take_connection(server, fd, false);

	return r < 0 ? error_set(err, -r, "vnc: %s", strerror(-r)) : 0;
}

/* ---- listening ---- */

static int connect_to_viewer(struct vnc_server *server, struct error **err)
{
	int fd = address_connect(&server->host.config.addresses.items[0].address, err);

	return fd < 0 ? fd : vnc_server_adopt(server, fd, err);
}

static void let_in(struct vnc_server *server, size_t i)
{
	const struct listener *door = server->doors[i];

	if (!vnc_config_asks(&server->host.config) && door_is_public(listener_fd(door)))
		log_warning("vnc: anybody who reaches %s can look and type: there is no password",
			listener_name(door));
	listener_start(server->doors[i]);
	log_info("VNC server running on %s%s",
		server->host.config.addresses.items[i].websocket ? "websocket " : "",
		listener_name(door));
}

/* All that are missing or none are served, and nobody is let in before. */
static int open_doors(struct vnc_server *server, struct error **err)
{
	struct vnc_addresses *addresses = &server->host.config.addresses;
	bool is_new[VNC_ADDRESSES_MAX] = { false };

	for (size_t i = 0; i < addresses->len; i++) {
		struct vnc_address *at = &addresses->items[i];
		int r;

		is_new[i] = !server->doors[i];
		if (!is_new[i])
			continue;
		r = listener_new(server->context.loop, &at->address, "vnc",
			at->websocket ? on_websocket : on_connection, server, &server->doors[i],
			err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < addresses->len; i++)
		if (is_new[i])
			let_in(server, i);
	return 0;
}

/* Of @from those for websockets, or the others, with their doors, go behind those of @to. */
static void move_doors(struct vnc_addresses *from, struct listener **from_doors, bool websocket,
	struct vnc_addresses *to, struct listener **to_doors)
{
	for (size_t i = 0; i < from->len; i++) {
		if (from->items[i].websocket != websocket)
			continue;
		to->items[to->len] = from->items[i];
		to_doors[to->len++] = from_doors[i];
	}
}

static size_t count_websockets(const struct vnc_addresses *addresses)
{
	size_t n = 0;

	for (size_t i = 0; i < addresses->len; i++)
		n += addresses->items[i].websocket;
	return n;
}

static void close_plain_doors(struct vnc_server *server)
{
	for (size_t i = 0; i < server->host.config.addresses.len; i++)
		if (!server->host.config.addresses.items[i].websocket) {
			listener_free(server->doors[i]);
			server->doors[i] = NULL;
		}
}

/* The websockets' doors are open, the others are to be. */
static int exchange(struct vnc_server *server, struct vnc_addresses *plain, struct error **err)
{
	struct vnc_addresses *now = &server->host.config.addresses, next = { .len = 0 };
	struct listener *none[VNC_ADDRESSES_MAX] = { NULL }, *doors[VNC_ADDRESSES_MAX] = { NULL };

	move_doors(plain, none, false, &next, doors);
	move_doors(now, server->doors, true, &next, doors);
	*now = next;
	memcpy(server->doors, doors, sizeof(doors));
	return open_doors(server, err);
}

int vnc_server_listen(
	struct vnc_server *server, struct vnc_addresses *addresses, struct error **err)
{
	struct vnc_addresses old = server->host.config.addresses;
	int r;

	if (server->host.config.reverse)
		return error_set(err, EINVAL, "vnc: a server with reverse=on listens nowhere");
	if (addresses->len + count_websockets(&old) > VNC_ADDRESSES_MAX)
		return error_set(
			err, EINVAL, "vnc: more than %d addresses", (int)VNC_ADDRESSES_MAX);
	close_plain_doors(server);
	r = exchange(server, addresses, err);
	if (r < 0) {
		close_plain_doors(server);
		exchange(server, &old, NULL);
		return r;
	}
	for (size_t i = 0; i < old.len; i++)
		if (!old.items[i].websocket)
			address_done(&old.items[i].address);
	return 0;
}

/* The first of a kind. */
static const char *door_name(const struct vnc_server *server, bool websocket)
{
	const struct vnc_addresses *addresses = &server->host.config.addresses;

	for (size_t i = 0; i < addresses->len; i++)
		if (server->doors[i] && addresses->items[i].websocket == websocket)
			return listener_name(server->doors[i]);
	return NULL;
}

/* ---- in another program's place ---- */

/* Where it listened when it was left. */
static int take_address(const struct vnc_door_state *state, struct vnc_address *ret_address)
{
	struct address *address = &ret_address->address;

	*ret_address = (struct vnc_address){
		.address = { .kind = (enum address_kind)state->kind,
			.abstract = state->abstract,
			.tight = state->tight,
			.fd = (int)state->number },
		.websocket = state->websocket,
	};
	if (copy_text(state->path, &address->path) < 0 ||
		copy_text(state->host, &address->host) < 0)
		return -ENOMEM;
	return copy_text(state->port, &address->port);
}

static int inherit_door(
	struct vnc_server *server, const struct vnc_door_state *state, struct error **err)
{
	struct vnc_addresses *addresses = &server->host.config.addresses;
	struct vnc_address *at = &addresses->items[addresses->len];
	struct listener **door = &server->doors[addresses->len++];
	int r = take_address(state, at), fd;

	if (r < 0)
		return error_set(err, -r, "vnc: out of memory");
	fd = fcntl(state->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return error_set(err, errno, "vnc: %s", strerror(errno));
	r = listener_inherit(server->context.loop, fd, &at->address, "vnc",
		at->websocket ? on_websocket : on_connection, server, door, err);
	if (r == 0)
		listener_start(*door);
	return r;
}

/* Instead of those of the options: they may have been changed since. */
static int inherit_doors(
	struct vnc_server *server, struct snapshot_groups groups, struct error **err)
{
	struct vnc_door_state state;
	struct snapshot_part part;
	int r = 0;

	vnc_addresses_done(&server->host.config.addresses);
	while (r == 0 && snapshot_next_group(&groups, &part)) {
		if (server->host.config.addresses.len == VNC_ADDRESSES_MAX)
			return error_set(err, EBADMSG, "vnc: too many addresses");
		r = snapshot_get(&part, vnc_door_fields, &state, err);
		if (r == 0)
			r = inherit_door(server, &state, err);
	}
	return r;
}

static void inherit_password(struct auth_password *password, const struct snapshot_bytes *left)
{
	*password = (struct auth_password){ .is_set = left->len == AUTH_PASSWORD_MAX };
	if (password->is_set)
		memcpy(password->bytes, left->data, AUTH_PASSWORD_MAX);
}

static int inherit(
	struct vnc_server *server, const struct vnc_server_state *state, struct error **err)
{
	inherit_password(&server->password, &state->password);
	inherit_password(&server->view_password, &state->view_password);
	server->password_expires = (int64_t)state->expires;
	server->host.logins = (struct vnc_logins){ state->admitted, state->refused };
	return inherit_doors(server, state->doors, err);
}

void server_take(struct vnc_server *server, struct vnc_viewer *viewer, bool shares, bool alone)
{
	list_append(&server->viewers, &viewer->node);
	viewer->shares = shares;
	server->host.shared += shares;
	if (alone)
		server->exclusive = viewer;
}

/* ---- passwords ---- */

static int read_secret(struct vnc_server *server, const char *id, struct auth_password *password,
	struct error **err)
{
	AUTO_FREE char *secret = NULL;
	int r;

	if (!id)
		return 0;
	if (!server->context.secret)
		return error_set(err, ENOENT, "No secret with id '%s'", id);
	r = server->context.secret(server->context.data, id, &secret, err);
	if (r == 0)
		auth_set_password(password, secret);
	return r;
}

static int read_passwords(struct vnc_server *server, struct error **err)
{
	struct vnc_config *config = &server->host.config;
	int r;

	if (config->password && !auth_is_available())
		return error_set(err, ENOTSUP,
			"VNC passwords need DES, which the installed OpenSSL does not offer");
	r = read_secret(server, config->secret_id, &server->password, err);
	if (r == 0)
		r = read_secret(server, config->view_secret_id, &server->view_password, err);
	return r;
}

static int hold_rules(struct vnc_server *server, struct error **err)
{
	const struct object_set *objects = server->context.objects;
	const struct vnc_config *config = &server->host.config;
	struct authz_gate gate = { 0 };
	struct object *admin;
	int r = authz_find(objects, "view-authz", config->view_authz_id, &gate.view, err);

	if (r == 0)
		r = authz_find(objects, "type-authz", config->type_authz_id, &gate.type, err);
	if (r == 0)
		r = authz_find(objects, "tls-authz", config->tls_authz_id, &gate.tls, err);
	if (r == 0)
		r = authz_find(objects, "admin-authz", config->admin_authz_id, &admin, err);
	if (r < 0)
		return r;
	authz_gate_get(&gate);
	object_get(admin);
	server->host.gate = gate;
	server->host.admin = admin;
	return 0;
}

static int find_login(struct vnc_server *server, struct error **err)
{
	struct vnc_host *host = &server->host;
	const char *service = host->config.plain_pam, *path = host->config.plain_file;
	int r;

	if (!service && !path)
		return 0;
	r = login_new(host->loop, service, path, &host->login, err);
	if (r < 0)
		error_prefix(err, "vnc: %s: ", service ? "plain-pam" : "plain-file");
	return r;
}

int vnc_look(struct opts *opts, struct error **err)
{
	struct vnc_config config;
	int r = vnc_config_read(opts, &config, err);

	if (r < 0)
		return r;
	if (config.plain_pam || config.plain_file)
		r = login_look(config.plain_pam, config.plain_file, err);
	if (r < 0)
		error_prefix(err, "vnc: %s: ", config.plain_pam ? "plain-pam" : "plain-file");
	vnc_config_done(&config);
	return r;
}

int vnc_server_set_password(struct vnc_server *server, const char *password, struct error **err)
{
	if (!server->host.config.password)
		return error_set(err, EINVAL,
			"VNC password authentication is disabled: start with password=on");
	auth_set_password(&server->password, password);
	return 0;
}

void vnc_server_expire_password(struct vnc_server *server, int64_t when)
{
	server->password_expires = when;
}

/* ---- TLS ---- */

static int find_tls(struct vnc_server *server, struct error **err)
{
	struct vnc_host *host = &server->host;
	int r;

	if (!host->config.tls_id)
		return 0;
	r = tls_creds_get(
		server->context.objects, host->config.tls_id, TLS_SERVER, &host->tls, err);
	if (r == 0 && tls_creds_kind(host->tls) == TLS_PSK)
		r = error_set(err, EINVAL, "Unsupported TLS cred type tls-creds-psk");
	return r;
}

/* ---- beginning and end ---- */

static const struct vnc_host_ops host_ops = {
	.admit = admit,
	.check_password = check_password,
	.tell = tell,
	.forget = forget,
	.wants_blink = wants_blink,
};

static int start(struct vnc_server *server, struct opts *opts, struct error **err)
{
	struct vnc_server_state left;
	int r = vnc_config_read(opts, &server->host.config, err);

	if (r < 0)
		return r;
	if (display_load_compose(server->context.display) < 0)
		return error_set(err, ENOMEM, "vnc: out of memory");
	server->blink = timer_new(server->context.loop, on_blink, server);
	server->host.studio = studio_new(display_font(server->context.display));
	if (!server->blink || !server->host.studio)
		return error_set(err, ENOMEM, "vnc: out of memory");
	r = read_passwords(server, err);
	if (r == 0)
		r = hold_rules(server, err);
	if (r == 0)
		r = find_tls(server, err);
	if (r == 0)
		r = find_login(server, err);
	if (r < 0)
		return r;
	if (vnc_find_state(server->context.left, server->host.config.id, &left))
		return inherit(server, &left, err);
	return server->host.config.reverse ? connect_to_viewer(server, err)
					   : open_doors(server, err);
}

int vnc_server_new(const struct vnc_context *context, struct opts *opts,
	struct vnc_server **ret_server, struct error **err)
{
	struct vnc_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return error_set(err, ENOMEM, "vnc: out of memory");
	server->context = *context;
	server->host.ops = &host_ops;
	server->host.loop = context->loop;
	server->host.display = context->display;
	list_init(&server->viewers);
	r = start(server, opts, err);
	server->context.left = NULL;
	if (r < 0) {
		vnc_server_free(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

struct vnc_logins vnc_server_logins(const struct vnc_server *server)
{
	return server->host.logins;
}

void vnc_server_free(struct vnc_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < VNC_ADDRESSES_MAX; i++)
		listener_free(server->doors[i]);
	list_for_each_safe (viewer, &server->viewers, struct vnc_viewer, node) {
		viewer_say_goodbye(viewer);
		viewer_free(viewer);
	}
	timer_free(server->blink);
	studio_free(server->host.studio);
	tls_creds_put(server->host.tls);
	login_free(server->host.login);
	authz_gate_put(&server->host.gate);
	object_put(server->host.admin);
	vnc_config_done(&server->host.config);
	free(server);
}

const char *vnc_server_id(const struct vnc_server *server)
{
	return server->host.config.id;
}

const char *vnc_server_address(const struct vnc_server *server)
{
	return door_name(server, false);
}

const char *vnc_server_nth(const struct vnc_server *server, size_t index, bool *ret_websocket)
{
	const struct vnc_addresses *addresses = &server->host.config.addresses;

	if (index >= addresses->len || !server->doors[index])
		return NULL;
	*ret_websocket = addresses->items[index].websocket;
	return listener_name(server->doors[index]);
}

const char *vnc_server_auth(const struct vnc_server *server)
{
	if (server->host.tls)
		return "vencrypt";
	return server->host.config.password ? "vnc" : "none";
}

const char *vnc_server_websocket(const struct vnc_server *server)
{
	return door_name(server, true);
}

struct vnc_viewer *vnc_server_next_viewer(
	const struct vnc_server *server, const struct vnc_viewer *after)
{
	const struct list *node = after ? after->node.next : server->viewers.next;

	return node == &server->viewers ? NULL : container_of(node, struct vnc_viewer, node);
}
