/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_FILES_H
#define TEST_LIB_FILES_H

#include "io/loop.h"

#include <stddef.h>

/* Files that are written behind the back of the test. */

/** put_file() - make a file with a text */
void put_file(const char *path, const char *text);

/** file_is() - Return: does the file exist and hold exactly this text, of less than 512 KiB */
int file_is(const char *path, const char *text);

/** file_text() - all that is in a file, which the caller frees; asserts that it can be read */
char *file_text(const char *path);

/** file_has_size() - Return: does it exist, and is it of this size */
int file_has_size(const char *path, size_t size);

/**
 * wait_for_file() - run the loop until file_is(); the runner's limit ends a wait in vain
 *
 * The loop has to run: what is written may be written in several pieces.
 */
void wait_for_file(struct loop *loop, const char *path, const char *text);

/** empty_folder() - remove the files in it, of which none is a folder */
void empty_folder(const char *path);

/** wait_for_size() - the same until the file has @size bytes */
void wait_for_size(struct loop *loop, const char *path, size_t size);

#endif
