/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_INHERITANCE_H
#define CHARDEV_INHERITANCE_H

#include "chardev/chardev-impl.h"
#include "chardev/handover.h"

struct chardev_inheritance;

/** chardev_inheritance_new() - see chardev_set_inherit(). Return: 0; -ENOMEM */
int chardev_inheritance_new(const struct snapshot *from, const struct snapshot_groups *chardevs,
	struct chardev_inheritance **ret_inheritance);

/** chardev_inheritance_join() - all have been loaded */
void chardev_inheritance_join(struct chardev_inheritance *inheritance);

/** chardev_inheritance_forget() - it goes before it could join */
void chardev_inheritance_forget(
	struct chardev_inheritance *inheritance, const struct chardev *chardev);

/** chardev_inheritance_free() - what nobody has taken is closed; NULL is fine */
void chardev_inheritance_free(struct chardev_inheritance *inheritance);

/** chardev_inheritance_take() - see chardev_take_orphan() */
struct chardev *chardev_inheritance_take(struct chardev_inheritance *inheritance, const char *id);

/**
 * chardev_find_state() - what another program has left of a chardev of this name and class
 *
 * Return: false: nothing.
 */
bool chardev_find_state(struct chardev *chardev, struct chardev_state *ret_state);

/**
 * chardev_load() - instead of the class's open()
 *
 * Return: 0; -ENOENT: the class leaves nothing, it is to be opened; another -errno with @err.
 */
int chardev_load(struct chardev *chardev, const struct opts *opts,
	const struct chardev_state *state, struct error **err);

#endif
