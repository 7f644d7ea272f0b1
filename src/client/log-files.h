/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_LOG_FILES_H
#define CLIENT_LOG_FILES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct log_range - what of a log is wanted
 * @since, @until: in seconds since 1970: what was written from then on, and before then;
 *         0, INT64_MAX: all
 * @follow: and what will be written
 */
struct log_range {
	int64_t since, until;
	bool follow;
};

/**
 * log_files_read() - what stands in the files of a log, the oldest first
 * @path: its name; see io/archive.h
 * @put:  gets the bytes. Return: false: enough
 *
 * What was written when is known by the indices (io/log-index.h), to the second. The range begins
 * with a line and ends with one. Of a file without an index it is known when it ended, and when the
 * one before it did: it is read wholly where a part of it may be wanted. Files that are not wanted
 * are not opened.
 *
 * With @follow it goes on until @put has enough, also where files are rotated; in any case it ends
 * when interrupt_came().
 *
 * A packed file that is damaged is told of, and those behind it are read.
 *
 * Return: 0; -ENOENT: there are none; -EBADMSG: one was damaged; -errno with @err.
 */
int log_files_read(const char *path, const struct log_range *range,
	bool (*put)(void *data, const char *bytes, size_t len), void *data, struct error **err);

#endif
