/* SPDX-License-Identifier: MIT */
#ifndef PROG_SANDBOXING_H
#define PROG_SANDBOXING_H

#include "opts/opts.h"

#include <stdbool.h>

struct loop;
struct setup;

/**
 * struct sandboxing - `-sandbox`
 * @opts: as checked; NULL: it is off; owned
 */
struct sandboxing {
	struct opts *opts;
};

/** sandboxing_options - those of `-sandbox` */
extern const struct opt_desc sandboxing_options[];

/**
 * sandboxing_read() - what `-sandbox` says
 * @opts: taken over on success
 *
 * Return: 0; -EINVAL; -ENOTSUP: this program cannot; with @err.
 */
int sandboxing_read(struct sandboxing *sandbox, struct opts *opts, struct error **err);

/** sandboxing_is_on() - will there be one, or is it there */
bool sandboxing_is_on(const struct sandboxing *sandbox);

/**
 * sandboxing_enter() - from now on; no-op where it is off
 * @setup: what was asked for: where files may be
 *
 * Return: 0; -errno with @err.
 */
int sandboxing_enter(const struct setup *setup, struct loop *loop, struct error **err);

/** sandboxing_done() - also of a zeroed one */
void sandboxing_done(struct sandboxing *sandbox);

#endif
