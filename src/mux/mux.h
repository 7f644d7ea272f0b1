/* SPDX-License-Identifier: MIT */
#ifndef MUX_MUX_H
#define MUX_MUX_H

#include "chardev/chardev-impl.h"

/*
 * Class "mux": any number of holders share one chardev. What each of them writes goes out at once;
 * what comes in goes to the one that has the focus. A person at the other end moves the focus with
 * the escape character.
 */
extern const struct chardev_class mux_class;

#endif
