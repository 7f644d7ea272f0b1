/* SPDX-License-Identifier: MIT */
#ifndef PROG_SERIALS_H
#define PROG_SERIALS_H

#include "chardev/chardev.h"

struct setup;

/**
 * serials_add() - take a `-serial`
 * @spec: as shorthand_parse() reads it, "chardev:ID" or "none"
 *
 * Makes the chardev "serialN", of which the first is serial0. There is no serial port to put it
 * on: it waits for a -device or a hub.
 *
 * Return: 0; -EINVAL, -ENOMEM with @err.
 */
int serials_add(struct setup *setup, const char *spec, struct error **err);

/**
 * serials_check() - once all is made: warn of those that nobody uses
 *
 * Return: 0; -ENOENT with @err: one names a chardev that there is not.
 */
int serials_check(
	const struct setup *setup, const struct chardev_set *chardevs, struct error **err);

#endif
