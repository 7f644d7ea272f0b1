/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_SET_H
#define CHARDEV_SET_H

#include <charhub/chardev.h>

/** chardev_set_scratch() - the buffer that all chardevs of a set read into in turn */
void *chardev_set_scratch(struct chardev_set *set, size_t *ret_size);

#endif
