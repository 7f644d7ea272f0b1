/* SPDX-License-Identifier: MIT */
#ifndef IO_SPAWNER_H
#define IO_SPAWNER_H

#include "io/loop.h"

#include <sys/types.h>

/**
 * struct spawner - a process that starts children for this one, which may not do so itself any more
 *
 * They are this one's children, not the spawner's: it waits for them and sees them end as ever.
 * child_spawn() asks the spawner of its loop, where there is one.
 */
struct spawner;

enum { SPAWNER_REQUEST_MAX = 64 * 1024 }; /* bytes of a command and what goes with it */

/**
 * spawner_start() - from now on children of this loop come from there
 *
 * Return: 0; -errno with @err.
 */
int spawner_start(struct loop *loop, struct error **err);

/** spawner_forbid() - from now on this loop starts no children at all. Return: 0; -ENOMEM */
int spawner_forbid(struct loop *loop);

/** spawner_of() - NULL: children are started as ever */
struct spawner *spawner_of(struct loop *loop);

/**
 * spawner_run() - sh -c @command as the leader of a session on the terminal @tty
 * @term: "TERM=xterm", in place of that of the environment
 *
 * Return: 0 with *@ret_pid; -EPERM: spawner_forbid(); -E2BIG; another -errno.
 */
int spawner_run(struct spawner *spawner, const char *tty, const char *term, const char *command,
	pid_t *ret_pid);

/**
 * spawner_save() - by what another program in this process goes on with it
 * @spawner: NULL: there is none
 * @ret_fd:  stays the spawner's; -1: nothing is started
 */
void spawner_save(const struct spawner *spawner, int *ret_fd, unsigned *ret_pid);

/** spawner_adopt() - go on with it; @fd is its, where this succeeds. Return: 0; -ENOMEM */
int spawner_adopt(struct loop *loop, int fd, unsigned pid);

/** spawner_stop() - let it end, and wait for that; no-op where there is none */
void spawner_stop(struct loop *loop);

#endif
