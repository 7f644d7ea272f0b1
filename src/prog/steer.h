/* SPDX-License-Identifier: MIT */
#ifndef PROG_STEER_H
#define PROG_STEER_H

#include "base/error.h"

#include <stdbool.h>

struct opts;
struct setup;

/**
 * steer_add() - take a `-mon`
 * @opts: the setup's on success
 */
int steer_add(struct setup *setup, struct opts *opts, const char *where, struct error **err);

/** steer_add_object() - take an `-object` that is a monitor: it is made after the chardevs */
int steer_add_object(struct setup *setup, struct opts *opts, const char *where, struct error **err);

/**
 * steer_add_short() - take a `-qmp` or `-monitor`: a monitor and what it is spoken to at
 * @option: its name, for messages
 * @spec:   as shorthand_parse() reads it, or "chardev:ID"
 * @mode:   "control" or "readline"
 */
int steer_add_short(struct setup *setup, const char *option, const char *spec, const char *mode,
	bool pretty, struct error **err);

/** steer_add_person() - let people steer at a chardev that is asked for: "-serial mon:..." */
int steer_add_person(
	struct setup *setup, const char *chardev, const char *where, struct error **err);

/**
 * steer_add_control() - take a `-control`: a unix socket with a monitor for each client
 * @opts: "path", and what a socket takes; the setup's on success
 */
int steer_add_control(
	struct setup *setup, struct opts *opts, const char *where, struct error **err);

#endif
