/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TELNET_H
#define TRANSPORT_TELNET_H

#include "transport/transport.h"

enum telnet_role {
	TELNET_SERVER, /* the peer is a person's telnet */
	TELNET_CLIENT, /* the peer is a terminal server, or a device that serves its console */
};

/**
 * telnet_new() - telnet over a transport [RFC 854]
 * @lower: the filter's where this succeeds
 *
 * Ready at once: a peer that knows no options, such as netcat, is served all the same. News that
 * it tells: TRANSPORT_SIZE [RFC 1073], TRANSPORT_BREAK. News that it sends: TRANSPORT_BREAK; as a
 * client also TRANSPORT_SIZE.
 *
 * Return: 0, -ENOMEM.
 */
int telnet_new(struct transport *lower, enum telnet_role role, struct transport **ret_transport);

#endif
