/* SPDX-License-Identifier: MIT */
/* syscalls: close fcntl fstat ioctl newfstatat openat pipe2 poll ppoll read write */
#include "io/own-fd.h"

#include "base/cleanup.h"
#include "io/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { COPY_BYTES = 16 * 1024 };

/* The master of a pty cannot be opened anew: that would be another pty. */
static int open_anew(int fd, int access)
{
	char path[32];
	int number;

	if (ioctl(fd, TIOCGPTN, &number) == 0)
		return -ENXIO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* A thread would need even more. */
static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

int own_fd(int fd, int access)
{
	struct stat st;
	int own;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISSOCK(st.st_mode) || S_ISREG(st.st_mode)) {
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return own < 0 ? -errno : own;
	}
	own = open_anew(fd, access);
	if (own >= 0 || is_shortage(-own))
		return own;
	return own_fd_relay(fd, access);
}

/* ---- the thread ---- */

struct relay {
	int from, to;
};

/* Waits by poll() as well, since the flag may be set, too. Return: false: that is the end. */
static bool wait_for(int fd, short events)
{
	struct pollfd ready = { .fd = fd, .events = events };

	return (errno == EAGAIN || errno == EINTR) && poll(&ready, 1, -1) >= 0;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t done = write(fd, bytes, len);

		if (done < 0 && !wait_for(fd, POLLOUT))
			return false;
		if (done > 0) {
			bytes += done;
			len -= (size_t)done;
		}
	}
	return true;
}

static void *copy(void *data)
{
	struct relay *relay = data;
	char bytes[COPY_BYTES];
	ssize_t got;

	do {
		got = read(relay->from, bytes, sizeof(bytes));
		if (got > 0 && !write_all(relay->to, bytes, (size_t)got))
			break;
	} while (got > 0 || (got < 0 && wait_for(relay->from, POLLIN)));
	close(relay->from);
	close(relay->to);
	free(relay);
	return NULL;
}

int own_fd_relay(int fd, int access)
{
	AUTO_FREE struct relay *relay = malloc(sizeof(*relay));
	AUTO_CLOSE int theirs = fcntl(fd, F_DUPFD_CLOEXEC, 3), ours = -1, far = -1;
	int ends[2], r;

	if (!relay)
		return -ENOMEM;
	if (theirs < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ours = access == O_RDONLY ? ends[0] : ends[1];
	far = access == O_RDONLY ? ends[1] : ends[0];
	if (fcntl(ours, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	*relay = access == O_RDONLY ? (struct relay){ theirs, far } : (struct relay){ far, theirs };
	r = thread_start(copy, relay);
	if (r < 0)
		return r;
	(void)TAKE_PTR(relay);
	(void)TAKE_FD(theirs);
	(void)TAKE_FD(far);
	return TAKE_FD(ours);
}
