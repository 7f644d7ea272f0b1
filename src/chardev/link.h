/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_LINK_H
#define CHARDEV_LINK_H

#include "chardev/chardev.h"

/**
 * chardev_move_link() - let the holder of @from hold @to instead
 *
 * It sees the peer go and another one come.
 *
 * Return: 0; -EBUSY: it does not take that; why the class of @to refuses this holder.
 */
int chardev_move_link(struct chardev *from, struct chardev *to, struct error **err);

#endif
