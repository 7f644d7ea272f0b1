/* SPDX-License-Identifier: MIT */
#ifndef PROG_SIGNALS_H
#define PROG_SIGNALS_H

#include <charhub/loop.h>

/*
 * Signals in two phases. While things are being made, the loop does not run and making one may
 * block: a signal interrupts it (EINTR) and is remembered. Once signals_watch() was called they
 * come through the loop. What the program inherited as ignored (nohup) stays ignored.
 */

/** signals_init() - catch SIGINT, SIGTERM and SIGHUP, ignore SIGPIPE */
void signals_init(void);

/** signals_caught() - did one come before signals_watch(); its number, or 0 */
int signals_caught(void);

enum signal_wish {
	SIGNAL_END,    /* SIGINT, SIGTERM, or the terminal is gone */
	SIGNAL_REOPEN, /* SIGHUP from a process: open log files anew */
};

struct signal_watch;
typedef void signal_fn(void *data, enum signal_wish wish, int number, int pid);

/**
 * signals_watch() - from now on call @fn from the loop
 *
 * Return: 0, *@ret_watch for signals_watch_free(); -errno with @err.
 */
int signals_watch(struct loop *loop, signal_fn *fn, void *data, struct signal_watch **ret_watch,
	struct error **err);

/** signals_watch_free() - NULL is fine; the signals stay blocked */
void signals_watch_free(struct signal_watch *watch);

#endif
