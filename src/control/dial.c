/* SPDX-License-Identifier: MIT */
#include "control/dial.h"

#include "base/cleanup.h"
#include "control/world.h"
#include "transport/connector.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RETRY_NEVER_MS = 3600 * 1000 }; /* it is over long before */

struct dial {
	struct call *call;
	struct opts *opts;
	struct address address;
	struct connector *connector;
	void (*on_done)(struct call *call, struct opts *opts, struct error *error);
};

bool dial_is_needed(const struct opts *opts)
{
	const char *class = opts_text(opts, "backend"), *server = opts_text(opts, "server");
	const char *ms = opts_text(opts, "reconnect-ms"), *s = opts_text(opts, "reconnect");
	bool retries = (ms && strcmp(ms, "0") != 0) || (s && strcmp(s, "0") != 0);

	return class && !strcmp(class, "socket") && opts_has(opts, "host") && !retries &&
	       !(server && !strcmp(server, "on"));
}

static void dial_free(void *data)
{
	struct dial *dial = data;

	connector_free(dial->connector);
	address_done(&dial->address);
	opts_free(dial->opts);
	free(dial);
}

static void finish(struct dial *dial, struct error *error)
{
	struct opts *opts = TAKE_PTR(dial->opts);
	struct call *call = dial->call;
	void (*on_done)(struct call * call, struct opts * opts, struct error * error) =
		dial->on_done;

	dial_free(dial);
	on_done(call, opts, error);
}

static const char *without_address(const char *key)
{
	return opts_enum_index("host|port|ipv4|ipv6|to", key) >= 0 ? NULL : key;
}

/* The descriptor says nothing of who should be there. */
static int keep_name(struct opts *opts)
{
	if (!opts_has(opts, "tls-creds") || opts_has(opts, "tls-hostname"))
		return 0;
	return opts_set(opts, "tls-hostname", opts_text(opts, "host"));
}

static void on_connected(void *data, int fd)
{
	struct dial *dial = data;
	AUTO_CLOSE int owned = fd; /* the chardev has a duplicate */
	struct error *error = NULL;
	char number[16];

	snprintf(number, sizeof(number), "%d", owned);
	if (keep_name(dial->opts) < 0 || opts_rename_keys(dial->opts, without_address) < 0 ||
		opts_set(dial->opts, "fd", number) < 0)
		error_set(&error, ENOMEM, "out of memory");
	finish(dial, error);
}

static void on_failed(void *data, const struct error *err)
{
	struct error *error = NULL;

	error_set(&error, error_code(err), "%s", error_message(err));
	finish(data, error);
}

static const struct connector_ops connector_ops = { .on_connected = on_connected,
	.on_failed = on_failed };

static enum address_choice choice(const struct opts *opts, const char *key)
{
	const char *text = opts_text(opts, key);

	return address_choice(text, text && !strcmp(text, "on"));
}

static int start(struct dial *dial, struct error **err)
{
	const struct opts *opts = dial->opts;
	struct address *address = &dial->address;
	struct loop *loop = world_loop(call_world(dial->call));

	address->kind = ADDRESS_INET;
	address->host = strdup(opts_text(opts, "host"));
	address->port = strdup(opts_text(opts, "port"));
	address->ipv4 = choice(opts, "ipv4");
	address->ipv6 = choice(opts, "ipv6");
	if (!address->host || !address->port ||
		connector_new(
			loop, address, RETRY_NEVER_MS, &connector_ops, dial, &dial->connector) < 0)
		return error_set(err, ENOMEM, "out of memory");
	connector_start(dial->connector);
	return call_defer(dial->call, dial_free, dial);
}

int dial(struct call *call, struct opts *opts,
	void (*on_done)(struct call *call, struct opts *opts, struct error *error),
	struct error **err)
{
	struct dial *dial = calloc(1, sizeof(*dial));
	int r;

	if (!dial) {
		opts_free(opts);
		return error_set(err, ENOMEM, "out of memory");
	}
	dial->call = call;
	dial->opts = opts;
	dial->on_done = on_done;
	r = start(dial, err);
	if (r < 0)
		dial_free(dial);
	return r;
}
