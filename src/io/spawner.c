/* SPDX-License-Identifier: MIT */
/*
 * A filter of system calls and limits of files are for a console hub, and go over to whatever it
 * starts. So who starts children is a process of its own that was made before. It is asked by a
 * message and answers by a number, and makes them with CLONE_PARENT: siblings of its own.
 *
 * It is made by fork() of a process that may have threads: it calls nothing that takes memory or a
 * lock.
 */
/* syscalls: close recvfrom sendmsg wait4 */
/* before the sandbox: clone clone3 dup2 dup3 execve openat rt_sigaction rt_sigprocmask sendto */
/* before the sandbox: close_range setsid socketpair */
#include "io/spawner.h"

#include "base/cleanup.h"
#include "io/loop-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARTS = 3, ENV_MAX = 1024, NOT_STARTED = 127 };

/* struct spawner - @fd: -1: nothing is started */
struct spawner {
	int fd;
	pid_t pid;
};

/* ---- the other process ---- */

/* The environment with another $TERM; what is more than ENV_MAX is not the child's. */
static void fill_environment(char *term, char *env[ENV_MAX + 2])
{
	size_t used = 0;

	env[used++] = term;
	for (char **at = environ; *at && used <= ENV_MAX; at++)
		if (strncmp(*at, "TERM=", 5) != 0 && strncmp(*at, "LINES=", 6) != 0 &&
			strncmp(*at, "COLUMNS=", 8) != 0)
			env[used++] = *at;
	env[used] = NULL;
}

static void forget_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(char *const parts[PARTS])
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, parts[2], NULL };
	char *env[ENV_MAX + 2];

	fill_environment(parts[1], env);
	forget_signals();
	setsid();
	syscall(SYS_close_range, 0, ~0U, 0);
	if (open(parts[0], O_RDWR) == STDIN_FILENO && dup2(STDIN_FILENO, STDOUT_FILENO) >= 0 &&
		dup2(STDIN_FILENO, STDERR_FILENO) >= 0)
		execve("/bin/sh", argv, env);
	_exit(NOT_STARTED);
}

/* The call itself, since that of the C library wants a stack. Its arguments change places there. */
#ifdef __s390x__
#define CLONE_ARGUMENTS NULL, CLONE_PARENT
#else
#define CLONE_ARGUMENTS CLONE_PARENT, NULL
#endif

/* A service with RestrictNamespaces=, and some containers, have no clone3() [systemd.exec(5)]. */
static long clone_sibling(void)
{
	struct clone_args args = { .flags = CLONE_PARENT };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0 && errno == ENOSYS)
		pid = syscall(SYS_clone, CLONE_ARGUMENTS, NULL, NULL, NULL);
	return pid;
}

/* Return: the child's number; -errno. */
static int32_t make_child(char *request, size_t len)
{
	char *parts[PARTS], *at = request;
	long pid;

	for (int i = 0; i < PARTS; i++) {
		parts[i] = at;
		at = memchr(at, '\0', len - (size_t)(at - request));
		if (!at++)
			return -EINVAL;
	}
	pid = clone_sibling();
	if (pid == 0)
		become(parts);
	return pid < 0 ? -errno : (int32_t)pid;
}

static bool tell(int fd, int32_t number)
{
	return send(fd, &number, sizeof(number), MSG_NOSIGNAL) == sizeof(number);
}

/*
 * Tells that it has none of our descriptors any more, then what it was asked. It ends when nobody
 * can ask any more. Signals to all of a session or a service are not for it.
 */
static _Noreturn void serve(int fd)
{
	char request[SPAWNER_REQUEST_MAX];
	sigset_t all;
	ssize_t len;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	dup2(fd, STDERR_FILENO + 1);
	syscall(SYS_close_range, STDERR_FILENO + 2, ~0U, 0);
	fd = STDERR_FILENO + 1;
	for (bool told = tell(fd, 0); told; told = tell(fd, make_child(request, (size_t)len))) {
		len = recv(fd, request, sizeof(request), 0);
		if (len <= 0)
			break;
	}
	_exit(0);
}

/* ---- this one ---- */

struct spawner *spawner_of(struct loop *loop)
{
	return *loop_slot(loop, LOOP_SLOT_SPAWNER);
}

/* Return: 0; -errno, -EPIPE: it is not there any more. */
static int hear(const struct spawner *spawner, int32_t *ret_answer)
{
	ssize_t n;

	do
		n = recv(spawner->fd, ret_answer, sizeof(*ret_answer), 0);
	while (n < 0 && errno == EINTR);
	if (n == sizeof(*ret_answer))
		return 0;
	return n < 0 ? -errno : -EPIPE;
}

/* Whoever is killed afterwards leaves nobody who holds sockets and locks for a moment more. */
static int start(struct spawner *spawner)
{
	int32_t ready;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	spawner->pid = fork();
	if (spawner->pid == 0)
		serve(fds[1]);
	close(fds[1]);
	if (spawner->pid > 0) {
		spawner->fd = fds[0];
		return hear(spawner, &ready);
	}
	close(fds[0]);
	return -errno;
}

int spawner_adopt(struct loop *loop, int fd, unsigned pid)
{
	struct spawner *spawner = malloc(sizeof(*spawner));

	if (!spawner)
		return -ENOMEM;
	*spawner = (struct spawner){ .fd = fd, .pid = (pid_t)pid };
	*loop_slot(loop, LOOP_SLOT_SPAWNER) = spawner;
	return 0;
}

void spawner_save(const struct spawner *spawner, int *ret_fd, unsigned *ret_pid)
{
	*ret_fd = spawner ? spawner->fd : -1;
	*ret_pid = spawner ? (unsigned)spawner->pid : 0;
}

int spawner_forbid(struct loop *loop)
{
	return spawner_adopt(loop, -1, 0);
}

int spawner_start(struct loop *loop, struct error **err)
{
	int r = spawner_forbid(loop);

	if (r == 0)
		r = start(spawner_of(loop));
	if (r == 0)
		return 0;
	spawner_stop(loop);
	return error_set(
		err, -r, "could not make the process that starts children: %s", strerror(-r));
}

int spawner_run(struct spawner *spawner, const char *tty, const char *term, const char *command,
	pid_t *ret_pid)
{
	const char *const parts[PARTS] = { tty, term, command };
	struct iovec iov[PARTS];
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = PARTS };
	int32_t answer;
	size_t len = 0;
	int r;

	if (spawner->fd < 0)
		return -EPERM;
	for (int i = 0; i < PARTS; i++) {
		iov[i] = (struct iovec){ (void *)(uintptr_t)parts[i], strlen(parts[i]) + 1 };
		len += iov[i].iov_len;
	}
	if (len > SPAWNER_REQUEST_MAX)
		return -E2BIG;
	if (sendmsg(spawner->fd, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	r = hear(spawner, &answer);
	if (r < 0)
		return r; /* it was killed */
	if (answer < 0)
		return answer;
	*ret_pid = answer;
	return 0;
}

void spawner_stop(struct loop *loop)
{
	struct spawner *spawner = spawner_of(loop);

	if (!spawner)
		return;
	*loop_slot(loop, LOOP_SLOT_SPAWNER) = NULL;
	if (spawner->fd >= 0) {
		close(spawner->fd);
		while (waitpid(spawner->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	free(spawner);
}
