/* SPDX-License-Identifier: MIT */
#ifndef PROG_CLASSES_H
#define PROG_CLASSES_H

struct frontend_class;

/** frontend_classes - every driver of -device, sorted by name, NULL-terminated */
extern const struct frontend_class *const frontend_classes[];

#endif
