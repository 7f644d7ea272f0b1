/* SPDX-License-Identifier: MIT */
/*
 * A serial line of the host, which may go and come back: a USB adapter that is pulled.
 *
 *	open		the device is there, and ours
 *	waiting		CLOSED and HANGUP were told, or it has not come yet (wait=on); it is tried
 *			when something changes where its name may appear (udev makes /dev/ttyUSB0,
 *			lets us open it, and links /dev/serial to it), and after a while where the
 *			name is there already
 *
 * It comes back with the settings it had, those among them that a holder made, then or meanwhile.
 *
 * A break takes BREAK_MS by a timer, never by tcsendbreak(), which waits; meanwhile nothing is
 * written. Then the line rests for as long: more breaks are one with it, however many there are,
 * and bytes get through.
 *
 * That a modem line has changed the kernel tells a thread that waits in an ioctl; where the driver
 * does not know that one, the lines are looked at MODEM_MS apart. Either only while the device has
 * such lines and a holder. What changes before the thread waits, or again, is seen at a second look
 * after SETTLE_MS.
 */
/* before the sandbox: close */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "backend/serial-port.h"
#include "backend/uucp-lock.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "chardev/handover.h"
#include "io/path-watch.h"
#include "io/waiter.h"
#include "opts/opts.h"
#include "transport/tty-marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SPEED_MAX = 12000000,
	BREAK_MS = 250,
	MODEM_MS = 250,
	SETTLE_MS = 2 * WAITER_PAUSE_MS,
	RETRY_MS = 1000,
};

/**
 * struct serial
 * @line:    as it is set, and will be again
 * @lock:    UUCP's; NULL: none
 * @watch:   waiting; NULL: where that cannot be watched
 * @modem:   lines as told last, where @has_modem
 * @changes: waits for the next change of them; NULL: there is no need, or no way
 * @modems:  looks at them
 * @set, @set_mask: those lines that a holder has set
 * @report:  the holder is told line and modem
 * @failed:  a write has failed
 */
struct serial {
	struct chardev base;
	struct fd_stream stream;
	struct line_settings line;
	char *path;
	struct uucp_lock *lock;
	struct path_watch *watch;
	struct waiter *changes;
	struct timer *retry, *breaks, *modems;
	unsigned modem, set, set_mask;
	enum { NO_BREAK, BREAK_HOLDS, BREAK_RESTS } breaking;
	bool has_modem, told_why;
	struct task report, failed;
};

static struct serial *serial_of(struct chardev *chardev)
{
	return container_of(chardev, struct serial, base);
}

static int fd_of(const struct serial *serial)
{
	return fd_stream_fd(&serial->stream);
}

/* ---- modem lines ---- */

static void tell_modem(struct serial *serial)
{
	struct chardev_event event = { .type = CHARDEV_MODEM, .modem = serial->modem };

	if (serial->has_modem)
		chardev_event(&serial->base, &event);
}

static void look_at_modem(void *data)
{
	struct serial *serial = data;
	unsigned before = serial->modem;

	if (!serial->base.link || !fd_stream_is_started(&serial->stream))
		return;
	if (serial_port_modem(fd_of(serial), &serial->modem) == 0 && serial->modem != before)
		tell_modem(serial);
	if (!serial->changes && !serial->base.closing)
		timer_start(serial->modems, MODEM_MS);
}

static void stop_modem(struct serial *serial)
{
	waiter_free(TAKE_PTR(serial->changes));
	timer_stop(serial->modems);
}

static void on_modem_changed(void *data, int error)
{
	struct serial *serial = data;

	if (error)
		waiter_free(TAKE_PTR(serial->changes));
	timer_start(serial->modems, SETTLE_MS);
	look_at_modem(serial);
}

static void watch_modem(struct serial *serial)
{
	if (!serial->has_modem || !serial->base.link || serial->changes)
		return;
	if (waiter_new(serial->base.loop, fd_of(serial), serial_port_await_modem, on_modem_changed,
		    serial, &serial->changes) < 0)
		serial->changes = NULL;
	timer_start(serial->modems, SETTLE_MS);
}

/* ---- what the holder hears of the line ---- */

static void tell_line(struct serial *serial)
{
	struct chardev_event event = { .type = CHARDEV_LINE, .line = serial->line };

	chardev_event(&serial->base, &event);
}

static void report(void *data)
{
	struct serial *serial = data;

	if (fd_stream_is_started(&serial->stream)) {
		serial_port_get(fd_of(serial), &serial->line);
		serial->has_modem = serial_port_modem(fd_of(serial), &serial->modem) == 0;
		watch_modem(serial);
	}
	tell_line(serial);
	tell_modem(serial);
}

static void report_later(struct serial *serial)
{
	task_post(serial->base.loop, &serial->report, report, serial);
}

/* ---- the device comes and goes ---- */

static void close_device(struct serial *serial)
{
	if (serial->stream.transport) {
		stop_modem(serial);
		serial_port_flush(fd_of(serial));
	}
	fd_stream_close(&serial->stream);
	uucp_lock_release(TAKE_PTR(serial->lock));
}

static int open_device(struct serial *serial, struct error **err)
{
	int r = uucp_lock_take(serial->path, &serial->lock, err);

	if (r < 0)
		return r;
	r = serial_port_open(serial->path, &serial->line, err);
	if (r >= 0) {
		r = fd_stream_open(&serial->stream, r, r);
		if (r < 0)
			error_set(err, -r, "Could not open '%s': %s", serial->path, strerror(-r));
	}
	if (r < 0) {
		uucp_lock_release(TAKE_PTR(serial->lock));
		return r;
	}
	if (serial->set_mask)
		serial_port_set_modem(fd_of(serial), serial->set, serial->set_mask);
	fd_stream_start(&serial->stream);
	report_later(serial);
	return 0;
}

static bool is_there(const struct serial *serial)
{
	return faccessat(AT_FDCWD, serial->path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void try_again(void *data)
{
	AUTO_ERROR struct error *err = NULL;
	struct serial *serial = data;

	if (!is_there(serial) && serial->watch)
		return;
	if (open_device(serial, &err) < 0) {
		if (!serial->told_why)
			log_warning("serial '%s': %s", serial->base.id, error_message(err));
		serial->told_why = true;
		timer_start(serial->retry, RETRY_MS);
		return;
	}
	path_watch_free(TAKE_PTR(serial->watch));
	timer_stop(serial->retry);
	log_info("serial '%s': '%s' is there", serial->base.id, serial->path);
	chardev_set_open(&serial->base, true);
	chardev_room(&serial->base);
}

static void wait_for_device(struct serial *serial)
{
	serial->told_why = false;
	if (path_watch_new(serial->base.loop, serial->path, try_again, serial, &serial->watch) < 0)
		serial->watch = NULL;
	/* A device that hangs up and stays has its name still. */
	if (!serial->watch || is_there(serial))
		timer_start(serial->retry, RETRY_MS);
}

static void on_gone(struct chardev *chardev, int error)
{
	struct serial *serial = serial_of(chardev);

	log_info("serial '%s': '%s' is gone%s%s", chardev->id, serial->path, error ? ": " : "",
		error ? strerror(error) : "");
	close_device(serial);
	timer_stop(serial->breaks);
	serial->breaking = NO_BREAK;
	serial->has_modem = false;
	wait_for_device(serial);
	chardev_hang_up(chardev);
}

static void on_eof(struct chardev *chardev)
{
	on_gone(chardev, 0);
}

static const struct fd_stream_ops serial_stream_ops = { .on_eof = on_eof, .on_gone = on_gone };

/* ---- break ---- */

static void on_break_over(void *data)
{
	struct serial *serial = data;
	bool held = serial->breaking == BREAK_HOLDS;

	serial->breaking = held ? BREAK_RESTS : NO_BREAK;
	if (!held)
		return;
	serial_port_break(fd_of(serial), false);
	timer_start(serial->breaks, BREAK_MS);
	chardev_room(&serial->base);
}

static int send_break(struct serial *serial)
{
	int r = serial->breaking ? 0 : serial_port_break(fd_of(serial), true);

	if (r == 0 && !serial->breaking) {
		serial->breaking = BREAK_HOLDS;
		timer_start(serial->breaks, BREAK_MS);
	}
	return r;
}

/* ---- methods ---- */

/* A line that takes no more is opened anew, also where it could still be read. */
static void end_failed(void *data)
{
	struct serial *serial = data;

	if (fd_stream_is_started(&serial->stream))
		on_gone(&serial->base, serial->stream.error);
}

static void serial_close(struct chardev *chardev)
{
	struct serial *serial = serial_of(chardev);

	task_cancel(&serial->report);
	task_cancel(&serial->failed);
	close_device(serial);
	path_watch_free(serial->watch);
	timer_free(serial->retry);
	timer_free(serial->breaks);
	timer_free(serial->modems);
	free(serial->path);
}

/* With wait=on: what is no device that may come, or may be had, later? */
static bool is_hopeless(int error)
{
	return error == -ENOTTY || error == -ENOMEM;
}

static int open_first(struct serial *serial, bool may_wait, struct error **err)
{
	AUTO_ERROR struct error *why = NULL;
	int r = open_device(serial, &why);

	if (r == 0) {
		chardev_set_open(&serial->base, true);
		return 0;
	}
	if (!may_wait || is_hopeless(r))
		return error_move(err, &why);
	log_warning("serial '%s': %s; waits for it", serial->base.id, error_message(why));
	wait_for_device(serial);
	return 0;
}

/* On an error there is still something to be closed. */
static int begin(struct serial *serial, const struct opts *opts, struct error **err)
{
	struct chardev *chardev = &serial->base;
	const char *path = opts_get_string(opts, "path");

	fd_stream_init(
		&serial->stream, chardev, &serial_stream_ops, FD_STREAM_TTY | FD_STREAM_MARKED);
	serial->line = (struct line_settings){
		.speed = (uint32_t)opts_get_number(opts, "speed"),
		.data_bits = (uint8_t)opts_get_number(opts, "databits"),
		.parity = (uint8_t)(opts_get_enum(opts, "parity") + LINE_PARITY_NONE),
		.stop_bits = (uint8_t)(opts_get_enum(opts, "stopbits") + LINE_STOP_1),
		.flow = (uint8_t)(opts_get_enum(opts, "flow") + LINE_FLOW_NONE),
	};
	serial->path = strdup(path);
	serial->retry = timer_new(chardev->loop, try_again, serial);
	serial->breaks = timer_new(chardev->loop, on_break_over, serial);
	serial->modems = timer_new(chardev->loop, look_at_modem, serial);
	return serial->path && serial->retry && serial->breaks && serial->modems
		       ? 0
		       : error_set(err, ENOMEM, "serial '%s': out of memory", chardev->id);
}

static int serial_check(const struct opts *opts, struct error **err)
{
	return opts_get_string(opts, "path")
		       ? 0
		       : error_set(err, EINVAL, "chardev: serial/tty: no device path given");
}

static int serial_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct serial *serial = serial_of(chardev);
	int r = begin(serial, opts, err);

	if (r == 0)
		r = open_first(serial, opts_get_bool(opts, "wait"), err);
	if (r < 0)
		serial_close(chardev);
	return r;
}

/* ---- in another program's place ---- */

/**
 * struct serial_state - what is left of one
 * @fd:    of the device, with its settings and our locks of the kernel; -1: it waits for it
 * @line:  as it is set, and will be again
 * @set, @set_mask: modem lines that a holder has set
 * @breaks: the line is held in a break
 */
struct serial_state {
	int fd;
	struct snapshot_bytes line;
	unsigned set, set_mask;
	bool breaks;
	struct snapshot_groups marks;
};

#define FIELD(...) SNAPSHOT_FIELD(struct serial_state, __VA_ARGS__)

static const struct snapshot_field serial_fields[] = {
	FIELD(fd, 1, SNAPSHOT_FILE),
	FIELD(line, 2, SNAPSHOT_BLOB, .needed = true),
	FIELD(set, 3, SNAPSHOT_U32),
	FIELD(set_mask, 4, SNAPSHOT_U32),
	FIELD(breaks, 5, SNAPSHOT_BOOL),
	FIELD(marks, TRANSPORT_TAG_MARKS, SNAPSHOT_EACH, .of = tty_marks_fields,
		.size = sizeof(struct tty_marks_state)),
	{ 0 },
};

static void serial_save(struct chardev *chardev, struct chardev_bequest *to)
{
	struct serial *serial = serial_of(chardev);
	bool is_there = fd_stream_is_started(&serial->stream);
	struct serial_state state = { .fd = is_there ? fd_of(serial) : -1,
		.line = { &serial->line, sizeof(serial->line) },
		.set = serial->set,
		.set_mask = serial->set_mask,
		.breaks = serial->breaking == BREAK_HOLDS };

	snapshot_put(&to->writer, serial_fields, &state);
	if (is_there)
		transport_save(serial->stream.transport, &to->writer);
}

/* The lock of UUCP was given up with the program; the device is ours all the same. */
static int take_device(struct serial *serial, const struct serial_state *state)
{
	AUTO_ERROR struct error *err = NULL;
	int r = fd_stream_open(&serial->stream, state->fd, state->fd);

	if (r == 0)
		r = tty_marks_go_on(serial->stream.transport, state->marks);
	if (r < 0)
		return r;
	if (uucp_lock_take(serial->path, &serial->lock, &err) < 0)
		log_warning("serial '%s': %s", serial->base.id, error_message(err));
	fd_stream_start(&serial->stream);
	if (state->breaks) {
		serial->breaking = BREAK_HOLDS;
		timer_start(serial->breaks, BREAK_MS);
	}
	report_later(serial);
	chardev_set_open(&serial->base, true);
	return 0;
}

static int serial_load(struct chardev *chardev, const struct opts *opts,
	const struct snapshot *from, const void *left, struct error **err)
{
	struct serial *serial = serial_of(chardev);
	const struct serial_state *state = left;
	int r = begin(serial, opts, err);

	(void)from;
	if (r == 0 && state->line.len != sizeof(serial->line))
		r = error_set(err, EBADMSG, "its settings are of another size");
	if (r < 0) {
		if (state->fd >= 0)
			close(state->fd);
		serial_close(chardev);
		return r;
	}
	memcpy(&serial->line, state->line.data, sizeof(serial->line));
	serial->set = state->set;
	serial->set_mask = state->set_mask;
	if (state->fd < 0) {
		wait_for_device(serial);
		return 0;
	}
	r = take_device(serial, state);
	if (r == 0)
		return 0;
	serial_close(chardev);
	return error_set(err, -r, "its device: %s", strerror(-r));
}

static const struct chardev_handover serial_handover = {
	.fields = serial_fields,
	.size = sizeof(struct serial_state),
	.save = serial_save,
	.load = serial_load,
};

/* ---- more methods ---- */

static int serial_attach(struct chardev *chardev, struct error **err)
{
	(void)err;
	report_later(serial_of(chardev));
	return 0;
}

static void serial_detach(struct chardev *chardev)
{
	stop_modem(serial_of(chardev));
}

static ssize_t serial_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct serial *serial = serial_of(chardev);
	ssize_t done =
		serial->breaking == BREAK_HOLDS ? 0 : fd_stream_outv(&serial->stream, iov, n);

	if (fd_stream_is_started(&serial->stream) && !fd_stream_takes_out(&serial->stream))
		task_post(chardev->loop, &serial->failed, end_failed, serial);
	return done;
}

static void serial_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&serial_of(chardev)->stream);
}

static int set_line(struct serial *serial, const struct line_settings *line)
{
	if (fd_stream_is_started(&serial->stream))
		return serial_port_set(fd_of(serial), line);
	line_settings_change(&serial->line, line);
	return 0;
}

static int set_modem(struct serial *serial, unsigned bits, unsigned mask)
{
	serial->set_mask |= mask;
	serial->set = (serial->set & ~mask) | (bits & mask);
	return fd_stream_is_started(&serial->stream)
		       ? serial_port_set_modem(fd_of(serial), bits, mask)
		       : 0;
}

static int serial_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct serial *serial = serial_of(chardev);
	int r = -ENOTSUP;

	switch (event->type) {
	case CHARDEV_BREAK:
		return fd_stream_is_started(&serial->stream) ? send_break(serial) : -EPIPE;
	case CHARDEV_LINE: r = set_line(serial, &event->line); break;
	case CHARDEV_MODEM: r = set_modem(serial, event->modem, event->modem_mask); break;
	default: return -ENOTSUP;
	}
	report_later(serial); /* what has come of it */
	return r;
}

static char *serial_describe(const struct chardev *chardev)
{
	const struct serial *serial = (const struct serial *)chardev;
	char *text;

	if (asprintf(&text, "%sserial:%s", chardev->open ? "" : "disconnected:", serial->path) < 0)
		return NULL;
	return text;
}

static const struct opt_desc serial_options[] = {
	{ .name = "path", .type = OPT_STRING, .help = "the device: /dev/ttyS0, a link to it" },
	{ .name = "speed",
		.type = OPT_NUMBER,
		.preset = "115200",
		.min = 50,
		.max = SPEED_MAX,
		.help = "bits a second" },
	{ .name = "databits",
		.type = OPT_NUMBER,
		.preset = "8",
		.min = 5,
		.max = 8,
		.help = "bits of a character" },
	{ .name = "parity",
		.type = OPT_ENUM,
		.values = "none|odd|even|mark|space",
		.preset = "none",
		.help = "the bit behind them" },
	{ .name = "stopbits",
		.type = OPT_ENUM,
		.values = "1|2|1.5",
		.preset = "1",
		.help = "how long the line rests after a character" },
	{ .name = "flow",
		.type = OPT_ENUM,
		.values = "none|xonxoff|rtscts",
		.preset = "none",
		.help = "how each side makes the other wait" },
	{ .name = "wait",
		.type = OPT_BOOL,
		.preset = "off",
		.help = "a device that is not there at the start may come later" },
	{ 0 },
};

const struct chardev_class backend_serial_class = {
	.name = "serial",
	.summary = "a serial line of the host, which may be a USB adapter that comes and goes",
	.options = serial_options,
	.size = sizeof(struct serial),
	.check = serial_check,
	.open = serial_open,
	.close = serial_close,
	.out = serial_out,
	.in_resume = serial_in_resume,
	.event = serial_event,
	.handover = &serial_handover,
	.attach = serial_attach,
	.detach = serial_detach,
	.describe = serial_describe,
};
