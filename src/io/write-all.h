/* SPDX-License-Identifier: MIT */
#ifndef IO_WRITE_ALL_H
#define IO_WRITE_ALL_H

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

/** write_all() - to a file. Return: 0; -errno, and some may have been written */
static inline int write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t done = write(fd, at, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		at += done;
		len -= (size_t)done;
	}
	return 0;
}

#endif
