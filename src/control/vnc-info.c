/* SPDX-License-Identifier: MIT */
#include "control/vnc-info.h"

#include "base/cleanup.h"
#include "control/json-put.h"
#include "vnc/vnc.h"

#include <string.h>

static const struct type family = {
	.kind = TYPE_ENUM, .name = "NetworkAddressFamily", .values = "ipv4|ipv6|unix|vsock|unknown"
};

#define BASIC_FIELDS                                                                \
	{ "host", &type_string, .help = "address; empty: a unix socket" },          \
		{ "service", &type_string, .help = "port, or path of the socket" }, \
		{ "family", &family, .help = "kind of address" },                   \
	{                                                                           \
		"websocket", &type_bool, .help = "whether it is for browsers"       \
	}

const struct type type_vnc_basic_info = { .kind = TYPE_STRUCT,
	.name = "VncBasicInfo",
	.fields = (const struct field[]){ BASIC_FIELDS, { 0 } } };

const struct type type_vnc_server_info = { .kind = TYPE_STRUCT,
	.name = "VncServerInfo",
	.fields = (const struct field[]){
		BASIC_FIELDS,
		{ "auth", &type_string, .optional = true,
			.help = "how viewers log in: none, vnc, vencrypt" },
		{ 0 },
	} };

const struct type type_vnc_client_info = { .kind = TYPE_STRUCT,
	.name = "VncClientInfo",
	.fields = (const struct field[]){
		BASIC_FIELDS,
		{ "identity", &type_string, .optional = true,
			.help = "who is there, once that is known" },
		{ 0 },
	} };

static json_t *info(
	const char *host, size_t host_len, const char *service, const char *kind, bool websocket)
{
	return json_pack("{s:o,s:o,s:s,s:b}", "host", json_of_bytes(host, host_len), "service",
		json_of_bytes(service, strlen(service)), "family", kind, "websocket", websocket);
}

json_t *vnc_basic_info(const char *address, bool websocket)
{
	const char *colon = strrchr(address, ':');

	if (!strncmp(address, "unix:", 5))
		return info("", 0, address + 5, "unix", websocket);
	if (!colon)
		return info(address, strlen(address), "", "unknown", websocket);
	if (*address == '[' && colon[-1] == ']')
		return info(
			address + 1, (size_t)(colon - address) - 2, colon + 1, "ipv6", websocket);
	return info(address, (size_t)(colon - address), colon + 1, "ipv4", websocket);
}

json_t *vnc_server_info(const struct vnc_server *server, bool websocket)
{
	const char *address = websocket ? vnc_server_websocket(server) : vnc_server_address(server);
	json_t *object = vnc_basic_info(address ? address : "", websocket);

	json_put_text(&object, "auth", vnc_server_auth(server));
	return object;
}

static json_t *client_address(const struct vnc_viewer *viewer)
{
	AUTO_FREE char *address = vnc_viewer_where(viewer);

	return address ? vnc_basic_info(address, vnc_viewer_is_websocket(viewer)) : NULL;
}

json_t *vnc_client_info(const struct vnc_viewer *viewer)
{
	json_t *client = client_address(viewer);

	json_put_text(&client, "identity", vnc_viewer_identity(viewer));
	return client;
}

static void put_successor(json_t **data, const struct vnc_viewer *successor)
{
	if (!successor)
		return;
	json_put_text(data, "by", vnc_viewer_identity(successor));
	json_put_text(data, "reason", "wants to be alone");
}

json_t *vnc_event_data(const struct vnc_server *server, const struct vnc_viewer *viewer)
{
	json_t *data = json_pack("{s:o,s:o}", "server",
		vnc_server_info(server, vnc_viewer_is_websocket(viewer)), "client",
		vnc_client_info(viewer));

	put_successor(&data, vnc_viewer_successor(viewer));
	return data;
}

json_t *vnc_client_infos(const struct vnc_server *server)
{
	const struct vnc_viewer *at = NULL;
	json_t *list = json_array();

	while (list && (at = vnc_server_next_viewer(server, at))) {
		if (!vnc_viewer_is_logged_in(at))
			continue;
		if (json_array_append_new(list, vnc_client_info(at)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
