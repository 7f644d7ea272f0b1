/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SHORTHAND_H
#define CONTROL_SHORTHAND_H

#include "opts/opts.h"

/** shorthand_address() - "[HOST]:PORT" as host= and port=. Return: 0; -EINVAL, -ENOMEM */
int shorthand_address(struct opts *opts, const char *text);

/**
 * shorthand_listen() - where to listen: "[HOST]:PORT" as host= and port=, "unix:PATH" as path=,
 * "fd:NAME" as fd=
 *
 * Return: 0; -EINVAL, -ENOMEM with @err.
 */
int shorthand_listen(struct opts *opts, const char *text, struct error **err);

/**
 * shorthand_parse() - a chardev as `-serial` writes it
 * @text: "unix:/run/a,server=on,wait=off", "stdio", "mon:stdio", ...
 * @id:   of the chardev
 *
 * What it says is looked at later, as that of `-chardev`.
 *
 * Return: 0, the caller owns *@ret_opts; -EINVAL, -ENOMEM with @err.
 */
int shorthand_parse(const char *text, const char *id, struct opts **ret_opts, struct error **err);

#endif
