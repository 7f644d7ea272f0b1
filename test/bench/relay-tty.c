/* SPDX-License-Identifier: MIT */
/*
 * The least that a program on a terminal can do to be at a console: bytes from the terminal to a
 * socket and from the socket to the terminal, one read and one write each. No frames, no escape, no
 * window. What a client takes longer than this is the client's own.
 *
 *	usage: relay-tty SOCKET		ready when it prints READY
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static int pass(int from, int to)
{
	static char bytes[PIECE];
	ssize_t n = read(from, bytes, sizeof(bytes));

	return n > 0 && write(to, bytes, (size_t)n) == n;
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct pollfd fds[] = {
		{ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	struct termios raw;

	if (argc != 2 || tcgetattr(STDIN_FILENO, &raw) < 0)
		return 2;
	cfmakeraw(&raw);
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", argv[1]);
	if (connect(fds[0].fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
		tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return 1;
	if (write(STDOUT_FILENO, "READY", strlen("READY")) < 0)
		return 1;
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents && !pass(fds[0].fd, STDOUT_FILENO))
			return 0;
		if (fds[1].revents && !pass(STDIN_FILENO, fds[0].fd))
			return 0;
	}
	return 1;
}
