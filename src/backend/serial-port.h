/* SPDX-License-Identifier: MIT */
#ifndef BACKEND_SERIAL_PORT_H
#define BACKEND_SERIAL_PORT_H

#include "base/error.h"
#include "base/line.h"

#include <stdbool.h>

/* A terminal device as the kernel has it [ioctl_tty(2)]: no state besides the descriptor. */

/**
 * serial_port_open() - raw, with marked errors, for nobody else
 * @line: all of it is said
 *
 * Return: a non-blocking descriptor; -EBUSY: another program has it; -ENOTTY: no terminal; another
 * -errno; all with @err, "Could not open 'PATH': reason".
 */
int serial_port_open(const char *path, const struct line_settings *line, struct error **err);

/** serial_port_flush() - what was not sent is lost: close(2) would wait for it */
void serial_port_flush(int fd);

/**
 * serial_port_set() - change what of @line is said; what the device cannot do stays
 *
 * Return: 0, -errno.
 */
int serial_port_set(int fd, const struct line_settings *line);

/** serial_port_get() - Return: 0, -errno */
int serial_port_get(int fd, struct line_settings *ret_line);

/** serial_port_break() - hold the line in a break, or end that. Return: 0, -errno */
int serial_port_break(int fd, bool on);

/** serial_port_modem() - TIOCM_* bits. Return: 0; -ENOTTY and the like: has no such lines */
int serial_port_modem(int fd, unsigned *ret_bits);

/**
 * serial_port_await_modem() - wait until a line that the other side drives changes
 *
 * Return: 0; -errno: the driver cannot say that, or the device is gone.
 */
int serial_port_await_modem(int fd);

/** serial_port_set_modem() - those of TIOCM_DTR and TIOCM_RTS that are in @mask. 0, -errno */
int serial_port_set_modem(int fd, unsigned bits, unsigned mask);

#endif
