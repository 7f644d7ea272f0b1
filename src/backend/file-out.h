/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_FILE_OUT_H
#define BACKEND_FILE_OUT_H

#include "chardev/chardev-impl.h"
#include "io/writer.h"

/**
 * struct file_out - a chardev's output to a file; part of a class's object, zeroed before first use
 *
 * A file that is broken (a full disk) takes bytes again by itself when it is mended. Until then a
 * holder that can keep them gets short accepts; for any other the bytes are left out and counted,
 * lest the guest wait for a disk.
 */
struct file_out {
	struct chardev *chardev;
	struct writer *writer; /* NULL: not open */
	struct task retry;
};

/**
 * file_out_open() - open the file
 * @options: path, how it begins and its mode; the rest is filled in here
 *
 * Return: 0; -errno with @err set.
 */
int file_out_open(struct file_out *out, struct chardev *chardev, struct writer_options options,
	struct error **err);

/** file_out_close() - no-op where it is not open */
void file_out_close(struct file_out *out);

/** file_out_is_open() */
bool file_out_is_open(const struct file_out *out);

/** file_out_outv() - for chardev_class.out */
ssize_t file_out_outv(struct file_out *out, const struct iovec *iov, int n);

/** file_out_owes() - for chardev_class.owes */
bool file_out_owes(const struct file_out *out);

/** file_out_reopen() - for chardev_class.reopen */
void file_out_reopen(struct file_out *out);

#endif
