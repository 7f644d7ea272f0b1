/* SPDX-License-Identifier: MIT */
#ifndef LIB_VISITOR_H
#define LIB_VISITOR_H

#include "chardev/chardev-impl.h"

/**
 * visitor_new() - a chardev over a descriptor that somebody has, as a client of a hub
 * @hub:      of which it is to be a member, see hub_admit()
 * @fd:       a connected socket, a terminal, a pipe, of which the chardev has a duplicate
 * @identity: copied; NULL: as the kernel knows the peer of a unix socket, else "anonymous"
 *
 * It goes when its peer does.
 *
 * Return: 0; -EINVAL with @err: what is no stream; -ENOMEM, -EMFILE.
 */
int visitor_new(struct chardev *hub, const char *id, int fd, const char *identity,
	struct chardev **ret_chardev, struct error **err);

/** visitor_on_gone() - call @fn(@data) when it goes; NULL: nobody */
void visitor_on_gone(struct chardev *chardev, void (*fn)(void *data), void *data);

#endif
