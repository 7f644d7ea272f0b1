/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_CERTIFICATES_H
#define TEST_LIB_CERTIFICATES_H

#include <stdbool.h>

/*
 * A small authority: a folder with what tls-creds-x509 reads, made in milliseconds.
 */

/**
 * struct certificate - what a certificate says, beside its name
 * @host:    DNS name that it is good for; NULL: none
 * @expired: since yesterday
 * @revoked: in ca-crl.pem, which holds this one only
 * @password: its key is encrypted with it
 */
struct certificate {
	const char *host, *password;
	bool expired, revoked;
};

/** certificates_begin() - make the folder's ca-cert.pem; ca-key.pem is beside it */
void certificates_begin(const char *dir);

/**
 * certificates_add() - make DIR/@side-cert.pem and DIR/@side-key.pem, of the folder's authority
 * @side: "server", "client"
 * @name: its CN; it also says O=Lab
 */
void certificates_add(
	const char *dir, const char *side, const char *name, const struct certificate *certificate);

#endif
