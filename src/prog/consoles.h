/* SPDX-License-Identifier: MIT */
#ifndef PROG_CONSOLES_H
#define PROG_CONSOLES_H

#include "base/error.h"

struct request;
struct setup;

/**
 * consoles_expand() - let what a console consists of be wanted
 * @console: one of the setup's; takes the options of its template
 *
 * Return: 0; -errno with @err, and the place of messages is the line that is wrong.
 */
int consoles_expand(struct setup *setup, const struct request *console, struct error **err);

#endif
