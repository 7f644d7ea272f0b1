/* SPDX-License-Identifier: MIT */
/*
 * Kicks and calls. The descriptors are shared with the frontend, down to their flags and, for an
 * eventfd, to its counter, so nothing about them is certain from one moment to the next:
 *
 * kick: an eventfd, blocking with User-Mode Linux, and it must stay so (the frontend's writes rely
 * on it). It is read with RWF_NOWAIT, which does not wait even if the frontend reads the count away
 * between our poll and our read. A kind of descriptor that cannot do that is refused.
 *
 * call: an eventfd or a stream socket (User-Mode Linux). To a socket exactly 8 bytes are sent
 * without waiting and without SIGPIPE; where there is no room, calls are waiting there anyway. An
 * eventfd cannot be written without waiting; it is asked first whether a write would wait, which
 * only a VMM that fills up its own counter at that very moment can make untrue. Other kinds are
 * refused.
 *
 * A queue runs when its size, addresses and kick are known and it is enabled, in whichever order
 * they came; what is in the ring by then is looked at without a kick.
 */
/* syscalls: close fstat newfstatat poll ppoll preadv2 read sendto write */
#include "vhost-user/vhost-user-impl.h"

#include "base/cleanup.h"
#include "base/nowait.h"
#include "virtio/inflight.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

void vring_init(struct vring *vring, struct vhost_user *vu, unsigned index)
{
	*vring = (struct vring){
		.vu = vu, .index = index, .kick_fd = -1, .call_fd = -1, .err_fd = -1
	};
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void vring_done(struct vring *vring)
{
	vring_clear_kick(vring);
	close_fd(&vring->call_fd);
	close_fd(&vring->err_fd);
}

/* ---- running ---- */

static bool is_running(const struct vring *vring)
{
	struct virtqueue *vq = virtio_console_queue(vring->vu->console, vring->index);

	return vq && virtqueue_is_running(vq);
}

void vring_stop(struct vring *vring)
{
	struct virtqueue *vq = virtio_console_queue(vring->vu->console, vring->index);

	if (!is_running(vring))
		return;
	virtio_console_stop_queue(vring->vu->console, vring->index);
	vring->setup.base = virtqueue_base(vq);
}

static void *inflight_part(const struct vring *vring)
{
	const struct connection *c = &vring->vu->connection;
	size_t size = inflight_size(c->inflight_packed, c->inflight_queue_size);

	if (!c->inflight_map.data || vring->index >= c->inflight_queues ||
		vring->setup.num > c->inflight_queue_size)
		return NULL;
	return c->inflight_map.data + size * vring->index;
}

int vring_update(struct vring *vring, struct error **err)
{
	struct vhost_user *vu = vring->vu;
	bool inband = vu_has_protocol_feature(vu, VU_PF_INBAND_NOTIFICATIONS);
	const char *why = "";
	int ret;

	if (is_running(vring) || !vring->enabled || !vring->addr_set || !vring->setup.num ||
		!(vring->kick_set || inband) || virtio_console_broken(vu->console) ||
		vring->index >= virtio_console_queue_count(vu->console))
		return 0;
	vring->setup.inflight = inflight_part(vring);
	ret = virtio_console_start_queue(vu->console, vring->index, &vring->setup, &why);
	if (ret < 0)
		return error_set(err, -ret, "queue %u %s", vring->index, why);
	return 0;
}

/* ---- kick ---- */

/*
 * The call itself: the C library's preadv2(2) says ENOTSUP for a descriptor that cannot do it and
 * for a system that has no such call (QEMU's user mode emulation), where a read that poll(2)
 * promises not to wait must do.
 */
static ssize_t read_nowait(int fd, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct pollfd there = { .fd = fd, .events = POLLIN };
	ssize_t n = syscall(SYS_preadv2, fd, &iov, 1L, -1L, -1L, RWF_NOWAIT);

	if (n >= 0 || errno != ENOSYS)
		return n;
	if (len < sizeof(uint64_t) || poll(&there, 1, 0) > 0)
		return read(fd, buf, len);
	errno = EAGAIN;
	return -1;
}

static void on_kick(void *data, unsigned events)
{
	struct vring *vring = data;
	uint64_t count;
	ssize_t n = read_nowait(vring->kick_fd, &count, sizeof(count));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
		((events & WATCH_HANGUP) && n < 0)) {
		watch_set(vring->kick_watch, 0); /* the other end is closed: no kick will come */
		return;
	}
	vu_kick(vring->vu, vring->index);
}

/*
 * Asked for one byte an eventfd says EINVAL and keeps its count; what cannot be read without
 * waiting says EOPNOTSUPP.
 */
static bool can_be_kick(int fd)
{
	uint8_t byte;
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != 0)
		return false;
	return read_nowait(fd, &byte, sizeof(byte)) < 0 && errno == EINVAL;
}

void vring_clear_kick(struct vring *vring)
{
	watch_free(vring->kick_watch);
	vring->kick_watch = NULL;
	close_fd(&vring->kick_fd);
	vring->kick_set = false;
}

int vring_set_kick(struct vring *vring, int fd, struct error **err)
{
	int ret;

	vring_clear_kick(vring);
	vring->kick_fd = fd;
	if (fd >= 0 && !can_be_kick(fd))
		return error_set(err, EPROTO, "the kick of queue %u is no eventfd", vring->index);
	if (fd >= 0) {
		ret = watch_new(vring->vu->loop, fd, on_kick, vring, &vring->kick_watch);
		if (ret < 0)
			return error_set(
				err, -ret, "cannot wait for kicks of queue %u", vring->index);
		watch_set(vring->kick_watch, WATCH_READ);
	}
	vring->kick_set = true;
	return vring_update(vring, err);
}

/* ---- call ---- */

/* 1: a socket; 0: an eventfd (or another one without a file); -EPROTO */
static int kind_of_call(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -EPROTO;
	if (S_ISSOCK(st.st_mode))
		return 1;
	return (st.st_mode & S_IFMT) == 0 ? 0 : -EPROTO;
}

int vring_set_call(struct vring *vring, int fd, struct error **err)
{
	int kind = fd < 0 ? 0 : kind_of_call(fd);

	close_fd(&vring->call_fd);
	vring->call_fd = fd;
	if (kind < 0)
		return error_set(err, EPROTO, "the call of queue %u is no eventfd and no socket",
			vring->index);
	vring->call_is_socket = kind;
	return 0;
}

int vring_set_err(struct vring *vring, int fd, struct error **err)
{
	close_fd(&vring->err_fd);
	vring->err_fd = fd;
	if (fd >= 0 && kind_of_call(fd) < 0)
		return error_set(err, EPROTO, "the error of queue %u is no eventfd and no socket",
			vring->index);
	return 0;
}

static void signal_fd(int fd, bool is_socket)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	uint64_t one = 1;
	ssize_t n;

	if (is_socket)
		n = send(fd, &one, sizeof(one), MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT))
		n = write(fd, &one, sizeof(one));
	else
		return;
	(void)n; /* full: it is signalled already; gone: the connection will say so */
}

void vring_call(struct vring *vring)
{
	if (vring->call_fd >= 0)
		signal_fd(vring->call_fd, vring->call_is_socket);
	else if (vu_has_protocol_feature(vring->vu, VU_PF_INBAND_NOTIFICATIONS))
		backend_call(vring->vu, vring->index);
}

void vring_signal_error(struct vring *vring)
{
	if (vring->err_fd >= 0)
		signal_fd(vring->err_fd, kind_of_call(vring->err_fd) > 0);
}
