/* SPDX-License-Identifier: MIT */
#ifndef VNC_HANDSHAKE_H
#define VNC_HANDSHAKE_H

#include "vnc/peer.h"

#include <sys/types.h>

/*
 * Phase by phase, there is one thing that a viewer may say next:
 *
 *	VERSION		12 bytes, its version of the protocol
 *	SECURITY	1 byte, the security type (3.7, 3.8)
 *	VENCRYPT	2 bytes, its version of VeNCrypt
 *	SUBTYPE		4 bytes, the type within VeNCrypt
 *	SECURING	nothing: the stream is encrypted once all before has gone, and
 *			handshake_secured() is called
 *	AUTH		16 bytes, the response to the challenge
 *	WAITING		nothing: the response is looked at when handshake_resume() is called
 *	INIT		1 byte, whether it wants to share
 *	DONE		it has logged in: the rest is not the handshake's
 *	REFUSED		the reason is on its way; what it says is thrown away
 */
enum handshake_phase {
	HANDSHAKE_VERSION,
	HANDSHAKE_SECURITY,
	HANDSHAKE_VENCRYPT,
	HANDSHAKE_SUBTYPE,
	HANDSHAKE_SECURING,
	HANDSHAKE_AUTH,
	HANDSHAKE_WAITING,
	HANDSHAKE_INIT,
	HANDSHAKE_DONE,
	HANDSHAKE_REFUSED,
};

/**
 * struct handshake - the login of a viewer
 * @minor:  of the protocol version: 3, 7, 8
 * @shares: it does not want to be alone; once DONE
 * @wait_ms: for how long, once WAITING
 */
struct handshake {
	struct peer *peer;
	enum handshake_phase phase;
	unsigned minor;
	uint8_t challenge[AUTH_CHALLENGE_SIZE], response[AUTH_CHALLENGE_SIZE];
	uint64_t wait_ms;
	bool shares;
};

/** handshake_start() - send the server's version. Return: 0; -ENOMEM */
int handshake_start(struct handshake *handshake, struct peer *peer);

/**
 * handshake_in() - bytes of a viewer, before DONE and REFUSED; none are used while WAITING
 *
 * Return: how many were used; 0: more are needed; -errno: close.
 */
ssize_t handshake_in(struct handshake *handshake, const uint8_t *bytes, size_t len);

/** handshake_secured() - SECURING is over: the stream is ready. Return: 0; -errno: close */
int handshake_secured(struct handshake *handshake);

/** handshake_resume() - the time of WAITING is over. Return: 0; -errno: close */
int handshake_resume(struct handshake *handshake);

#endif
