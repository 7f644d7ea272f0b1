/* SPDX-License-Identifier: MIT */
#ifndef IO_LOG_FILE_H
#define IO_LOG_FILE_H

#include "io/log-index.h"
#include "io/out-file.h"

/**
 * struct log_file - a file that is written to, how full it is, and the index beside it
 * @out:   see out_file_open(); fd -1: none
 * @size:  of a regular file, in bytes, as far as we know: others may write to it, too
 * @mid_line: the last byte that we have written ends no line
 * @reserve: room that is kept behind it; 0: none, or the file system keeps none
 * @reserved: where room ends that is the file's already, in bytes from its start
 *
 * One thread at a time.
 */
struct log_file {
	struct out_file out;
	uint64_t size;
	bool mid_line;
	uint64_t reserve, reserved;
	struct log_index index;
};

/**
 * struct log_file_options
 * @mode:    permissions of what is made
 * @rotates: the file is going to be moved away: keep it locked (shared) until it is closed, so that
 *           nobody packs what is written to
 * @keep:    old files that there are at most when it was moved away; 0: all
 * @anew:    a regular file that is there, if it is empty, too, is moved aside first, as by
 *           log_file_rotate(); not one that is inherited
 * @indexed: have an index, where it is a regular file that is not inherited
 * @sync:    what was written is on the disk
 * @reserve: of a regular file, keep so many bytes of its disk for log_file_write_last(): what does
 *           not fit in front of them finds the disk full, from the first line on that does not
 * @inherited: go on with this descriptor, which another process had opened so; 0: open the path
 */
struct log_file_options {
	mode_t mode;
	bool rotates, anew, indexed, sync;
	unsigned keep;
	size_t reserve;
	int inherited;
};

/**
 * log_file_open() - open a file and its index; an index that cannot be had is none
 * @flags: see out_file_open()
 *
 * Takes as long as the file system does.
 *
 * Return: 0; -errno, @file is none.
 */
int log_file_open(struct log_file *file, const char *path, unsigned flags,
	const struct log_file_options *options);

/** log_file_close() - no-op for none */
void log_file_close(struct log_file *file);

/** log_file_write() - see out_file_write(); of a regular file in a thread that may wait */
ssize_t log_file_write(struct log_file *file, const struct iovec *iov, int n);

/** log_file_write_now() - see out_file_write_now() */
ssize_t log_file_write_now(struct log_file *file, const struct iovec *iov, int n);

/** log_file_write_last() - the same, into what is reserved */
ssize_t log_file_write_last(struct log_file *file, const struct iovec *iov, int n);

/** log_file_age_ms() - how long is it there, where the file system knows that; 0: it is new */
uint64_t log_file_age_ms(const struct log_file *file);

/**
 * log_file_rotate() - move it aside, see io/rotation.h, and go on in a new one of the same name
 *
 * Return: 0; -errno: all is as it was.
 */
int log_file_rotate(
	struct log_file *file, const char *path, const struct log_file_options *options);

#endif
