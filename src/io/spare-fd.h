/* SPDX-License-Identifier: MIT */
#ifndef IO_SPARE_FD_H
#define IO_SPARE_FD_H

#include "io/loop.h"

/*
 * A descriptor that all who accept connections on a loop keep in reserve together: given up for a
 * moment, it lets one of them accept who cannot be kept, and turn him away. It is used within one
 * call of the loop, so that one is enough for any number of them.
 */

/**
 * spare_fd_join() - have a part in it
 *
 * Return: 0; -EMFILE, -ENFILE: there is none to be had; -ENOMEM.
 */
int spare_fd_join(struct loop *loop);

/** spare_fd_leave() - the last one closes it */
void spare_fd_leave(struct loop *loop);

/**
 * spare_fd_give_up() - let there be a descriptor for something else
 *
 * Return: false: it had not come back since the last time.
 */
bool spare_fd_give_up(struct loop *loop);

/** spare_fd_take_back() - have it again, if there is one; no-op where it is there */
void spare_fd_take_back(struct loop *loop);

#endif
