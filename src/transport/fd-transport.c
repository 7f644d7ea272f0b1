/* SPDX-License-Identifier: MIT */
/*
 * The bottom of every stack: the bytes go straight between the kernel and the user's memory.
 */
/* syscalls: close fstat getsockopt ioctl newfstatat poll ppoll readv recvmsg sendmsg */
/* syscalls: setsockopt shutdown writev */
#include "transport/fd-transport.h"

#include "base/list.h"
#include "base/log.h"
#include "transport/passed-fds.h"
#include "transport/transport-impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* Beyond this a TCP socket is not writable. */
	SOCKET_UNSENT_MAX = 32768,
	/*
	 * The buffer of a unix socket, the kernel's own expense included. Linux presets half as
	 * much, with which the reader of a fast stream sleeps and wakes for each piece.
	 */
	UNIX_SOCKET_BYTES = 2 * 208 * 1024,
	/* A half-closed TCP peer that has vanished is found after 10 + 3 * 5 seconds. */
	HALF_IDLE_S = 10,
	HALF_INTERVAL_S = 5,
	HALF_PROBES = 3,
};

/**
 * struct fd_transport
 * @in_watch, @out_watch: NULL: always ready; one pointer for one descriptor
 * @passed: of a socket whose user wants descriptors; else NULL
 */
struct fd_transport {
	struct transport base;
	int in_fd, out_fd;
	bool in_is_socket, out_is_socket;
	struct watch *in_watch, *out_watch;
	struct identity identity;
	struct passed_fds *passed;
};

static struct fd_transport *fd_of(struct transport *transport)
{
	return container_of(transport, struct fd_transport, base);
}

/*
 * A socket is told not to wait with each message: the flag of a descriptor that was passed to us is
 * shared with others, who may clear it.
 */
static ssize_t read_once(const struct fd_transport *fds, const struct iovec *iov, int n)
{
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)n };

	if (!fds->in_is_socket)
		return readv(fds->in_fd, iov, n);
	return fds->passed ? passed_fds_recvmsg(fds->passed, fds->in_fd, &message, MSG_DONTWAIT)
			   : recvmsg(fds->in_fd, &message, MSG_DONTWAIT);
}

static ssize_t read_fd(struct transport *transport, const struct iovec *iov, int n)
{
	ssize_t got;

	do
		got = read_once(fd_of(transport), iov, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static ssize_t write_once(const struct fd_transport *fds, const struct iovec *iov, int n)
{
	const struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)n };

	return fds->out_is_socket ? sendmsg(fds->out_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
				  : writev(fds->out_fd, iov, n);
}

static ssize_t write_fd(struct transport *transport, const struct iovec *iov, int n)
{
	ssize_t done;

	do
		done = write_once(fd_of(transport), iov, n);
	while (done < 0 && errno == EINTR);
	return done < 0 ? -errno : done;
}

static void watch_fds(struct transport *transport)
{
	struct fd_transport *fds = fd_of(transport);
	unsigned wanted = transport->wanted;

	if (fds->in_watch && fds->in_watch == fds->out_watch) {
		watch_set(fds->in_watch, wanted);
		return;
	}
	if (fds->in_watch)
		watch_set(fds->in_watch, wanted & ~(unsigned)WATCH_WRITE);
	else
		transport_kick(transport, wanted & WATCH_READ);
	if (fds->out_watch)
		watch_set(fds->out_watch, wanted & WATCH_WRITE);
	else
		transport_kick(transport, wanted & WATCH_WRITE);
}

static void on_in_watch(void *data, unsigned events)
{
	transport_tell(data, events);
}

/* Writable, or its reader is gone, which the next write finds. */
static void on_out_watch(void *data, unsigned events)
{
	(void)events;
	transport_tell(data, WATCH_WRITE);
}

/* poll() makes a terminal's bytes that are under way arrive, too. */
static unsigned look_at_fd(struct transport *transport)
{
	struct pollfd look = { .fd = fd_of(transport)->in_fd, .events = POLLIN | POLLRDHUP };
	bool gone;

	if (poll(&look, 1, 0) <= 0)
		return 0;
	gone = look.revents & (POLLHUP | POLLERR);
	return (look.revents & POLLIN ? WATCH_READ : 0u) | (gone ? WATCH_GONE : 0u) |
	       (gone || (look.revents & POLLRDHUP) ? WATCH_HANGUP : 0u);
}

static bool fd_has_unread(struct transport *transport)
{
	int unread = 0;

	return ioctl(fd_of(transport)->in_fd, FIONREAD, &unread) == 0 && unread > 0;
}

static int half_close_fd(struct transport *transport)
{
	(void)transport;
	return -ENOTSUP;
}

static int half_close_socket(struct transport *transport)
{
	return shutdown(fd_of(transport)->out_fd, SHUT_WR) < 0 ? -errno : 0;
}

static int abort_socket(struct transport *transport)
{
	log_debug("socket %d: aborted", transport->fd);
	shutdown(fd_of(transport)->in_fd, SHUT_RDWR); /* fails where the peer has gone already */
	return 0;
}

static void keep_fds(struct transport *transport)
{
	if (!fd_of(transport)->passed)
		fd_of(transport)->passed = calloc(1, sizeof(struct passed_fds));
}

static int take_fd(struct transport *transport)
{
	struct passed_fds *passed = fd_of(transport)->passed;

	return passed ? passed_fds_take(passed) : -ENOENT;
}

static const char *name_of(const struct transport *transport)
{
	return *transport->identity->name ? transport->identity->name : "unknown";
}

static void close_fds(struct transport *transport)
{
	struct fd_transport *fds = fd_of(transport);

	watch_free(fds->in_watch);
	if (fds->out_watch != fds->in_watch)
		watch_free(fds->out_watch);
	if (fds->in_fd >= 0)
		close(fds->in_fd);
	if (fds->out_fd >= 0 && fds->out_fd != fds->in_fd)
		close(fds->out_fd);
}

static void close_socket(struct transport *transport)
{
	struct passed_fds *passed = fd_of(transport)->passed;

	log_debug("socket %d: closed, peer %s", transport->fd, name_of(transport));
	if (passed)
		passed_fds_close(passed);
	free(passed);
	close_fds(transport);
}

static const struct transport_ops fd_ops = {
	.readv = read_fd,
	.writev = write_fd,
	.watch = watch_fds,
	.look = look_at_fd,
	.has_unread = fd_has_unread,
	.half_close = half_close_fd,
	.close = close_fds,
};

static const struct transport_ops socket_ops = {
	.readv = read_fd,
	.writev = write_fd,
	.watch = watch_fds,
	.look = look_at_fd,
	.has_unread = fd_has_unread,
	.half_close = half_close_socket,
	.abort = abort_socket,
	.keep_fds = keep_fds,
	.take_fd = take_fd,
	.close = close_socket,
};

/* ---- making one ---- */

static int new_watch(struct loop *loop, int fd, watch_fn *fn, void *data, struct watch **ret_watch)
{
	int r = fd < 0 ? -EPERM : watch_new(loop, fd, fn, data, ret_watch);

	return r == -EPERM ? 0 : r; /* always ready */
}

static unsigned ways_of(int in_fd, int out_fd)
{
	return (in_fd >= 0 ? TRANSPORT_IN : 0u) | (out_fd >= 0 ? TRANSPORT_OUT : 0u) |
	       (in_fd == out_fd ? TRANSPORT_DUPLEX : 0u);
}

static bool is_socket(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static int make(struct loop *loop, const struct transport_ops *ops, int in_fd, int out_fd,
	struct transport **ret_transport)
{
	struct fd_transport *fds = calloc(1, sizeof(*fds));
	int r;

	if (!fds)
		return -ENOMEM;
	transport_init(&fds->base, ops, loop, ways_of(in_fd, out_fd), in_fd, &fds->identity);
	r = new_watch(loop, in_fd, on_in_watch, &fds->base, &fds->in_watch);
	if (r == 0 && out_fd == in_fd)
		fds->out_watch = fds->in_watch;
	else if (r == 0)
		r = new_watch(loop, out_fd, on_out_watch, &fds->base, &fds->out_watch);
	if (r < 0) {
		watch_free(fds->in_watch);
		free(fds);
		return r;
	}
	fds->in_fd = in_fd;
	fds->out_fd = out_fd;
	fds->in_is_socket = is_socket(in_fd);
	fds->out_is_socket = is_socket(out_fd);
	*ret_transport = &fds->base;
	return 0;
}

int fd_transport_new(struct loop *loop, int in_fd, int out_fd, struct transport **ret_transport)
{
	return make(loop, &fd_ops, in_fd, out_fd, ret_transport);
}

static void set_number(int fd, int level, int name, unsigned number)
{
	setsockopt(fd, level, name, &number, sizeof(number));
}

/* TCP finds out by itself how much it needs. */
static void enlarge_unix_buffer(int fd)
{
	int domain = 0, bytes = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 || domain != AF_UNIX)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &len) == 0 && bytes < UNIX_SOCKET_BYTES)
		set_number(fd, SOL_SOCKET, SO_SNDBUF, UNIX_SOCKET_BYTES / 2); /* which it doubles */
}

/* Each only makes a connection better: on a unix socket most of them fail. */
static void tune(int fd, const struct socket_tuning *tuning)
{
	set_number(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	set_number(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, SOCKET_UNSENT_MAX);
	if (!tuning)
		return;
	if (tuning->nodelay)
		set_number(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (tuning->keep_alive)
		set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (tuning->idle_s)
		set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, tuning->idle_s);
	if (tuning->interval_s)
		set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, tuning->interval_s);
	if (tuning->count)
		set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, tuning->count);
	if (tuning->user_timeout_ms)
		set_number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, tuning->user_timeout_ms);
}

int socket_transport_new(struct loop *loop, int fd, const struct socket_tuning *tuning,
	struct transport **ret_transport)
{
	int r = make(loop, &socket_ops, fd, fd, ret_transport);

	if (r < 0)
		return r;
	tune(fd, tuning);
	enlarge_unix_buffer(fd);
	identity_of_socket(fd, &fd_of(*ret_transport)->identity);
	log_debug("socket %d: connected, peer %s", fd, name_of(*ret_transport));
	return 0;
}

void socket_watch_half(struct transport *transport)
{
	int fd = transport->fd, on = 1, idle = HALF_IDLE_S, interval = HALF_INTERVAL_S,
	    probes = HALF_PROBES;

	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)) < 0)
		return; /* no TCP */
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}
