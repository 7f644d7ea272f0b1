/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TELNET_H
#define TRANSPORT_TELNET_H

#include "transport/transport.h"

enum telnet_role {
	TELNET_SERVER, /* the peer is a person's telnet */
	TELNET_CLIENT, /* the peer is a terminal server, or a device that serves its console */
};

/**
 * struct telnet_options
 * @com_port: serve a serial line by RFC 2217, or, as a client, speak to who serves one
 */
struct telnet_options {
	enum telnet_role role;
	bool com_port;
};

/**
 * struct telnet_state - what is left of one to another program
 * @heard:  what the peer has said of options, two bytes each: command, option
 * @raw, @in, @out: bytes that wait; @raw from where the command begins that is not whole
 * @port:   the serial line, as it is
 * @news:   behind @in, as they are; none: there are none, or it is of a version before 1.5
 */
struct telnet_state {
	struct snapshot_bytes heard, raw, in, out, port, news;
	bool after_cr, eof, break_due, size_due, does_naws, answers_wait;
	unsigned cols, rows;
};

extern const struct snapshot_field telnet_fields[];

/** telnet_load() - as telnet_new(), in the place of another one; -EBADMSG */
int telnet_load(struct transport *lower, const struct telnet_options *options,
	const struct telnet_state *state, struct transport **ret_transport);

/**
 * telnet_new() - telnet over a transport [RFC 854]
 * @lower: the filter's where this succeeds
 *
 * Ready at once: a peer that knows no options, such as netcat, is served all the same. News that
 * it tells: TRANSPORT_SIZE [RFC 1073], TRANSPORT_BREAK. News that it sends: TRANSPORT_BREAK; as a
 * client also TRANSPORT_SIZE. With @com_port TRANSPORT_LINE and TRANSPORT_MODEM both ways: a server
 * tells what the peer orders and is told what has come of it, before the dispatch after the next
 * one; who tells nothing has a line that is whatever was ordered.
 *
 * Return: 0, -ENOMEM.
 */
int telnet_new(struct transport *lower, const struct telnet_options *options,
	struct transport **ret_transport);

#endif
