/* SPDX-License-Identifier: MIT */
/*
 * The bus: one virtio console device on one vhost-user socket. Its ports are in virtio-port.c.
 * Options that only mean something inside QEMU (where the device sits on its PCI bus) are taken
 * and ignored, so that a QEMU command line can be used as it is.
 */
#include "frontend/virtio-serial.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/opts.h"
#include "vhost-user/vhost-user.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static struct virtio_serial *serial_from(struct frontend *frontend)
{
	return container_of(frontend, struct virtio_serial, base);
}

/* ---- finding one ---- */

/* QEMU calls the bus of device "x" "x.0". */
static bool is_named(const struct frontend *frontend, const char *bus)
{
	size_t len = strlen(frontend->id);

	return !strncmp(frontend->id, bus, len) && (!bus[len] || !strcmp(bus + len, ".0"));
}

int virtio_serial_find(const struct frontend_set *set, const char *bus, const char *driver,
	struct virtio_serial **ret_serial, struct error **err)
{
	struct frontend *frontend = NULL;

	while ((frontend = frontend_set_next(set, frontend))) {
		if (frontend->class != &frontend_virtio_serial_class)
			continue;
		if (bus && !is_named(frontend, bus))
			continue;
		*ret_serial = serial_from(frontend);
		return 0;
	}
	if (bus)
		return error_set(err, ENOENT, "Bus '%s' not found", bus);
	return error_set(err, ENOENT, "No 'virtio-serial-bus' bus found for device '%s'", driver);
}

/* ---- the socket ---- */

/* A directory of our own below $XDG_RUNTIME_DIR or /run. */
static int make_runtime_dir(char **ret_dir, struct error **err)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	AUTO_FREE char *dir = NULL;

	if (asprintf(&dir, "%s/charhub", base && *base ? base : "/run") < 0) {
		dir = NULL;
		return error_set(err, ENOMEM, "virtio-serial: out of memory");
	}
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		int code = errno;

		error_set(err, code, "could not create '%s' for the vhost-user socket: %s", dir,
			strerror(code));
		error_set_hint(err, "Name a socket with -device virtio-serial,socket=PATH or set "
				    "XDG_RUNTIME_DIR.");
		return -code;
	}
	*ret_dir = TAKE_PTR(dir);
	return 0;
}

/* The first name in the runtime directory that nobody listens on. */
static int listen_default(
	struct virtio_serial *serial, struct vhost_user_options *options, struct error **err)
{
	enum { TRIES = 100 };
	AUTO_FREE char *dir = NULL;
	int r = make_runtime_dir(&dir, err);

	for (int i = 0; r == 0 && i < TRIES; i++) {
		AUTO_FREE char *path = NULL;

		if (asprintf(&path, "%s/virtio-serial%d.sock", dir, i) < 0) {
			path = NULL;
			return error_set(err, ENOMEM, "virtio-serial: out of memory");
		}
		options->path = path;
		r = vhost_user_new(
			serial->base.loop, serial->device, options, &serial->transport, NULL);
		if (r != -EADDRINUSE)
			return r < 0 ? error_set(err, -r, "could not listen on '%s': %s", path,
					       strerror(-r))
				     : 0;
		r = 0;
	}
	return r < 0 ? r
		     : error_set(err, EADDRINUSE, "all %d sockets in '%s' are in use", TRIES, dir);
}

static void on_broken(void *user, const char *why)
{
	(void)user;
	(void)why; /* the log has it; the port's stream simply goes silent */
}

static const struct vhost_user_ops transport_ops = { .on_broken = on_broken };

static int make_transport(struct virtio_serial *serial, const struct opts *opts, struct error **err)
{
	const char *id = *serial->base.id ? serial->base.id : serial->base.class->name;
	struct vhost_user_options options = {
		.id = id,
		.path = opts_get_string(opts, "socket"),
		.connect = !opts_get_bool(opts, "server"),
		.reconnect_ms = (unsigned)opts_get_number(opts, "reconnect-ms"),
		.ops = &transport_ops,
		.user = serial,
	};
	int r;

	if (options.connect && !options.path)
		return error_set(err, EINVAL,
			"virtio-serial '%s': 'server=off' needs 'socket', the path to connect to",
			id);
	if (options.path)
		return vhost_user_new(
			serial->base.loop, serial->device, &options, &serial->transport, err);
	r = listen_default(serial, &options, err);
	if (r < 0)
		return r;
	printf("vhost-user socket at %s (device %s)\n", vhost_user_path(serial->transport), id);
	printf("give it to the guest: linux.uml virtio_uml.device=%s:3\n",
		vhost_user_path(serial->transport));
	return 0;
}

/* ---- the device ---- */

static const struct opt_desc serial_options[] = {
	{ .name = "socket",
		.type = OPT_STRING,
		.help = "unix socket of the vhost-user protocol; default: one in "
			"$XDG_RUNTIME_DIR/charhub or /run/charhub" },
	{ .name = "server",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "listen on the socket; off: connect to it" },
	{ .name = "reconnect-ms",
		.type = OPT_NUMBER,
		.preset = "0",
		.max = 3600000,
		.help = "with server=off: connect again after so long; 0: never" },
	{ .name = "max_ports",
		.type = OPT_NUMBER,
		.preset = "31",
		.max = UINT32_MAX,
		.help = "how many ports the device may have, 1..127" },
	{ .name = "emergency-write",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "let the guest write single bytes through the configuration space" },
	{ .name = "resize-order",
		.type = OPT_ENUM,
		.values = "cols-rows|rows-cols",
		.preset = "cols-rows",
		.help = "how the guest's kernel reads a new size; rows-cols: very old ones" },
	/* What QEMU's device takes and this one has no use for. */
	{ .name = "addr", .type = OPT_STRING, .help = "ignored" },
	{ .name = "bus", .type = OPT_STRING, .help = "ignored" },
	{ .name = "class", .type = OPT_STRING, .help = "ignored" },
	{ .name = "disable-legacy", .type = OPT_STRING, .help = "ignored" },
	{ .name = "disable-modern", .type = OPT_STRING, .help = "ignored" },
	{ .name = "ats", .type = OPT_STRING, .help = "ignored" },
	{ .name = "event_idx", .type = OPT_STRING, .help = "ignored" },
	{ .name = "indirect_desc", .type = OPT_STRING, .help = "ignored" },
	{ .name = "iommu_platform", .type = OPT_STRING, .help = "ignored" },
	{ .name = "ioeventfd", .type = OPT_STRING, .help = "ignored" },
	{ .name = "multifunction", .type = OPT_STRING, .help = "ignored" },
	{ .name = "packed", .type = OPT_STRING, .help = "ignored" },
	{ .name = "romfile", .type = OPT_STRING, .help = "ignored" },
	{ .name = "vectors", .type = OPT_STRING, .help = "ignored" },
	{ 0 },
};

static void warn_of_ignored(const struct opts *opts)
{
	for (const struct opt_desc *desc = serial_options; desc->name; desc++)
		if (!strcmp(desc->help, "ignored") && opts_has(opts, desc->name))
			log_warning("virtio-serial: '%s' means nothing here and is ignored",
				desc->name);
}

static int read_max_ports(struct virtio_serial *serial, const struct opts *opts, struct error **err)
{
	uint64_t max = opts_get_number(opts, "max_ports");

	if (!max)
		return error_set(err, EINVAL, "Maximum number of serial ports not specified");
	if (max > VIRTIO_CONSOLE_PORTS_MAX)
		return error_set(
			err, EINVAL, "maximum ports supported: %d", (int)VIRTIO_CONSOLE_PORTS_MAX);
	if (max > VHOST_USER_PORTS_MAX)
		return error_set(err, EINVAL,
			"virtio-serial: vhost-user numbers at most %d queues, enough for "
			"max_ports=%d, not %u",
			(int)VHOST_USER_QUEUES_MAX, (int)VHOST_USER_PORTS_MAX, (unsigned)max);
	serial->max_ports = (unsigned)max;
	return 0;
}

static void serial_close(struct frontend *frontend)
{
	struct virtio_serial *serial = serial_from(frontend);

	vhost_user_free(serial->transport);
	virtio_console_free(serial->device);
}

static int serial_open(struct frontend *frontend, const struct opts *opts, struct error **err)
{
	struct virtio_serial *serial = serial_from(frontend);
	struct virtio_console_config config = {
		.emergency_write = opts_get_bool(opts, "emergency-write"),
		.size = true,
		.resize_rows_first = opts_get_enum(opts, "resize-order") == 1,
	};
	int r = read_max_ports(serial, opts, err);

	if (r < 0)
		return r;
	warn_of_ignored(opts);
	config.max_ports = serial->max_ports;
	r = virtio_console_new(&config, &serial->device);
	if (r < 0)
		return error_set(err, -r, "virtio-serial: %s", strerror(-r));
	r = make_transport(serial, opts, err);
	if (r < 0)
		serial_close(frontend);
	return r;
}

int virtio_serial_add_default(
	struct frontend_set *set, struct virtio_serial **ret_serial, struct error **err)
{
	struct opts *opts = opts_new();
	int r;

	if (!opts || opts_set(opts, "driver", "virtio-serial") < 0) {
		opts_free(opts);
		return error_set(err, ENOMEM, "virtio-serial: out of memory");
	}
	r = frontend_set_add(set, opts, err);
	opts_free(opts);
	return r < 0 ? r : virtio_serial_find(set, NULL, "virtconsole", ret_serial, err);
}

const struct frontend_class frontend_virtio_serial_class = {
	.name = "virtio-serial",
	.aliases = (const char *const[]){ "virtio-serial-pci", "virtio-serial-device", NULL },
	.summary = "a virtio console device, served over vhost-user; takes ports",
	.options = serial_options,
	.size = sizeof(struct virtio_serial),
	.open = serial_open,
	.close = serial_close,
};
