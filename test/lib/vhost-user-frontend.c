/* SPDX-License-Identifier: MIT */
#include "vhost-user-frontend.h"

#include "io/loop.h"

#include <assert.h>
#include <byteswap.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SETTLE_STEPS = 20, MEMORY = 4 << 20 };

void frontend_init(struct frontend *f, struct loop *loop, int fd)
{
	*f = (struct frontend){ .loop = loop, .fd = fd, .backend_fd = -1 };
	driver_memory_init(&f->dm, MEMORY);
	for (int i = 0; i < FRONTEND_QUEUES; i++)
		f->kick_fds[i] = f->call_fds[i] = -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void frontend_done(struct frontend *f)
{
	close_fd(&f->fd);
	close_fd(&f->backend_fd);
	for (int i = 0; i < FRONTEND_QUEUES; i++) {
		close_fd(&f->kick_fds[i]);
		close_fd(&f->call_fds[i]);
	}
	frontend_settle(f);
	driver_memory_done(&f->dm);
}

void frontend_settle(struct frontend *f)
{
	for (int i = 0; f->loop && i < SETTLE_STEPS; i++)
		loop_step(f->loop, false);
}

void frontend_send(struct frontend *f, uint32_t request, uint32_t flags, const void *payload,
	size_t size, const int *fds, unsigned n_fds)
{
	struct vu_header header = { request, VU_FLAG_VERSION | flags, (uint32_t)size };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(64 * sizeof(int))];
	} control = { 0 };
	struct iovec iov[2] = { { &header, sizeof(header) }, { (void *)(uintptr_t)payload, size } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (n_fds) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), fds, n_fds * sizeof(int));
	}
	(void)!sendmsg(f->fd, &msg, MSG_NOSIGNAL);
}

static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

int frontend_reply(struct frontend *f, uint32_t request, void *payload, size_t size, int *ret_fd)
{
	struct vu_header header;
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &header, sizeof(header) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	int fd, wait = f->loop ? MSG_DONTWAIT : 0;

	frontend_settle(f);
	if (recvmsg(f->fd, &msg, wait | MSG_CMSG_CLOEXEC) != sizeof(header))
		return -1;
	assert(header.request == request);
	assert(header.flags == (VU_FLAG_VERSION | VU_FLAG_REPLY));
	assert(header.size <= size);
	if (header.size)
		assert(recv(f->fd, payload, header.size, wait | MSG_WAITALL) == header.size);
	fd = take_fd(&msg);
	if (ret_fd)
		*ret_fd = fd;
	else
		close_fd(&fd);
	return (int)header.size;
}

bool frontend_is_dismissed(struct frontend *f)
{
	char byte;
	ssize_t n;

	frontend_settle(f);
	n = recv(f->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
	return n == 0 || (n < 0 && errno == ECONNRESET);
}

uint64_t frontend_request(
	struct frontend *f, uint32_t request, const void *payload, size_t size, int fd)
{
	uint64_t ack = 0;

	frontend_send(f, request, f->acks ? VU_FLAG_NEED_REPLY : 0, payload, size, &fd, fd >= 0);
	if (f->acks)
		assert(frontend_reply(f, request, &ack, sizeof(ack), NULL) == sizeof(ack));
	else
		frontend_settle(f);
	return ack;
}

uint64_t frontend_ask(struct frontend *f, uint32_t request)
{
	uint64_t value = 0;

	frontend_send(f, request, 0, NULL, 0, NULL, 0);
	assert(frontend_reply(f, request, &value, sizeof(value), NULL) == sizeof(value));
	return value;
}

uint64_t frontend_state(struct frontend *f, uint32_t request, uint32_t queue, uint32_t num)
{
	struct vu_vring_state state = { queue, num };

	return frontend_request(f, request, &state, sizeof(state), -1);
}

static void set_backend_channel(struct frontend *f)
{
	int pair[2];

	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	close_fd(&f->backend_fd);
	f->backend_fd = pair[0];
	frontend_request(f, VU_SET_BACKEND_REQ_FD, NULL, 0, pair[1]);
	close(pair[1]);
}

void frontend_negotiate(struct frontend *f, uint64_t features, uint64_t protocol_features)
{
	frontend_request(f, VU_SET_OWNER, NULL, 0, -1);
	assert((frontend_ask(f, VU_GET_FEATURES) & features) == features);
	if (features & VU_F_PROTOCOL_FEATURES) {
		uint64_t offered = frontend_ask(f, VU_GET_PROTOCOL_FEATURES);

		assert((offered & protocol_features) == protocol_features);
		frontend_request(f, VU_SET_PROTOCOL_FEATURES, &protocol_features,
			sizeof(protocol_features), -1);
		f->acks = protocol_features >> VU_PF_REPLY_ACK & 1;
		if (protocol_features >> VU_PF_BACKEND_REQ & 1)
			set_backend_channel(f);
	}
	frontend_request(f, VU_SET_FEATURES, &features, sizeof(features), -1);
}

void frontend_use_inflight(struct frontend *f, unsigned queues, unsigned num)
{
	struct vu_inflight inflight = { .queues = (uint16_t)queues, .queue_size = (uint16_t)num };
	int fd = -1, size;

	frontend_send(f, VU_GET_INFLIGHT_FD, 0, &inflight, sizeof(inflight), NULL, 0);
	size = frontend_reply(f, VU_GET_INFLIGHT_FD, &inflight, sizeof(inflight), &fd);
	assert(size == sizeof(inflight));
	frontend_request(f, VU_SET_INFLIGHT_FD, &inflight, sizeof(inflight), fd);
	close(fd);
}

void frontend_share_memory(struct frontend *f)
{
	struct {
		uint32_t count, padding;
		struct vu_region regions[2];
	} table = { .count = 1,
		.regions = { { f->dm.region.guest_addr, f->dm.region.size, f->dm.region.user_addr,
			f->dm.region.file_offset } } };

	assert(frontend_request(f, VU_SET_MEM_TABLE, &table, sizeof(table), f->dm.fd) == 0);
}

void frontend_set_queue(struct frontend *f, unsigned queue, uint64_t features, bool fresh)
{
	struct virtqueue_setup setup;
	struct vu_vring_addr addr;

	if (fresh)
		driver_queue_init(&f->queues[queue], &f->dm, FRONTEND_NUM, features);
	setup = driver_queue_setup(&f->queues[queue]);
	addr = (struct vu_vring_addr){ .index = queue,
		.descriptor = setup.desc,
		.used = setup.device,
		.available = setup.driver,
		.log = setup.log_addr };
	frontend_state(f, VU_SET_VRING_NUM, queue, setup.num);
	frontend_state(f, VU_SET_VRING_BASE, queue, setup.base);
	frontend_request(f, VU_SET_VRING_ADDR, &addr, sizeof(addr), -1);
}

void frontend_set_fds(struct frontend *f, unsigned queue)
{
	uint64_t index = queue;

	close_fd(&f->kick_fds[queue]);
	close_fd(&f->call_fds[queue]);
	f->kick_fds[queue] = eventfd(0, EFD_CLOEXEC); /* blocking, as User-Mode Linux's */
	f->call_fds[queue] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	frontend_request(f, VU_SET_VRING_CALL, &index, sizeof(index), f->call_fds[queue]);
	frontend_request(f, VU_SET_VRING_KICK, &index, sizeof(index), f->kick_fds[queue]);
}

void frontend_kick(struct frontend *f, unsigned queue)
{
	assert(eventfd_write(f->kick_fds[queue], 1) == 0);
	frontend_settle(f);
}

uint64_t frontend_calls(struct frontend *f, unsigned queue)
{
	eventfd_t count = 0;

	frontend_settle(f);
	if (eventfd_read(f->call_fds[queue], &count) < 0)
		return 0;
	/* QEMU's emulation of another byte order swaps only what our own end reads. */
	return count <= UINT32_MAX ? count : bswap_64(count);
}
