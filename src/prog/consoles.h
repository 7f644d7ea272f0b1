/* SPDX-License-Identifier: MIT */
#ifndef PROG_CONSOLES_H
#define PROG_CONSOLES_H

#include "base/error.h"

struct inventory;
struct request;
struct setup;
struct wanted;

/**
 * consoles_expand() - let what a console consists of be wanted
 * @console: one of the setup's; takes the options of its template
 *
 * Of one with a star each that is found, whose options have to be right also where none is. One
 * that would have the name of another is left out with a warning.
 *
 * Return: 0; -errno with @err, and the place of messages is the line that is wrong.
 */
int consoles_expand(struct setup *setup, const struct request *console, struct error **err);

/**
 * consoles_look_again() - the same of one with a star, once consoles_expand() was called for it
 * @there:  what there is, of which things of other groups, and of none, are others
 * @wanted: where it is added
 */
int consoles_look_again(const struct setup *setup, const struct request *console,
	const struct inventory *there, struct wanted *wanted, struct error **err);

#endif
