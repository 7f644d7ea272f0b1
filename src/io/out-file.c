/* SPDX-License-Identifier: MIT */
/* syscalls: fchmod fcntl fstat newfstatat openat pwritev2 sendmsg stat writev */
#include "io/out-file.h"

#include "base/nowait.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_FLAGS = O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, CREATE_TRIES = 3 };

/* The N of /dev/fd/N, or -1. */
static int inherited_fd(const char *path)
{
	uint64_t fd;

	if (strncmp(path, "/dev/fd/", 8) || parse_u64(path + 8, &fd) < 0 || fd > INT32_MAX)
		return -1;
	return (int)fd;
}

bool out_file_is_inherited(const char *path)
{
	return inherited_fd(path) >= 0;
}

/* The mode counts for a file that is made here only; others may make it at the same time. */
static int open_or_create(const char *path, int flags, mode_t mode)
{
	int fd = -1;

	for (int i = 0; i < CREATE_TRIES; i++) {
		fd = open(path, flags);
		if (fd >= 0 || errno != ENOENT)
			return fd;
		fd = open(path, flags | O_CREAT | O_EXCL, mode);
		if (fd >= 0) {
			fchmod(fd, mode);
			return fd;
		}
		if (errno != EEXIST)
			return -1;
	}
	return open(path, flags | O_CREAT, mode); /* a link that leads nowhere yet */
}

static int open_named(const char *path, int more, mode_t mode)
{
	int flags = OPEN_FLAGS | more;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode)) {
		int fd = open(path, flags | O_RDWR);

		if (fd >= 0)
			return fd;
	}
	return open_or_create(path, flags | O_WRONLY, mode);
}

static enum out_kind kind_of(int fd, bool shared)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return OUT_FILE;
	if (S_ISSOCK(st.st_mode))
		return OUT_SOCKET;
	return !shared && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) ? OUT_STREAM : OUT_FILE;
}

bool out_file_is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

int out_file_open(const char *path, unsigned flags, mode_t mode, struct out_file *ret_file)
{
	int inherited = inherited_fd(path);
	int more = (flags & OUT_EMPTY ? O_TRUNC : 0) | (flags & OUT_SYNC ? O_DSYNC : 0);
	bool is_theirs = (flags & OUT_SHARED) && out_file_is_regular(inherited);
	int fd = -1, code;

	if (inherited < 0)
		fd = open_named(path, more, mode);
	else if (!is_theirs)
		fd = open(path, OPEN_FLAGS | O_WRONLY | more);
	code = errno;
	if (fd < 0 && inherited >= 0) {
		fd = fcntl(inherited, F_DUPFD_CLOEXEC, 3);
		code = is_theirs ? errno : code;
		is_theirs = true;
	}
	if (fd < 0)
		return -code;
	*ret_file = (struct out_file){ fd, kind_of(fd, is_theirs) };
	return 0;
}

void out_file_inherit(int fd, struct out_file *ret_file)
{
	*ret_file = (struct out_file){ fd, kind_of(fd, !(fcntl(fd, F_GETFL) & O_NONBLOCK)) };
}

ssize_t out_file_write(const struct out_file *file, const struct iovec *iov, int n)
{
	const struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)n };
	ssize_t done;

	do
		done = file->kind == OUT_SOCKET
			       ? sendmsg(file->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
			       : writev(file->fd, iov, n);
	while (done < 0 && errno == EINTR);
	return done < 0 ? -errno : done;
}

ssize_t out_file_write_now(const struct out_file *file, const struct iovec *iov, int n)
{
	ssize_t done = pwritev2(file->fd, iov, n, -1, RWF_NOWAIT);

	return done < 0 ? -errno : done;
}
