/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TLS_KEYS_H
#define TRANSPORT_TLS_KEYS_H

#include "base/error.h"

/** struct tls_keys - a file of pre-shared keys, as psktool writes it: lines NAME:HEX */
struct tls_keys;

/**
 * tls_keys_new() - read the file
 * @own: a name that has to be there, for tls_keys_own(); or NULL
 *
 * Return: 0; -ENOENT, -EINVAL, -E2BIG and the like with @err.
 */
int tls_keys_new(const char *path, const char *own, struct tls_keys **ret_keys, struct error **err);

/** tls_keys_free() - wipe them; NULL is fine */
void tls_keys_free(struct tls_keys *keys);

/** tls_keys_own() - our name */
const char *tls_keys_own(const struct tls_keys *keys);

/** tls_keys_find() - copy the key of @name. Return: its bytes; 0: there is none, or no room */
unsigned tls_keys_find(
	const struct tls_keys *keys, const char *name, unsigned char *key, unsigned room);

#endif
