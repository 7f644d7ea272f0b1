/* SPDX-License-Identifier: MIT */
/*
 * A pseudo terminal whose slave belongs to whoever opens it. The master never closes; a peer is
 * present while at least one process has the slave open, and the kernel tells the two edges in
 * different ways:
 *
 *	open	inotify reports the open(2) of the slave node, after POLLHUP of the master has gone
 *	close	the master hangs up (an inotify event would come before that is true)
 *
 * So the state is what poll() says, and the two events are when to ask. While nobody is there the
 * master is not watched at all: its hang-up is level-triggered.
 *
 * The slave is opened and closed once at creation, since a master whose slave was never opened
 * shows no hang-up. What one reader left unread is flushed when it goes: the next one must not see
 * it. If a reader goes and another comes before the loop looks, the two are one.
 *
 * What a reader did to the terminal goes with it. Its settings are put back when the last one has
 * gone, and the terminal is for everybody again: not stopped (TCOOFF), nor locked (TIOCEXCL, which
 * only the superuser gets past: for others a new pty takes the place of the locked one, and the
 * number, since that is free again). A terminal that echoes would give the guest its own output as
 * input: echo is turned off whenever there is something to write.
 *
 * Terminal programs flush their side when they have opened it (tio 0.1 ms later), and with it what
 * they were shown by then. Packet mode tells: the holder is asked to show it again.
 */
/* syscalls: access close faccessat ioctl openat poll ppoll readlink symlink unlink */
#include "backend/backends.h"

#include "backend/fd-stream.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "io/open-watch.h"
#include "opts/opts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

enum { SLAVE_NAME_BYTES = 32 };

struct pty_chardev {
	struct chardev base;
	struct fd_stream stream;
	struct open_watch *opens;
	struct termios mode; /* of a terminal that nobody has touched */
	char slave[SLAVE_NAME_BYTES];
	char *symlink; /* absolute; NULL: none */
};

static struct pty_chardev *pty_of(struct chardev *chardev)
{
	return container_of(chardev, struct pty_chardev, base);
}

/* ---- the terminal ---- */

static int open_slave(const struct pty_chardev *pty, int master)
{
	int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	int fd = ioctl(master, TIOCGPTPEER, flags);

	return fd >= 0 ? fd : open(pty->slave, flags);
}

/* Packet mode from here on: what was flushed before does not count. */
static int begin_packets(int master)
{
	int off = 0, on = 1;

	return ioctl(master, TIOCPKT, &off) < 0 || ioctl(master, TIOCPKT, &on) < 0 ? -errno : 0;
}

static int make_raw(struct pty_chardev *pty, int fd)
{
	struct termios *mode = &pty->mode;

	if (tcgetattr(fd, mode) < 0)
		return -errno;
	cfmakeraw(mode);
	mode->c_cc[VMIN] = 1;
	mode->c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, mode) < 0 ? -errno : 0;
}

static int open_master(struct pty_chardev *pty, int *ret_master)
{
	AUTO_CLOSE
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	AUTO_CLOSE
	int slave = -1;
	int r;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -errno;
	r = ptsname_r(master, pty->slave, sizeof(pty->slave));
	if (r)
		return -r;
	slave = open_slave(pty, master);
	if (slave < 0)
		return -errno;
	r = make_raw(pty, slave);
	if (r == 0)
		r = begin_packets(master);
	if (r < 0)
		return r;
	*ret_master = TAKE_FD(master);
	return 0;
}

static void on_slave_opened(void *data);

static int make_terminal(struct pty_chardev *pty, struct error **err)
{
	int master = -1, r = open_master(pty, &master);

	if (r < 0)
		return error_set(err, -r, "Failed to create PTY: %s", strerror(-r));
	r = fd_stream_open(&pty->stream, master, master);
	if (r < 0)
		return error_set(err, -r, "Failed to watch PTY: %s", strerror(-r));
	r = open_watch_new(pty->base.loop, pty->slave, on_slave_opened, pty, &pty->opens);
	return r < 0 ? error_set(err, -r, "Failed to watch '%s': %s", pty->slave, strerror(-r)) : 0;
}

static void end_terminal(struct pty_chardev *pty)
{
	open_watch_free(TAKE_PTR(pty->opens));
	fd_stream_close(&pty->stream);
}

/* ---- the symbolic link ---- */

/* Does @path lead to a pty that is no more, or (by its number's coming back) to @slave? */
static bool symlink_is_dead(const char *path, const char *slave)
{
	char target[PATH_MAX];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len < 0)
		return false;
	target[len] = 0;
	if (!strcmp(target, slave))
		return true;
	return !strncmp(target, "/dev/pts/", 9) && access(target, F_OK) < 0 && errno == ENOENT;
}

static int make_symlink(struct pty_chardev *pty, const char *path, struct error **err)
{
	int code = symlink(pty->slave, path) < 0 ? errno : 0;

	if (code == EEXIST && symlink_is_dead(path, pty->slave)) {
		unlink(path);
		code = symlink(pty->slave, path) < 0 ? errno : 0;
	}
	if (code)
		return error_set(err, code, "Failed to create PTY symlink: %s", strerror(code));
	/* Absolute: the program may go to another directory before it removes the link. */
	if (path[0] == '/') {
		pty->symlink = strdup(path);
	} else {
		AUTO_FREE
		char *here = getcwd(NULL, 0);

		if (!here || asprintf(&pty->symlink, "%s/%s", here, path) < 0)
			pty->symlink = NULL;
	}
	if (!pty->symlink) {
		unlink(path);
		return error_set(err, ENOMEM, "pty '%s': out of memory", pty->base.id);
	}
	return 0;
}

static void remove_symlink(struct pty_chardev *pty)
{
	char target[SLAVE_NAME_BYTES];
	ssize_t len;

	if (!pty->symlink)
		return;
	len = readlink(pty->symlink, target, sizeof(target));
	if (len > 0 && (size_t)len == strlen(pty->slave) &&
		!memcmp(target, pty->slave, (size_t)len))
		unlink(pty->symlink);
	free(pty->symlink);
	pty->symlink = NULL;
}

/* ---- the peer comes and goes ---- */

/* A mode set on the master is the slave's [ioctl_tty(2)]. */
static void stop_echo(int master)
{
	struct termios mode;

	if (tcgetattr(master, &mode) < 0 || !(mode.c_lflag & (ECHO | ECHONL)))
		return;
	mode.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	tcsetattr(master, TCSANOW, &mode);
}

/* As if nobody had been there; nobody will read any more what is in the slave's queue. */
static int forget_reader(struct pty_chardev *pty)
{
	int master = fd_stream_fd(&pty->stream);
	AUTO_CLOSE int fd = open_slave(pty, master);
	int r = fd < 0 ? -errno : 0;

	tcflush(master, TCOFLUSH);
	tcsetattr(master, TCSANOW, &pty->mode);
	if (fd >= 0) {
		ioctl(fd, TIOCNXCL);
		tcflow(fd, TCOON);
		tcflush(fd, TCIFLUSH);
	}
	begin_packets(master);
	return r;
}

/*
 * The holder has not taken yet what the last reader wrote when the next one is there already: it
 * is told of the change now, and gets those bytes as if they came from the new one.
 */
static void change_readers(struct pty_chardev *pty)
{
	fd_stream_stop(&pty->stream);
	forget_reader(pty);
	chardev_hang_up(&pty->base);
}

/* Opened by a reader, who may be gone again already, or by forget_reader(). */
static void on_slave_opened(void *data)
{
	struct pty_chardev *pty = data;
	struct pollfd look = { .fd = fd_stream_fd(&pty->stream), .events = POLLIN };
	bool gone = poll(&look, 1, 0) > 0 && (look.revents & POLLHUP);

	if (pty->base.open && !gone && !fd_stream_takes_out(&pty->stream))
		change_readers(pty);
	if (pty->base.open || pty->base.closing)
		return;
	/* What it wrote meanwhile is still to be delivered. */
	if (gone && !(look.revents & POLLIN))
		return;
	begin_packets(fd_stream_fd(&pty->stream));
	fd_stream_start(&pty->stream);
	chardev_set_open(&pty->base, true);
	chardev_room(&pty->base);
}

/* The last reader has locked the terminal. */
static void replace(struct pty_chardev *pty)
{
	AUTO_FREE char *path = pty->symlink ? strdup(pty->symlink) : NULL;
	struct error *err = NULL;
	int r;

	remove_symlink(pty);
	end_terminal(pty);
	r = make_terminal(pty, &err);
	if (r == 0 && path)
		r = make_symlink(pty, path, &err);
	if (r < 0)
		log_report(LOG_ERROR, err);
	else
		log_info("pty '%s': was left locked (TIOCEXCL) and is made anew: %s", pty->base.id,
			pty->slave);
}

static void on_slave_gone(struct chardev *chardev, int error)
{
	struct pty_chardev *pty = pty_of(chardev);

	(void)error;
	if (forget_reader(pty) == -EBUSY)
		replace(pty);
	chardev_hang_up(chardev);
	if (pty->opens)
		on_slave_opened(pty);
}

static void on_slave_flushed(struct chardev *chardev)
{
	struct chardev_event event = { .type = CHARDEV_FLUSHED };

	chardev_event(chardev, &event);
}

static const struct fd_stream_ops pty_stream_ops = {
	.on_gone = on_slave_gone,
	.on_flushed = on_slave_flushed,
};

/* ---- methods ---- */

static void pty_close(struct chardev *chardev)
{
	struct pty_chardev *pty = pty_of(chardev);

	remove_symlink(pty);
	end_terminal(pty);
}

static int pty_open(struct chardev *chardev, const struct opts *opts, struct error **err)
{
	struct pty_chardev *pty = pty_of(chardev);
	const char *path = opts_get_string(opts, "path");
	int r;

	fd_stream_init(&pty->stream, chardev, &pty_stream_ops, FD_STREAM_TTY | FD_STREAM_PACKET);
	r = make_terminal(pty, err);
	if (r == 0 && path)
		r = make_symlink(pty, path, err);
	if (r < 0) {
		pty_close(chardev);
		return r;
	}
	return 0;
}

/* ---- in another program's place ---- */

/* struct pty_state - @watch: see open_watch_number() */
struct pty_state {
	int master;
	unsigned watch;
	const char *symlink;
	struct snapshot_bytes mode;
	bool open, heard;
};

#define FIELD(...) SNAPSHOT_FIELD(struct pty_state, __VA_ARGS__)

static const struct snapshot_field pty_fields[] = {
	FIELD(master, 1, SNAPSHOT_FILE, .needed = true),
	FIELD(symlink, 2, SNAPSHOT_STRING),
	FIELD(mode, 3, SNAPSHOT_BLOB, .needed = true),
	FIELD(open, 4, SNAPSHOT_BOOL),
	FIELD(heard, 5, SNAPSHOT_BOOL),
	FIELD(watch, 6, SNAPSHOT_U32, .max = INT32_MAX, .optional = true),
	{ 0 },
};

static void pty_save(struct chardev *chardev, struct chardev_bequest *to)
{
	const struct pty_chardev *pty = pty_of(chardev);
	const struct pty_state state = { .master = fd_stream_fd(&pty->stream),
		.watch = open_watch_number(pty->opens),
		.symlink = pty->symlink,
		.mode = { &pty->mode, sizeof(pty->mode) },
		.open = chardev->open,
		.heard = pty->stream.heard };

	snapshot_put(&to->writer, pty_fields, &state);
}

static int adopt_watch(struct pty_chardev *pty, unsigned number)
{
	struct loop *loop = pty->base.loop;
	int r = open_watch_adopt(loop, number, on_slave_opened, pty, &pty->opens);

	return r == -ENOENT ? open_watch_new(loop, pty->slave, on_slave_opened, pty, &pty->opens)
			    : r;
}

static int adopt_terminal(struct pty_chardev *pty, const struct pty_state *state)
{
	int r = ptsname_r(state->master, pty->slave, sizeof(pty->slave));

	if (r == 0 && state->symlink) {
		pty->symlink = strdup(state->symlink);
		r = pty->symlink ? 0 : ENOMEM;
	}
	if (r) {
		close(state->master);
		return -r;
	}
	r = fd_stream_open(&pty->stream, state->master, state->master);
	return r < 0 ? r : adopt_watch(pty, state->watch);
}

static void go_on(struct pty_chardev *pty, const struct pty_state *state)
{
	if (!state->open) {
		on_slave_opened(pty); /* who has come while nobody looked */
		return;
	}
	fd_stream_start(&pty->stream);
	pty->stream.heard = state->heard;
	chardev_set_open(&pty->base, true);
}

static int pty_load(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
	const void *left, struct error **err)
{
	struct pty_chardev *pty = pty_of(chardev);
	const struct pty_state *state = left;
	int r;

	(void)opts, (void)from;
	fd_stream_init(&pty->stream, chardev, &pty_stream_ops, FD_STREAM_TTY | FD_STREAM_PACKET);
	if (state->mode.len != sizeof(pty->mode)) {
		close(state->master);
		return error_set(err, EBADMSG, "its settings are of another size");
	}
	memcpy(&pty->mode, state->mode.data, sizeof(pty->mode));
	r = adopt_terminal(pty, state);
	if (r == 0) {
		go_on(pty, state);
		return 0;
	}
	remove_symlink(pty);
	end_terminal(pty);
	return error_set(err, -r, "its terminal: %s", strerror(-r));
}

static const struct chardev_handover pty_handover = {
	.fields = pty_fields,
	.size = sizeof(struct pty_state),
	.save = pty_save,
	.load = pty_load,
};

static ssize_t pty_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	struct pty_chardev *pty = pty_of(chardev);

	if (chardev->open)
		stop_echo(fd_stream_fd(&pty->stream));
	return fd_stream_outv(&pty->stream, iov, n);
}

static void pty_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&pty_of(chardev)->stream);
}

static int pty_event(struct chardev *chardev, const struct chardev_event *event)
{
	struct winsize size = { .ws_col = (unsigned short)event->cols,
		.ws_row = (unsigned short)event->rows };

	if (event->type != CHARDEV_RESIZE)
		return -ENOTSUP;
	return ioctl(fd_stream_fd(&pty_of(chardev)->stream), TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

static char *pty_describe(const struct chardev *chardev)
{
	const struct pty_chardev *pty = (const struct pty_chardev *)chardev;
	char *text;

	return asprintf(&text, "pty:%s", pty->slave) < 0 ? NULL : text;
}

static const struct opt_desc pty_options[] = {
	{ .name = "path", .type = OPT_STRING, .help = "symbolic link to make to the terminal" },
	{ 0 },
};

const struct chardev_class backend_pty_class = {
	.name = "pty",
	.summary = "a pseudo terminal for a terminal program to open",
	.options = pty_options,
	.size = sizeof(struct pty_chardev),
	.open = pty_open,
	.close = pty_close,
	.out = pty_out,
	.in_resume = pty_in_resume,
	.event = pty_event,
	.handover = &pty_handover,
	.describe = pty_describe,
};
