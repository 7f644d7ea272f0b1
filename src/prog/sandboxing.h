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

/** sandboxing_upgrades() - does it let another program take over */
bool sandboxing_upgrades(const struct sandboxing *sandbox);

/**
 * sandboxing_enter() - from now on; no-op where it is off
 * @setup: what was asked for: where files may be; what is given up is noted in its forgone
 *
 * Return: 0; -errno with @err.
 */
int sandboxing_enter(struct setup *setup, struct loop *loop, struct error **err);

/** sandboxing_text() - its options; it is on. Return: owned; NULL: no memory */
char *sandboxing_text(const struct sandboxing *sandbox);

/** sandboxing_compare() - is it the one that is in force by these options. Return: 0; -EPERM */
int sandboxing_compare(const struct sandboxing *now, const char *then, struct error **err);

/** sandboxing_go_on() - in the one that is in force, if there is; children come from its helper */
int sandboxing_go_on(const struct setup *setup, struct loop *loop, struct error **err);

/** sandboxing_done() - also of a zeroed one */
void sandboxing_done(struct sandboxing *sandbox);

#endif
