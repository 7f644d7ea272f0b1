/* SPDX-License-Identifier: MIT */
#include "client/blocking.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static void wait_for(int fd, short events)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	poll(&pollfd, 1, -1);
}

int blocking_write(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EAGAIN)
			wait_for(fd, POLLOUT);
		else if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

size_t blocking_read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, line + len, 1);

		if (n < 0 && errno == EAGAIN)
			wait_for(fd, POLLIN);
		else if (n == 0 || (n < 0 && errno != EINTR))
			return 0;
		if (n > 0 && line[len++] == '\n')
			return len;
	}
	return 0;
}
