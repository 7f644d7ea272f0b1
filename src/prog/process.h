/* SPDX-License-Identifier: MIT */
#ifndef PROG_PROCESS_H
#define PROG_PROCESS_H

#include "base/error.h"

#include <stdbool.h>

/*
 * What a process sets up about itself before its first own file descriptor, and how it goes to the
 * background.
 */

/**
 * process_init() - open 0, 1 and 2 where they are closed; allow as many files as may be; let
 * threads be interrupted; use memory again that is freed
 */
void process_init(void);

/**
 * process_fork_daemon() - go on in a child without a terminal
 * @ret_ready_fd: to be handed to process_daemon_ready()
 *
 * Returns in the child only. The parent waits and ends: with 0 once the child is ready, with the
 * child's own exit status if that ends before. The child's messages still go to the terminal.
 *
 * Return: 0; -errno with @err, in the parent.
 */
int process_fork_daemon(int *ret_ready_fd, struct error **err);

/**
 * process_daemon_ready() - let the parent end with 0 and let go of the terminal
 * @ready_fd:    closed
 * @keep_stderr: it is a log file already
 *
 * The working directory stays, since paths on the command line are relative to it.
 */
void process_daemon_ready(int ready_fd, bool keep_stderr);

#endif
