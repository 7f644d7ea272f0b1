/* SPDX-License-Identifier: MIT */
#ifndef PROG_DAEMON_H
#define PROG_DAEMON_H

#include "base/error.h"

struct notify;
struct setup;

/**
 * daemon_run() - make what @setup asks for, serve it until a signal says to end
 * @ready_fd: of process_fork_daemon(); -1: in the foreground
 *
 * Everything made is taken away again: symlinks, sockets, the pidfile, the terminal's mode.
 *
 * Return: 0, also where a signal came while things were being made; -errno with @err: something
 * could not be made.
 */
int daemon_run(struct setup *setup, struct notify *notify, int ready_fd, struct error **err);

/** daemon_check() - could what the setup asks for be made, as far as its text tells */
int daemon_check(struct setup *setup, struct error **err);

#endif
