/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_FAULT_H
#define TEST_LIB_FAULT_H

#include <stdbool.h>

/*
 * Makes one call fail. For programs that are linked with fault_link_args of test/lib/meson.build:
 * the linker turns calls of our own code (not of shared libraries) to calloc(), malloc(),
 * realloc(), strdup() and some system calls into calls of the functions in fault.c.
 */

/**
 * fault_arm() - let the @n-th watched call from now on fail; 1 is the next
 *
 * Watched are those that make something: memory, descriptors, threads.
 */
void fault_arm(unsigned n);

/**
 * fault_arm_code() - let the @n-th call that can fail with @code do so
 * @code: positive errno; besides those of fault_arm(): EINTR, EAGAIN, EIO, ENOSPC, ECONNRESET of
 *        what reads, writes, accepts and waits
 */
void fault_arm_code(unsigned n, int code);

/**
 * fault_hold() - are the calls of this thread left alone for now
 *
 * For what a test does itself while a fault is armed, as a peer.
 */
void fault_hold(bool hold);

/** fault_is_over() - has a call failed since it was armed */
bool fault_is_over(void);

/** fault_disarm() - Return: as fault_is_over() */
bool fault_disarm(void);

#endif
