/* SPDX-License-Identifier: MIT */
#ifndef LIB_CLASSES_H
#define LIB_CLASSES_H

struct chardev_class;
struct frontend_class;
struct object_class;

/*
 * What there is, in tables that end with NULL: of a program, and of the library, where the terminal
 * is not ours and no handler of a signal may be set (virtio needs one of SIGBUS).
 */
extern const struct chardev_class *const charhub_classes[];
extern const struct chardev_class *const charhub_lib_classes[];
extern const struct frontend_class *const charhub_lib_frontends[];
extern const struct object_class *const charhub_objects[];

#endif
