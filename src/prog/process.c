/* SPDX-License-Identifier: MIT */
/* before the sandbox: close dup2 dup3 fcntl kill openat pipe2 ppoll prlimit64 read setsid */
/* before the sandbox: wait4 write */
#include "prog/process.h"

#include "base/cleanup.h"
#include "io/thread.h"
#include "prog/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	KEPT_BYTES = 16 << 20,	/* freed at the heap's end, and kept */
	MAPPED_BYTES = 1 << 20, /* an allocation of so many is a mapping of its own, which is not */
};

/* A socket or a log file that became fd 1 or 2 would be written to by every message. */
static void open_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(1); /* nothing can be said and nothing will work */
}

/* Hundreds of consoles with their clients need more than the usual 1024. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * What is freed in a rush is needed again in it: it goes back to the kernel when all is quiet
 * (io/store.h), not piece by piece, since to touch it anew is dear (io/arena.h).
 */
static void keep_what_is_freed(void)
{
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
#endif
}

void process_init(void)
{
	keep_what_is_freed();
	open_standard_fds();
	raise_file_limit();
	thread_allow_interrupts();
}

/* The parent: one byte says that all is well; an end of file, that the child has ended. */
static _Noreturn void wait_for_child(pid_t child, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int status = 0;
	sigset_t none;
	ssize_t n;
	char byte;

	/* A signal is meant for the program, which is the child now. */
	sigemptyset(&none);
	while (ppoll(&ready, 1, NULL, &none) < 0 && errno == EINTR)
		kill(child, signals_caught());
	n = read(fd, &byte, 1);
	if (n == 1)
		_exit(0);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
	_exit(1);
}

int process_fork_daemon(int *ret_ready_fd, struct error **err)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_set(err, errno, "could not make a pipe: %s", strerror(errno));
	child = fork();
	if (child < 0) {
		int code = errno;

		close(fds[0]);
		close(fds[1]);
		return error_set(err, code, "could not fork: %s", strerror(code));
	}
	if (child > 0) {
		close(fds[1]);
		wait_for_child(child, fds[0]);
	}
	close(fds[0]);
	setsid();
	*ret_ready_fd = fds[1];
	return 0;
}

void process_daemon_ready(int ready_fd, bool keep_stderr)
{
	int last = keep_stderr ? STDOUT_FILENO : STDERR_FILENO;
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= last; fd++)
		dup2(null, fd);
	if (write(ready_fd, "", 1) < 0)
		(void)0; /* the parent was killed: that is its affair */
	close(ready_fd);
}
