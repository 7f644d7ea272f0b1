/* SPDX-License-Identifier: MIT */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include "base/error.h"
#include "io/loop.h"

#include <stdbool.h>
#include <sys/types.h>

/** How long a child has between SIGHUP and SIGKILL. */
enum { CHILD_GRACE_MS = 1000 };

/**
 * struct child_options - how to start a child
 * @command:    for /bin/sh -c
 * @term:       its $TERM
 * @cols, @rows: size of its terminal
 */
struct child_options {
	const char *command;
	const char *term;
	unsigned cols, rows;
};

struct child;

/** @status: as waitpid() gives it */
typedef void child_exit_fn(void *data, int status);

/**
 * child_spawn() - run a command as the leader of a session on a new pseudo terminal
 * @fn:         called once when it has exited, unless child_free() comes first
 * @ret_master: non-blocking; the caller owns it
 *
 * The child inherits the environment and no descriptor but its terminal. The terminal does not
 * report a hang-up while this process lives: the exit is what ends a child.
 *
 * Return: 0, the caller owns *@ret_child; -errno with @err.
 */
int child_spawn(struct loop *loop, const struct child_options *options, child_exit_fn *fn,
	void *data, struct child **ret_child, int *ret_master, struct error **err);

/**
 * struct child_state - by what another program in this process goes on with a child
 * @pid:    0: it has exited
 * @slave:  of its terminal, kept open
 * @doomed: it has been hung up
 */
struct child_state {
	pid_t pid;
	int slave;
	bool doomed;
};

/** child_save() - @slave stays the child's */
void child_save(const struct child *child, struct child_state *ret_state);

/**
 * child_adopt() - go on with a child of this process that child_spawn() has started
 * @master: of its terminal; borrowed until return
 *
 * Return: 0, the caller owns *@ret_child, and @slave is its; -errno: it is not there any more.
 */
int child_adopt(struct loop *loop, const struct child_state *state, int master, child_exit_fn *fn,
	void *data, struct child **ret_child);

pid_t child_pid(const struct child *child);

/** child_tty() - the name of its terminal; owned by the child */
const char *child_tty(const struct child *child);

/** child_hang_up() - SIGHUP now, SIGKILL to the whole session later; @fn is called as ever */
void child_hang_up(struct child *child);

/**
 * child_free() - let go of a child; NULL is fine
 *
 * If it runs it is hung up, and reaped by the loop later: loop_free() waits for that, at most
 * CHILD_GRACE_MS.
 */
void child_free(struct child *child);

/** child_status_text() - "exited with status 3", "was killed by signal 9 (Killed)" */
void child_status_text(int status, char *text, size_t size);

#endif
