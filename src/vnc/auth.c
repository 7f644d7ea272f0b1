/* SPDX-License-Identifier: MIT */
/*
 * DES is what the protocol has; it keeps out who does not know the password, and hides nothing.
 * OpenSSL 3 has moved single DES to a "legacy" provider that need not be installed; triple DES with
 * three equal keys is single DES, and is in the default one.
 */
#include "vnc/auth.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

enum { KEYS = 3 };

/* The protocol's oddity: the bits of each key byte are mirrored. */
static uint8_t mirror(uint8_t byte)
{
	uint8_t mirrored = 0;

	for (unsigned i = 0; i < 8; i++)
		mirrored |= (uint8_t)((byte >> i & 1) << (7 - i));
	return mirrored;
}

static int encrypt(const uint8_t key[AUTH_PASSWORD_MAX], const uint8_t in[AUTH_CHALLENGE_SIZE],
	uint8_t out[AUTH_CHALLENGE_SIZE])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t keys[KEYS * AUTH_PASSWORD_MAX];
	int len = 0, done;

	for (unsigned i = 0; i < sizeof(keys); i++)
		keys[i] = mirror(key[i % AUTH_PASSWORD_MAX]);
	done = ctx && EVP_EncryptInit_ex(ctx, EVP_des_ede3_ecb(), NULL, keys, NULL) &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) &&
	       EVP_EncryptUpdate(ctx, out, &len, in, AUTH_CHALLENGE_SIZE);
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(keys, sizeof(keys));
	return done && len == (int)AUTH_CHALLENGE_SIZE ? 0 : -ENOTSUP;
}

bool auth_is_available(void)
{
	static const uint8_t zeros[AUTH_CHALLENGE_SIZE];
	uint8_t out[AUTH_CHALLENGE_SIZE];

	return encrypt(zeros, zeros, out) == 0;
}

void auth_set_password(struct auth_password *password, const char *text)
{
	memset(password, 0, sizeof(*password));
	password->is_set = text != NULL;
	for (size_t i = 0; text && text[i] && i < AUTH_PASSWORD_MAX; i++)
		password->bytes[i] = (uint8_t)text[i];
}

int auth_new_challenge(uint8_t challenge[AUTH_CHALLENGE_SIZE])
{
	return RAND_bytes(challenge, (int)AUTH_CHALLENGE_SIZE) == 1 ? 0 : -EIO;
}

int auth_respond(const struct auth_password *password, const uint8_t challenge[AUTH_CHALLENGE_SIZE],
	uint8_t ret_response[AUTH_CHALLENGE_SIZE])
{
	return encrypt(password->bytes, challenge, ret_response);
}

bool auth_matches(const struct auth_password *password,
	const uint8_t challenge[AUTH_CHALLENGE_SIZE], const uint8_t response[AUTH_CHALLENGE_SIZE])
{
	uint8_t right[AUTH_CHALLENGE_SIZE];

	if (auth_respond(password, challenge, right) < 0)
		return false;
	return !CRYPTO_memcmp(right, response, sizeof(right)) && password->is_set;
}
