/* SPDX-License-Identifier: MIT */
#include "lib/fault.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

static struct {
	unsigned left; /* 0: not armed */
	bool failed;
} fault;

void fault_arm(unsigned n)
{
	fault.left = n;
	fault.failed = false;
}

bool fault_disarm(void)
{
	fault.left = 0;
	return fault.failed;
}

/* Is it this call's turn? */
static bool is_due(int code)
{
	if (!fault.left || --fault.left)
		return false;
	fault.failed = true;
	errno = code;
	return true;
}

/* WRAP(type of the result, name, parameters, arguments, what a failure returns, its errno) */
#define WRAP(type, name, parameters, arguments, failure, code)             \
	type __real_##name parameters;                                     \
	type __wrap_##name parameters;                                     \
	type __wrap_##name parameters                                      \
	{                                                                  \
		return is_due(code) ? (failure) : __real_##name arguments; \
	}

WRAP(void *, calloc, (size_t n, size_t size), (n, size), NULL, ENOMEM)
WRAP(void *, malloc, (size_t size), (size), NULL, ENOMEM)
WRAP(void *, realloc, (void *old, size_t size), (old, size), NULL, ENOMEM)
WRAP(char *, strdup, (const char *text), (text), NULL, ENOMEM)
WRAP(int, posix_openpt, (int flags), (flags), -1, ENOSPC)
WRAP(int, grantpt, (int fd), (fd), -1, EACCES)
WRAP(int, unlockpt, (int fd), (fd), -1, EINVAL)
WRAP(int, inotify_init1, (int flags), (flags), -1, EMFILE)
WRAP(int, inotify_add_watch, (int fd, const char *path, unsigned mask), (fd, path, mask), -1,
	ENOSPC)
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol), -1, EMFILE)
WRAP(int, bind, (int fd, const struct sockaddr *address, socklen_t len), (fd, address, len), -1,
	EACCES)
WRAP(int, listen, (int fd, int backlog), (fd, backlog), -1, EADDRINUSE)
WRAP(int, connect, (int fd, const struct sockaddr *address, socklen_t len), (fd, address, len), -1,
	ENETUNREACH)
WRAP(int, tcsetattr, (int fd, int when, const void *mode), (fd, when, mode), -1, EIO)
WRAP(int, posix_spawn,
	(pid_t * pid, const char *path, const posix_spawn_file_actions_t *files,
		const posix_spawnattr_t *attr, char *const argv[], char *const env[]),
	(pid, path, files, attr, argv, env), EAGAIN, EAGAIN)
WRAP(int, epoll_create1, (int flags), (flags), -1, EMFILE)
WRAP(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags), -1, EMFILE)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), -1, EMFILE)

/* To register a descriptor takes memory; to change it or to take it back does not. */
int __real_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	return operation == EPOLL_CTL_ADD && is_due(ENOSPC)
		       ? -1
		       : __real_epoll_ctl(epoll, operation, fd, event);
}
