/* SPDX-License-Identifier: MIT */
/*
 * The program's own standard input and output, one chardev at most. What belongs to the operator is
 * borrowed: the terminal's mode is put back at the end. After a stop and SIGCONT (the shell has
 * reset the terminal) it is set again, if we are in the foreground. The flags of the descriptors,
 * which other processes share, are neither changed nor relied upon, see own_fd(). Output that is a
 * file on a disk is written beside the loop.
 *
 * A terminal that is a real line may send a break: the kernel is asked to mark it.
 */
/* syscalls: ioctl */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "backend/file-out.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "chardev/handover.h"
#include "io/out-file.h"
#include "io/own-fd.h"
#include "io/signal-source.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>

enum { CELLS_MAX = 1000 };

struct stdio_chardev {
	struct chardev base;
	struct fd_stream stream; /* without output where that goes to: */
	struct file_out file;
	struct signal_source *signals;
	struct task tell_size;
	struct termios old_mode, mode;
	bool is_tty, is_borrowed;
};

static struct stdio_chardev *stdio_of(struct chardev *chardev)
{
	return container_of(chardev, struct stdio_chardev, base);
}

/* ---- the terminal ---- */

static void make_mode(struct stdio_chardev *stdio, bool signals)
{
	struct termios *mode = &stdio->mode;

	*mode = stdio->old_mode;
	mode->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	mode->c_iflag |= PARMRK;
	mode->c_oflag |= OPOST;
	mode->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
	if (!signals)
		mode->c_lflag &= ~(tcflag_t)ISIG;
	mode->c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	mode->c_cflag |= CS8;
	mode->c_cc[VMIN] = 1;
	mode->c_cc[VTIME] = 0;
}

/* In the background the terminal is somebody else's, and touching it would stop us. */
static void set_mode(const struct termios *mode)
{
	pid_t foreground = tcgetpgrp(STDIN_FILENO);

	if (foreground < 0 || foreground == getpgrp())
		tcsetattr(STDIN_FILENO, TCSANOW, mode);
}

static void on_continued(const struct stdio_chardev *stdio)
{
	if (stdio->is_tty)
		set_mode(&stdio->mode);
}

static unsigned in_range(unsigned cells)
{
	return cells < CELLS_MAX ? cells : CELLS_MAX;
}

static void tell_size(void *data)
{
	struct stdio_chardev *stdio = data;
	struct chardev_event event = { .type = CHARDEV_RESIZE };
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return;
	event.cols = in_range(size.ws_col);
	event.rows = in_range(size.ws_row);
	chardev_event(&stdio->base, &event);
}

static void borrow(struct stdio_chardev *stdio, bool signals)
{
	if (stdio->is_tty) {
		make_mode(stdio, signals);
		set_mode(&stdio->mode);
	}
	stdio->is_borrowed = true;
}

static void give_back(struct stdio_chardev *stdio)
{
	if (!stdio->is_borrowed)
		return;
	if (stdio->is_tty)
		set_mode(&stdio->old_mode);
	stdio->is_borrowed = false;
}

/* ---- open and close ---- */

static void on_gone(struct chardev *chardev, int error)
{
	(void)error;
	if (file_out_is_open(&stdio_of(chardev)->file))
		chardev_set_open(chardev, false);
	else
		chardev_hang_up(chardev);
}

static const struct fd_stream_ops stdio_stream_ops = { .on_gone = on_gone };

static bool is_taken(const struct chardev *chardev)
{
	const struct chardev *other = NULL;

	while ((other = chardev_set_next(chardev->set, other)))
		if (other->class == chardev->class)
			return true;
	return false;
}

static int open_stream(struct stdio_chardev *stdio)
{
	bool has_file = file_out_is_open(&stdio->file);
	AUTO_CLOSE int in = own_fd(STDIN_FILENO, O_RDONLY);
	AUTO_CLOSE int out = has_file ? -1 : own_fd(STDOUT_FILENO, O_WRONLY);

	if (in < 0 || (out < 0 && !has_file))
		return in < 0 ? in : out;
	return fd_stream_open(&stdio->stream, TAKE_FD(in), TAKE_FD(out));
}

static int open_file(struct stdio_chardev *stdio, struct error **err)
{
	const struct writer_options options = { .path = "/dev/fd/1", .shared = true };

	return out_file_is_regular(STDOUT_FILENO)
		       ? file_out_open(&stdio->file, &stdio->base, options, err)
		       : 0;
}

static void stdio_close(struct chardev *chardev)
{
	struct stdio_chardev *stdio = stdio_of(chardev);

	task_cancel(&stdio->tell_size);
	signal_source_free(stdio->signals);
	fd_stream_close(&stdio->stream);
	file_out_close(&stdio->file);
	give_back(stdio);
}

static void on_signal(void *data, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGCONT)
		on_continued(data);
	else
		tell_size(data);
}

static int watch_signals(struct stdio_chardev *stdio)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGCONT);
	return signal_source_new(stdio->base.loop, &set, on_signal, stdio, &stdio->signals);
}

/* The mode to be put back is known. */
static int begin(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct stdio_chardev *stdio = stdio_of(chardev);
	int r;

	fd_stream_init(
		&stdio->stream, chardev, &stdio_stream_ops, stdio->is_tty ? FD_STREAM_MARKED : 0);
	r = open_file(stdio, err);
	if (r < 0)
		return r;
	r = open_stream(stdio);
	if (r == 0)
		r = watch_signals(stdio);
	if (r < 0) {
		stdio_close(chardev);
		return error_set(err, -r, "cannot use stdio: %s", strerror(-r));
	}
	borrow(stdio, opts_get_bool(opts, "signal"));
	fd_stream_start(&stdio->stream);
	chardev_set_open(chardev, true);
	return 0;
}

static int stdio_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct stdio_chardev *stdio = stdio_of(chardev);

	if (is_taken(chardev))
		return error_set(err, EBUSY, "cannot use stdio by multiple character devices");
	stdio->is_tty = tcgetattr(STDIN_FILENO, &stdio->old_mode) == 0;
	return begin(chardev, opts, err);
}

/* ---- in another program's place ---- */

/** struct stdio_state - what is left of one: the mode to be put back; none: it is no terminal */
struct stdio_state {
	struct snapshot_bytes mode;
};

static const struct snapshot_field stdio_fields[] = {
	SNAPSHOT_FIELD(struct stdio_state, mode, 1, SNAPSHOT_BLOB),
	{ 0 },
};

static void stdio_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct stdio_chardev *stdio = stdio_of(chardev);
	const struct stdio_state state = { .mode = { stdio->is_tty ? &stdio->old_mode : NULL,
						   sizeof(stdio->old_mode) } };

	snapshot_put(&to->writer, stdio_fields, &state);
}

static int stdio_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct stdio_chardev *stdio = stdio_of(chardev);
	const struct stdio_state *state = left;

	(void)from;
	stdio->is_tty = state->mode.data;
	if (stdio->is_tty && state->mode.len != sizeof(stdio->old_mode))
		return error_set(err, EBADMSG, "its settings are of another size");
	if (stdio->is_tty)
		memcpy(&stdio->old_mode, state->mode.data, sizeof(stdio->old_mode));
	return begin(chardev, opts, err);
}

static const struct chardev_handover stdio_handover = {
	.fields = stdio_fields,
	.size = sizeof(struct stdio_state),
	.save = stdio_save,
	.load = stdio_load,
};

/* ---- methods ---- */

static ssize_t stdio_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct stdio_chardev *stdio = stdio_of(chardev);

	if (file_out_is_open(&stdio->file))
		return file_out_outv(&stdio->file, iov, n);
	return fd_stream_outv(&stdio->stream, iov, n);
}

static void stdio_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&stdio_of(chardev)->stream);
}

/* A new holder learns the size of the terminal after this dispatch. */
static int stdio_attach(struct chardev *chardev, struct error **err)
{
	(void)err;
	task_post(chardev->loop, &stdio_of(chardev)->tell_size, tell_size, chardev);
	return 0;
}

static const struct opt_desc stdio_options[] = {
	{ .name = "signal",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "Ctrl-C and the like act on this program, not on the guest" },
	{ 0 },
};

const struct chardev_class backend_stdio_class = {
	.name = "stdio",
	.summary = "standard input and output of this program",
	.options = stdio_options,
	.size = sizeof(struct stdio_chardev),
	.open = stdio_open,
	.close = stdio_close,
	.out = stdio_out,
	.in_resume = stdio_in_resume,
	.handover = &stdio_handover,
	.identity = chardev_nobody,
	.attach = stdio_attach,
};
