/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_DRAIN_H
#define CONTROL_DRAIN_H

#include "chardev/chardev.h"

/**
 * drain() - at the end of the program: let files have what the guests have printed
 *
 * To be called when no guest is read any more. Waits until nothing has happened for two seconds,
 * ten at most, and for nobody who reads at a pace of his own. The log tells what a file that does
 * not take its bytes has missed.
 */
void drain(struct loop *loop, const struct chardev_set *set);

#endif
