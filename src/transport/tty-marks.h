/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TTY_MARKS_H
#define TRANSPORT_TTY_MARKS_H

#include "transport/transport.h"

/**
 * tty_marks_new() - over a terminal whose errors are marked [termios(3) PARMRK]
 * @lower: the filter's where this succeeds
 *
 * A break that was received is the news TRANSPORT_BREAK. A byte with an error of parity or framing
 * is passed on without its mark. What is written goes down as it is.
 *
 * Return: 0, -ENOMEM.
 */
int tty_marks_new(struct transport *lower, struct transport **ret_transport);

#endif
