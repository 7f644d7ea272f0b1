/* SPDX-License-Identifier: MIT */
#include "chardev/qapi.h"

#include <errno.h>
#include <string.h>

/* Is @key below @prefix? Return: what is behind it, or NULL. */
static const char *below(const char *key, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(key, prefix, len) ? NULL : key + len;
}

/* Some members are called otherwise than the option is. NULL: says nothing that is needed. */
static const char *rename_key(const char *key)
{
	static const struct {
		const char *key, *name;
	} others[] = {
		{ "backend.type", "backend" },
		{ "backend.data.out", "path" },
		{ "backend.data.in", "input-path" },
		{ "backend.data.device", "path" },
		{ "backend.data.addr.type", NULL },
		{ "backend.data.addr.data.str", "fd" },
	};
	const char *name;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(key, others[i].key))
			return others[i].name;
	name = below(key, "backend.data.addr.data.");
	if (!name)
		name = below(key, "backend.data.");
	return name ? name : key;
}

static int check_address(const struct opts *opts, struct error **err)
{
	const char *type = opts_text(opts, "backend.data.addr.type");

	if (!type || opts_enum_index("unix|inet|vsock|fd", type) >= 0)
		return 0;
	return error_set(
		err, EINVAL, "Parameter 'backend.data.addr.type' does not accept value '%s'", type);
}

static int preset(struct opts *opts, const char *key, const char *value)
{
	return opts_has(opts, key) ? 0 : opts_set(opts, key, value);
}

static int preset_socket(struct opts *opts)
{
	const char *server;
	int r = preset(opts, "server", "on");

	server = opts_text(opts, "server");
	return r == 0 && server && !strcmp(server, "on") ? preset(opts, "wait", "off") : r;
}

int qapi_flatten(struct opts *opts, struct error **err)
{
	const char *type = opts_text(opts, "backend.type");
	bool is_socket = type && !strcmp(type, "socket");
	int r;

	if (!type)
		return 0;
	r = check_address(opts, err);
	if (r < 0)
		return r;
	r = opts_rename_keys(opts, rename_key);
	if (r == 0 && is_socket)
		r = preset_socket(opts);
	return r < 0 ? error_set(err, -r, "out of memory") : 0;
}
