/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_COM_PORT_H
#define TRANSPORT_COM_PORT_H

#include "transport/transport.h"

enum {
	COM_PORT_OPTION = 44,
	/* The longest message of ours, without the telnet around it. */
	COM_PORT_MESSAGE_MAX = 16,
};

/**
 * struct com_port - what both sides of RFC 2217 know of a serial line
 *
 * Nothing is queued: what is to be said are bits, and its value is how things stand when it is
 * said.
 *
 * @server:    we have the line, or seem to; the peer sets it
 * @active:    the peer has agreed to the option
 * @suspended: the peer wants no bytes for now
 * @line:      as it was told, or, until anybody contradicts, as it was asked for
 * @modem:     TIOCM_* bits, likewise; @modem_delta: those that changed since the peer was told
 * @breaking:  the peer holds the line in a break, or we make it do so
 * @line_mask, @modem_mask: what of the states the peer wants to hear [RFC 2217 3]
 * @purge:     of the last command to throw bytes away: there are none to throw
 * @due, @due_control: bits of commands and controls
 */
struct com_port {
	bool server, active, suspended, breaking;
	struct line_settings line;
	unsigned modem, modem_delta;
	uint8_t line_mask, modem_mask, line_state, purge;
	unsigned due, due_control;
};

/** com_port_init() - until it is told, a server's line is 115200 8N1 and connected */
void com_port_init(struct com_port *port, bool server);

/** com_port_activate() - the peer agrees to the option, or no more */
void com_port_activate(struct com_port *port, bool active);

/**
 * com_port_hear() - a subnegotiation of the peer
 *
 * Return: is there news for the user: TRANSPORT_LINE, TRANSPORT_MODEM, TRANSPORT_BREAK.
 */
bool com_port_hear(
	struct com_port *port, const uint8_t *bytes, size_t len, struct transport_news *ret_news);

/** com_port_tell() - the user's news of the line, or orders for it. Return: 0, -ENOTSUP */
int com_port_tell(struct com_port *port, const struct transport_news *news);

/** com_port_end_break() - of a break that com_port_tell() has begun */
void com_port_end_break(struct com_port *port);

/** com_port_next() - the next message that is due. Return: its length; 0: there is none */
size_t com_port_next(struct com_port *port, uint8_t message[COM_PORT_MESSAGE_MAX]);

#endif
