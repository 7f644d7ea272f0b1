/* SPDX-License-Identifier: MIT */
/* syscalls: rt_sigaction rt_sigprocmask */
#include "prog/signals.h"

#include "io/signal-source.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

struct signal_watch {
	struct signal_source *source;
	signal_fn *fn;
	void *data;
};

static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR2 };
enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

/* A handler has nowhere else to put it. */
static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* The four but for those that are ignored. */
static void fill_watched(sigset_t *set)
{
	sigemptyset(set);
	for (int i = 0; i < WATCHED; i++)
		if (!is_ignored(watched[i]))
			sigaddset(set, watched[i]);
}

/*
 * Whoever started us may have left other signals blocked, or SIGCHLD ignored, which would take the
 * exit status of our children away. Ours are never let in between: one may be waiting.
 */
static void forget_inherited(const sigset_t *ours)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigemptyset(&action.sa_mask);
	sigaction(SIGCHLD, &action, NULL);
	sigprocmask(SIG_SETMASK, ours, NULL);
}

void signals_init(void)
{
	struct sigaction action = { .sa_handler = catch_signal };
	sigset_t set;

	fill_watched(&set);
	forget_inherited(&set);
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < WATCHED; i++)
		if (sigismember(&set, watched[i]))
			sigaction(watched[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGXFSZ, &action, NULL);
}

int signals_caught(void)
{
	return caught;
}

/* A hang-up by the kernel is the end of our terminal; a process means the log files. */
static enum signal_wish wish_of(const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGHUP && info->ssi_code != SI_KERNEL)
		return SIGNAL_REOPEN;
	return info->ssi_signo == SIGUSR2 ? SIGNAL_UPGRADE : SIGNAL_END;
}

static void on_signal(void *data, const struct signalfd_siginfo *info)
{
	struct signal_watch *watch = data;

	watch->fn(watch->data, wish_of(info), (int)info->ssi_signo, (int)info->ssi_pid);
}

int signals_watch(struct loop *loop, signal_fn *fn, void *data, struct signal_watch **ret_watch,
	struct error **err)
{
	struct signal_watch *watch = calloc(1, sizeof(*watch));
	int r = -ENOMEM;
	sigset_t set;

	fill_watched(&set);
	if (watch) {
		*watch = (struct signal_watch){ .fn = fn, .data = data };
		r = signal_source_new(loop, &set, on_signal, watch, &watch->source);
	}
	if (r < 0) {
		free(watch);
		return error_set(err, -r, "could not watch signals: %s", strerror(-r));
	}
	*ret_watch = watch;
	return 0;
}

void signals_watch_free(struct signal_watch *watch)
{
	if (!watch)
		return;
	signal_source_free(watch->source);
	free(watch);
}
