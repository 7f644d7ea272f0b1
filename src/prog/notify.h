/* SPDX-License-Identifier: MIT */
#ifndef PROG_NOTIFY_H
#define PROG_NOTIFY_H

#include "io/loop.h"

/**
 * struct notify - the service manager's socket [sd_notify(3)]
 * @address:  from $NOTIFY_SOCKET; NULL: nobody wants to know. Owned
 * @fd:       opened first, so that a limit cannot keep from the manager that all is ready; or -1
 * @watchdog_ms: how often it wants to hear that the loop goes round; 0: never
 * @watchdog: says so; NULL: not yet
 * @stopping: it has been told; from then on nothing is said
 * @stores:   how many descriptors it keeps while the service is stopped to be started again
 */
struct notify {
	char *address;
	int fd;
	uint64_t watchdog_ms;
	struct timer *watchdog;
	bool stopping;
	uint64_t stores;
};

enum { NOTIFY_TAKES_MS = 5000 }; /* for a descriptor to be taken */

/**
 * notify_init() - take $NOTIFY_SOCKET, the watchdog's variables and $FDSTORE out of the
 * environment, so that no child speaks for us
 */
void notify_init(struct notify *notify);

/*
 * What the manager is told. Nothing blocks, and that it could not be told is not our problem.
 */

/**
 * notify_serving() - all is ready, and the loop goes round from now on
 * @what: is served
 */
void notify_serving(struct notify *notify, struct loop *loop, const char *what);

/** notify_reloading() - the configuration is being read, up to notify_reloaded() */
void notify_reloading(struct notify *notify);
void notify_reloaded(struct notify *notify);

/** notify_stopping() - it ends; the loop goes round no more */
void notify_stopping(struct notify *notify);

/**
 * notify_store() - let it keep a copy of a descriptor for the next process, whoever holds the other
 * end of it
 * @name: which the next one finds it by [sd_pid_notify_with_fds(3)]
 *
 * Waits until all that it was told before, and this, has been taken note of. Whether it had room is
 * not said.
 *
 * Return: 0; -errno with @err, and nothing is kept.
 */
int notify_store(const struct notify *notify, const char *name, int fd, struct error **err);

/** notify_unstore() - it shall not keep what is called so */
void notify_unstore(const struct notify *notify, const char *name);

/**
 * notify_set_env() - what notify_init() took, for the program that is executed next, and the socket
 *
 * In another root, as after `-run-with chroot=`, the manager's path means nothing any more.
 */
int notify_set_env(const struct notify *notify);
void notify_unset_env(const struct notify *notify);

void notify_done(struct notify *notify);

#endif
