/* SPDX-License-Identifier: MIT */
#ifndef PROG_TAKEOVER_H
#define PROG_TAKEOVER_H

#include "base/error.h"

struct setup;
struct world;

/*
 * The side of the program that takes over, in the process of the one before (doc/upgrade.md).
 */

/**
 * takeover_begin() - has another program left something to this one; before the command line
 *
 * Return: its descriptor; -1: no.
 */
int takeover_begin(struct setup *setup);

/**
 * takeover_read() - let what was left be what is wanted, instead of what options and files say
 * @fd: the setup's, also where this fails
 */
int takeover_read(struct setup *setup, int fd, struct error **err);

/** takeover_set_env() - tell the program that is executed next. Return: 0; -ENOMEM */
int takeover_set_env(int fd);
void takeover_unset_env(void);

/** takeover_go_on() - all has been made, as far as that could be */
void takeover_go_on(struct setup *setup, struct world *world);

/** takeover_refuse() - the options or files of today are wrong: answer so, whatever is asked */
void takeover_refuse(const struct setup *setup, struct error *err);

/**
 * takeover_examine() - answer whether what comes by the setup's descriptor could be taken over,
 * until nobody asks any more
 *
 * Return: 0; -errno with @err: nobody asks.
 */
int takeover_examine(struct setup *setup, struct error **err);

#endif
