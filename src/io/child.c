/* SPDX-License-Identifier: MIT */
/*
 * A child process on a pseudo terminal. Its exit is seen through a pidfd, so that nothing depends
 * on SIGCHLD. It is reaped last: until then its number, which is that of its session as well,
 * cannot mean somebody else.
 *
 * This process keeps the slave open besides the child: programs such as getty close and reopen
 * their terminal, which must not look like an end.
 */
/* syscalls: close close_range fstat getdents64 ioctl kill openat pidfd_open read wait4 */
#include "io/child.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "io/spawner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

enum {
	TTY_NAME_BYTES = 32,
	STAT_BYTES = 512,
	ENV_REPLACED = 4,
	PID_DIGITS = 9,
	FIELDS_TO_SESSION = 4
};

struct child {
	struct loop *loop;
	struct watch *watch;
	struct timer *grace;
	int pidfd, slave;
	pid_t pid;
	child_exit_fn *fn; /* NULL: the owner has let go */
	void *data;
	bool exited, doomed;
	char tty[TTY_NAME_BYTES];
};

pid_t child_pid(const struct child *child)
{
	return child->pid;
}

const char *child_tty(const struct child *child)
{
	return child->tty;
}

/* ---- the end ---- */

/* The number that @text starts with, or -1. */
static pid_t leading_pid(const char *text)
{
	char digits[PID_DIGITS + 1];
	size_t len = strspn(text, "0123456789");
	uint64_t pid;

	if (len > PID_DIGITS)
		return -1;
	memcpy(digits, text, len);
	digits[len] = 0;
	return parse_u64(digits, &pid) < 0 ? -1 : (pid_t)pid;
}

/* The session of a process, or -1. [proc(5)]: "pid (name) state ppid pgrp session ..." */
static pid_t session_of(const char *pid)
{
	char path[64], stat[STAT_BYTES];
	const char *field;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[len < 0 ? 0 : len] = 0;
	field = strrchr(stat, ')');
	for (int i = 0; field && i < FIELDS_TO_SESSION; i++)
		field = strchr(field + 1, ' ');
	return field ? leading_pid(field + 1) : -1;
}

/* Jobs of a shell have process groups of their own: only the session holds all of them. */
static void kill_session(pid_t session)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = leading_pid(entry->d_name);

		if (pid > 0 && session_of(entry->d_name) == session)
			kill(pid, SIGKILL);
	}
	if (proc)
		closedir(proc);
}

static void child_release(struct child *child)
{
	watch_free(child->watch);
	timer_free(child->grace);
	if (child->pidfd >= 0)
		close(child->pidfd);
	if (child->slave >= 0)
		close(child->slave);
	free(child);
}

static void on_grace_over(void *data)
{
	struct child *child = data;

	kill_session(child->pid);
	kill(child->pid, SIGKILL);
}

static void on_exit_seen(void *data, unsigned events)
{
	struct child *child = data;
	int status = 0;

	(void)events;
	if (child->doomed)
		kill_session(child->pid);
	if (waitpid(child->pid, &status, WNOHANG) == 0)
		return;
	child->exited = true;
	watch_free(child->watch);
	child->watch = NULL;
	timer_stop(child->grace);
	if (child->fn)
		child->fn(child->data, status);
	else
		child_release(child);
}

void child_hang_up(struct child *child)
{
	if (child->exited || child->doomed)
		return;
	child->doomed = true;
	kill(-child->pid, SIGHUP);
	kill(-child->pid, SIGCONT);
	timer_start(child->grace, CHILD_GRACE_MS);
}

void child_free(struct child *child)
{
	if (!child)
		return;
	child->fn = NULL;
	if (child->exited) {
		child_release(child);
		return;
	}
	child_hang_up(child);
}

void child_status_text(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
}

/* ---- the start ---- */

static int open_terminal(struct child *child, const struct child_options *options, int *ret_master)
{
	struct winsize size = { .ws_col = (unsigned short)options->cols,
		.ws_row = (unsigned short)options->rows };
	AUTO_CLOSE int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios mode;
	int r;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return -errno;
	r = ptsname_r(master, child->tty, sizeof(child->tty));
	if (r)
		return -r;
	child->slave = open(child->tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (child->slave < 0 || tcgetattr(child->slave, &mode) < 0)
		return -errno;
	mode.c_iflag |= IUTF8;
	if (tcsetattr(child->slave, TCSANOW, &mode) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0)
		return -errno;
	*ret_master = TAKE_FD(master);
	return 0;
}

static bool is_replaced(const char *variable)
{
	static const char *const names[ENV_REPLACED] = {
		"TERM=", "LINES=", "COLUMNS=", "NOTIFY_SOCKET="
	};

	for (int i = 0; i < ENV_REPLACED; i++)
		if (!strncmp(variable, names[i], strlen(names[i])))
			return true;
	return false;
}

/* The strings but the first belong to the environment. */
static char **make_environment(char *term)
{
	size_t n = 0, used = 0;
	char **env;

	while (environ[n])
		n++;
	env = calloc(n + 2, sizeof(*env));
	if (!env)
		return NULL;
	env[used++] = term;
	for (size_t i = 0; i < n; i++)
		if (!is_replaced(environ[i]))
			env[used++] = environ[i];
	return env;
}

/* What the program itself inherited is not the child's: all else has the flag anyhow. */
static int close_from(posix_spawn_file_actions_t *files, int fd)
{
#ifdef __GLIBC__
	return posix_spawn_file_actions_addclosefrom_np(files, fd);
#else
	(void)files;
	return syscall(SYS_close_range, fd, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? errno : 0;
#endif
}

/* A session leader that opens a terminal gets it as its controlling one. */
static int describe_files(posix_spawn_file_actions_t *files, const char *tty)
{
	int r = posix_spawn_file_actions_addopen(files, 0, tty, O_RDWR, 0);

	for (int fd = 1; r == 0 && fd <= 2; fd++)
		r = posix_spawn_file_actions_adddup2(files, 0, fd);
	return r ? r : close_from(files, 3);
}

static int describe_process(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	return posix_spawnattr_setflags(
		attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int spawn_shell(struct child *child, const char *command, char **env)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, NULL, NULL };
	AUTO_FREE char *copy = strdup(command);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r;

	if (!copy || !env)
		return -ENOMEM;
	argv[2] = copy;
	r = posix_spawn_file_actions_init(&files);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r == 0) {
		r = describe_files(&files, child->tty);
		r = r ? r : describe_process(&attr);
		r = r ? r : posix_spawn(&child->pid, "/bin/sh", &files, &attr, argv, env);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return -r;
}

static int watch_exit(struct child *child)
{
	int r;

	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	r = child->pidfd < 0
		    ? -errno
		    : watch_new(child->loop, child->pidfd, on_exit_seen, child, &child->watch);
	if (r == 0)
		watch_set(child->watch, WATCH_READ);
	return r;
}

static int start(struct child *child, const struct child_options *options, int *ret_master)
{
	AUTO_FREE char *term = NULL;
	AUTO_FREE char **env = NULL;
	AUTO_CLOSE int master = -1;
	int r = open_terminal(child, options, &master);

	if (r < 0)
		return r;
	child->grace = timer_new(child->loop, on_grace_over, child);
	if (!child->grace || asprintf(&term, "TERM=%s", options->term) < 0)
		return -ENOMEM;
	if (spawner_of(child->loop)) {
		r = spawner_run(
			spawner_of(child->loop), child->tty, term, options->command, &child->pid);
	} else {
		env = make_environment(term);
		r = spawn_shell(child, options->command, env);
	}
	if (r < 0)
		return r;
	r = watch_exit(child);
	if (r < 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		return r;
	}
	*ret_master = TAKE_FD(master);
	return 0;
}

int child_spawn(struct loop *loop, const struct child_options *options, child_exit_fn *fn,
	void *data, struct child **ret_child, int *ret_master, struct error **err)
{
	struct child *child = calloc(1, sizeof(*child));
	int r = -ENOMEM;

	if (child) {
		*child = (struct child){
			.loop = loop, .pidfd = -1, .slave = -1, .fn = fn, .data = data
		};
		r = start(child, options, ret_master);
	}
	if (r < 0) {
		if (child)
			child_release(child);
		return error_set(
			err, -r, "Could not start '%s': %s", options->command, strerror(-r));
	}
	*ret_child = child;
	return 0;
}

/* ---- in another program's place ---- */

void child_save(const struct child *child, struct child_state *ret_state)
{
	*ret_state =
		(struct child_state){ child->exited ? 0 : child->pid, child->slave, child->doomed };
}

/* The name by the master: by the slave the C library looks for it in /proc, and in /dev. */
static int adopt(struct child *child, int master)
{
	int r = ptsname_r(master, child->tty, sizeof(child->tty));

	if (r)
		return -r;
	child->grace = timer_new(child->loop, on_grace_over, child);
	if (!child->grace)
		return -ENOMEM;
	r = watch_exit(child);
	if (r == 0 && child->doomed)
		timer_start(child->grace, CHILD_GRACE_MS);
	return r;
}

int child_adopt(struct loop *loop, const struct child_state *state, int master, child_exit_fn *fn,
	void *data, struct child **ret_child)
{
	struct child *child = calloc(1, sizeof(*child));
	int r;

	if (!child)
		return -ENOMEM;
	*child = (struct child){ .loop = loop,
		.pidfd = -1,
		.slave = state->slave,
		.pid = state->pid,
		.fn = fn,
		.data = data,
		.doomed = state->doomed };
	r = adopt(child, master);
	if (r < 0) {
		child->slave = -1;
		child_release(child);
		return r;
	}
	*ret_child = child;
	return 0;
}
