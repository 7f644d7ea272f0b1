/* SPDX-License-Identifier: MIT */
#include "lib/steps.h"
#include "lib/wrap-open.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static atomic_int *taken;
static int limit;

static void step(void)
{
	if (taken && atomic_fetch_add(taken, 1) >= limit)
		raise(SIGKILL);
}

int steps_run(int allowed, void (*function)(void *data), void *data)
{
	atomic_int *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, n;
	pid_t pid;

	assert_ptr_not_equal(shared, MAP_FAILED);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		limit = allowed;
		taken = shared;
		function(data);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = *shared;
	munmap(shared, sizeof(*shared));
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return STEPS_ALL;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return n;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
	step();
	return __real_rename(from, to);
}

/* By the kernel: a C library may not have this one, nor pwritev2(). */
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	step();
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
	step();
	return __real_unlink(path);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	step();
	return __real_write(fd, bytes, len);
}

ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	step();
	return __real_writev(fd, iov, n);
}

ssize_t __wrap_pwritev2(int fd, const struct iovec *iov, int n, off_t at, int flags);
ssize_t __wrap_pwritev2(int fd, const struct iovec *iov, int n, off_t at, int flags)
{
	step();
	return syscall(SYS_pwritev2, fd, iov, n, (long)at, (long)(at >> 32), flags);
}

static bool before_open(const char *path, int flags)
{
	(void)path;
	if (flags & (O_CREAT | O_WRONLY | O_RDWR))
		step();
	return true;
}
