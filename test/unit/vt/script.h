/* SPDX-License-Identifier: MIT */
#ifndef TEST_VT_SCRIPT_H
#define TEST_VT_SCRIPT_H

#include <stddef.h>

/*
 * Terminal tests as text: test/vt/README.md says how they read.
 */

/** script_run() - run all cases of a file, feeding at most @piece bytes at a time (0: all at once)
 *
 * Return: how many cases were run; what is wrong is printed and counted in *@ret_failed.
 */
unsigned script_run(const char *path, size_t piece, unsigned *ret_failed);

#endif
