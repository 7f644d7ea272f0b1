/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_ACTIVATION_H
#define CONTROL_ACTIVATION_H

#include "opts/opts.h"

#include <sys/types.h>

/**
 * struct activation - sockets that the service manager has opened for us [sd_listen_fds(3)]
 * @names: of the descriptors from 3 on, "vnc:console:..."; NULL: they have none. Owned
 * @n:     how many there are
 * @inodes: theirs, by which they are known to be what was passed; owned
 */
struct activation {
	char *names;
	unsigned n;
	ino_t *inodes;
};

/**
 * activation_init() - take $LISTEN_PID, $LISTEN_FDS and $LISTEN_FDNAMES out of the environment
 *
 * What was meant for another process is left alone. Ours is not inherited by children.
 */
void activation_init(struct activation *activation);

/**
 * activation_resolve() - let `fd=NAME` be one of these sockets
 * @opts: checked; "NAME" becomes "N" in it
 *
 * Return: 0; -ENOENT: none is called that; -EEXIST: several are; -ENOMEM.
 */
int activation_resolve(const struct activation *activation, struct opts *opts, struct error **err);

/**
 * activation_take() - a descriptor of that name, the caller's; no socket to be resolved any more
 *
 * Return: the first one of them; -ENOENT: there is none, or no more.
 */
int activation_take(struct activation *activation, const char *name);

/**
 * activation_set_env() - leave those that are open yet to the program that is executed next in this
 * process, by their names
 *
 * Return: 0; -ENOMEM, and activation_unset_env() is to be called, as where nothing is executed.
 */
int activation_set_env(const struct activation *activation);
void activation_unset_env(const struct activation *activation);

/** activation_done() - forget the names; the sockets stay open */
void activation_done(struct activation *activation);

#endif
