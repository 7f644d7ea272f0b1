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
 *	PLAIN		8 bytes, how long the name of a user is and his password
 *	PLAIN_TEXT	these two
 *	WAITING		nothing: the password is looked at when handshake_resume() is called
 *	ASKING		nothing: others are asked whether it is the right one, and what the viewer
 *			may; on_moved() is called when that is known
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
	HANDSHAKE_PLAIN,
	HANDSHAKE_PLAIN_TEXT,
	HANDSHAKE_WAITING,
	HANDSHAKE_ASKING,
	HANDSHAKE_INIT,
	HANDSHAKE_DONE,
	HANDSHAKE_REFUSED,
};

/**
 * struct plain - the name of a user and his password
 * @user_len, @password_len: as announced
 */
struct plain {
	size_t user_len, password_len;
	char user[LOGIN_USER_MAX], password[LOGIN_PASSWORD_MAX];
};

/**
 * handshake_moved_fn - a handshake that was ASKING has gone on
 * @r: 0; -errno: close
 */
typedef void handshake_moved_fn(void *data, int r);

/**
 * struct handshake - the login of a viewer
 * @minor:  of the protocol version: 3, 7, 8
 * @login, @question: while ASKING: about the password, about the rights
 * @with_result: the viewer waits for a SecurityResult
 * @shares: it does not want to be alone; once DONE
 * @wait_ms: for how long, once WAITING
 */
struct handshake {
	struct peer *peer;
	enum handshake_phase phase;
	unsigned minor;
	uint8_t challenge[AUTH_CHALLENGE_SIZE], response[AUTH_CHALLENGE_SIZE];
	struct plain plain;
	struct errand *login;
	struct authz_question question;
	handshake_moved_fn *on_moved;
	void *data;
	uint64_t wait_ms;
	bool with_result, shares;
};

/** handshake_start() - send the server's version. Return: 0; -ENOMEM */
int handshake_start(
	struct handshake *handshake, struct peer *peer, handshake_moved_fn *on_moved, void *data);

/**
 * handshake_in() - bytes of a viewer, before DONE and REFUSED; none are used while WAITING
 * or ASKING
 *
 * Return: how many were used; 0: more are needed; -errno: close.
 */
ssize_t handshake_in(struct handshake *handshake, const uint8_t *bytes, size_t len);

/** handshake_secured() - SECURING is over: the stream is ready. Return: 0; -errno: close */
int handshake_secured(struct handshake *handshake);

/** handshake_resume() - the time of WAITING is over. Return: 0; -errno: close */
int handshake_resume(struct handshake *handshake);

/** handshake_done() - nobody is asked any more; also where it was not started */
void handshake_done(struct handshake *handshake);

#endif
