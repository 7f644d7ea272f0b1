/* SPDX-License-Identifier: MIT */
/*
 * Each message has as many descriptors as the kernel lets one have, and says how many there are
 * from it on: so none can be missing without being missed.
 */
/* syscalls: close recvmsg socketpair */
#include "transport/parcel.h"

#include "base/cleanup.h"
#include "base/wire.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_BYTES = 4, FDS_MAX = 1 << 20 };

static size_t batch_of(size_t n)
{
	return n < PASSED_FDS_SEND_MAX ? n : PASSED_FDS_SEND_MAX;
}

static int put_all(int socket, const int *fds, size_t n)
{
	uint8_t count[COUNT_BYTES];
	ssize_t done;

	for (size_t batch; n; fds += batch, n -= batch) {
		batch = batch_of(n);
		put_be32(count, (uint32_t)n);
		done = passed_fds_send_many(
			socket, count, sizeof(count), fds, batch, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (done < 0)
			return (int)done;
	}
	return 0;
}

int parcel_pack(const int *fds, size_t n)
{
	int ends[2], r;

	if (!n || n > FDS_MAX)
		return -EINVAL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	r = put_all(ends[0], fds, n);
	close(ends[0]);
	if (r == 0)
		return ends[1];
	close(ends[1]);
	return r;
}

/* ---- unpacking ---- */

/** struct batch - what a message has: @left, descriptors from it on, of which it has @n */
struct batch {
	size_t left, n;
	int fds[PASSED_FDS_SEND_MAX];
};

static void close_all(const int *fds, size_t n)
{
	while (n)
		close(fds[--n]);
}

static void collect(struct batch *batch, struct msghdr *message)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		batch->n = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(batch->fds, CMSG_DATA(at), batch->n * sizeof(int));
	}
}

/* Return: 0; -errno, and nothing of it is open. */
static int get_batch(int parcel, struct batch *batch)
{
	union {
		char bytes[CMSG_SPACE(PASSED_FDS_SEND_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	uint8_t count[COUNT_BYTES];
	struct iovec iov = { count, sizeof(count) };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	do
		got = recvmsg(parcel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN || errno == ENOTSOCK ? -EBADMSG : -errno;
	batch->n = 0;
	collect(batch, &message);
	batch->left = got == sizeof(count) ? get_be32(count) : 0;
	if (!(message.msg_flags & MSG_CTRUNC) && batch->n && batch->n == batch_of(batch->left))
		return 0;
	close_all(batch->fds, batch->n);
	return message.msg_flags & MSG_CTRUNC ? -EMFILE : -EBADMSG;
}

/* @n: of how many there are in all. */
static int get_rest(int parcel, struct batch *batch, int *fds, size_t n)
{
	size_t done = 0;
	int r = 0;

	for (;;) {
		memcpy(fds + done, batch->fds, batch->n * sizeof(*fds));
		done += batch->n;
		if (done == n)
			return 0;
		r = get_batch(parcel, batch);
		if (r == 0 && batch->left != n - done) {
			close_all(batch->fds, batch->n);
			r = -EBADMSG;
		}
		if (r < 0) {
			close_all(fds, done);
			return r;
		}
	}
}

int parcel_unpack(int parcel, int **ret_fds, size_t *ret_n)
{
	struct batch batch;
	size_t n;
	int *fds, r = get_batch(parcel, &batch);

	if (r < 0)
		return r;
	n = batch.left;
	fds = n <= FDS_MAX ? malloc(n * sizeof(*fds)) : NULL;
	if (!fds) {
		close_all(batch.fds, batch.n);
		return n <= FDS_MAX ? -ENOMEM : -EBADMSG;
	}
	r = get_rest(parcel, &batch, fds, n);
	if (r < 0) {
		free(fds);
		return r;
	}
	*ret_fds = fds;
	*ret_n = n;
	return 0;
}
