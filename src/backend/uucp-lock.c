/* SPDX-License-Identifier: MIT */
/*
 * LCK..NAME holds the number of the process in ten columns. It is written under another name and
 * linked into place, so that nobody ever reads half of one.
 */
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
#include <unistd.h>

#define LOCK_FOLDER "/run/lock"

enum { PID_BYTES = 11, TRIES = 3, LOCK_MODE = 0644 };

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
	return kill((pid_t)pid, 0) < 0 && errno == ESRCH ? 0 : (pid_t)pid;
}

/* Return: 0; -EEXIST: somebody has it; another -errno: none can be made. */
static int link_lock(const char *path)
{
	AUTO_FREE char *draft = NULL;
	int r = 0;

	if (asprintf(&draft, LOCK_FOLDER "/charhub.%d", (int)getpid()) < 0) {
		draft = NULL;
		return -ENOMEM;
	}
	{
		AUTO_CLOSE int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, LOCK_MODE);

		if (fd < 0)
			return -EACCES;
		if (dprintf(fd, "%10d\n", (int)getpid()) != PID_BYTES)
			r = -EIO;
	}
	if (r == 0 && link(draft, path) < 0)
		r = -errno;
	unlink(draft);
	return r;
}

int uucp_lock_take(const char *device, char **ret_lock, struct error **err)
{
	AUTO_FREE char *path = lock_path(device);
	int r = -EEXIST;

	*ret_lock = NULL;
	if (!path)
		return error_set(err, ENOMEM, "'%s': out of memory", device);
	for (int i = 0; i < TRIES && r == -EEXIST; i++) {
		pid_t pid;

		r = link_lock(path);
		pid = r == -EEXIST ? holder_of(path) : 0;
		if (pid)
			return error_set(err, EBUSY,
				"Could not open '%s': process %d uses it, as '%s' says", device,
				(int)pid, path);
		if (r == -EEXIST)
			unlink(path);
	}
	if (r == 0)
		*ret_lock = TAKE_PTR(path);
	return 0;
}

void uucp_lock_release(char *lock)
{
	if (lock)
		unlink(lock);
	free(lock);
}
