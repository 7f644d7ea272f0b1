/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_SWAP_H
#define CONTROL_SWAP_H

#include "opts/opts.h"

struct chardev;
struct world;

/**
 * swap_check() - could another chardev take the place of this one
 *
 * Return: 0; -ENOENT, -EBUSY with @err in QEMU's words.
 */
int swap_check(const struct world *world, const char *id, struct error **err);

/**
 * swap_chardev() - put another chardev of the same name in the place of one
 * @opts: unchecked
 *
 * Its holder sees the old peer go, and the new one come. A member of a hub keeps its options. Where
 * this fails the old one stays.
 *
 * Return: 0 with *@ret_chardev; -errno with @err.
 */
int swap_chardev(struct world *world, const char *id, struct opts *opts,
	struct chardev **ret_chardev, struct error **err);

#endif
