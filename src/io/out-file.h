/* SPDX-License-Identifier: MIT */
#ifndef IO_OUT_FILE_H
#define IO_OUT_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

/* How a file that is only written to behaves. */
enum out_kind {
	OUT_FILE,   /* a write may wait, for a disk or a server: not for the loop's thread */
	OUT_STREAM, /* a FIFO, a terminal, another device: never waits, says EAGAIN */
	OUT_SOCKET, /* the same, of a socket */
};

/** struct out_file - an open file; @fd -1: none */
struct out_file {
	int fd;
	enum out_kind kind;
};

enum { OUT_MODE_PRESET = 0640 };

enum out_flags {
	OUT_EMPTY = 1,	/* a regular file begins anew */
	OUT_SHARED = 2, /* an inherited one goes on where others who have it are, be that its end */
	OUT_SYNC = 4,	/* what was written is on the disk */
};

/**
 * out_file_open() - open a path for writing, at its end
 * @path:  a regular file, a FIFO, a device; `/dev/fd/N`: a descriptor that this process inherited
 * @flags: enum out_flags
 * @mode:  permissions of a file that is made here, whatever the umask
 *
 * Takes as long as the file system does. A FIFO needs no reader: it is opened both ways where that
 * is allowed, so that readers may come and go. An inherited descriptor is opened anew where the
 * kernel allows that, so that its flags are ours alone; else it is taken for one whose writes may
 * wait.
 *
 * Return: 0; -errno.
 */
int out_file_open(const char *path, unsigned flags, mode_t mode, struct out_file *ret_file);

/** out_file_inherit() - go on in one that another process had opened by out_file_open() */
void out_file_inherit(int fd, struct out_file *ret_file);

/** out_file_is_regular() - is it a file on a disk */
bool out_file_is_regular(int fd);

/** out_file_is_inherited() - is the path that of a descriptor: it cannot be moved away */
bool out_file_is_inherited(const char *path);

/** out_file_write() - Return: bytes written; -errno, -EAGAIN for all kinds but OUT_FILE */
ssize_t out_file_write(const struct out_file *file, const struct iovec *iov, int n);

/**
 * out_file_write_now() - write to an OUT_FILE what its cache takes without waiting
 *
 * Return: bytes written; -EOPNOTSUPP: this file system cannot tell; -errno.
 */
ssize_t out_file_write_now(const struct out_file *file, const struct iovec *iov, int n);

#endif
