/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/**
 * struct connection - a byte stream to a daemon: its control socket, or a relay on another host
 * @fd:  non-blocking, both ways; -1: none
 * @pid: of the program that makes the stream; 0: none
 */
struct connection {
	int fd;
	pid_t pid;
};

/** connection_dial() - to a control socket. Return: 0; -errno with @err */
int connection_dial(const char *path, struct connection *ret_connection, struct error **err);

/**
 * connection_spawn() - to `charhub relay` on another host
 * @ssh:  command of a shell to which the host and the relay's words are added
 * @host: as ssh has it
 *
 * Return: 0; -errno with @err.
 */
int connection_spawn(
	const char *ssh, const char *host, struct connection *ret_connection, struct error **err);

/** connection_write() - all of it; waits. Return: 0; -EPIPE and the like */
int connection_write(struct connection *connection, const void *bytes, size_t len);

/**
 * connection_read() - what is there; waits for the first of it
 * @timeout_ms: -1: for ever
 *
 * Return: bytes; 0: the other end has closed; -ETIMEDOUT; another -errno.
 */
ssize_t connection_read(struct connection *connection, void *buf, size_t len, int timeout_ms);

/** connection_close() - no-op where there is none */
void connection_close(struct connection *connection);

#endif
