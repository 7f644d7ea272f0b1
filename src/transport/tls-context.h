/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TLS_CONTEXT_H
#define TRANSPORT_TLS_CONTEXT_H

#include "base/error.h"

#include <stdbool.h>

/** How the two sides convince each other; QEMU's three types of credentials. */
enum tls_kind { TLS_X509, TLS_PSK, TLS_ANON };

enum tls_role { TLS_SERVER, TLS_CLIENT };

/**
 * struct tls_spec - what a context is made of; borrowed until tls_context_new() returns
 * @dir:      folder of the files below; of TLS_ANON NULL
 * @priority: which versions of the protocol, in GnuTLS's words; NULL: as OpenSSL is set up
 * @username: TLS_PSK as a client: whose line of keys.psk is ours
 * @password: of an encrypted key, or NULL
 * @verify_peer:  TLS_X509: the peer's certificate is asked for and has to be good
 * @sanity_check: TLS_X509: so has our own
 *
 * TLS_X509: ca-cert.pem, server-cert.pem and server-key.pem, or of a client if it has them
 * client-cert.pem and client-key.pem; ca-crl.pem where it is there. TLS_PSK: keys.psk, of lines
 * NAME:HEX.
 */
struct tls_spec {
	enum tls_kind kind;
	enum tls_role role;
	const char *dir, *priority, *username, *password;
	bool verify_peer, sanity_check;
};

/** struct tls_context - what the TLS connections of one side have in common; never changes */
struct tls_context;

/** tls_context_new() - read the files. Return: 0, with one user; -errno with @err */
int tls_context_new(
	const struct tls_spec *spec, struct tls_context **ret_context, struct error **err);

/** tls_context_ref() - one user more. Return: @context */
struct tls_context *tls_context_ref(struct tls_context *context);

/** tls_context_unref() - one fewer; the last one frees it. NULL is fine */
void tls_context_unref(struct tls_context *context);

#endif
