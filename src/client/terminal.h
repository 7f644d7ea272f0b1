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

/** terminal_write() - to standard output, all of it; what cannot be written is lost */
void terminal_write(const void *bytes, size_t len);

/** terminal_puts() */
void terminal_puts(const char *text);

#endif
