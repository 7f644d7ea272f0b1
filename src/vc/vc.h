/* SPDX-License-Identifier: MIT */
#ifndef VC_VC_H
#define VC_VC_H

#include "chardev/chardev-impl.h"

/* Class "vc": a chardev that is a console of the program's display. */
extern const struct chardev_class vc_class;

/* Bytes for the guest that wait until it takes them: more are refused. */
#define VC_INPUT_MAX (4u << 20)

/* Of these, answers of the terminal: a guest that asks and never reads gets no more of them. */
#define VC_REPLIES_MAX (64u << 10)

/* Columns and rows; what CHARDEV_RESIZE can say. */
#define VC_SIZE_MAX 1000u

#endif
