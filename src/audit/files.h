/* SPDX-License-Identifier: MIT */
#ifndef AUDIT_FILES_H
#define AUDIT_FILES_H

#include "io/archive.h"

#include <stddef.h>

/**
 * audit_files() - the files of an audit, the oldest first
 * @path: its name: those that it was rotated into are there too; or that of one old file
 *
 * Return: 0, the caller calls archive_done(); -ENOENT: there is none; -errno.
 */
int audit_files(const char *path, struct archive *ret_files);

/**
 * audit_file_read() - all bytes of a file, unpacked
 * @take: Return: 0; -errno ends it
 *
 * Return: 0; -EBADMSG: a packed file is damaged; -errno, also that of @take.
 */
int audit_file_read(const struct archive_file *file, uint64_t from,
	int (*take)(void *data, const char *bytes, size_t len), void *data);

#endif
