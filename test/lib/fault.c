/* SPDX-License-Identifier: MIT */
#include "lib/fault.h"
#include "lib/wrap-open.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CODES_MAX = 8, USUAL = 0 };

/* Threads make calls, too. */
static struct {
	atomic_uint left; /* 0: not armed */
	int code;	  /* USUAL: of what makes something, the first of its codes */
	atomic_bool failed;
} fault;

static _Thread_local bool held;

void fault_arm_code(unsigned n, int code)
{
	fault.code = code;
	atomic_store(&fault.failed, false);
	atomic_store(&fault.left, n);
}

void fault_arm(unsigned n)
{
	fault_arm_code(n, USUAL);
}

void fault_hold(bool hold)
{
	held = hold;
}

bool fault_is_over(void)
{
	return atomic_load(&fault.failed);
}

bool fault_disarm(void)
{
	atomic_store(&fault.left, 0);
	return fault_is_over();
}

/* Return: what this call would fail with, or 0. The first of @codes is the usual one, or USUAL. */
static int code_among(const int codes[CODES_MAX])
{
	if (fault.code == USUAL)
		return codes[0];
	for (int i = 0; i < CODES_MAX; i++)
		if (codes[i] == fault.code)
			return fault.code;
	return 0;
}

/* Is it this call's turn? Return: what it fails with, or 0. */
static int code_due(const int codes[CODES_MAX])
{
	unsigned left = atomic_load(&fault.left);
	int code;

	if (!left || held)
		return 0;
	code = code_among(codes);
	if (!code)
		return 0;
	while (left && !atomic_compare_exchange_weak(&fault.left, &left, left - 1))
		continue;
	if (left != 1)
		return 0;
	atomic_store(&fault.failed, true);
	return code;
}

static bool is_due(const int codes[CODES_MAX])
{
	int code = code_due(codes);

	if (code)
		errno = code;
	return code;
}

#define CODES(...) ((const int[CODES_MAX]){ __VA_ARGS__ })

/* WRAP(type of the result, name, parameters, arguments, what a failure returns, its errno codes) */
#define WRAP(type, name, parameters, arguments, failure, ...)                            \
	type __real_##name parameters;                                                   \
	type __wrap_##name parameters;                                                   \
	type __wrap_##name parameters                                                    \
	{                                                                                \
		return is_due(CODES(__VA_ARGS__)) ? (failure) : __real_##name arguments; \
	}

WRAP(void *, calloc, (size_t n, size_t size), (n, size), NULL, ENOMEM)
WRAP(void *, malloc, (size_t size), (size), NULL, ENOMEM)
WRAP(void *, realloc, (void *old, size_t size), (old, size), NULL, ENOMEM)
WRAP(void *, reallocarray, (void *old, size_t n, size_t size), (old, n, size), NULL, ENOMEM)
WRAP(char *, strndup, (const char *text, size_t len), (text, len), NULL, ENOMEM)
WRAP(int, memfd_create, (const char *name, unsigned flags), (name, flags), -1, EMFILE, ENOMEM)
WRAP(int, timerfd_create, (int clock, int flags), (clock, flags), -1, EMFILE, ENOMEM)
WRAP(char *, strdup, (const char *text), (text), NULL, ENOMEM)
WRAP(int, posix_openpt, (int flags), (flags), -1, ENOSPC, EMFILE)
WRAP(int, grantpt, (int fd), (fd), -1, EACCES)
WRAP(int, unlockpt, (int fd), (fd), -1, EINVAL)
WRAP(int, inotify_init1, (int flags), (flags), -1, EMFILE)
WRAP(int, inotify_add_watch, (int fd, const char *path, unsigned mask), (fd, path, mask), -1,
	ENOSPC, ENOMEM)
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol), -1, EMFILE)
WRAP(int, bind, (int fd, const struct sockaddr *address, socklen_t len), (fd, address, len), -1,
	EACCES)
WRAP(int, listen, (int fd, int backlog), (fd, backlog), -1, EADDRINUSE)
WRAP(int, connect, (int fd, const struct sockaddr *address, socklen_t len), (fd, address, len), -1,
	ENETUNREACH, EAGAIN)
WRAP(int, tcsetattr, (int fd, int when, const void *mode), (fd, when, mode), -1, EIO)
WRAP(int, epoll_create1, (int flags), (flags), -1, EMFILE)
WRAP(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags), -1, EMFILE)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), -1, EMFILE)
WRAP(int, epoll_wait, (int epoll, struct epoll_event *events, int max, int timeout),
	(epoll, events, max, timeout), -1, USUAL, EINTR)
WRAP(int, accept4, (int fd, struct sockaddr *address, socklen_t *len, int flags),
	(fd, address, len, flags), -1, USUAL, EINTR, EAGAIN, EMFILE, ENOMEM, ECONNRESET)
WRAP(ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len), -1, USUAL, EINTR, EAGAIN, EIO)
WRAP(ssize_t, recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags), -1, USUAL,
	EINTR, EAGAIN, ENOMEM, ECONNRESET)
WRAP(ssize_t, readv, (int fd, const struct iovec *iov, int n), (fd, iov, n), -1, USUAL, EINTR,
	EAGAIN, EIO)
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags), -1, USUAL,
	EINTR, EAGAIN, ENOMEM, ECONNRESET)
WRAP(ssize_t, writev, (int fd, const struct iovec *iov, int n), (fd, iov, n), -1, USUAL, EINTR,
	EAGAIN, EIO, ENOSPC)
WRAP(ssize_t, pwrite, (int fd, const void *buf, size_t len, off_t at), (fd, buf, len, at), -1,
	USUAL, EIO, ENOSPC)
WRAP(ssize_t, pwrite64, (int fd, const void *buf, size_t len, off_t at), (fd, buf, len, at), -1,
	USUAL, EIO, ENOSPC)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), -1,
	USUAL, EINTR, EAGAIN, ENOMEM, ECONNRESET)
WRAP(ssize_t, send, (int fd, const void *buf, size_t len, int flags), (fd, buf, len, flags), -1,
	USUAL, EINTR, EAGAIN, ENOMEM, ECONNRESET)

/* These give their error as the result. */
#define WRAP_CODE(name, parameters, arguments)                \
	int __real_##name parameters;                         \
	int __wrap_##name parameters;                         \
	int __wrap_##name parameters                          \
	{                                                     \
		int code = code_due(CODES(EAGAIN, ENOMEM));   \
                                                              \
		return code ? code : __real_##name arguments; \
	}

WRAP_CODE(posix_spawn,
	(pid_t * pid, const char *path, const posix_spawn_file_actions_t *files,
		const posix_spawnattr_t *attr, char *const argv[], char *const env[]),
	(pid, path, files, attr, argv, env))
WRAP_CODE(pthread_create,
	(pthread_t * thread, const pthread_attr_t *attr, void *(*fn)(void *arg), void *arg),
	(thread, attr, fn, arg))

/* The call itself: a C library may not have it, see base/nowait.h. */
ssize_t __wrap_pwritev2(int fd, const struct iovec *iov, int n, off_t at, int flags);
ssize_t __wrap_pwritev2(int fd, const struct iovec *iov, int n, off_t at, int flags)
{
	if (is_due(CODES(USUAL, EINTR, EAGAIN, EIO, ENOSPC)))
		return -1;
	return syscall(SYS_pwritev2, fd, iov, n, (long)at, (long)(at >> 32), flags);
}

/* An eventfd, which has no type in the file system, takes what is written to it. */
static bool takes_all(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !(st.st_mode & S_IFMT);
}

ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	return !takes_all(fd) && is_due(CODES(USUAL, EINTR, EAGAIN, EIO, ENOSPC))
		       ? -1
		       : __real_write(fd, buf, len);
}

/* To register a descriptor takes memory; to change it or to take it back does not. */
int __real_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	return operation == EPOLL_CTL_ADD && is_due(CODES(ENOSPC, ENOMEM))
		       ? -1
		       : __real_epoll_ctl(epoll, operation, fd, event);
}

/*
 * The rest has other names, too: where files may be large (open64, mmap64), and where calls are
 * checked (_FORTIFY_SOURCE). The C library's own allocations are not watched.
 */
ssize_t __wrap___read_chk(int fd, void *buf, size_t len, size_t size);
ssize_t __wrap___read_chk(int fd, void *buf, size_t len, size_t size)
{
	(void)size;
	return __wrap_read(fd, buf, len);
}

__attribute__((format(printf, 2, 0))) static int print(
	char **ret_text, const char *format, va_list args)
{
	return is_due(CODES(ENOMEM)) ? -1 : vasprintf(ret_text, format, args);
}

int __wrap_asprintf(char **ret_text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **ret_text, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = print(ret_text, format, args);
	va_end(args);
	return r;
}

int __wrap___asprintf_chk(char **ret_text, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int __wrap___asprintf_chk(char **ret_text, int level, const char *format, ...)
{
	va_list args;
	int r;

	(void)level;
	va_start(args, format);
	r = print(ret_text, format, args);
	va_end(args);
	return r;
}

static bool before_open(const char *path, int flags)
{
	(void)path, (void)flags;
	return !is_due(CODES(EMFILE, ENOSPC, EINTR, EIO));
}

#define MMAP_PARAMETERS void *at, size_t len, int protection, int flags, int fd, off_t offset
#define WRAP_MMAP(name)                                                               \
	void *__wrap_##name(MMAP_PARAMETERS);                                         \
	void *__wrap_##name(MMAP_PARAMETERS)                                          \
	{                                                                             \
		return is_due(CODES(ENOMEM))                                          \
			       ? MAP_FAILED                                           \
			       : __real_mmap(at, len, protection, flags, fd, offset); \
	}

void *__real_mmap(MMAP_PARAMETERS);
WRAP_MMAP(mmap)
WRAP_MMAP(mmap64)
