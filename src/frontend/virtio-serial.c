/* SPDX-License-Identifier: MIT */
/*
 * The bus: one virtio console device on one vhost-user socket. Its ports are in virtio-port.c.
 * Options that only mean something inside QEMU (where the device sits on its PCI bus) are taken
 * and ignored, so that a QEMU command line can be used as it is.
 */
/* syscalls: geteuid lstat mkdir newfstatat */
#include "frontend/virtio-serial.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "opts/opts.h"
#include "transport/address.h"
#include "vhost-user/vhost-user.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct virtio_serial *serial_from(struct frontend *frontend)
{
	return container_of(frontend, struct virtio_serial, base);
}

/* ---- finding one ---- */

/* QEMU calls the bus of device "x" "x.0". */
static bool is_named(const struct frontend *frontend, const char *bus)
{
	size_t len = strlen(frontend->id);

	return len && !strncmp(frontend->id, bus, len) && (!bus[len] || !strcmp(bus + len, ".0"));
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

static int out_of_memory(struct error **err)
{
	return error_set(err, ENOMEM, "virtio-serial: out of memory");
}

/* Whoever can write to a directory can put a socket of his own in the place of ours. */
static int check_ours(const char *dir)
{
	struct stat st;

	if (lstat(dir, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

/* A directory of our own below $XDG_RUNTIME_DIR or /run. */
static int make_runtime_dir(char **ret_dir, struct error **err)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	AUTO_FREE char *dir = NULL;
	int r;

	if (asprintf(&dir, "%s/charhub", base && *base ? base : "/run") < 0) {
		dir = NULL;
		return out_of_memory(err);
	}
	r = mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : check_ours(dir);
	if (r < 0) {
		error_set(err, -r, "could not use '%s' for the vhost-user socket: %s", dir,
			r == -EPERM ? "others may write to it" : strerror(-r));
		error_set_hint(err, "Name a socket with -device virtio-serial,socket=PATH or set "
				    "XDG_RUNTIME_DIR.");
		return r;
	}
	*ret_dir = TAKE_PTR(dir);
	return 0;
}

/* Return: 0; -EADDRINUSE: somebody listens there; -errno. *@err is set only in the last case. */
static int listen_on(struct virtio_serial *serial, struct vhost_user_options *options,
	const char *dir, int number, struct error **err)
{
	AUTO_ERROR struct error *why = NULL;
	AUTO_FREE char *path = NULL;
	int r;

	if (asprintf(&path, "%s/virtio-serial%d.sock", dir, number) < 0) {
		path = NULL;
		return out_of_memory(err);
	}
	options->path = path;
	r = vhost_user_new(serial->base.loop, serial->device, options, &serial->transport, &why);
	return r < 0 && r != -EADDRINUSE ? error_move(err, &why) : r;
}

/* The first name in the runtime directory that nobody listens on. */
static int listen_default(
	struct virtio_serial *serial, struct vhost_user_options *options, struct error **err)
{
	enum { TRIES = 100 };
	AUTO_FREE char *dir = NULL;
	int r = make_runtime_dir(&dir, err);

	if (r < 0)
		return r;
	for (int i = 0; i < TRIES; i++) {
		r = listen_on(serial, options, dir, i, err);
		if (r != -EADDRINUSE)
			return r;
	}
	return error_set(err, EADDRINUSE, "all %d sockets in '%s' are in use", TRIES, dir);
}

static int make_transport(struct virtio_serial *serial, const struct opts *opts, struct error **err)
{
	const char *id = *serial->base.id ? serial->base.id : serial->base.class->name;
	const struct vhost_user_state *left = serial->base.left;
	struct vhost_user_options options = {
		.id = id,
		.path = left ? left->path : opts_get_string(opts, "socket"),
		.left = left,
		.connect = !opts_get_bool(opts, "server"),
		.reconnect_ms = (unsigned)opts_get_number(opts, "reconnect-ms"),
		.inband = opts_get_bool(opts, "inband-notifications"),
	};
	struct address file = { 0 };
	int r = address_read_mode(&file, opts_get_string(opts, "mode"), err);

	if (r < 0)
		return r;
	options.mode = file.mode;
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

static const char ignored[] = "for QEMU's own device; ignored";

#define IGNORED(option)                                               \
	{                                                             \
		.name = (option), .type = OPT_STRING, .help = ignored \
	}

static const struct opt_desc serial_options[] = {
	{ .name = "socket",
		.type = OPT_STRING,
		.help = "unix socket of the vhost-user protocol; default: one in "
			"$XDG_RUNTIME_DIR/charhub or /run/charhub" },
	{ .name = "mode",
		.type = OPT_STRING,
		.help = "permissions of the socket, whatever the umask; default 0660" },
	{ .name = "server",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "listen on the socket; off: connect to it" },
	{ .name = "reconnect-ms",
		.type = OPT_NUMBER,
		.preset = "0",
		.max = 3600000,
		.help = "with server=off: connect again after so long; 0: never" },
	{ .name = "inband-notifications",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "offer kicks and calls as messages instead of descriptors" },
	{ .name = "max_ports",
		.type = OPT_UINT32,
		.preset = "31",
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
	IGNORED("acpi-index"),
	IGNORED("addr"),
	IGNORED("aer"),
	IGNORED("any_layout"),
	IGNORED("ats"),
	IGNORED("bus"),
	IGNORED("class"),
	IGNORED("devno"),
	IGNORED("disable-legacy"),
	IGNORED("disable-modern"),
	IGNORED("event_idx"),
	IGNORED("failover_pair_id"),
	IGNORED("in_order"),
	IGNORED("indirect_desc"),
	IGNORED("ioeventfd"),
	IGNORED("iommu_platform"),
	IGNORED("modern-pio-notify"),
	IGNORED("multifunction"),
	IGNORED("notify_on_empty"),
	IGNORED("packed"),
	IGNORED("page-per-vq"),
	IGNORED("queue_reset"),
	IGNORED("rombar"),
	IGNORED("romfile"),
	IGNORED("romsize"),
	IGNORED("use-disabled-flag"),
	IGNORED("use-started"),
	IGNORED("vectors"),
	{ 0 },
};

static void warn_of_ignored(const struct opts *opts)
{
	AUTO_STRBUF struct strbuf names = { 0 };

	for (const struct opt_desc *desc = serial_options; desc->name; desc++)
		if (desc->help == ignored && opts_has(opts, desc->name))
			strbuf_printf(&names, "%s'%s'", names.len ? ", " : "", desc->name);
	if (names.len && !names.failed)
		log_warning("virtio-serial: of no meaning here and ignored: %s", names.data);
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

static bool serial_is_used(const struct frontend *frontend)
{
	const struct virtio_serial *serial =
		container_of(frontend, const struct virtio_serial, base);

	for (size_t i = 0; i < VIRTIO_CONSOLE_PORTS_MAX; i++)
		if (serial->used[i])
			return true;
	return false;
}

static bool serial_goes_on(const struct frontend *frontend)
{
	return vhost_user_goes_on(
		container_of(frontend, const struct virtio_serial, base)->transport);
}

static void serial_save(const struct frontend *frontend, struct chardev_bequest *to)
{
	vhost_user_save(
		container_of(frontend, const struct virtio_serial, base)->transport, &to->writer);
}

static void serial_load(struct frontend *frontend, const void *state)
{
	vhost_user_load(serial_from(frontend)->transport, state);
}

static const struct frontend_handover serial_handover = {
	.fields = vhost_user_fields,
	.size = sizeof(struct vhost_user_state),
	.save = serial_save,
	.goes_on = serial_goes_on,
	.load = serial_load,
};

int virtio_serial_add_default(
	struct frontend_set *set, struct virtio_serial **ret_serial, struct error **err)
{
	AUTO_OPTS struct opts *opts = opts_new();
	int r;

	if (!opts || opts_set(opts, "driver", "virtio-serial") < 0)
		return out_of_memory(err);
	r = frontend_set_add(set, opts, NULL, err);
	return r < 0 ? r : virtio_serial_find(set, NULL, "virtconsole", ret_serial, err);
}

const struct frontend_class frontend_virtio_serial_class = {
	.name = "virtio-serial",
	.aliases = (const char *const[]){ "virtio-serial-pci", "virtio-serial-pci-non-transitional",
		"virtio-serial-pci-transitional", "virtio-serial-ccw", "virtio-serial-device",
		NULL },
	.summary = "a virtio console device, served over vhost-user; takes ports",
	.options = serial_options,
	.size = sizeof(struct virtio_serial),
	.open = serial_open,
	.close = serial_close,
	.handover = &serial_handover,
	.is_used = serial_is_used,
};
