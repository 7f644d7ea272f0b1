/* SPDX-License-Identifier: MIT */
#ifndef CLIENT_TERMINAL_H
#define CLIENT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The terminal that the client runs on: what it was like is remembered once, and brought back by
 * terminal_restore(), which may be called at any time.
 */

/** terminal_is_tty() - are both standard input and output a terminal */
bool terminal_is_tty(void);

/** terminal_size() - false: it has none */
bool terminal_size(unsigned *ret_cols, unsigned *ret_rows);

/** terminal_raw() - every key comes as it is; no-op where there is no terminal */
void terminal_raw(void);

/** terminal_restore() - as it was before */
void terminal_restore(void);

/** terminal_forget_modes() - undo what a program of the guest has set: mouse, margins, ... */
void terminal_forget_modes(void);

/** terminal_hold_descriptors() - nothing else becomes standard input, output or error; the first */
void terminal_hold_descriptors(void);

/** terminal_write() - to standard output, all of it */
void terminal_write(const void *bytes, size_t len);

/** terminal_is_lost() - nothing can be written any more, or nobody is there who would read it */
bool terminal_is_lost(void);

/**
 * terminal_finish() - write what stdio has kept
 *
 * Return: 0: all that was written is where it was to go, or its reader has gone; -errno.
 */
int terminal_finish(void);

/** terminal_puts() */
void terminal_puts(const char *text);

#endif
