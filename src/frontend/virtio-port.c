/* SPDX-License-Identifier: MIT */
/*
 * `-device virtconsole` and `-device virtserialport`: a port of a virtio-serial bus and the
 * chardev behind it. The guest's buffers are copied once, into the chardev's own memory where it
 * has some (a hub's journal); what the chardev brings is read straight into the guest's buffers.
 *
 * A virtserialport's guest sees an open port while the chardev has a peer. A virtconsole is open
 * for ever and never waits: its guest spins with interrupts off until its buffer is used.
 */
#include "frontend/virtio-serial.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/opts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* What hvc_console takes for the SysRq key: it has no other word for a break. */
static const char sysrq_key[] = { 0x0f };

enum { COLS_DEFAULT = 80, ROWS_DEFAULT = 24 };

/**
 * struct port
 * @name:       may be NULL
 * @link:       not attached for a port without a chardev
 * @told_lost:  of the bytes that a console lost since its chardev was full, what the log has told
 * @sysrq:      a break is the guest's SysRq key; @sysrq_due: once it takes input
 * @took_back:  the guest took buffers back while input was under way; the log has told
 * @settled:    in another program's place: its chardev has got back those who held it open
 */
struct port {
	struct frontend base;
	char *name;
	struct virtio_serial *serial;
	struct virtio_console_port *port;
	struct chardev_link link;
	uint64_t told_lost;
	bool took_back, sysrq, sysrq_due;
	struct task settled;
};

/** struct port_state - what is left of one; as struct port has it, but @nr: its number */
struct port_state {
	unsigned nr;
	bool told_open, took_back, sysrq_due;
	uint64_t told_lost;
};

static struct port *port_from(struct frontend *frontend)
{
	return container_of(frontend, struct port, base);
}

static bool is_port(const struct frontend *frontend)
{
	return frontend->class == &frontend_virtconsole_class ||
	       frontend->class == &frontend_virtserialport_class;
}

static bool is_console(const struct port *port)
{
	return port->base.class == &frontend_virtconsole_class;
}

/* ---- guest to world ---- */

static int on_out_reserve(void *user, struct iovec iov[2])
{
	struct port *port = user;

	return chardev_link_out_reserve(&port->link, iov);
}

static void on_out_commit(void *user, size_t len)
{
	struct port *port = user;

	chardev_link_out_commit(&port->link, len);
}

static ssize_t on_out(void *user, const void *buf, size_t len)
{
	struct port *port = user;

	return chardev_link_out(&port->link, buf, len);
}

/* A hub makes room for a console; another chardev may be full, and what comes then is lost. */
static void tell_lost(struct port *port)
{
	struct virtio_console_port_stats stats;

	virtio_console_port_stats(port->port, &stats);
	if (stats.out_dropped > port->told_lost)
		log_warning("%s: chardev '%s' was full and a console cannot wait: %" PRIu64
			    " bytes of the guest are lost",
			port->base.class->name, chardev_link_id(&port->link),
			stats.out_dropped - port->told_lost);
	port->told_lost = stats.out_dropped;
}

static void on_chardev_room(void *holder)
{
	struct port *port = holder;

	if (is_console(port))
		tell_lost(port);
	virtio_console_port_out_resume(port->port);
}

/* ---- world to guest ---- */

static size_t on_chardev_in_room(void *holder)
{
	struct port *port = holder;

	return virtio_console_port_in_room(port->port);
}

static void on_chardev_in(void *holder, const void *buf, size_t len)
{
	struct port *port = holder;
	size_t taken = virtio_console_port_in(port->port, buf, len);

	if (taken < len && !port->took_back)
		log_warning("%s '%s': the guest took buffers back; %zu bytes of input are lost",
			port->base.class->name, chardev_link_id(&port->link), len - taken);
	port->took_back |= taken < len;
}

static int on_chardev_in_reserve(void *holder, struct iovec iov[2])
{
	struct port *port = holder;

	return virtio_console_port_in_reserve(port->port, iov);
}

static void on_chardev_in_commit(void *holder, size_t len)
{
	struct port *port = holder;

	virtio_console_port_in_commit(port->port, len);
}

static void press_sysrq(struct port *port)
{
	port->sysrq_due = virtio_console_port_in_room(port->port) == 0 ||
			  virtio_console_port_in(port->port, sysrq_key, sizeof(sysrq_key)) == 0;
}

static void on_in_room(void *user)
{
	struct port *port = user;

	if (port->sysrq_due)
		press_sysrq(port);
	chardev_link_in_resume(&port->link);
}

/* ---- events ---- */

static void on_chardev_event(void *holder, const struct chardev_event *event)
{
	struct port *port = holder;

	switch (event->type) {
	case CHARDEV_OPENED: virtio_console_port_set_open(port->port, true); break;
	case CHARDEV_CLOSED: virtio_console_port_set_open(port->port, false); break;
	case CHARDEV_RESIZE:
		virtio_console_port_resize(port->port, event->cols, event->rows);
		break;
	case CHARDEV_BREAK:
		if (port->sysrq)
			press_sysrq(port);
		break;
	default: break; /* virtio has no modem lines */
	}
}

static void on_guest_open(void *user, bool open)
{
	struct port *port = user;

	port->took_back = port->sysrq_due = false;
	frontend_guest_open(&port->base, open);
	if (open)
		chardev_link_in_resume(&port->link);
}

static const struct virtio_console_port_ops port_ops = {
	.out_reserve = on_out_reserve,
	.out_commit = on_out_commit,
	.out = on_out,
	.on_guest_open = on_guest_open,
	.on_in_room = on_in_room,
};

/* A port without a chardev is open, and swallows what the guest writes. */
static const struct virtio_console_port_ops bare_port_ops = { .on_guest_open = on_guest_open };

static const struct chardev_holder_ops chardev_ops = {
	.in_room = on_chardev_in_room,
	.on_in = on_chardev_in,
	.in_reserve = on_chardev_in_reserve,
	.in_commit = on_chardev_in_commit,
	.on_room = on_chardev_room,
	.on_event = on_chardev_event,
};

/* ---- numbers ---- */

enum { NR_AUTO = UINT32_MAX, MAP_WORD_BITS = 32 };

/* The lowest number that is free; 0 is for a console. QEMU words it by its map of 32-bit words. */
static int choose_free(const struct port *port, unsigned *ret_id, struct error **err)
{
	const struct virtio_serial *serial = port->serial;
	unsigned id = is_console(port) && !serial->used[0] ? 0 : 1;

	while (id < serial->max_ports && serial->used[id])
		id++;
	*ret_id = id;
	if (id == serial->max_ports && id % MAP_WORD_BITS == 0)
		return error_set(err, ENOSPC,
			"virtio-serial-bus: Maximum port limit for this device reached");
	return 0;
}

static int choose_id(const struct port *port, uint32_t wanted, unsigned *ret_id, struct error **err)
{
	const struct virtio_serial *serial = port->serial;
	unsigned id = wanted;
	int r = wanted == NR_AUTO ? choose_free(port, &id, err) : 0;

	if (r < 0)
		return r;
	if (!id && !is_console(port))
		return error_set(err, EINVAL,
			"Port number 0 on virtio-serial devices reserved for virtconsole devices "
			"for backward compatibility.");
	if (id >= serial->max_ports)
		return error_set(err, ERANGE,
			"virtio-serial-bus: Out-of-range port id specified, max. allowed: %u",
			serial->max_ports - 1);
	if (serial->used[id])
		return error_set(
			err, EEXIST, "virtio-serial-bus: A port already exists at id %u", id);
	*ret_id = id;
	return 0;
}

static int add_port(struct port *port, const struct opts *opts, struct error **err)
{
	struct virtio_console_port_config config = { .console = is_console(port),
		.name = opts_get_string(opts, "name") };
	const struct port_state *left = port->base.left;
	uint32_t wanted = left ? left->nr : (uint32_t)opts_get_number(opts, "nr");
	int r = choose_id(port, wanted, &config.id, err);

	if (r < 0)
		return r;
	r = virtio_console_add_port(port->serial->device, &config,
		port->link.chardev ? &port_ops : &bare_port_ops, port, &port->port);
	if (r == -EINVAL)
		return error_set(err, EINVAL, "%s: name '%s' is longer than %d bytes",
			port->base.class->name, config.name, (int)VIRTIO_CONSOLE_NAME_MAX);
	if (r < 0)
		return error_set(err, -r, "%s: %s", port->base.class->name, strerror(-r));
	port->serial->used[config.id] = true;
	return 0;
}

/* ---- life ---- */

/* A guest's udev finds ports by name: one of a name, on whatever bus. */
static int check_name(const struct frontend_set *set, const char *name, struct error **err)
{
	struct frontend *other = NULL;

	while (name && (other = frontend_set_next(set, other)))
		if (is_port(other) && port_from(other)->name &&
			!strcmp(port_from(other)->name, name))
			return error_set(err, EEXIST,
				"virtio-serial-bus: A port already exists by name %s", name);
	return 0;
}

static int find_bus(struct port *port, const struct opts *opts, struct error **err)
{
	const char *bus = opts_get_string(opts, "bus"), *driver = port->base.class->name;
	AUTO_ERROR struct error *missing = NULL;
	int r = virtio_serial_find(port->base.set, bus, driver, &port->serial, &missing);

	if (r == -ENOENT && !bus && is_console(port))
		return virtio_serial_add_default(port->base.set, &port->serial, err);
	if (r < 0 && err)
		*err = TAKE_PTR(missing);
	return r;
}

static int attach_chardev(struct port *port, const char *id, struct error **err)
{
	unsigned flags = CHARDEV_LINK_SWAPS | CHARDEV_LINK_GOES_ON;

	if (!id)
		return 0;
	if (is_console(port))
		flags |= CHARDEV_LINK_CONSOLE | CHARDEV_LINK_NEVER_WAIT;
	return frontend_attach(&port->base, "chardev", id, &port->link, flags, &chardev_ops, err);
}

static void port_close(struct frontend *frontend)
{
	struct port *port = port_from(frontend);

	task_cancel(&port->settled);
	chardev_link_detach(&port->link);
	if (port->port)
		port->serial->used[virtio_console_port_id(port->port)] = false;
	virtio_console_remove_port(port->port);
	free(port->name);
}

static void follow_chardev(void *data)
{
	struct port *port = data;

	virtio_console_port_set_open(
		port->port, !port->link.chardev || chardev_is_open(port->link.chardev));
}

static int port_open(struct frontend *frontend, const struct opts *opts, struct error **err)
{
	struct port *port = port_from(frontend);
	const char *name = opts_get_string(opts, "name");
	int r = check_name(frontend->set, name, err);

	port->sysrq = is_console(port) && opts_get_enum(opts, "break");
	if (r == 0 && name && !(port->name = strdup(name)))
		r = error_set(err, ENOMEM, "%s: out of memory", frontend->class->name);
	if (r == 0)
		r = find_bus(port, opts, err);
	if (r == 0)
		r = attach_chardev(port, opts_get_string(opts, "chardev"), err);
	if (r == 0)
		r = add_port(port, opts, err);
	if (r < 0) {
		port_close(frontend);
		return r;
	}
	follow_chardev(port);
	/* What a terminal has until somebody tells another size: without one Linux has 0x0. */
	virtio_console_port_resize(port->port, COLS_DEFAULT, ROWS_DEFAULT);
	return 0;
}

/* ---- in another program's place ---- */

#define FIELD(...) SNAPSHOT_FIELD(struct port_state, __VA_ARGS__)

static const struct snapshot_field port_fields[] = {
	FIELD(nr, 1, SNAPSHOT_U32, .max = VIRTIO_CONSOLE_PORTS_MAX - 1),
	FIELD(told_open, 2, SNAPSHOT_BOOL),
	FIELD(took_back, 3, SNAPSHOT_BOOL),
	FIELD(sysrq_due, 4, SNAPSHOT_BOOL),
	FIELD(told_lost, 5, SNAPSHOT_U64),
	{ 0 },
};

static bool port_goes_on(const struct frontend *frontend)
{
	const struct port *port = container_of(frontend, const struct port, base);

	return frontend_goes_on(&port->serial->base);
}

static void port_save(const struct frontend *frontend, struct chardev_bequest *to)
{
	const struct port *port = container_of(frontend, const struct port, base);
	const struct port_state state = { .nr = virtio_console_port_id(port->port),
		.told_open = frontend->told_open,
		.took_back = port->took_back,
		.sysrq_due = port->sysrq_due,
		.told_lost = port->told_lost };

	snapshot_put(&to->writer, port_fields, &state);
}

/* The bus has been: what the guest has open is known, and is news only if it was not told. */
static void port_load(struct frontend *frontend, const void *left)
{
	struct port *port = port_from(frontend);
	const struct port_state *state = left;
	bool open = virtio_console_port_guest_open(port->port);

	port->took_back = state->took_back;
	port->sysrq_due = state->sysrq_due;
	port->told_lost = state->told_lost;
	frontend->guest_open = open;
	frontend->told_open = state->told_open;
	if (open != state->told_open)
		frontend_guest_open(frontend, open);
	task_post(frontend->loop, &port->settled, follow_chardev, port);
}

static const struct frontend_handover port_handover = {
	.fields = port_fields,
	.size = sizeof(struct port_state),
	.save = port_save,
	.goes_on = port_goes_on,
	.load = port_load,
};

#define PORT_OPTIONS                                                                        \
	{ .name = "chardev", .type = OPT_ID, .help = "chardev behind the port: a hub" },    \
		{ .name = "name",                                                           \
			.type = OPT_STRING,                                                 \
			.help = "name of the port in the guest, as in /dev/virtio-ports" }, \
		{ .name = "nr",                                                             \
			.type = OPT_UINT32,                                                 \
			.preset = "4294967295",                                             \
			.help = "number of the port; default: the lowest that is free" },   \
	{                                                                                   \
		.name = "bus", .type = OPT_ID, .help = "id of the virtio-serial device"     \
	}

static const struct opt_desc port_options[] = { PORT_OPTIONS, { 0 } };

static const struct opt_desc console_options[] = {
	PORT_OPTIONS,
	{ .name = "break",
		.type = OPT_ENUM,
		.values = "none|sysrq",
		.preset = "sysrq",
		.help = "what a break is to the guest: nothing, or its SysRq key (Ctrl-O)" },
	{ 0 },
};

const struct frontend_class frontend_virtconsole_class = {
	.name = "virtconsole",
	.summary = "a console of a virtio-serial device: /dev/hvc0 and on",
	.options = console_options,
	.size = sizeof(struct port),
	.open = port_open,
	.close = port_close,
	.handover = &port_handover,
};

const struct frontend_class frontend_virtserialport_class = {
	.name = "virtserialport",
	.summary = "a plain byte stream of a virtio-serial device: /dev/vport0p1 and on",
	.options = port_options,
	.size = sizeof(struct port),
	.open = port_open,
	.close = port_close,
	.handover = &port_handover,
};
