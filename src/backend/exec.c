/* SPDX-License-Identifier: MIT */
/*
 * A child process as the peer, on a pseudo terminal of its own. What it prints is input for the
 * holder, so that `-device console,guest=ID` makes it a guest; as a member of a hub it is a viewer.
 *
 *	running		the child lives; the chardev is open
 *	draining	it has exited; what it printed is being delivered (the holder's pace)
 *	waiting		CLOSED and HANGUP were told; the timer starts it again
 *	over		the same, for ever
 *
 * A child that dies soon after its start is started again ever more slowly.
 */
/* syscalls: close ioctl */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "base/list.h"
#include "base/log.h"
#include "io/child.h"
#include "opts/opts.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
	RESTART_MS_MIN = 100,
	RESTART_MS_MAX = 30 * 1000,
	STEADY_MS = 5000, /* a child that ran for so long has not died fast */
	STATUS_BYTES = 80,
};

enum restart { RESTART_NO, RESTART_ALWAYS, RESTART_ON_FAILURE };

struct exec_chardev {
	struct chardev base;
	struct fd_stream stream;
	struct child *child; /* NULL: waiting or over */
	struct timer *timer;
	char *command, *term;
	unsigned cols, rows;
	enum restart restart;
	uint64_t started_ms, delay_ms;
	int status; /* of the last that exited */
	bool has_exited;
};

static struct exec_chardev *exec_of(struct chardev *chardev)
{
	return container_of(chardev, struct exec_chardev, base);
}

static void on_child_exit(void *data, int status)
{
	struct exec_chardev *exec = data;
	char text[STATUS_BYTES];

	exec->status = status;
	exec->has_exited = true;
	child_status_text(status, text, sizeof(text));
	log_message(
		status ? LOG_WARNING : LOG_INFO, "exec '%s': the command %s", exec->base.id, text);
	fd_stream_finish(&exec->stream);
}

static int start(struct exec_chardev *exec, struct error **err)
{
	const struct child_options options = {
		.command = exec->command, .term = exec->term, .cols = exec->cols, .rows = exec->rows
	};
	int master = -1;
	int r = child_spawn(
		exec->base.loop, &options, on_child_exit, exec, &exec->child, &master, err);

	if (r < 0)
		return r;
	r = fd_stream_open(&exec->stream, master, master);
	if (r < 0) {
		child_free(exec->child);
		exec->child = NULL;
		return error_set(err, -r, "exec '%s': %s", exec->base.id, strerror(-r));
	}
	exec->started_ms = loop_now_ms(exec->base.loop);
	fd_stream_start(&exec->stream);
	return 0;
}

static void start_later(struct exec_chardev *exec)
{
	uint64_t ran_ms = loop_now_ms(exec->base.loop) - exec->started_ms;

	if (exec->restart == RESTART_NO ||
		(exec->restart == RESTART_ON_FAILURE && exec->status == 0))
		return;
	if (ran_ms >= STEADY_MS || !exec->delay_ms)
		exec->delay_ms = RESTART_MS_MIN;
	else if (exec->delay_ms < RESTART_MS_MAX / 2)
		exec->delay_ms *= 2;
	else
		exec->delay_ms = RESTART_MS_MAX;
	timer_start(exec->timer, exec->delay_ms);
}

static void on_restart_due(void *data)
{
	struct exec_chardev *exec = data;
	struct error *err = NULL;

	if (start(exec, &err) < 0) {
		log_report(LOG_ERROR, err);
		exec->started_ms = loop_now_ms(exec->base.loop);
		start_later(exec);
		return;
	}
	chardev_set_open(&exec->base, true);
	chardev_room(&exec->base);
}

/* All that the child printed has been delivered. */
static void on_drained(struct chardev *chardev, int error)
{
	struct exec_chardev *exec = exec_of(chardev);

	(void)error;
	fd_stream_close(&exec->stream);
	child_free(exec->child);
	exec->child = NULL;
	start_later(exec);
	chardev_hang_up(chardev);
}

static const struct fd_stream_ops exec_stream_ops = { .on_gone = on_drained };

/* ---- methods ---- */

static void exec_close(struct chardev *chardev)
{
	struct exec_chardev *exec = exec_of(chardev);

	child_free(exec->child);
	fd_stream_close(&exec->stream);
	timer_free(exec->timer);
	free(exec->command);
	free(exec->term);
}

static int read_options(struct exec_chardev *exec, const struct opts *opts, struct error **err)
{
	struct chardev *chardev = &exec->base;
	const char *command = opts_get_string(opts, "command");

	fd_stream_init(&exec->stream, chardev, &exec_stream_ops, 0);
	exec->cols = (unsigned)opts_get_number(opts, "cols");
	exec->rows = (unsigned)opts_get_number(opts, "rows");
	exec->restart = (enum restart)opts_get_enum(opts, "restart");
	exec->command = strdup(command);
	exec->term = strdup(opts_get_string(opts, "term"));
	exec->timer = timer_new(chardev->loop, on_restart_due, exec);
	return exec->command && exec->term && exec->timer
		       ? 0
		       : error_set(err, ENOMEM, "exec '%s': out of memory", chardev->id);
}

static int exec_check(const struct opts *opts, struct error **err)
{
	const char *command = opts_get_string(opts, "command");

	return command && *command ? 0 : error_set(err, EINVAL, "chardev: exec: no command given");
}

static int exec_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct exec_chardev *exec = exec_of(chardev);
	int r = read_options(exec, opts, err);

	if (r == 0)
		r = start(exec, err);
	if (r < 0)
		exec_close(chardev);
	else
		chardev_set_open(chardev, true);
	return r;
}

/* ---- in another program's place ---- */

/**
 * struct exec_state
 * @master, @slave: of its terminal; -1: there is none
 * @pid:     0: it has exited
 * @started_ms: by the monotonic clock, which goes on
 * @waits:   the timer is to start it again
 */
struct exec_state {
	int master, slave;
	unsigned pid, cols, rows, status;
	bool doomed, has_exited, waits;
	uint64_t started_ms, delay_ms;
};

#define FIELD(...) SNAPSHOT_FIELD(struct exec_state, __VA_ARGS__)

static const struct snapshot_field exec_fields[] = {
	FIELD(master, 1, SNAPSHOT_FILE),
	FIELD(slave, 2, SNAPSHOT_FILE),
	FIELD(pid, 3, SNAPSHOT_U32, .max = INT32_MAX),
	FIELD(cols, 4, SNAPSHOT_U32),
	FIELD(rows, 5, SNAPSHOT_U32),
	FIELD(status, 6, SNAPSHOT_U32),
	FIELD(doomed, 7, SNAPSHOT_BOOL),
	FIELD(has_exited, 8, SNAPSHOT_BOOL),
	FIELD(waits, 9, SNAPSHOT_BOOL),
	FIELD(started_ms, 10, SNAPSHOT_U64),
	FIELD(delay_ms, 11, SNAPSHOT_U64, .max = RESTART_MS_MAX),
	{ 0 },
};

static void put_child(const struct exec_chardev *exec, struct exec_state *state)
{
	struct child_state child = { .slave = -1 };

	if (exec->child)
		child_save(exec->child, &child);
	state->master = fd_stream_fd(&exec->stream);
	state->slave = child.slave;
	state->pid = (unsigned)child.pid;
	state->doomed = child.doomed;
}

/* Where children end the command is started again, as it is when the program is. */
static void exec_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct exec_chardev *exec = exec_of(chardev);
	struct exec_state state = { .master = -1,
		.slave = -1,
		.cols = exec->cols,
		.rows = exec->rows,
		.status = (unsigned)exec->status,
		.has_exited = exec->has_exited,
		.waits = to->children_end || timer_is_running(exec->timer),
		.started_ms = exec->started_ms,
		.delay_ms = to->children_end ? 0 : exec->delay_ms };

	if (to->children_end)
		chardev_leave_out(to, chardev, "its child");
	else
		put_child(exec, &state);
	snapshot_put(&to->writer, exec_fields, &state);
}

/* The child, as far as there is one still, and what it has printed. */
static int adopt(struct exec_chardev *exec, const struct exec_state *state)
{
	const struct child_state child = { (pid_t)state->pid, state->slave, state->doomed };
	int r = fd_stream_open(&exec->stream, state->master, state->master);

	if (r == 0 && child.pid)
		r = child_adopt(
			exec->base.loop, &child, state->master, on_child_exit, exec, &exec->child);
	if (r < 0 || !child.pid)
		close(state->slave);
	if (r < 0)
		return r;
	fd_stream_start(&exec->stream);
	if (!child.pid)
		fd_stream_finish(&exec->stream);
	chardev_set_open(&exec->base, true);
	return 0;
}

static int exec_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct exec_chardev *exec = exec_of(chardev);
	const struct exec_state *state = left;
	int r = read_options(exec, opts, err);

	(void)from;
	exec->cols = state->cols;
	exec->rows = state->rows;
	exec->status = (int)state->status;
	exec->has_exited = state->has_exited;
	exec->started_ms = state->started_ms;
	exec->delay_ms = state->delay_ms;
	if (r == 0 && state->master >= 0) {
		r = adopt(exec, state);
		if (r < 0)
			error_set(err, -r, "its child: %s", strerror(-r));
	} else if (r == 0 && state->waits) {
		timer_start(exec->timer, exec->delay_ms);
	}
	if (r < 0)
		exec_close(chardev);
	return r;
}

static void exec_part(struct chardev *chardev, const char *reason)
{
	struct exec_chardev *exec = exec_of(chardev);

	(void)reason;
	if (!exec->child)
		return;
	log_info("exec '%s': the command ends with this process, and the next one starts it again",
		chardev->id);
	child_hang_up(exec->child);
}

static const struct chardev_handover exec_handover = {
	.fields = exec_fields,
	.size = sizeof(struct exec_state),
	.save = exec_save,
	.load = exec_load,
	.part = exec_part,
};

static ssize_t exec_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return fd_stream_outv(&exec_of(chardev)->stream, iov, n);
}

static void exec_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&exec_of(chardev)->stream);
}

/*
 * A pty carries no break: do what its terminal would make of one [termios(3) BRKINT]. By default
 * that is a zero byte.
 */
static int send_break(struct exec_chardev *exec)
{
	char zero = 0;
	const struct iovec iov = { &zero, 1 };
	struct termios mode;
	ssize_t n;

	if (!exec->child)
		return -EPIPE;
	if (tcgetattr(fd_stream_fd(&exec->stream), &mode) < 0)
		return -errno;
	if (mode.c_iflag & IGNBRK)
		return 0;
	if (mode.c_iflag & BRKINT)
		return ioctl(fd_stream_fd(&exec->stream), TIOCSIG, SIGINT) < 0 ? -errno : 0;
	n = fd_stream_outv(&exec->stream, &iov, 1);
	return n < 0 ? (int)n : 0;
}

/* The size is kept for the next child, too. */
static int exec_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct exec_chardev *exec = exec_of(chardev);
	struct winsize size = { .ws_col = (unsigned short)event->cols,
		.ws_row = (unsigned short)event->rows };

	if (event->type == CHARDEV_BREAK)
		return send_break(exec);
	if (event->type != CHARDEV_RESIZE)
		return -ENOTSUP;
	exec->cols = event->cols;
	exec->rows = event->rows;
	if (exec->child && ioctl(fd_stream_fd(&exec->stream), TIOCSWINSZ, &size) < 0)
		return -errno;
	return 0;
}

static int exec_disconnect(struct chardev *chardev, const char *reason)
{
	struct exec_chardev *exec = exec_of(chardev);

	(void)reason;
	if (exec->child)
		child_hang_up(exec->child);
	return 0;
}

static char *exec_describe(const struct chardev *chardev)
{
	const struct exec_chardev *exec = (const struct exec_chardev *)chardev;
	char status[STATUS_BYTES] = "is not running", *text;
	int r;

	if (exec->has_exited)
		child_status_text(exec->status, status, sizeof(status));
	if (exec->child)
		r = asprintf(&text, "exec:%s (pid %d on %s)", exec->command,
			(int)child_pid(exec->child), child_tty(exec->child));
	else
		r = asprintf(&text, "exec:%s (%s)", exec->command, status);
	return r < 0 ? NULL : text;
}

static const struct opt_desc exec_options[] = {
	{ .name = "command", .type = OPT_STRING, .help = "what /bin/sh -c runs" },
	{ .name = "restart",
		.type = OPT_ENUM,
		.values = "no|always|on-failure",
		.preset = "no",
		.help = "start it again after it has exited" },
	{ .name = "cols",
		.type = OPT_NUMBER,
		.preset = "80",
		.min = 1,
		.max = 1000,
		.help = "columns of its terminal at the start" },
	{ .name = "rows",
		.type = OPT_NUMBER,
		.preset = "24",
		.min = 1,
		.max = 1000,
		.help = "rows of its terminal at the start" },
	{ .name = "term",
		.type = OPT_STRING,
		.preset = "xterm-256color",
		.help = "its environment variable TERM" },
	{ 0 },
};

const struct chardev_class backend_exec_class = {
	.name = "exec",
	.summary = "a child process on a pseudo terminal",
	.options = exec_options,
	.size = sizeof(struct exec_chardev),
	.check = exec_check,
	.open = exec_open,
	.close = exec_close,
	.out = exec_out,
	.in_resume = exec_in_resume,
	.event = exec_event,
	.handover = &exec_handover,
	.disconnect = exec_disconnect,
	.identity = chardev_nobody,
	.describe = exec_describe,
};
