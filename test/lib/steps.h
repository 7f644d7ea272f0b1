/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_STEPS_H
#define TEST_LIB_STEPS_H

#include <limits.h>

/*
 * A process that is killed between two steps that it takes on a file system. For programs that are
 * linked with steps_link_args of test/lib/meson.build: their calls that make, move, remove and
 * write files are counted here.
 */

enum { STEPS_ALL = INT_MAX };

/**
 * steps_run() - call a function in a process of its own
 * @allowed: before the step after so many the process is killed, as by kill -9
 *
 * Return: the steps that were taken; STEPS_ALL: it was killed. Asserts that it ended well else.
 */
int steps_run(int allowed, void (*function)(void *data), void *data);

#endif
