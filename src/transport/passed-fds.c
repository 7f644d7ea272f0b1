/* SPDX-License-Identifier: MIT */
/* syscalls: close recvmsg sendmsg */
#include "transport/passed-fds.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

void passed_fds_close(struct passed_fds *passed)
{
	for (size_t i = 0; i < passed->n; i++)
		close(passed->fds[i]);
	passed->n = 0;
}

int passed_fds_take(struct passed_fds *passed)
{
	int fd;

	if (!passed->n)
		return -ENOENT;
	fd = passed->fds[0];
	passed->n--;
	memmove(passed->fds, passed->fds + 1, passed->n * sizeof(passed->fds[0]));
	return fd;
}

static void keep(struct passed_fds *passed, struct cmsghdr *at)
{
	size_t n = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	passed_fds_close(passed);
	memcpy(passed->fds, CMSG_DATA(at), n * sizeof(int));
	passed->n = n;
}

/* The kernel closes what finds no room in the control buffer. */
ssize_t passed_fds_recvmsg(struct passed_fds *passed, int fd, struct msghdr *message, int flags)
{
	union {
		char bytes[CMSG_SPACE(PASSED_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	ssize_t got;

	message->msg_control = control.bytes;
	message->msg_controllen = sizeof(control.bytes);
	got = recvmsg(fd, message, flags | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return got;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at))
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS)
			keep(passed, at);
	return got;
}

ssize_t passed_fds_send_many(
	int fd, const void *bytes, size_t len, const int *passed, size_t n, int flags)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(PASSED_FDS_SEND_MAX * sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(n * sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t done;

	if (n) {
		memcpy(CMSG_DATA(&control.header), passed, n * sizeof(*passed));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n * sizeof(*passed));
	}
	do
		done = sendmsg(fd, &message, flags);
	while (done < 0 && errno == EINTR);
	return done < 0 ? -errno : done;
}

ssize_t passed_fds_send(int fd, const void *bytes, size_t len, int passed, int flags)
{
	return passed_fds_send_many(fd, bytes, len, &passed, passed >= 0, flags);
}
