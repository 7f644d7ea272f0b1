/* SPDX-License-Identifier: MIT */
/*
 * Being held is a lock on the open file, which the kernel drops when the process ends however it
 * ends; the number in the file is for people and scripts and proves nothing. The file is written
 * and locked under another name and then put into place: by a rename that must not replace anything
 * or, where an old file is there, under the lock of that old file. So of two programs that start at
 * once one wins.
 */
/* syscalls: close fchmod fcntl fstat getpid lstat newfstatat openat pread64 rename renameat2 */
/* syscalls: unlink */
#include "prog/pidfile.h"

#include "base/cleanup.h"
#include "base/noreplace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RACES_MAX = 16 }; /* others may create and remove the file at the same moment */

static int lock_file(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

static bool is_same_file(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

static int fail(const char *path, int code, struct error **err)
{
	return error_set(err, code, "Could not create '%s': %s", path, strerror(code));
}

static int fail_held(int fd, const char *path, struct error **err)
{
	char text[32];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	error_set(err, EBUSY, "Cannot lock pid file: Resource temporarily unavailable");
	error_set_hint(err, "'%s' is held by the running process %s.", path, text);
	return -EBUSY;
}

/* A locked file with our id beside @path; its name in @temporary, which ends in XXXXXX. */
static int write_temporary(char *temporary, int *ret_fd)
{
	AUTO_CLOSE int fd = mkostemp(temporary, O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = lock_file(fd);
	if (r == 0 && (fchmod(fd, 0644) < 0 || dprintf(fd, "%d\n", (int)getpid()) < 0))
		r = -errno;
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Replace the file at @path if nobody holds it. Return: 0; -EAGAIN: it is another one now. */
static int replace(const char *temporary, const char *path, struct error **err)
{
	AUTO_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : fail(path, errno, err);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "'%s' is not a regular file", path);
	if (lock_file(fd) < 0)
		return fail_held(fd, path, err);
	if (!is_same_file(fd, path))
		return -EAGAIN;
	return rename(temporary, path) < 0 ? fail(path, errno, err) : 0;
}

static int put_into_place(const char *temporary, const char *path, struct error **err)
{
	int r = -EAGAIN;

	for (int i = 0; i < RACES_MAX && r == -EAGAIN; i++) {
		if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return fail(path, errno, err);
		r = replace(temporary, path, err);
	}
	return r == -EAGAIN ? fail(path, EAGAIN, err) : r;
}

int pidfile_create(struct pidfile *pidfile, const char *path, struct error **err)
{
	AUTO_FREE char *temporary = NULL;
	AUTO_CLOSE int fd = -1;
	int r;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return fail(path, ENOMEM, err);
	r = write_temporary(temporary, &fd);
	if (r < 0)
		return fail(path, -r, err);
	r = put_into_place(temporary, path, err);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	*pidfile = (struct pidfile){ path, TAKE_FD(fd) };
	return 0;
}

void pidfile_adopt(struct pidfile *pidfile, const char *path, int fd)
{
	*pidfile = (struct pidfile){ path, fd };
}

void pidfile_remove(struct pidfile *pidfile)
{
	if (pidfile->fd < 0)
		return;
	if (is_same_file(pidfile->fd, pidfile->path))
		unlink(pidfile->path);
	close(TAKE_FD(pidfile->fd));
}
