/* SPDX-License-Identifier: MIT */
/*
 * VNC servers: where they are, who looks, passwords.
 */
#include "control/commands.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "control/json-put.h"
#include "control/vnc-info.h"
#include "control/world.h"
#include "object/object.h"
#include "vnc/addresses.h"
#include "vnc/vnc.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const struct type protocol = {
	.kind = TYPE_ENUM, .name = "DisplayProtocol", .values = "vnc|spice"
};
static const struct type display_kind = {
	.kind = TYPE_ENUM, .name = "DisplayUpdateType", .values = "vnc"
};
static const struct type client_infos = {
	.kind = TYPE_LIST, .name = "VncClientInfoList", .element = &type_vnc_client_info
};

/* The server that `display` names; without it the first one. NULL: none. */
static struct vnc_server *find_server(struct call *call)
{
	const char *id = call_string(call, "display");
	struct vnc_server *at = world_next_vnc(call_world(call), NULL);

	while (id && at && strcmp(vnc_server_id(at), id) != 0)
		at = world_next_vnc(call_world(call), at);
	return at;
}

/* ---- query-vnc ---- */

static const struct type vnc_info = { .kind = TYPE_STRUCT,
	.name = "VncInfo",
	.fields = (const struct field[]){
		{ "enabled", &type_bool, .help = "whether there is a server" },
		{ "host", &type_string, .optional = true, .help = "where the first one listens" },
		{ "service", &type_string, .optional = true, .help = "port, or path of a socket" },
		{ "family", &type_string, .optional = true, .help = "ipv4, ipv6 or unix" },
		{ "auth", &type_string, .optional = true, .help = "how viewers log in" },
		{ "clients", &client_infos, .optional = true, .help = "who looks" },
		{ 0 },
	} };

static int query_vnc(struct call *call, struct error **err)
{
	const struct vnc_server *server = world_next_vnc(call_world(call), NULL);
	AUTO_JSON json_t *result = json_pack("{s:b}", "enabled", server != NULL);

	if (server) {
		AUTO_JSON json_t *where = vnc_server_info(server, false);

		json_object_del(where, "websocket");
		json_put_all(&result, where);
		json_put(&result, "clients", vnc_client_infos(server));
	}
	return call_return(call, json_incref(result), err);
}

/* ---- query-vnc-servers ---- */

static const struct type server_infos = {
	.kind = TYPE_LIST, .name = "VncServerInfo2List", .element = &type_vnc_server_info
};

static const struct type vnc_info2 = { .kind = TYPE_STRUCT,
	.name = "VncInfo2",
	.fields = (const struct field[]){
		{ "id", &type_string, .help = "name of the server" },
		{ "server", &server_infos, .help = "where it listens" },
		{ "clients", &client_infos, .help = "who looks" },
		{ "auth", &type_string, .help = "how viewers log in" },
		{ 0 },
	} };
static const struct type vnc_infos = {
	.kind = TYPE_LIST, .name = "VncInfo2List", .element = &vnc_info2
};

static json_t *listeners(const struct vnc_server *server)
{
	json_t *list = json_array();
	const char *address;
	bool websocket;

	for (size_t i = 0; list && (address = vnc_server_nth(server, i, &websocket)); i++) {
		json_t *where = vnc_basic_info(address, websocket);

		json_put_text(&where, "auth", vnc_server_auth(server));
		json_add(&list, where);
	}
	return list;
}

static int query_vnc_servers(struct call *call, struct error **err)
{
	AUTO_JSON json_t *list = json_array();
	const struct vnc_server *at = NULL;

	while (list && (at = world_next_vnc(call_world(call), at)))
		if (json_array_append_new(
			    list, json_pack("{s:s,s:o,s:o,s:s}", "id", vnc_server_id(at), "server",
					  listeners(at), "clients", vnc_client_infos(at), "auth",
					  vnc_server_auth(at))) < 0)
			return error_set(err, ENOMEM, "out of memory");
	return call_return(call, json_incref(list), err);
}

/* ---- passwords ---- */

static const struct type after_change = {
	.kind = TYPE_ENUM, .name = "SetPasswordAction", .values = "keep|fail|disconnect"
};

static const struct field set_password_args[] = {
	{ "protocol", &protocol, .help = "'vnc'" },
	{ "password", &type_string, .help = "what viewers log in with; 8 bytes count" },
	{ "connected", &after_change, .optional = true, .help = "'keep': who is there stays" },
	{ "display", &type_string, .optional = true,
		.help = "id of the server; default: the first" },
	{ 0 },
};

static int set_it(struct call *call, struct error **err)
{
	struct vnc_server *server = find_server(call);

	if (!server || vnc_server_set_password(server, call_string(call, "password"), NULL) < 0)
		return error_set(err, EINVAL, "Could not set password");
	return 0;
}

static int set_password(struct call *call, struct error **err)
{
	const char *connected = call_string(call, "connected");

	if (!strcmp(call_string(call, "protocol"), "spice"))
		return error_set(err, EINVAL, "spice is not in use");
	if (connected && strcmp(connected, "keep") != 0)
		return error_set(err, EINVAL,
			"parameter 'connected' must be 'keep' when 'protocol' is 'vnc'");
	return set_it(call, err);
}

static const struct field change_password_args[] = {
	{ "password", &type_string, .help = "what viewers log in with; 8 bytes count" },
	{ 0 },
};

static const struct field expire_password_args[] = {
	{ "protocol", &protocol, .help = "'vnc'" },
	{ "time", &type_string, .help = "'now', 'never', '+SECONDS', or seconds since 1970" },
	{ "display", &type_string, .optional = true,
		.help = "id of the server; default: the first" },
	{ 0 },
};

static int read_time(const char *text, int64_t *ret_when)
{
	bool relative = *text == '+';
	uint64_t seconds;

	if (!strcmp(text, "never") || !strcmp(text, "now")) {
		*ret_when = *text == 'n' && text[1] == 'o' ? time(NULL) : 0;
		return 0;
	}
	if (parse_u64(text + relative, &seconds) < 0 || seconds > UINT32_MAX * 2ull)
		return -EINVAL;
	*ret_when = (int64_t)seconds + (relative ? time(NULL) : 0);
	return 0;
}

static int expire_password(struct call *call, struct error **err)
{
	struct vnc_server *server = find_server(call);
	int64_t when;

	if (!strcmp(call_string(call, "protocol"), "spice"))
		return error_set(err, EINVAL, "spice is not in use");
	if (!server || read_time(call_string(call, "time"), &when) < 0)
		return error_set(err, EINVAL, "Could not set password expire time");
	vnc_server_expire_password(server, when);
	return 0;
}

/* ---- display-update, display-reload ---- */

static const struct type update_addresses = {
	.kind = TYPE_LIST, .name = "SocketAddressList", .element = &type_any
};

static const struct field update_args[] = {
	{ "type", &display_kind, .help = "'vnc'" },
	{ "addresses", &update_addresses, .optional = true,
		.help = "where viewers are let in from now on: QAPI's SocketAddress; websockets "
			"stay" },
	{ 0 },
};

static const struct field unix_address[] = {
	{ "type", &type_string, .help = "'unix'" },
	{ "path", &type_string, .help = "of the socket" },
	{ "abstract", &type_bool, .optional = true, .help = "it is no file" },
	{ "tight", &type_bool, .optional = true, .help = "its name is not padded" },
	{ 0 },
};

static const struct field inet_address[] = {
	{ "type", &type_string, .help = "'inet'" },
	{ "host", &type_string, .help = "name or number; empty: any" },
	{ "port", &type_string, .help = "number" },
	{ "to", &type_uint16, .optional = true, .help = "the last port to try" },
	{ "ipv4", &type_bool, .optional = true, .help = "whether to use it" },
	{ "ipv6", &type_bool, .optional = true, .help = "whether to use it" },
	{ "numeric", &type_bool, .optional = true, .help = "accepted" },
	{ "keep-alive", &type_bool, .optional = true, .help = "accepted" },
	{ 0 },
};

static enum address_choice choice(const json_t *value)
{
	return address_choice(value, json_is_true(value));
}

static char *copy_member(const json_t *object, const char *name)
{
	return strdup(json_string_value(json_object_get(object, name)));
}

static int read_inet(const json_t *value, struct address *address, struct error **err)
{
	int r = type_check_fields(inet_address, value, "addresses", err);

	if (r < 0)
		return r;
	address->kind = ADDRESS_INET;
	address->host = copy_member(value, "host");
	address->port = copy_member(value, "port");
	address->to = (unsigned)json_integer_value(json_object_get(value, "to"));
	address->ipv4 = choice(json_object_get(value, "ipv4"));
	address->ipv6 = choice(json_object_get(value, "ipv6"));
	return address->host && address->port ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int read_unix(const json_t *value, struct address *address, struct error **err)
{
	const json_t *tight = json_object_get(value, "tight");
	int r = type_check_fields(unix_address, value, "addresses", err);

	if (r < 0)
		return r;
	address->kind = ADDRESS_UNIX;
	address->path = copy_member(value, "path");
	address->abstract = json_is_true(json_object_get(value, "abstract"));
	address->tight = !tight || json_is_true(tight);
	return address->path ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int read_address(const json_t *value, struct address *address, struct error **err)
{
	const char *type = json_string_value(json_object_get(value, "type"));

	if (!type)
		return error_set(err, EINVAL, "Parameter 'addresses.type' is missing");
	if (!strcmp(type, "inet"))
		return read_inet(value, address, err);
	if (!strcmp(type, "unix"))
		return read_unix(value, address, err);
	return error_set(err, EINVAL, "Parameter 'type' does not accept value '%s'", type);
}

static int read_addresses(const json_t *list, struct vnc_addresses *addresses, struct error **err)
{
	int r = 0;

	if (json_array_size(list) > VNC_ADDRESSES_MAX)
		return error_set(err, EINVAL, "vnc: at most %d addresses", VNC_ADDRESSES_MAX);
	for (size_t i = 0; i < json_array_size(list) && r == 0; i++) {
		r = read_address(json_array_get(list, i), &addresses->items[i].address, err);
		addresses->len++;
	}
	return r;
}

static int display_update(struct call *call, struct error **err)
{
	const json_t *list = json_object_get(call_args(call), "addresses");
	struct vnc_server *server = find_server(call);
	struct vnc_addresses addresses = { .len = 0 };
	int r;

	if (!server)
		return error_set(err, ENOENT, "Can not find vnc display");
	if (!list)
		return 0;
	r = read_addresses(list, &addresses, err);
	if (r == 0)
		r = vnc_server_listen(server, &addresses, err);
	if (r < 0)
		vnc_addresses_done(&addresses);
	return r;
}

static const struct field reload_args[] = {
	{ "type", &display_kind, .help = "'vnc'" },
	{ "tls-certs", &type_bool, .optional = true,
		.help = "read the files of the TLS credentials again" },
	{ 0 },
};

static int display_reload(struct call *call, struct error **err)
{
	(void)err;
	if (call_bool(call, "tls-certs", false))
		object_set_reload(world_objects(call_world(call)));
	return 0;
}

const struct command commands_vnc[] = {
	{ "query-vnc", "Tell of the first VNC server", NULL, &vnc_info, query_vnc },
	{ "query-vnc-servers", "List the VNC servers", NULL, &vnc_infos, query_vnc_servers },
	{ "set_password", "Give a VNC server another password", set_password_args, NULL,
		set_password },
	{ "change-vnc-password", "Give the first VNC server another password", change_password_args,
		NULL, set_it },
	{ "expire_password", "Say until when a VNC server's password lets viewers in",
		expire_password_args, NULL, expire_password },
	{ "display-update", "Let viewers of the first VNC server in at other addresses",
		update_args, NULL, display_update },
	{ "display-reload", "Read files of the display again", reload_args, NULL, display_reload },
	{ 0 },
};
