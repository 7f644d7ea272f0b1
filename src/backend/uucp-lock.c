/* SPDX-License-Identifier: MIT */
/*
 * LCK..NAME holds the number of the process in ten columns. It is written under another name and
 * linked into place, so that nobody ever reads half of one.
 *
 * Our own number in one does not say that we have the device: numbers are given out again, and a
 * process that died may have had ours. So whoever has a lock keeps its file open and locked.
 */
/* syscalls: close fchmod flock getpid kill link linkat newfstatat openat read readlink unlink */
#include "backend/uucp-lock.h"

#include "base/cleanup.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FOLDER "/run/lock"

enum { PID_BYTES = 11, TRIES = 3, LOCK_MODE = 0644 };

struct uucp_lock {
	int fd;
	char *path;
};

/* "/run/lock/LCK..ttyUSB0" of the device itself, however it is called; NULL: no memory. */
static char *lock_path(const char *device)
{
	AUTO_FREE char *real = realpath(device, NULL);
	const char *name = real ? real : device;
	char *path;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	if (asprintf(&path, LOCK_FOLDER "/LCK..%s", name) < 0)
		return NULL;
	for (char *at = path + sizeof(LOCK_FOLDER); *at; at++)
		if (*at == '/')
			*at = '_';
	return path;
}

/* Is the process alive, and, should it be this one, has it the lock? */
static bool is_held(int fd, pid_t pid)
{
	if (pid == getpid())
		return flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	return kill(pid, 0) == 0 || errno != ESRCH;
}

/* Return: the process that has it and lives; 0: it is stale, or has gone. */
static pid_t holder_of(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[PID_BYTES + 1] = "", *start = text;
	ssize_t n = fd < 0 ? 0 : read(fd, text, PID_BYTES);
	uint64_t pid;

	text[n > 0 ? n : 0] = 0;
	start += strspn(start, " ");
	start[strcspn(start, "\n")] = 0;
	if (parse_u64(start, &pid) < 0 || !pid || pid > INT_MAX)
		return 0;
	return is_held(fd, (pid_t)pid) ? (pid_t)pid : 0;
}

/* Return: the file, open and locked; -EEXIST: somebody has it; another -errno: none can be made. */
static int link_lock(const char *path)
{
	char draft[] = LOCK_FOLDER "/charhub.XXXXXX";
	AUTO_CLOSE int fd = mkostemp(draft, O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fchmod(fd, LOCK_MODE) < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		r = -errno;
	else if (dprintf(fd, "%10d\n", (int)getpid()) != PID_BYTES)
		r = -EIO;
	else if (link(draft, path) < 0)
		r = -errno;
	unlink(draft);
	return r < 0 ? r : TAKE_FD(fd);
}

/* Return: as link_lock(); -EBUSY with @err: a process that lives has it. */
static int make_lock(const char *device, const char *path, struct error **err)
{
	int fd = link_lock(path);

	for (int i = 1; i < TRIES && fd == -EEXIST; i++) {
		pid_t pid = holder_of(path);

		if (pid)
			return error_set(err, EBUSY,
				"Could not open '%s': process %d uses it, as '%s' says", device,
				(int)pid, path);
		unlink(path);
		fd = link_lock(path);
	}
	return fd;
}

int uucp_lock_take(const char *device, struct uucp_lock **ret_lock, struct error **err)
{
	AUTO_FREE struct uucp_lock *lock = malloc(sizeof(*lock));
	AUTO_FREE char *path = lock_path(device);
	int fd;

	*ret_lock = NULL;
	if (!lock || !path)
		return error_set(err, ENOMEM, "'%s': out of memory", device);
	fd = make_lock(device, path, err);
	if (fd < 0)
		return fd == -EBUSY ? fd : 0;
	*lock = (struct uucp_lock){ fd, TAKE_PTR(path) };
	*ret_lock = TAKE_PTR(lock);
	return 0;
}

void uucp_lock_release(struct uucp_lock *lock)
{
	if (!lock)
		return;
	unlink(lock->path);
	close(lock->fd);
	free(lock->path);
	free(lock);
}
