/* SPDX-License-Identifier: MIT */
/* syscalls: close kill poll ppoll recvfrom socketpair wait4 */
#include "prog/examiner.h"

#include "base/cleanup.h"
#include "io/child.h"
#include "transport/passed-fds.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { LAST_WORDS_MS = 200, WAIT_STEP_MS = 10, STATUS_BYTES = 80 };

struct examiner {
	struct watch *watch;
	struct timer *timer;
	int fd;
	pid_t pid;
	const char *program;
	examiner_fn *fn;
	void *data;
};

/* ---- the child ---- */

static char **make_argv(char *const *argv, char *option, char *number)
{
	size_t n = 0;
	char **all;

	while (argv[n])
		n++;
	all = calloc(n + 3, sizeof(*all));
	if (!all)
		return NULL;
	all[0] = argv[0];
	all[1] = option;
	all[2] = number;
	memcpy(all + 3, argv + 1, (n - 1) * sizeof(*all));
	return all;
}

static int describe(posix_spawn_file_actions_t *files, posix_spawnattr_t *attr, int fd)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return posix_spawn_file_actions_adddup2(files, fd, fd); /* clears FD_CLOEXEC */
}

static int spawn(struct examiner *examiner, char *const *argv, int fd)
{
	static char option[] = "-check-snapshot";
	AUTO_FREE char **all = NULL;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char number[16];
	int r;

	snprintf(number, sizeof(number), "%d", fd);
	all = make_argv(argv, option, number);
	if (!all)
		return -ENOMEM;
	r = posix_spawn_file_actions_init(&files);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		r = describe(&files, &attr, fd);
		if (r == 0)
			r = posix_spawn(
				&examiner->pid, examiner->program, &files, &attr, all, environ);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

/* It has said all that it will: how has it ended? */
static int tell_end(struct examiner *examiner, struct error **err)
{
	char text[STATUS_BYTES];
	int status = 0;
	pid_t pid = 0;

	for (int ms = 0; ms < LAST_WORDS_MS && !pid; ms += WAIT_STEP_MS) {
		pid = waitpid(examiner->pid, &status, WNOHANG);
		if (!pid)
			poll(NULL, 0, WAIT_STEP_MS);
	}
	if (pid <= 0)
		return error_set(err, EPROTO, "'%s' does not answer", examiner->program);
	examiner->pid = 0;
	child_status_text(status, text, sizeof(text));
	return error_set(err, EPROTO, "'%s' cannot take over: it %s", examiner->program, text);
}

/* ---- questions and answers ---- */

/* That it has ended without having read all is told once, before what it has said [unix(7)]. */
static ssize_t receive(const struct examiner *examiner, char *text, size_t size)
{
	ssize_t n = recv(examiner->fd, text, size, MSG_DONTWAIT);

	if (n < 0 && errno == ECONNRESET)
		n = recv(examiner->fd, text, size, MSG_DONTWAIT);
	return n;
}

/* Return: 0: it could; -EAGAIN: no answer yet; another -errno with @err. */
static int read_answer(struct examiner *examiner, struct error **err)
{
	char text[EXAMINER_ANSWER_MAX + 1];
	ssize_t n = receive(examiner, text, sizeof(text) - 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0)
		return tell_end(examiner, err);
	text[n] = '\0';
	if (text[0] == EXAMINER_YES)
		return 0;
	return error_set(err, EPROTO, "'%s' cannot take over: %s", examiner->program, text + 1);
}

static void on_answer(void *data, unsigned events)
{
	struct examiner *examiner = data;
	struct error *err = NULL;
	int r = read_answer(examiner, &err);

	(void)events;
	if (r == -EAGAIN)
		return;
	watch_set(examiner->watch, 0);
	timer_stop(examiner->timer);
	examiner->fn(examiner->data, err);
}

static void on_late(void *data)
{
	struct examiner *examiner = data;
	struct error *err = NULL;

	watch_set(examiner->watch, 0);
	error_set(&err, ETIMEDOUT, "'%s' cannot take over: it has not answered in %d seconds",
		examiner->program, EXAMINER_MS / 1000);
	examiner->fn(examiner->data, err);
}

/* One that has ended may have said why before it was asked. */
static int ask(struct examiner *examiner, int fd, struct error **err)
{
	int r;

	if (passed_fds_send(examiner->fd, "?", 1, fd, MSG_NOSIGNAL) >= 0)
		return 0;
	r = read_answer(examiner, err);
	return r == 0 || r == -EAGAIN ? tell_end(examiner, err) : r;
}

int examiner_ask(struct examiner *examiner, int fd, struct error **err)
{
	int r = ask(examiner, fd, err);

	if (r < 0)
		return r;
	watch_set(examiner->watch, WATCH_READ);
	timer_start(examiner->timer, EXAMINER_MS);
	return 0;
}

int examiner_ask_now(struct examiner *examiner, int fd, struct error **err)
{
	struct pollfd ready = { .fd = examiner->fd, .events = POLLIN };
	int r = ask(examiner, fd, err);

	if (r < 0)
		return r;
	if (poll(&ready, 1, EXAMINER_NOW_MS) > 0)
		r = read_answer(examiner, err);
	else
		r = -EAGAIN;
	return r == -EAGAIN ? error_set(err, ETIMEDOUT, "'%s' does not answer any more",
				      examiner->program)
			    : r;
}

/* ---- life ---- */

int examiner_new(struct loop *loop, const char *program, char *const *argv, examiner_fn *fn,
	void *data, struct examiner **ret_examiner, struct error **err)
{
	struct examiner *examiner = calloc(1, sizeof(*examiner));
	int fds[2] = { -1, -1 }, r;

	if (!examiner)
		return error_set(err, ENOMEM, "out of memory");
	*examiner = (struct examiner){ .fd = -1, .program = program, .fn = fn, .data = data };
	r = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0;
	examiner->fd = fds[0];
	examiner->timer = timer_new(loop, on_late, examiner);
	if (r == 0)
		r = examiner->timer
			    ? watch_new(loop, examiner->fd, on_answer, examiner, &examiner->watch)
			    : -ENOMEM;
	if (r == 0)
		r = spawn(examiner, argv, fds[1]);
	if (fds[1] >= 0)
		close(fds[1]);
	if (r < 0) {
		examiner_free(examiner);
		return error_set(err, -r, "'%s' cannot be started: %s", program, strerror(-r));
	}
	*ret_examiner = examiner;
	return 0;
}

void examiner_free(struct examiner *examiner)
{
	if (!examiner)
		return;
	watch_free(examiner->watch);
	timer_free(examiner->timer);
	if (examiner->fd >= 0)
		close(examiner->fd);
	if (examiner->pid > 0) {
		kill(examiner->pid, SIGKILL);
		waitpid(examiner->pid, NULL, 0);
	}
	free(examiner);
}
