/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_PASSED_FDS_H
#define TRANSPORT_PASSED_FDS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
	PASSED_FDS_MAX = 16,	   /* taken of one message; what comes above that is closed */
	PASSED_FDS_SEND_MAX = 253, /* that the kernel lets one message have */
};

/**
 * struct passed_fds - descriptors that came beside the bytes of a unix socket
 *
 * Those that nobody has taken when others come are closed.
 */
struct passed_fds {
	int fds[PASSED_FDS_MAX];
	size_t n;
};

/** passed_fds_recvmsg() - as recvmsg(2), and keep what comes beside the bytes */
ssize_t passed_fds_recvmsg(struct passed_fds *passed, int fd, struct msghdr *message, int flags);

/**
 * passed_fds_send() - as send(2), with a descriptor beside the bytes
 * @passed: -1: none
 *
 * Return: bytes; -errno.
 */
ssize_t passed_fds_send(int fd, const void *bytes, size_t len, int passed, int flags);

/** passed_fds_send_many() - the same with @n of them, 0..PASSED_FDS_SEND_MAX */
ssize_t passed_fds_send_many(
	int fd, const void *bytes, size_t len, const int *passed, size_t n, int flags);

/** passed_fds_take() - the first one, the caller's from now on; -ENOENT: there is none */
int passed_fds_take(struct passed_fds *passed);

/** passed_fds_close() - close those that nobody took */
void passed_fds_close(struct passed_fds *passed);

#endif
