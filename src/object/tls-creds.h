/* SPDX-License-Identifier: MIT */
#ifndef OBJECT_TLS_CREDS_H
#define OBJECT_TLS_CREDS_H

#include "object/object.h"
#include "transport/tls-context.h"

/*
 * `-object tls-creds-x509|tls-creds-psk|tls-creds-anon,id=X,...`: by what one side of a TLS
 * connection knows itself and its peer. Their files are read when they are made, and again on
 * SIGHUP: connections that come later use what is new. Files that are not right change nothing.
 */
extern const struct object_class tls_creds_x509_class, tls_creds_psk_class, tls_creds_anon_class;

struct tls_creds;

/**
 * tls_creds_get() - hold credentials
 * @set:  where they are looked for; NULL: there are none
 * @role: what they are to be used for
 *
 * Return: 0; -ENOENT "No TLS credentials with id 'x'"; -EINVAL: it is something else, or of the
 * other side.
 */
int tls_creds_get(const struct object_set *set, const char *id, enum tls_role role,
	struct tls_creds **ret_creds, struct error **err);

/** tls_creds_put() - NULL is fine */
void tls_creds_put(struct tls_creds *creds);

/** tls_creds_context() - for a connection that is made now; owned by @creds */
struct tls_context *tls_creds_context(const struct tls_creds *creds);

enum tls_kind tls_creds_kind(const struct tls_creds *creds);

#endif
