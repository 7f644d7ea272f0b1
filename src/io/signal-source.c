/* SPDX-License-Identifier: MIT */
/* syscalls: close read rt_sigprocmask signalfd4 */
#include "io/signal-source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct signal_source {
	int fd;
	struct watch *watch;
	signal_source_fn *fn;
	void *data;
	sigset_t blocked; /* those that were not before */
};

static void on_readable(void *data, unsigned events)
{
	struct signal_source *source = data;
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		source->fn(source->data, &info);
}

static void block(struct signal_source *source, const sigset_t *set)
{
	sigset_t before;

	sigprocmask(SIG_BLOCK, set, &before);
	source->blocked = *set;
	for (int number = 1; number <= SIGRTMAX; number++)
		if (sigismember(&before, number) > 0)
			sigdelset(&source->blocked, number);
}

int signal_source_new(struct loop *loop, const sigset_t *set, signal_source_fn *fn, void *data,
	struct signal_source **ret_source)
{
	struct signal_source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		return -ENOMEM;
	*source = (struct signal_source){ .fn = fn, .data = data };
	sigemptyset(&source->blocked);
	source->fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
	r = source->fd < 0 ? -errno
			   : watch_new(loop, source->fd, on_readable, source, &source->watch);
	if (r < 0) {
		signal_source_free(source);
		return r;
	}
	block(source, set);
	watch_set(source->watch, WATCH_READ);
	*ret_source = source;
	return 0;
}

void signal_source_free(struct signal_source *source)
{
	if (!source)
		return;
	sigprocmask(SIG_UNBLOCK, &source->blocked, NULL);
	watch_free(source->watch);
	if (source->fd >= 0)
		close(source->fd);
	free(source);
}
