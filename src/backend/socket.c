/* SPDX-License-Identifier: MIT */
/*
 * Class "socket": what the options mean. The two sides are in socket-server.c and socket-client.c.
 */
/* syscalls: close */
#include "backend/socket-impl.h"

#include "backend/backends.h"
#include "base/cleanup.h"
#include "base/copy.h"
#include "base/log.h"
#include "base/parse.h"
#include "object/authz.h"
#include "opts/opts.h"
#include "transport/telnet.h"
#include "transport/websocket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>

enum {
	PORT_MAX = 65535,
	CLIENTS_MAX = 4096,
	RECONNECT_MS_MAX = 24 * 60 * 60 * 1000,
	KEEP_ALIVE_S_MAX = 32767, /* Linux's */
	KEEP_ALIVE_COUNT_MAX = 127,
	PEER_NUMBER_MAX = 1 << 20, /* that another program may have left */
};

/* ---- options ---- */

static bool conflict(struct error **err, bool is, const char *text)
{
	if (is)
		error_set(err, EINVAL, "%s", text);
	return is;
}

/* Return: 0, -EINVAL. The texts are QEMU's where it has one. */
static int check_options(const struct opts *opts, struct error **err)
{
	bool server = opts_get_bool(opts, "server");
	bool unix_path = opts_has(opts, "path"), inet = opts_has(opts, "host"),
	     vsock = opts_has(opts, "cid"), fd = opts_has(opts, "fd"),
	     seconds = opts_has(opts, "reconnect"), ms = opts_has(opts, "reconnect-ms"),
	     ipv4 = opts_has(opts, "ipv4"), ipv6 = opts_has(opts, "ipv6");

	if (conflict(err, unix_path + inet + vsock + fd > 1,
		    "None or one of 'path', 'fd' or 'host' option required.") ||
		conflict(err, unix_path + inet + vsock + fd == 0,
			"chardev: socket: one of 'path', 'host', 'cid' or 'fd' is required") ||
		conflict(err, (inet || vsock) && !opts_has(opts, "port"),
			"chardev: socket: no port given") ||
		conflict(err, opts_has(opts, "delay") && opts_has(opts, "nodelay"),
			"'delay' and 'nodelay' are mutually exclusive") ||
		conflict(err, seconds && ms,
			"'reconnect' and 'reconnect-ms' are mutually exclusive") ||
		conflict(err, server && seconds,
			"'reconnect' option is incompatible with socket in server listen mode") ||
		conflict(err, server && ms,
			"'reconnect-ms' option is incompatible with socket in server listen "
			"mode") ||
		conflict(err, fd && (seconds || ms),
			"'reconnect' option is incompatible with 'fd' address type") ||
		conflict(err, !server && opts_has(opts, "wait"),
			"'wait' option is incompatible with socket in client connect mode") ||
		conflict(err, !server && opts_get_number(opts, "clients") > 1,
			"'clients' option is incompatible with socket in client connect mode") ||
		conflict(err, opts_has(opts, "mode") && !(server && unix_path),
			"'mode' option is for the socket file of a server") ||
		conflict(err, !server && opts_has(opts, "to"),
			"'to' option is incompatible with socket in client connect mode"))
		return -EINVAL;
	return address_check_choices(address_choice(ipv4, opts_get_bool(opts, "ipv4")),
		address_choice(ipv6, opts_get_bool(opts, "ipv6")), err);
}

static int check_filters(const struct opts *opts, struct error **err)
{
	bool server = opts_get_bool(opts, "server"), websocket = opts_get_bool(opts, "websocket");

	if (conflict(err, opts_has(opts, "tls-creds") && opts_has(opts, "path"),
		    "'tls_creds' option is incompatible with 'unix' address type") ||
		conflict(err, opts_has(opts, "tls-creds") && opts_has(opts, "cid"),
			"'tls_creds' option is incompatible with 'vsock' address type") ||
		conflict(err,
			opts_has(opts, "tls-creds") && opts_has(opts, "fd") && !server &&
				!opts_has(opts, "tls-hostname"),
			"'tls_creds' option is incompatible with 'fd' address type as client") ||
		conflict(err, opts_has(opts, "tls-hostname") && !opts_has(opts, "tls-creds"),
			"'tls_hostname' option requires 'tls_creds' option") ||
		conflict(err, opts_has(opts, "tls-hostname") && server,
			"'tls_hostname' option is for a client") ||
		conflict(err, opts_has(opts, "tls-authz") && !opts_has(opts, "tls-creds"),
			"'tls_authz' option requires 'tls_creds' option") ||
		conflict(err, opts_has(opts, "tls-authz") && !server,
			"'tls_authz' option is incompatible with socket in client connect mode") ||
		conflict(err, !server && websocket, "Websocket client is not implemented") ||
		conflict(err, opts_has(opts, "rfc2217") && !opts_get_bool(opts, "telnet"),
			"'rfc2217' option requires 'telnet=on'") ||
		conflict(err, !websocket && opts_has(opts, "websocket-origin"),
			"'websocket-origin' option requires 'websocket=on'"))
		return -EINVAL;
	if (conflict(err, opts_get_bool(opts, "tn3270"), "'tn3270=on' is not supported")) {
		error_set_hint(err, "A 3270 takes screens of EBCDIC, and a console is a stream of "
				    "characters: use telnet=on.");
		return -EINVAL;
	}
	return 0;
}

static int read_tls_rule(struct socket_chardev *socket, const struct opts *opts, struct error **err)
{
	int r = authz_find(chardev_objects(&socket->base), "tls-authz",
		opts_get_string(opts, "tls-authz"), &socket->tls_rule, err);

	object_get(socket->tls_rule);
	return r;
}

static int read_tls(struct socket_chardev *socket, const struct opts *opts, struct error **err)
{
	struct connection_options *options = &socket->options;
	const char *id = opts_get_string(opts, "tls-creds");
	int r;

	if (!id)
		return 0;
	if (!options->server)
		return connection_use_tls(options, chardev_objects(&socket->base), opts, err);
	r = tls_creds_get(chardev_objects(&socket->base), id, TLS_SERVER, &options->tls, err);
	return r < 0 ? r : read_tls_rule(socket, opts, err);
}

static int read_filters(struct socket_chardev *socket, const struct opts *opts, struct error **err)
{
	struct connection_options *options = &socket->options;
	const char *origin = opts_get_string(opts, "websocket-origin");
	int r = read_tls(socket, opts, err);

	if (r < 0)
		return r;
	options->telnet = opts_get_bool(opts, "telnet");
	options->rfc2217 =
		opts_has(opts, "rfc2217") ? opts_get_bool(opts, "rfc2217") : options->server;
	options->websocket = opts_get_bool(opts, "websocket");
	return copy_text(origin, &options->websocket_origin);
}

/* Return: 0, -EINVAL. */
static int read_tuning(const struct opts *opts, struct socket_tuning *tuning, struct error **err)
{
	static const char *const keys[] = { "keep-alive", "keep-alive-idle", "keep-alive-interval",
		"keep-alive-count", "user-timeout-ms" };
	bool keep_alive = opts_get_bool(opts, "keep-alive");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!opts_has(opts, keys[i]))
			continue;
		if (!opts_has(opts, "host") && !opts_has(opts, "fd"))
			return error_set(err, EINVAL, "'%s' option is for TCP", keys[i]);
		if (i > 0 && i < 4 && !keep_alive)
			return error_set(
				err, EINVAL, "'%s' option requires 'keep-alive=on'", keys[i]);
	}
	*tuning = (struct socket_tuning){
		.nodelay = opts_get_bool(opts, "nodelay") ||
			   (opts_has(opts, "delay") && !opts_get_bool(opts, "delay")),
		.keep_alive = keep_alive,
		.idle_s = (unsigned)opts_get_number(opts, "keep-alive-idle"),
		.interval_s = (unsigned)opts_get_number(opts, "keep-alive-interval"),
		.count = (unsigned)opts_get_number(opts, "keep-alive-count"),
		.user_timeout_ms = (unsigned)opts_get_number(opts, "user-timeout-ms"),
	};
	return 0;
}

static int read_inet(const struct opts *opts, struct address *address, struct error **err)
{
	const char *text = opts_get_string(opts, "port");
	uint64_t port = 0, to = opts_get_number(opts, "to");
	int r = parse_u64(text, &port);

	if (r == -ERANGE || (r == 0 && port > PORT_MAX))
		return error_set(err, EINVAL, "port=%s: a port is 0 to %d", text, PORT_MAX);
	if (r < 0 && (!*text || text[0] == '-' || text[0] == '+'))
		return error_set(err, EINVAL, "port=%s: not a port", text);
	if (opts_has(opts, "to") && (r < 0 || to < port))
		return error_set(
			err, EINVAL, "to=%llu is below port=%s", (unsigned long long)to, text);
	address->kind = ADDRESS_INET;
	address->host = strdup(opts_get_string(opts, "host"));
	address->port = strdup(text);
	address->to = (unsigned)to;
	address->ipv4 = address_choice(opts_has(opts, "ipv4"), opts_get_bool(opts, "ipv4"));
	address->ipv6 = address_choice(opts_has(opts, "ipv6"), opts_get_bool(opts, "ipv6"));
	return address->host && address->port ? 0 : -ENOMEM;
}

static int read_u32(const char *key, const char *text, unsigned *ret_number, struct error **err)
{
	uint64_t number;

	if (parse_u64(text, &number) < 0 || number > UINT32_MAX)
		return error_set(err, EINVAL, "%s=%s: of a vsock this is a number, 0 to %u", key,
			text, UINT32_MAX);
	*ret_number = (unsigned)number;
	return 0;
}

static int read_vsock(const struct opts *opts, struct address *address, struct error **err)
{
	const char *cid = opts_get_string(opts, "cid");
	bool any = !*cid && opts_get_bool(opts, "server");
	int r = any ? 0 : read_u32("cid", cid, &address->cid, err);

	address->kind = ADDRESS_VSOCK;
	if (any)
		address->cid = VMADDR_CID_ANY;
	return r < 0 ? r
		     : read_u32("port", opts_get_string(opts, "port"), &address->vsock_port, err);
}

static int read_address(const struct opts *opts, struct address *address, struct error **err)
{
	const char *path = opts_get_string(opts, "path"), *fd = opts_get_string(opts, "fd");
	uint64_t number;

	if (opts_has(opts, "host"))
		return read_inet(opts, address, err);
	if (opts_has(opts, "cid"))
		return read_vsock(opts, address, err);
	if (fd) {
		if (parse_u64(fd, &number) < 0 || number > INT32_MAX)
			return error_set(err, EINVAL, "Unable to parse FD number %s", fd);
		address->kind = ADDRESS_FD;
		address->fd = (int)number;
		return 0;
	}
	if (!*path)
		return error_set(err, EINVAL, "chardev: socket: path is empty");
	address->kind = ADDRESS_UNIX;
	address->path = strdup(path);
	address->abstract = opts_get_bool(opts, "abstract");
	address->tight = opts_get_bool(opts, "tight");
	return address->path ? address_read_mode(address, opts_get_string(opts, "mode"), err)
			     : -ENOMEM;
}

/* ---- methods ---- */

static int socket_check(const struct opts *opts, struct error **err)
{
	AUTO_ADDRESS struct address address = { 0 };
	struct socket_tuning tuning;
	int r = check_options(opts, err);

	if (r == 0)
		r = read_tuning(opts, &tuning, err);
	if (r == 0)
		r = check_filters(opts, err);
	if (r == 0 && !opts_has(opts, "fd")) /* which may be a name that a number is found for */
		r = read_address(opts, &address, err);
	return r == -ENOMEM ? error_set(err, ENOMEM, "out of memory") : r;
}

static void release_options(struct socket_chardev *socket)
{
	connection_options_done(&socket->options);
	object_put(socket->tls_rule);
	address_done(&socket->address);
}

static void socket_close(struct chardev *chardev)
{
	struct socket_chardev *socket = socket_of(chardev);

	task_cancel(&socket->bye);
	if (socket->options.server)
		socket_server_close(socket);
	else
		socket_client_close(socket);
	connection_end(&socket->connection);
	release_options(socket);
}

static uint64_t reconnect_ms(const struct opts *opts)
{
	return opts_has(opts, "reconnect") ? opts_get_number(opts, "reconnect") * 1000
					   : opts_get_number(opts, "reconnect-ms");
}

static int read_options(struct socket_chardev *socket, const struct opts *opts, struct error **err)
{
	int r;

	list_init(&socket->peers);
	socket->options.server = opts_get_bool(opts, "server");
	socket->clients_max = (unsigned)opts_get_number(opts, "clients");
	r = read_tuning(opts, &socket->options.tuning, err);
	if (r == 0)
		r = read_filters(socket, opts, err);
	if (r == 0)
		r = read_address(opts, &socket->address, err);
	if (r == -ENOMEM)
		error_set(err, ENOMEM, "socket '%s': out of memory", socket->base.id);
	return r;
}

static int socket_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct socket_chardev *socket = socket_of(chardev);
	bool wait = !opts_has(opts, "wait") || opts_get_bool(opts, "wait");
	int r = read_options(socket, opts, err);

	if (r == 0)
		r = socket->options.server ? socket_server_open(socket, wait, err)
					   : socket_client_open(socket, reconnect_ms(opts), err);
	if (r < 0)
		release_options(socket);
	return r;
}

/* ---- in another program's place ---- */

const struct snapshot_field connection_fields[] = {
	SNAPSHOT_FIELD(struct connection_state, fd, 1, SNAPSHOT_FILE, .needed = true),
	SNAPSHOT_FIELD(struct connection_state, number, 2, SNAPSHOT_U32, .max = PEER_NUMBER_MAX),
	SNAPSHOT_FIELD(struct connection_state, open, 3, SNAPSHOT_BOOL),
	SNAPSHOT_FIELD(struct connection_state, out_bytes, 4, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct connection_state, in_bytes, 5, SNAPSHOT_U64),
	SNAPSHOT_FIELD(struct connection_state, left.websocket, TRANSPORT_TAG_WEBSOCKET,
		SNAPSHOT_EACH, .of = websocket_fields, .size = sizeof(struct websocket_state)),
	SNAPSHOT_FIELD(struct connection_state, left.telnet, TRANSPORT_TAG_TELNET, SNAPSHOT_EACH,
		.of = telnet_fields, .size = sizeof(struct telnet_state)),
	{ 0 },
};

static const struct snapshot_field socket_fields[] = {
	SNAPSHOT_FIELD(struct socket_state, listener, 1, SNAPSHOT_FILE),
	SNAPSHOT_FIELD(struct socket_state, port, 2, SNAPSHOT_STRING),
	SNAPSHOT_FIELD(struct socket_state, again, 3, SNAPSHOT_BOOL),
	SNAPSHOT_FIELD(struct socket_state, only, SOCKET_ONLY, SNAPSHOT_EACH,
		.of = connection_fields, .size = sizeof(struct connection_state)),
	SNAPSHOT_FIELD(struct socket_state, peers, SOCKET_PEER, SNAPSHOT_EACH,
		.of = connection_fields, .size = sizeof(struct connection_state)),
	{ 0 },
};

const char *socket_find_obstacle(const struct chardev *chardev, const struct connection *connection)
{
	if (!(chardev_holder_flags(chardev) & CHARDEV_LINK_GOES_ON))
		return "who it talks to";
	return transport_obstacle(connection->stream.transport);
}

bool socket_save_connection(struct chardev *chardev, const struct connection *connection,
	unsigned number, uint16_t tag, struct chardev_bequest *to)
{
	const char *obstacle;
	const struct connection_state state = { .fd = fd_stream_fd(&connection->stream),
		.number = number,
		.open = chardev->open,
		.out_bytes = chardev->out_bytes,
		.in_bytes = chardev->in_bytes };

	if (state.fd < 0 || !fd_stream_is_started(&connection->stream))
		return false;
	obstacle = socket_find_obstacle(chardev, connection);
	if (obstacle) {
		chardev_leave_out(to, chardev, obstacle);
		return false;
	}
	snapshot_begin_group(&to->writer, tag, false);
	snapshot_put(&to->writer, connection_fields, &state);
	transport_save(connection->stream.transport, &to->writer);
	snapshot_end_group(&to->writer);
	return true;
}

void socket_part(struct chardev *chardev, struct connection *connection, const char *reason)
{
	if (chardev_holder_flags(chardev) & CHARDEV_LINK_CONSOLE)
		connection_set_reason(connection, reason);
	connection_end(connection);
}

static void part(struct chardev *chardev, const char *reason)
{
	socket_part(chardev, &socket_of(chardev)->connection, reason);
}

static void socket_save(struct chardev *chardev, struct chardev_bequest *to)
{
	struct socket_chardev *socket = socket_of(chardev);
	const struct connection *connection = &socket->connection;
	struct socket_state state = { .listener =
					      socket->listener ? listener_fd(socket->listener) : -1,
		.port = socket->address.port };
	bool went = socket_save_connection(chardev, connection, 0, SOCKET_ONLY, to);

	state.again = !socket->options.server && fd_stream_is_started(&connection->stream) && !went;
	snapshot_put(&to->writer, socket_fields, &state);
	socket_server_save_peers(socket, to);
}

static int take_port(struct socket_chardev *socket, const char *port)
{
	char *copy;

	if (copy_text(port, &copy) < 0)
		return -ENOMEM;
	free(socket->address.port);
	socket->address.port = copy;
	return 0;
}

static int socket_load(struct chardev *chardev, const struct opts *opts,
	const struct snapshot *from, const void *left, struct error **err)
{
	struct socket_chardev *socket = socket_of(chardev);
	const struct socket_state *state = left;
	int r = read_options(socket, opts, err);

	(void)from;
	if (r == 0 && take_port(socket, state->port) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	if (r == 0 && socket->options.server != (state->listener >= 0))
		r = error_set(err, EBADMSG, "it was the other end");
	if (r == 0)
		r = socket->options.server
			    ? socket_server_load(socket, state, err)
			    : socket_client_load(socket, state, reconnect_ms(opts), err);
	if (r < 0)
		release_options(socket);
	return r;
}

static const struct chardev_handover socket_handover = {
	.fields = socket_fields,
	.size = sizeof(struct socket_state),
	.save = socket_save,
	.load = socket_load,
	.part = part,
};

static ssize_t socket_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return fd_stream_outv(&socket_of(chardev)->connection.stream, iov, n);
}

static void socket_in_resume(struct chardev *chardev)
{
	if (socket_of(chardev)->connection.stream.chardev)
		fd_stream_in_resume(&socket_of(chardev)->connection.stream);
}

static int socket_event(struct chardev *chardev, const struct chardev_event *event)
{
	return fd_stream_event(&socket_of(chardev)->connection.stream, event);
}

static void say_bye(void *data)
{
	struct socket_chardev *socket = data;
	struct fd_stream *stream = &socket->connection.stream;

	if (fd_stream_is_started(stream)) {
		fd_stream_stop(stream);
		stream->ops->on_gone(&socket->base, 0);
	}
}

static int socket_disconnect(struct chardev *chardev, const char *reason)
{
	connection_set_reason(&socket_of(chardev)->connection, reason);
	task_post(chardev->loop, &socket_of(chardev)->bye, say_bye, chardev);
	return 0;
}

static const char *socket_identity(const struct chardev *chardev)
{
	return connection_identity(&((const struct socket_chardev *)chardev)->connection);
}

static bool socket_peer(const struct chardev *chardev, struct chardev_peer *ret_peer)
{
	return connection_peer(&((const struct socket_chardev *)chardev)->connection, ret_peer);
}

static int socket_take_fd(struct chardev *chardev)
{
	return fd_stream_take_fd(&socket_of(chardev)->connection.stream);
}

static int socket_add_client(struct chardev *chardev, int fd)
{
	struct socket_chardev *socket = socket_of(chardev);

	if (socket->options.server)
		return socket_server_add(socket, fd);
	close(fd);
	return -ENOTSUP;
}

static int socket_attach(struct chardev *chardev, struct error **err)
{
	return socket_of(chardev)->options.server ? socket_server_attach(socket_of(chardev), err)
						  : 0;
}

static void socket_detach(struct chardev *chardev)
{
	if (socket_of(chardev)->options.server)
		socket_server_detach(socket_of(chardev));
}

/* Of TCP with what a peer has to speak instead of "tcp". NULL: no memory. */
static char *where_text(const struct socket_chardev *socket)
{
	AUTO_FREE char *text = address_text(&socket->address);
	char *where;

	if (!text || socket->address.kind != ADDRESS_INET)
		return TAKE_PTR(text);
	return asprintf(&where, "%s%s", connection_scheme(&socket->options), strchr(text, ':')) < 0
		       ? NULL
		       : where;
}

static char *socket_describe(const struct chardev *chardev)
{
	const struct socket_chardev *socket = (const struct socket_chardev *)chardev;
	AUTO_FREE char *where = NULL;
	char *text;
	int r;

	if (fd_stream_is_started(&socket->connection.stream))
		return connection_describe(&socket->connection, &socket->address, &socket->options);
	where = where_text(socket);
	if (!where)
		return NULL;
	if (socket->n_served)
		r = asprintf(&text, "%s,server=on (%u of %u clients)", where, socket->n_served,
			socket->clients_max);
	else
		r = asprintf(&text, "disconnected:%s%s", where,
			socket->options.server ? ",server=on" : "");
	return r < 0 ? NULL : text;
}

static const struct opt_desc socket_options[] = {
	{ .name = "path", .type = OPT_STRING, .help = "unix socket" },
	{ .name = "mode",
		.type = OPT_STRING,
		.help = "permissions of a server's unix socket, whatever the umask; default 0660" },
	{ .name = "abstract",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "path is a name in Linux's abstract namespace" },
	{ .name = "tight",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "the abstract name is not padded with zeros" },
	{ .name = "host", .type = OPT_STRING, .help = "TCP host or address; empty: any" },
	{ .name = "cid",
		.type = OPT_STRING,
		.help = "vsock: number of a virtual machine, 2: the host; empty: a server's any" },
	{ .name = "port",
		.type = OPT_STRING,
		.help = "TCP port or service, 0: any free one; vsock port" },
	{ .name = "to",
		.type = OPT_NUMBER,
		.max = PORT_MAX,
		.help = "last port to try when listening" },
	{ .name = "ipv4", .type = OPT_BOOL, .help = "use IPv4" },
	{ .name = "ipv6", .type = OPT_BOOL, .help = "use IPv6" },
	{ .name = "fd", .type = OPT_STRING, .help = "number of an inherited socket" },
	{ .name = "server",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "listen instead of connecting" },
	{ .name = "wait",
		.type = OPT_BOOL,
		.help = "a server waits for its first client before anything else (default: on)" },
	{ .name = "clients",
		.type = OPT_NUMBER,
		.preset = "1",
		.min = 1,
		.max = CLIENTS_MAX,
		.help = "how many clients a server serves at once; more than 1 needs a hub" },
	{ .name = "reconnect-ms",
		.type = OPT_NUMBER,
		.preset = "0",
		.max = RECONNECT_MS_MAX,
		.help = "a client tries again so many milliseconds later; 0: never" },
	{ .name = "reconnect",
		.type = OPT_NUMBER,
		.max = RECONNECT_MS_MAX / 1000,
		.help = "the same in seconds" },
	{ .name = "tls-creds",
		.type = OPT_ID,
		.help = "-object tls-creds-* of this side: TCP is encrypted" },
	{ .name = "tls-hostname",
		.type = OPT_STRING,
		.help = "a client asks for the certificate of this name; default: host" },
	{ .name = "tls-authz",
		.type = OPT_ID,
		.help = "-object authz-... that says who may connect to a server, by certificate "
			"or key" },
	{ .name = "telnet",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "speak telnet: the size of the peer's window and BREAK come through" },
	{ .name = "rfc2217",
		.type = OPT_BOOL,
		.help = "with telnet: set and hear a serial line; default: on for a server" },
	{ .name = "tn3270",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "accepted where it is off: there is no tn3270" },
	{ .name = "websocket",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "a server speaks websocket, for browsers" },
	{ .name = "websocket-origin",
		.type = OPT_STRING,
		.help = "pages that may connect by websocket: https://HOST:PORT, or *; without it "
			"those of the same host" },
	{ .name = "nodelay",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "send small TCP packets at once" },
	{ .name = "delay", .type = OPT_BOOL, .help = "the opposite of nodelay" },
	{ .name = "keep-alive",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "ask a TCP peer that is silent whether it is still there" },
	{ .name = "keep-alive-idle",
		.type = OPT_NUMBER,
		.min = 1,
		.max = KEEP_ALIVE_S_MAX,
		.help = "...after so many seconds of silence" },
	{ .name = "keep-alive-interval",
		.type = OPT_NUMBER,
		.min = 1,
		.max = KEEP_ALIVE_S_MAX,
		.help = "...again every so many seconds" },
	{ .name = "keep-alive-count",
		.type = OPT_NUMBER,
		.min = 1,
		.max = KEEP_ALIVE_COUNT_MAX,
		.help = "...and after so many questions without an answer it is gone" },
	{ .name = "user-timeout-ms",
		.type = OPT_NUMBER,
		.min = 1,
		.max = INT32_MAX,
		.help = "a TCP peer is gone that acknowledges nothing for so long" },
	{ 0 },
};

const struct chardev_class backend_socket_class = {
	.name = "socket",
	.summary = "a unix or TCP socket, server or client",
	.options = socket_options,
	.size = sizeof(struct socket_chardev),
	.check = socket_check,
	.open = socket_open,
	.close = socket_close,
	.out = socket_out,
	.in_resume = socket_in_resume,
	.event = socket_event,
	.handover = &socket_handover,
	.disconnect = socket_disconnect,
	.take_fd = socket_take_fd,
	.add_client = socket_add_client,
	.identity = socket_identity,
	.peer = socket_peer,
	.attach = socket_attach,
	.detach = socket_detach,
	.describe = socket_describe,
};
