/* SPDX-License-Identifier: MIT */
#ifndef PROG_SIGNALS_H
#define PROG_SIGNALS_H

#include "io/loop.h"

/*
 * SIGINT, SIGTERM, SIGHUP and SIGUSR2 are blocked all the time and come through the loop. While
 * things are
 * being made, the loop does not run: where making one waits, it lets signals in for that time
 * (ppoll()), is interrupted (EINTR) and signals_caught() says by which. What the program inherited
 * as ignored (nohup) stays ignored.
 */

/**
 * signals_init() - block and catch the four, ignore SIGPIPE and SIGXFSZ
 *
 * What else was inherited as blocked is not any more, and SIGCHLD is not ignored.
 */
void signals_init(void);

/** signals_caught() - the number of one that interrupted a wait, or 0 */
int signals_caught(void);

enum signal_wish {
	SIGNAL_END,	/* SIGINT, SIGTERM, or the terminal is gone */
	SIGNAL_REOPEN,	/* SIGHUP from a process: open log files anew */
	SIGNAL_UPGRADE, /* SIGUSR2: the installed program takes over */
};

struct signal_watch;
typedef void signal_fn(void *data, enum signal_wish wish, int number, int pid);

/**
 * signals_watch() - from now on call @fn from the loop; also for what came before
 *
 * Return: 0, *@ret_watch for signals_watch_free(); -errno with @err.
 */
int signals_watch(struct loop *loop, signal_fn *fn, void *data, struct signal_watch **ret_watch,
	struct error **err);

/** signals_watch_free() - NULL is fine; the signals stay blocked */
void signals_watch_free(struct signal_watch *watch);

#endif
