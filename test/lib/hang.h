/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_HANG_H
#define TEST_LIB_HANG_H

#include <stdbool.h>

/*
 * A file system that does not answer. For programs that are linked with hang_link_args of
 * test/lib/meson.build: calls of our own code to writev() and open() go through here.
 *
 * The thread that calls hang_begin() is the loop's: when it writes or opens the file that hangs,
 * the test has failed.
 */

/** hang_begin() - from now on, writing and opening files of this name hang until hang_end() */
void hang_begin(const char *path);

/** hang_wait() - until a thread hangs */
void hang_wait(void);

/** hang_end() - they go on; no-op where nothing hangs */
void hang_end(void);

/** hang_fail() - the same, but the writes that hang have this errno */
void hang_fail(int error);

#endif
