/* SPDX-License-Identifier: MIT */
#include "client/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A signal has no other way to say what it is for. */
static int told = -1;

static void tell(int number)
{
	const uint64_t one = 1;
	int saved = errno;

	(void)number;
	if (write(told, &one, sizeof(one)) < 0)
		_exit(128 + SIGINT);
	errno = saved;
}

int interrupt_open(struct error **err)
{
	struct sigaction action = { .sa_handler = tell, .sa_flags = (int)SA_RESETHAND };

	told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (told < 0 || sigaction(SIGINT, &action, NULL) < 0)
		return error_set(err, errno, "no signals: %s", strerror(errno));
	return 0;
}

int interrupt_fd(void)
{
	return told;
}

bool interrupt_came(int wait_ms)
{
	struct pollfd pollfd = { .fd = told, .events = POLLIN };

	return poll(&pollfd, 1, wait_ms) > 0;
}
