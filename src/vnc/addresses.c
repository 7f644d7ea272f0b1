/* SPDX-License-Identifier: MIT */
/*
 * Where a `-vnc` is served, in QEMU's words. A display is a decimal number that is added to 5900; a
 * websocket's port is a port, or goes with the display where there is just one.
 */
#include "vnc/addresses.h"

#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PORT_BASE = 5900, WEBSOCKET_BASE = 5700, PORT_MAX = 65535 };

static int no_memory(struct error **err)
{
	return error_set(err, ENOMEM, "vnc: out of memory");
}

static int read_unix(
	const struct opts *opts, const char *path, struct address *address, struct error **err)
{
	if (!*path)
		return error_set(err, EINVAL, "vnc: 'unix:' needs a path");
	address->kind = ADDRESS_UNIX;
	address->path = strdup(path);
	if (!address->path)
		return no_memory(err);
	return address_read_mode(address, opts_get_string(opts, "mode"), err);
}

/* "[v6]" without its brackets. */
static int set_host(struct address *address, const char *host, size_t len, struct error **err)
{
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']')
		host++, len -= 2;
	address->host = strndup(host, len);
	return address->host ? 0 : no_memory(err);
}

static int set_port(struct address *address, uint64_t port, struct error **err)
{
	if (asprintf(&address->port, "%u", (unsigned)port) >= 0)
		return 0;
	address->port = NULL;
	return no_memory(err);
}

/* Decimal digits and nothing else; more than a port has are PORT_MAX + 1. */
static bool read_decimal(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (text[strspn(text, "0123456789")])
		return false;
	for (; *text && number <= PORT_MAX; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	*ret_number = number;
	return true;
}

/* A display's number, or with @base 0 a port. */
static int read_display(const char *text, unsigned base, uint64_t *ret_port, struct error **err)
{
	uint64_t number = 0;

	if (!*text)
		return error_set(err, EINVAL, "vnc port cannot be empty");
	if (!read_decimal(text, &number))
		return error_set(err, EINVAL, "can't convert to a number: %s", text);
	if (number + base > PORT_MAX)
		return error_set(err, EINVAL, "port %s out of range", text);
	*ret_port = number + base;
	return 0;
}

static int read_range(const struct opts *opts, unsigned base, uint64_t port,
	struct address *address, struct error **err)
{
	uint64_t to = opts_get_number(opts, "to");

	if (!opts_has(opts, "to"))
		return 0;
	if (to + base > PORT_MAX)
		return error_set(err, EINVAL, "to port %u out of range", (unsigned)to);
	if (to + base < port)
		return error_set(err, EINVAL, "to=%u is below display %u", (unsigned)to,
			(unsigned)(port - base));
	address->to = (unsigned)to + base;
	return 0;
}

static int read_inet(
	const struct opts *opts, const char *text, struct address *address, struct error **err)
{
	const char *colon = strrchr(text, ':');
	unsigned base = opts_get_bool(opts, "reverse") ? 0 : PORT_BASE;
	uint64_t port = 0;
	int r;

	if (!colon)
		return error_set(err, EINVAL, "no vnc port specified");
	r = read_display(colon + 1, base, &port, err);
	if (r == 0)
		r = read_range(opts, base, port, address, err);
	if (r < 0)
		return r;
	address->kind = ADDRESS_INET;
	address->ipv4 = address_choice(opts_has(opts, "ipv4"), opts_get_bool(opts, "ipv4"));
	address->ipv6 = address_choice(opts_has(opts, "ipv6"), opts_get_bool(opts, "ipv6"));
	r = set_host(address, text, (size_t)(colon - text), err);
	return r < 0 ? r : set_port(address, port, err);
}

static int read_main(
	const struct opts *opts, const char *text, struct address *address, struct error **err)
{
	if (strncmp(text, "unix:", 5))
		return read_inet(opts, text, address, err);
	if (opts_has(opts, "to"))
		return error_set(err, EINVAL, "Port range not support with UNIX socket");
	return read_unix(opts, text + 5, address, err);
}

/* ---- websocket ---- */

/* `websocket=on`: the port goes with the display's number, of a unix socket with number 0. */
static int follow_display(
	const struct address *display, struct address *address, struct error **err)
{
	uint64_t port = WEBSOCKET_BASE, listen = 0;

	if (!display)
		return error_set(err, EINVAL, "explicit websocket port is required");
	if (display->kind == ADDRESS_INET) {
		if (parse_u64(display->port, &listen) < 0 || listen < PORT_BASE)
			return error_set(err, EINVAL, "explicit websocket port is required");
		port += listen - PORT_BASE;
		address->to = display->to ? display->to - PORT_BASE + WEBSOCKET_BASE : 0;
	}
	return set_port(address, port, err);
}

/* A number, or the name of a service, which is looked up when it is listened on. */
static int read_port(const char *text, struct address *address, struct error **err)
{
	uint64_t port = 0;

	if (!*text)
		return error_set(err, EINVAL, "vnc port cannot be empty");
	if (read_decimal(text, &port) && port > PORT_MAX)
		return error_set(err, EINVAL, "port %s out of range", text);
	address->port = strdup(text);
	return address->port ? 0 : no_memory(err);
}

/* @display: the only one there is, whose host is meant where none is named; or NULL. */
static int read_websocket(const struct opts *opts, const char *text, const struct address *display,
	struct address *address, struct error **err)
{
	const char *colon = strrchr(text, ':'), *host = text;
	size_t len = colon ? (size_t)(colon - text) : 0;
	int r;

	if (!strncmp(text, "unix:", 5))
		return read_unix(opts, text + 5, address, err);
	if (!colon && display && display->host) {
		host = display->host;
		len = strlen(host);
	}
	address->kind = ADDRESS_INET;
	address->ipv4 = address_choice(opts_has(opts, "ipv4"), opts_get_bool(opts, "ipv4"));
	address->ipv6 = address_choice(opts_has(opts, "ipv6"), opts_get_bool(opts, "ipv6"));
	r = set_host(address, host, len, err);
	if (r < 0)
		return r;
	if (!strcmp(text, "on"))
		return follow_display(display, address, err);
	return read_port(colon ? colon + 1 : text, address, err);
}

/* ---- all of them ---- */

/* What fails half-way is freed with the others. */
static int append(struct vnc_addresses *addresses, struct address **ret_address, struct error **err)
{
	if (addresses->len == VNC_ADDRESSES_MAX)
		return error_set(
			err, EINVAL, "vnc: more than %d addresses", (int)VNC_ADDRESSES_MAX);
	*ret_address = &addresses->items[addresses->len++].address;
	return 0;
}

/* The last `vnc=` says whether there are any: "none", or nothing at all. */
static bool listens(const struct opts *opts)
{
	const char *last = opts_get_string(opts, "vnc");

	return last && strcmp(last, "none") && (*last || opts_nth_text(opts, "vnc", 1));
}

static int read_displays(
	const struct opts *opts, struct vnc_addresses *addresses, struct error **err)
{
	const char *text;

	if (!listens(opts))
		return 0;
	for (size_t i = 0; (text = opts_nth_text(opts, "vnc", i)); i++) {
		struct address *address = NULL;
		int r = append(addresses, &address, err);

		if (r == 0)
			r = read_main(opts, text, address, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_websockets(
	const struct opts *opts, struct vnc_addresses *addresses, struct error **err)
{
	const struct address *display = addresses->len == 1 ? &addresses->items[0].address : NULL;
	const char *text;

	for (size_t i = 0; (text = opts_nth_text(opts, "websocket", i)); i++) {
		struct address *address = NULL;
		int r;

		if (!strcmp(text, "off"))
			continue;
		r = append(addresses, &address, err);
		if (r < 0)
			return r;
		addresses->items[addresses->len - 1].websocket = true;
		r = read_websocket(opts, text, display, address, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check(const struct opts *opts, const struct vnc_addresses *addresses, struct error **err)
{
	size_t displays = 0;
	int r = address_check_choices(
		address_choice(opts_has(opts, "ipv4"), opts_get_bool(opts, "ipv4")),
		address_choice(opts_has(opts, "ipv6"), opts_get_bool(opts, "ipv6")), err);

	if (r < 0)
		return r;
	if (!opts_get_bool(opts, "reverse"))
		return 0;
	for (size_t i = 0; i < addresses->len; i++)
		displays += !addresses->items[i].websocket;
	if (displays < addresses->len)
		return error_set(err, EINVAL, "Cannot use websockets in reverse mode");
	if (displays != 1)
		return error_set(err, EINVAL, "Expected a single address in reverse mode");
	return 0;
}

int vnc_addresses_read(
	const struct opts *opts, struct vnc_addresses *ret_addresses, struct error **err)
{
	struct vnc_addresses addresses = { 0 };
	int r = read_displays(opts, &addresses, err);

	if (r == 0)
		r = read_websockets(opts, &addresses, err);
	if (r == 0)
		r = check(opts, &addresses, err);
	if (r < 0)
		vnc_addresses_done(&addresses);
	else
		*ret_addresses = addresses;
	return r;
}

void vnc_addresses_done(struct vnc_addresses *addresses)
{
	for (size_t i = 0; i < addresses->len; i++)
		address_done(&addresses->items[i].address);
	addresses->len = 0;
}
