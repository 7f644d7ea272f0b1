/* SPDX-License-Identifier: MIT */
#ifndef LIB_CLASSES_H
#define LIB_CLASSES_H

#include "chardev/chardev.h"
#include "hub/hub.h"

/** charhub_classes - every class of chardev there is; for chardev_set_new() */
extern const struct chardev_class *const charhub_classes[];

#endif
