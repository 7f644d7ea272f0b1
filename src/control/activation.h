/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_ACTIVATION_H
#define CONTROL_ACTIVATION_H

#include "opts/opts.h"

/**
 * struct activation - sockets that the service manager has opened for us [sd_listen_fds(3)]
 * @names: of the descriptors from 3 on, "vnc:console:..."; NULL: they have none. Owned
 * @n:     how many there are
 */
struct activation {
	char *names;
	unsigned n;
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

/** activation_done() - forget the names; the sockets stay open */
void activation_done(struct activation *activation);

#endif
