/* SPDX-License-Identifier: MIT */
#include "lib/rough-io.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { KIND_MASK = (1 << ROUGH_IO_NUMBER_SHIFT) - 1, SEGMENTS_MAX = 64 };

static struct {
	uint8_t script[ROUGH_IO_MAX];
	size_t at, len;
	unsigned pause;
} rough;

void rough_io_script(const uint8_t *script, size_t len)
{
	rough.at = rough.pause = 0;
	rough.len = len < ROUGH_IO_MAX ? len : ROUGH_IO_MAX;
	if (rough.len)
		memcpy(rough.script, script, rough.len);
}

void rough_io_refuse(unsigned before, unsigned count)
{
	uint8_t script[ROUGH_IO_MAX];

	memset(script, ROUGH_IO_NONE, before);
	memset(script + before, ROUGH_IO_EAGAIN, count);
	rough_io_script(script, before + count);
}

static enum rough_io next(unsigned *ret_number)
{
	uint8_t byte;

	if (rough.pause) {
		rough.pause--;
		return ROUGH_IO_NONE;
	}
	if (rough.at == rough.len)
		return ROUGH_IO_NONE;
	byte = rough.script[rough.at++];
	*ret_number = byte >> ROUGH_IO_NUMBER_SHIFT;
	if ((byte & KIND_MASK) == ROUGH_IO_PAUSE)
		rough.pause = *ret_number;
	return byte & KIND_MASK;
}

/* Does the call fail, and with which errno; if not, it moves *@ret_most bytes at most. */
static bool fails(int full, size_t *ret_most)
{
	unsigned number = 0;

	*ret_most = SIZE_MAX;
	switch (next(&number)) {
	case ROUGH_IO_BYTE: *ret_most = 1; return false;
	case ROUGH_IO_SHORT: *ret_most = number + 1; return false;
	case ROUGH_IO_EINTR: errno = EINTR; return true;
	case ROUGH_IO_EAGAIN: errno = EAGAIN; return true;
	case ROUGH_IO_RESET: errno = ECONNRESET; return true;
	case ROUGH_IO_FULL: errno = full; return true;
	default: return false;
	}
}

/* Into @ret_part what of @iov holds the first @most bytes. Return: how many segments that are. */
static int shorten(const struct iovec *iov, size_t n, size_t most, struct iovec ret_part[])
{
	int count = 0;

	for (size_t i = 0; i < n && count < SEGMENTS_MAX && most; i++) {
		ret_part[count] = iov[i];
		if (ret_part[count].iov_len > most)
			ret_part[count].iov_len = most;
		most -= ret_part[count++].iov_len;
	}
	return count;
}

ssize_t __real_readv(int fd, const struct iovec *iov, int n);
ssize_t __wrap_readv(int fd, const struct iovec *iov, int n);
ssize_t __wrap_readv(int fd, const struct iovec *iov, int n)
{
	struct iovec part[SEGMENTS_MAX];
	size_t most;

	if (fails(EIO, &most))
		return -1;
	return __real_readv(fd, part, shorten(iov, (size_t)n, most, part));
}

ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	struct iovec part[SEGMENTS_MAX];
	size_t most;

	if (fails(EIO, &most))
		return -1;
	return __real_writev(fd, part, shorten(iov, (size_t)n, most, part));
}

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct iovec part[SEGMENTS_MAX], *whole = message->msg_iov;
	size_t most, segments = message->msg_iovlen;
	ssize_t n;

	if (fails(ENOMEM, &most))
		return -1;
	message->msg_iovlen = (size_t)shorten(whole, segments, most, part);
	message->msg_iov = part;
	n = __real_recvmsg(fd, message, flags);
	message->msg_iov = whole;
	message->msg_iovlen = segments;
	return n;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec part[SEGMENTS_MAX];
	struct msghdr shortened = *message;
	size_t most;

	if (fails(ENOMEM, &most))
		return -1;
	shortened.msg_iovlen = (size_t)shorten(message->msg_iov, message->msg_iovlen, most, part);
	shortened.msg_iov = part;
	return __real_sendmsg(fd, &shortened, flags);
}

ssize_t __real_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t len, int flags)
{
	size_t most;

	if (fails(ENOMEM, &most))
		return -1;
	return __real_send(fd, buf, len < most ? len : most, flags);
}

int __real_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	size_t most;

	return fails(EMFILE, &most) ? -1 : __real_accept4(fd, address, len, flags);
}
