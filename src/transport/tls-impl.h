/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TLS_IMPL_H
#define TRANSPORT_TLS_IMPL_H

#include "base/list.h"
#include "io/loop.h"
#include "transport/tls-context.h"

#include <openssl/ssl.h>

/* Between the filter and its context. */

struct tls_keys;

/**
 * struct tls_context
 * @ssl, @bio: of OpenSSL; @bio is how it reaches a transport
 * @keys:    TLS_PSK
 * @waiting: handshakes that have something to do. One goes on in a round of the loop, so that the
 *           rest of the program has its turn between; @turn
 *
 * One loop uses it.
 */
struct tls_context {
	SSL_CTX *ssl;
	BIO_METHOD *bio;
	struct tls_keys *keys;
	enum tls_kind kind;
	enum tls_role role;
	bool verify_peer;
	unsigned users;
	struct list waiting;
	struct task turn;
};

/** tls_bio_method_new() - how OpenSSL reads and writes the lower transport; NULL: no memory */
BIO_METHOD *tls_bio_method_new(void);

/** tls_note_psk() - the peer of this connection calls itself @name, and should have its key */
void tls_note_psk(SSL *ssl, const char *name);

#endif
