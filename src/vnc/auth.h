/* SPDX-License-Identifier: MIT */
#ifndef VNC_AUTH_H
#define VNC_AUTH_H

#include <stdbool.h>
#include <stdint.h>

/* VNC Authentication [RFC 6143 7.2.2] */

#define AUTH_CHALLENGE_SIZE 16u
#define AUTH_PASSWORD_MAX   8u

/** struct auth_password - the part of a password that counts, padded with zeros */
struct auth_password {
	uint8_t bytes[AUTH_PASSWORD_MAX];
	bool is_set;
};

/** auth_is_available() - whether the installed OpenSSL can do DES at all */
bool auth_is_available(void);

/** auth_set_password() - @text NULL: none, which no response matches */
void auth_set_password(struct auth_password *password, const char *text);

/** auth_new_challenge() - random bytes. Return: 0; -EIO */
int auth_new_challenge(uint8_t challenge[AUTH_CHALLENGE_SIZE]);

/** auth_respond() - what a viewer that knows the password answers. Return: 0; -ENOTSUP: no DES */
int auth_respond(const struct auth_password *password, const uint8_t challenge[AUTH_CHALLENGE_SIZE],
	uint8_t ret_response[AUTH_CHALLENGE_SIZE]);

/** auth_matches() - is it the response to the challenge? In constant time */
bool auth_matches(const struct auth_password *password,
	const uint8_t challenge[AUTH_CHALLENGE_SIZE], const uint8_t response[AUTH_CHALLENGE_SIZE]);

#endif
