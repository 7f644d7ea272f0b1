/* SPDX-License-Identifier: MIT */
#include "client/terminal.h"

#include "client/blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct {
	struct termios before;
	bool is_raw;
	int lost; /* why nothing can be written any more; 0: it can */
} terminal;

/* One of the three that is closed would be the next thing that is opened, say a connection. */
void terminal_hold_descriptors(void)
{
	static const int ways[] = { O_WRONLY, O_RDONLY, O_RDONLY }; /* so that using it fails */

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", ways[fd]) != fd)
			_exit(1);
}

bool terminal_is_tty(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

bool terminal_size(unsigned *ret_cols, unsigned *ret_rows)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return false;
	*ret_cols = size.ws_col;
	*ret_rows = size.ws_row;
	return true;
}

void terminal_raw(void)
{
	struct termios raw;

	if (terminal.is_raw || !terminal_is_tty() || tcgetattr(STDIN_FILENO, &terminal.before) < 0)
		return;
	raw = terminal.before;
	cfmakeraw(&raw);
	terminal.is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void terminal_restore(void)
{
	if (terminal.is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
	terminal.is_raw = false;
}

void terminal_forget_modes(void)
{
	/* Mouse, paste, focus and key modes off, the main screen, margins, wrap, cursor, colours
	 * and character sets as at the start, to the last line [xterm ctlseqs]. */
	terminal_puts("\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?1004l\033[?2004l"
		      "\033[?1049l\033[r\033[?6l\033[?7h\033[?25h\033[?1l\033>\033[4l\033(B\017"
		      "\033[0m\033[999;1H\r\n");
}

void terminal_write(const void *bytes, size_t len)
{
	if (!terminal.lost)
		terminal.lost = -blocking_write(STDOUT_FILENO, bytes, len);
}

static bool is_reader_gone(void)
{
	struct pollfd pollfd = { .fd = STDOUT_FILENO };

	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLERR);
}

bool terminal_is_lost(void)
{
	return terminal.lost || is_reader_gone();
}

int terminal_finish(void)
{
	if (fflush(stdout) && !terminal.lost)
		terminal.lost = errno;
	if (ferror(stdout) && !terminal.lost)
		terminal.lost = EIO;
	return terminal.lost && !is_reader_gone() ? -terminal.lost : 0;
}

void terminal_puts(const char *text)
{
	terminal_write(text, strlen(text));
}
