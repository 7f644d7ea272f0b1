/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_FD_NAMES_H
#define CONTROL_FD_NAMES_H

#include <stddef.h>

enum { FD_NAMES_MAX = 64 };

/** struct fd_names - descriptors that a session was handed, by name, until somebody takes them */
struct fd_names;

/**
 * fd_names_put() - keep a descriptor; one of the same name is closed
 * @names: NULL at the start
 * @fd:    the set's on success
 *
 * Return: 0; -ENOSPC: FD_NAMES_MAX are held; -ENOMEM.
 */
int fd_names_put(struct fd_names **names, const char *name, int fd);

/** fd_names_take() - Return: the descriptor, the caller's from now on; -ENOENT. NULL is fine */
int fd_names_take(struct fd_names *names, const char *name);

/** fd_names_free() - close all; NULL is fine */
void fd_names_free(struct fd_names *names);

#endif
