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

/**
 * struct tty_marks_state - what is left of one to another program
 * @seen:  how many bytes of a mark have been; @raw: what was read and not taken
 * @breaks: a break is still to be told
 */
struct tty_marks_state {
	unsigned seen;
	bool breaks;
	struct snapshot_bytes raw;
};

extern const struct snapshot_field tty_marks_fields[];

/**
 * tty_marks_go_on() - let a new one be where another one was
 * @left: what transport_save() has put: one group of tty_marks_fields
 *
 * Return: 0; -EBADMSG.
 */
int tty_marks_go_on(struct transport *transport, struct snapshot_groups left);

#endif
