/* SPDX-License-Identifier: MIT */
/*
 * The header is read first and exactly, then as many bytes as it says: reading further would take
 * the file descriptors of one message for those of the next. Descriptors are accepted with any
 * piece of their message; more than VU_FDS_MAX of them are an error, and none is ever leaked.
 */
/* syscalls: close fcntl recvmsg */
#include "vhost-user/channel.h"

#include "base/cleanup.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

void vu_channel_init(struct vu_channel *channel, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	channel->fd = fd;
	channel->in_got = channel->out_len = channel->out_sent = 0;
	channel->in.n_fds = 0;
	channel->out_fd = -1;
}

void vu_channel_done(struct vu_channel *channel)
{
	if (channel->fd < 0)
		return;
	vu_channel_next(channel);
	close(channel->fd);
	if (channel->out_fd >= 0)
		close(channel->out_fd);
	channel->fd = channel->out_fd = -1;
	channel->out_len = 0;
}

void vu_channel_next(struct vu_channel *channel)
{
	for (unsigned i = 0; i < channel->in.n_fds; i++)
		if (channel->in.fds[i] >= 0)
			close(channel->in.fds[i]);
	channel->in.n_fds = 0;
	channel->in_got = 0;
}

/* ---- in ---- */

static void take_fds(struct vu_message *message, struct msghdr *msg, bool *ret_too_many)
{
	int fds[VU_FDS_MAX];

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		if (n > VU_FDS_MAX) /* cannot be: the buffer is no larger */
			n = VU_FDS_MAX;
		memcpy(fds, CMSG_DATA(cmsg), n * sizeof(int));
		for (size_t i = 0; i < n; i++) {
			if (message->n_fds < VU_FDS_MAX) {
				message->fds[message->n_fds++] = fds[i];
				continue;
			}
			close(fds[i]);
			*ret_too_many = true;
		}
	}
	if (msg->msg_flags & MSG_CTRUNC)
		*ret_too_many = true;
}

/* Read at most @len bytes. Return: bytes, 0: none there now, -errno */
static ssize_t receive_piece(struct vu_channel *channel, void *buf, size_t len, struct error **err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(VU_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { buf, len };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	bool too_many = false;
	ssize_t n;

	do
		n = recvmsg(channel->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return error_set(err, errno, "recvmsg: %s", strerror(errno));
	take_fds(&channel->in, &msg, &too_many);
	if (too_many)
		return error_set(err, EPROTO, "more than %d file descriptors", VU_FDS_MAX);
	if (n == 0 && channel->in_got > 0)
		return error_set(err, EPROTO, "a message was cut short");
	if (n == 0)
		return error_set(err, ENODATA, "the frontend is gone");
	return n;
}

static int check_header(const struct vu_header *header, struct error **err)
{
	if ((header->flags & VU_FLAG_VERSION_MASK) != VU_FLAG_VERSION)
		return error_set(
			err, EPROTO, "not a vhost-user message (flags 0x%x)", header->flags);
	if (header->size > VU_PAYLOAD_MAX)
		return error_set(err, EPROTO, "request %u has %u bytes, at most %d are possible",
			header->request, header->size, VU_PAYLOAD_MAX);
	return 0;
}

int vu_channel_receive(struct vu_channel *channel, struct error **err)
{
	const size_t header_size = sizeof(struct vu_header);
	struct vu_message *in = &channel->in;
	ssize_t n;
	int ret;

	while (channel->in_got < header_size) {
		n = receive_piece(channel, (uint8_t *)&in->header + channel->in_got,
			header_size - channel->in_got, err);
		if (n <= 0)
			return (int)n;
		channel->in_got += (size_t)n;
	}
	ret = check_header(&in->header, err);
	if (ret < 0)
		return ret;
	while (channel->in_got < header_size + in->header.size) {
		size_t at = channel->in_got - header_size;

		n = receive_piece(channel, in->payload.bytes + at, in->header.size - at, err);
		if (n <= 0)
			return (int)n;
		channel->in_got += (size_t)n;
	}
	return 1;
}

/* ---- out ---- */

int vu_channel_flush(struct vu_channel *channel)
{
	while (channel->out_sent < channel->out_len) {
		ssize_t n = passed_fds_send(channel->fd, channel->out + channel->out_sent,
			channel->out_len - channel->out_sent, channel->out_fd,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if (channel->out_fd >= 0)
			close(channel->out_fd);
		channel->out_fd = -1;
		channel->out_sent += (size_t)n;
	}
	channel->out_len = channel->out_sent = 0;
	return 0;
}

int vu_channel_send(struct vu_channel *channel, uint32_t request, uint32_t flags,
	const void *payload, size_t size, int fd)
{
	struct vu_header header = { request, VU_FLAG_VERSION | flags, (uint32_t)size };

	memcpy(channel->out, &header, sizeof(header));
	if (size)
		memcpy(channel->out + sizeof(header), payload, size);
	channel->out_len = sizeof(header) + size;
	channel->out_sent = 0;
	channel->out_fd = fd;
	return vu_channel_flush(channel);
}
