/* SPDX-License-Identifier: MIT */
#ifndef IO_LOG_READER_H
#define IO_LOG_READER_H

#include "io/archive.h"
#include "io/log-index.h"

#include <sys/types.h>

/** struct log_reader - reads one file of a log, packed or not */
struct log_reader;

/**
 * log_reader_open() - read what a file holds
 * @index: of the file, may be empty; it makes the way to @from short where the file is packed
 * @from:  offset in the unpacked bytes
 *
 * Return: 0; -errno of the file; -ENOMEM.
 */
int log_reader_open(const struct archive_file *file, const struct log_index_table *index,
	uint64_t from, struct log_reader **ret_reader);

/**
 * log_reader_read() - the next bytes; waits for the file
 *
 * Return: bytes, up to @len; 0: the end, which of a file that is not packed may move; -EBADMSG: a
 * packed file is damaged; -errno.
 */
ssize_t log_reader_read(struct log_reader *reader, void *bytes, size_t len);

/** log_reader_fd() - of the file, for fstat() */
int log_reader_fd(const struct log_reader *reader);

/** log_reader_close() - NULL is fine */
void log_reader_close(struct log_reader *reader);

#endif
