/* SPDX-License-Identifier: MIT */
#ifndef PROG_AGAIN_H
#define PROG_AGAIN_H

#include "io/loop.h"

struct setup;
struct world;

/**
 * struct again - what lets the configuration be read once more while the program runs
 *
 * The command line, which stays, and the files that it names, which may have changed.
 */
struct again;

typedef void again_fn(void *data, bool begins);

/**
 * again_new() - once all is made
 * @setup: what it was made of; taken over in place of it is what is read later
 * @on_reload: all of it begins to be read, or that is over, whatever came of it
 *
 * Return: 0; -errno with @err.
 */
int again_new(struct loop *loop, struct world *world, struct setup *setup, again_fn *on_reload,
	void *listener, struct again **ret_again, struct error **err);

/** again_read() - SIGHUP: read it and carry out what has changed */
void again_read(struct again *again);

/** again_free() - before the world; NULL is fine */
void again_free(struct again *again);

#endif
