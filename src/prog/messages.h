/* SPDX-License-Identifier: MIT */
#ifndef PROG_MESSAGES_H
#define PROG_MESSAGES_H

#include "io/loop.h"

/*
 * The messages of a program that serves: they wait for nobody. A terminal at Ctrl-S, a pipe that
 * nobody reads, a disk that hangs cost messages, never a console; the gap says how many bytes.
 */
struct messages;

/**
 * messages_start() - from now on, instead of straight to stderr
 * @path: file that they are added to; NULL: to stderr
 *
 * Return: 0; -errno with @err.
 */
int messages_start(
	struct loop *loop, const char *path, struct messages **ret_messages, struct error **err);

/** messages_reopen() - go on in a new file: this one was moved away; NULL is fine */
void messages_reopen(struct messages *messages);

/** messages_stop() - straight to stderr again; what was held back is told first; NULL is fine */
void messages_stop(struct messages *messages);

#endif
