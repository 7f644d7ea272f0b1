/* SPDX-License-Identifier: MIT */
#include "client/connection.h"

#include "base/cleanup.h"
#include "client/blocking.h"
#include "transport/address.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int connection_dial(const char *path, struct connection *ret_connection, struct error **err)
{
	AUTO_ADDRESS struct address address = { .kind = ADDRESS_UNIX, .path = strdup(path) };
	int fd;

	if (!address.path)
		return error_set(err, ENOMEM, "out of memory");
	fd = address_connect(&address, err);
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		error_set_hint(err, "No charhubd runs with '-control %s'.", path);
	if (fd < 0)
		return fd;
	*ret_connection = (struct connection){ .fd = fd };
	return 0;
}

/* In the child; a shell takes @ssh apart, and nothing else. */
static void become_relay(int fd, const char *ssh, const char *host)
{
	AUTO_FREE char *script = NULL;
	sigset_t none;

	if (asprintf(&script, "exec %s \"$@\"", ssh) < 0)
		_exit(127);
	/* In our own process group, so that it may ask for a password; but it does not wait for
	 * signals as we do. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(127);
	execl("/bin/sh", "sh", "-c", script, "charhub", host, "charhub", "relay", (char *)NULL);
	_exit(127);
}

int connection_spawn(
	const char *ssh, const char *host, struct connection *ret_connection, struct error **err)
{
	AUTO_CLOSE int theirs = -1;
	int fds[2];
	pid_t pid;

	if (*host == '-')
		return error_set(err, EINVAL, "'%s' is no host", host);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return error_set(err, errno, "cannot make a socket: %s", strerror(errno));
	theirs = fds[1];
	pid = fork();
	if (pid < 0) {
		int code = errno;

		close(fds[0]);
		return error_set(err, code, "cannot start %s: %s", ssh, strerror(code));
	}
	if (!pid)
		become_relay(fds[1], ssh, host);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*ret_connection = (struct connection){ .fd = fds[0], .pid = pid };
	return 0;
}

static int wait_for_input(const struct connection *connection, int timeout_ms)
{
	struct pollfd pollfd = { .fd = connection->fd, .events = POLLIN };
	int n = poll(&pollfd, 1, timeout_ms);

	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

int connection_write(struct connection *connection, const void *bytes, size_t len)
{
	return blocking_write(connection->fd, bytes, len);
}

ssize_t connection_read(struct connection *connection, void *buf, size_t len, int timeout_ms)
{
	for (;;) {
		ssize_t n = recv(connection->fd, buf, len, 0);
		int r;

		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		r = wait_for_input(connection, timeout_ms);
		if (r < 0)
			return r;
	}
}

void connection_close(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	if (connection->pid > 0) {
		/* Its input has ended; one that hangs all the same is not waited for. */
		kill(connection->pid, SIGTERM);
		waitpid(connection->pid, NULL, 0);
	}
	*connection = (struct connection){ .fd = -1 };
}
