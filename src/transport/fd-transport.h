/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_FD_TRANSPORT_H
#define TRANSPORT_FD_TRANSPORT_H

#include "transport/transport.h"

/**
 * fd_transport_new() - over descriptors of any kind
 * @in_fd, @out_fd: non-blocking; may be the same; -1: none; the transport's where this succeeds
 *
 * A descriptor that cannot be waited for (a regular file, /dev/null) is always ready.
 *
 * Return: 0; -ENOMEM, -EEXIST, -EBADF and what epoll_ctl(2) may say.
 */
int fd_transport_new(struct loop *loop, int in_fd, int out_fd, struct transport **ret_transport);

/**
 * struct socket_tuning - how a TCP connection is tuned; no effect on another socket [tcp(7)]
 * @nodelay:    send small packets at once
 * @keep_alive: find out when the peer vanishes: after @idle_s of silence it is asked every
 *              @interval_s, and is gone after @count questions; 0: as the system has it
 * @user_timeout_ms: it is gone when it has not acknowledged for so long what was sent; 0: as the
 *              system has it
 */
struct socket_tuning {
	bool nodelay, keep_alive;
	unsigned idle_s, interval_s, count, user_timeout_ms;
};

/**
 * socket_transport_new() - over a connected stream socket
 * @fd:     non-blocking; the transport's where this succeeds
 * @tuning: borrowed until return; NULL: as the system has it
 *
 * A write to a peer that has gone raises no signal. Little waits unsent in the kernel: what waits
 * there can not be replaced by news (SOCKET_UNSENT_MAX); a unix socket takes what a fast reader
 * needs to go on while we do something else (UNIX_SOCKET_BYTES). Urgent data stays in the stream
 * and cannot pass for a hang-up once it was read.
 *
 * Return: as fd_transport_new().
 */
int socket_transport_new(struct loop *loop, int fd, const struct socket_tuning *tuning,
	struct transport **ret_transport);

/** socket_watch_half() - the peer of TCP sends no more: find out within a minute if it vanishes */
void socket_watch_half(struct transport *transport);

#endif
