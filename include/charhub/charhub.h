/* SPDX-License-Identifier: MIT */
#ifndef CHARHUB_CHARHUB_H
#define CHARHUB_CHARHUB_H

#include <charhub/chardev.h>
#include <charhub/hub.h>

/** charhub_classes - every class of chardev there is; for chardev_set_new() */
extern const struct chardev_class *const charhub_classes[];

#endif
