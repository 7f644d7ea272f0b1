/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_FAULT_H
#define TEST_LIB_FAULT_H

#include <stdbool.h>

/*
 * Makes one call fail. For programs that are linked with fault_link_args of test/lib/meson.build:
 * the linker turns calls of our own code (not of shared libraries) to calloc(), malloc(),
 * realloc(), strdup() and some system calls into calls of the functions in fault.c.
 */

/** fault_arm() - let the @n-th watched call from now on fail; 1 is the next */
void fault_arm(unsigned n);

/** fault_disarm() - Return: did a call fail since fault_arm() */
bool fault_disarm(void);

#endif
