/* SPDX-License-Identifier: MIT */
#include "lib/visitor.h"

#include "backend/fd-stream.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "transport/fd-transport.h"
#include "transport/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

/** struct visitor - @on_gone: who wants to know */
struct visitor {
	struct chardev base;
	struct fd_stream stream;
	char *identity;
	void (*on_gone)(void *data);
	void *data;
	struct task bye;
};

static struct visitor *visitor_of(struct chardev *chardev)
{
	return container_of(chardev, struct visitor, base);
}

static void on_peer_gone(struct chardev *chardev, int error)
{
	(void)error;
	fd_stream_close(&visitor_of(chardev)->stream);
	chardev_hang_up(chardev);
}

static const struct fd_stream_ops stream_ops = { .on_gone = on_peer_gone };

static ssize_t visitor_out(struct chardev *chardev, const struct iovec *iov, int n)
{
	return fd_stream_outv(&visitor_of(chardev)->stream, iov, n);
}

static void visitor_in_resume(struct chardev *chardev)
{
	fd_stream_in_resume(&visitor_of(chardev)->stream);
}

static void say_bye(void *data)
{
	struct visitor *visitor = data;

	if (fd_stream_is_started(&visitor->stream))
		on_peer_gone(&visitor->base, 0);
}

static int visitor_disconnect(struct chardev *chardev, const char *reason)
{
	(void)reason;
	task_post(chardev->loop, &visitor_of(chardev)->bye, say_bye, visitor_of(chardev));
	return 0;
}

static const char *visitor_identity(const struct chardev *chardev)
{
	return ((const struct visitor *)chardev)->identity;
}

static void visitor_close(struct chardev *chardev)
{
	struct visitor *visitor = visitor_of(chardev);

	task_cancel(&visitor->bye);
	fd_stream_close(&visitor->stream);
	free(TAKE_PTR(visitor->identity));
	if (visitor->on_gone)
		visitor->on_gone(visitor->data);
}

static const struct chardev_class visitor_class = {
	.name = "fd",
	.summary = "a descriptor that the program has handed over",
	.size = sizeof(struct visitor),
	.close = visitor_close,
	.out = visitor_out,
	.in_resume = visitor_in_resume,
	.disconnect = visitor_disconnect,
	.identity = visitor_identity,
};

/* ---- making one ---- */

/* Return: flags of the stream; -EINVAL: bytes do not come and go there as in a stream. */
static int check_kind(int fd, bool *ret_is_socket, struct error **err)
{
	socklen_t len = sizeof(int);
	struct stat status;
	int type;

	if (fstat(fd, &status) < 0)
		return error_set(err, errno, "descriptor %d: %s", fd, strerror(errno));
	*ret_is_socket = S_ISSOCK(status.st_mode);
	if (*ret_is_socket) {
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_STREAM)
			return error_set(err, EINVAL, "descriptor %d: is no stream socket", fd);
		return 0;
	}
	if (S_ISFIFO(status.st_mode))
		return 0;
	if (isatty(fd))
		return FD_STREAM_TTY;
	return error_set(err, EINVAL, "descriptor %d: is no socket, no terminal and no pipe", fd);
}

static int open_socket(struct visitor *visitor, int *fd)
{
	struct transport *transport;
	int r = socket_transport_new(visitor->base.loop, *fd, NULL, &transport);

	if (r < 0)
		return r;
	TAKE_FD(*fd);
	fd_stream_open_transport(&visitor->stream, transport);
	return 0;
}

static int open_other(struct visitor *visitor, int *fd)
{
	int access = fcntl(*fd, F_GETFL), taken = TAKE_FD(*fd);

	access = access < 0 ? O_RDWR : access & O_ACCMODE;
	return fd_stream_open(
		&visitor->stream, access == O_WRONLY ? -1 : taken, access == O_RDONLY ? -1 : taken);
}

static int open_stream(struct visitor *visitor, int given, bool is_socket, const char *who)
{
	AUTO_CLOSE int fd = fcntl(given, F_DUPFD_CLOEXEC, 3);
	struct identity identity;
	int flags, r;

	if (fd < 0)
		return -errno;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	identity_of_socket(fd, &identity);
	visitor->identity = strdup(who ? who : identity.who);
	if (!visitor->identity)
		return -ENOMEM;
	r = is_socket ? open_socket(visitor, &fd) : open_other(visitor, &fd);
	if (r == 0)
		fd_stream_start(&visitor->stream);
	return r;
}

int visitor_new(struct chardev *hub, const char *id, int fd, const char *identity,
	struct chardev **ret_chardev, struct error **err)
{
	struct chardev *chardev;
	bool is_socket = false;
	int flags = check_kind(fd, &is_socket, err), r;

	if (flags < 0)
		return flags;
	chardev = chardev_new_peer(hub, &visitor_class, id);
	if (!chardev)
		return error_set(err, ENOMEM, "out of memory");
	fd_stream_init(&visitor_of(chardev)->stream, chardev, &stream_ops, (unsigned)flags);
	r = open_stream(visitor_of(chardev), fd, is_socket, identity);
	if (r < 0) {
		chardev_free(chardev);
		return error_set(err, -r, "descriptor %d: %s", fd, strerror(-r));
	}
	chardev_set_open(chardev, true);
	*ret_chardev = chardev;
	return 0;
}

void visitor_on_gone(struct chardev *chardev, void (*fn)(void *data), void *data)
{
	visitor_of(chardev)->on_gone = fn;
	visitor_of(chardev)->data = data;
}
