/* SPDX-License-Identifier: MIT */
/*
 * From files to what OpenSSL needs. All is read here and never again: new files are a new context.
 *
 * TLS 1.2 and later, as OpenSSL is set up by the system. Of pre-shared keys and anonymous sides
 * only what they need is offered: TLS 1.3 has no anonymous side. Sessions are not resumed: a
 * certificate is looked at each time, and TigerVNC 1.12 stops at a ticket of TLS 1.3.
 */
/* syscalls: access faccessat */
#include "transport/tls-context.h"

#include "base/cleanup.h"
#include "transport/tls-impl.h"
#include "transport/tls-keys.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

/* Return: 0 with *@ret_path; -ENOENT and the like with @err, but where @optional 0 and NULL. */
static int find_file(const struct tls_spec *spec, const char *name, bool optional, char **ret_path,
	struct error **err)
{
	AUTO_FREE char *path = NULL;

	*ret_path = NULL;
	if (asprintf(&path, "%s/%s", spec->dir, name) < 0) {
		path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	if (access(path, R_OK) == 0) {
		*ret_path = TAKE_PTR(path);
		return 0;
	}
	if (optional && errno == ENOENT)
		return 0;
	return error_set(err, errno, "Unable to access credentials %s: %s", path, strerror(errno));
}

static int bad_file(const char *what, const char *path, struct error **err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return error_set(err, EINVAL, "Unable to load %s %s: %s", what, path,
		reason ? reason : "unknown reason");
}

/** struct password - for OpenSSL, which would ask at the terminal; @asked: it was wanted */
struct password {
	const char *text;
	bool asked;
};

static int give_password(char *to, int size, int writing, void *data)
{
	struct password *password = data;
	size_t len = password->text ? strlen(password->text) : 0;

	(void)writing;
	password->asked = true;
	if (len > (size_t)size)
		return -1;
	if (len)
		memcpy(to, password->text, len);
	return (int)len;
}

/* What a wrong password makes of a key is by chance one of no known kind: OpenSSL is no help. */
static int bad_key(const struct password *password, const char *path, struct error **err)
{
	if (!password->asked)
		return bad_file("private key", path, err);
	error_set(err, EINVAL, "Unable to load private key %s: it is encrypted, and %s", path,
		password->text ? "the password is wrong" : "there is no password");
	error_set_hint(err, "passwordid= names the -object secret with its password.");
	return -EINVAL;
}

static int load_pair(const struct tls_spec *spec, SSL_CTX *ssl, struct error **err)
{
	bool server = spec->role == TLS_SERVER;
	AUTO_FREE char *certificate = NULL, *key = NULL;
	struct password password = { .text = spec->password };
	int r = find_file(
		spec, server ? "server-cert.pem" : "client-cert.pem", !server, &certificate, err);

	if (r == 0)
		r = find_file(spec, server ? "server-key.pem" : "client-key.pem", !certificate,
			&key, err);
	if (r < 0 || !certificate)
		return r;
	if (SSL_CTX_use_certificate_chain_file(ssl, certificate) != 1)
		return bad_file("certificate", certificate, err);
	SSL_CTX_set_default_passwd_cb(ssl, give_password);
	SSL_CTX_set_default_passwd_cb_userdata(ssl, &password);
	if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1)
		r = bad_key(&password, key, err);
	SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
	return r;
}

static int load_authorities(const struct tls_spec *spec, SSL_CTX *ssl, struct error **err)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ssl);
	AUTO_FREE char *authorities = NULL, *revoked = NULL;
	int r = find_file(spec, "ca-cert.pem", false, &authorities, err);

	if (r == 0)
		r = find_file(spec, "ca-crl.pem", true, &revoked, err);
	if (r < 0)
		return r;
	if (X509_STORE_load_file(store, authorities) != 1)
		return bad_file("CA certificate", authorities, err);
	if (revoked && X509_STORE_load_file(store, revoked) != 1)
		return bad_file("CRL", revoked, err);
	if (revoked)
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	if (spec->role == TLS_SERVER && spec->verify_peer)
		SSL_CTX_set_client_CA_list(ssl, SSL_load_client_CA_file(authorities));
	return 0;
}

/* ---- is our own certificate one that a peer would believe? ---- */

static int complain(const struct tls_spec *spec, int why, struct error **err)
{
	const char *name = spec->role == TLS_SERVER ? "server-cert.pem" : "client-cert.pem";

	if (why == X509_V_ERR_CERT_HAS_EXPIRED)
		return error_set(err, EINVAL, "The certificate %s/%s has expired", spec->dir, name);
	if (why == X509_V_ERR_CERT_NOT_YET_VALID)
		return error_set(
			err, EINVAL, "The certificate %s/%s is not yet active", spec->dir, name);
	return error_set(err, EINVAL,
		"Our own certificate %s/%s failed validation against %s/ca-cert.pem: %s", spec->dir,
		name, spec->dir, X509_verify_cert_error_string(why));
}

static int check_own(const struct tls_spec *spec, SSL_CTX *ssl, struct error **err)
{
	X509 *own = SSL_CTX_get0_certificate(ssl);
	STACK_OF(X509) *chain = NULL;
	X509_STORE_CTX *check = own ? X509_STORE_CTX_new() : NULL;
	int why = X509_V_OK;

	if (!own)
		return 0;
	SSL_CTX_get0_chain_certs(ssl, &chain);
	if (!check || X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(ssl), own, chain) != 1) {
		X509_STORE_CTX_free(check);
		return error_set(err, ENOMEM, "out of memory");
	}
	X509_STORE_CTX_set_purpose(check,
		spec->role == TLS_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
	if (X509_verify_cert(check) != 1)
		why = X509_STORE_CTX_get_error(check);
	X509_STORE_CTX_free(check);
	return why == X509_V_OK ? 0 : complain(spec, why, err);
}

/* ---- the three kinds ---- */

static int use_x509(struct tls_context *context, const struct tls_spec *spec, struct error **err)
{
	int r = load_authorities(spec, context->ssl, err);

	if (r == 0)
		r = load_pair(spec, context->ssl, err);
	if (r == 0 && spec->sanity_check)
		r = check_own(spec, context->ssl, err);
	if (r == 0 && spec->verify_peer)
		SSL_CTX_set_verify(
			context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return r;
}

static unsigned on_psk_client(SSL *ssl, const char *hint, char *name, unsigned room,
	unsigned char *key, unsigned key_room)
{
	const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const char *ours = tls_keys_own(context->keys);

	(void)hint;
	if (strlen(ours) >= room)
		return 0;
	memcpy(name, ours, strlen(ours) + 1);
	return tls_keys_find(context->keys, ours, key, key_room);
}

static unsigned on_psk_server(SSL *ssl, const char *name, unsigned char *key, unsigned room)
{
	const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	unsigned len = tls_keys_find(context->keys, name, key, room);

	if (len)
		tls_note_psk(ssl, name);
	return len;
}

static int use_psk(struct tls_context *context, const struct tls_spec *spec, struct error **err)
{
	AUTO_FREE char *path = NULL;
	int r = find_file(spec, "keys.psk", false, &path, err);

	if (r == 0)
		r = tls_keys_new(path, spec->role == TLS_CLIENT ? spec->username : NULL,
			&context->keys, err);
	if (r < 0)
		return r;
	SSL_CTX_set_psk_server_callback(context->ssl, on_psk_server);
	SSL_CTX_set_psk_client_callback(context->ssl, on_psk_client);
	if (SSL_CTX_set_cipher_list(context->ssl, "kECDHEPSK:kDHEPSK:kPSK:!eNULL") != 1)
		return error_set(err, ENOTSUP, "the installed OpenSSL has no pre-shared keys");
	return 0;
}

static int use_anon(struct tls_context *context, struct error **err)
{
	SSL_CTX_set_max_proto_version(context->ssl, TLS1_2_VERSION);
	if (SSL_CTX_set_cipher_list(context->ssl, "aNULL:!eNULL:!3DES:@SECLEVEL=0") != 1)
		return error_set(err, ENOTSUP, "the installed OpenSSL has no anonymous TLS");
	return 0;
}

/* ---- priority ---- */

/* Words of GnuTLS's that people write, and that say something here; the others have no place. */
static const struct {
	const char *word;
	int min, max;
} words[] = {
	{ "NORMAL", 0, 0 },
	{ "@SYSTEM", 0, 0 },
	{ "-VERS-SSL3.0", 0, 0 },
	{ "-VERS-TLS1.0", 0, 0 },
	{ "-VERS-TLS1.1", 0, 0 },
	{ "-VERS-TLS1.2", TLS1_3_VERSION, 0 },
	{ "-VERS-TLS1.3", 0, TLS1_2_VERSION },
};

static bool apply_word(SSL_CTX *ssl, const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].word) != len || memcmp(words[i].word, word, len))
			continue;
		return (!words[i].min || SSL_CTX_set_min_proto_version(ssl, words[i].min)) &&
		       (!words[i].max || SSL_CTX_set_max_proto_version(ssl, words[i].max));
	}
	return false;
}

static int apply_priority(SSL_CTX *ssl, const char *priority, struct error **err)
{
	for (const char *at = priority; at && *at;) {
		size_t len = strcspn(at, ":");

		if (!apply_word(ssl, at, len)) {
			error_set(err, EINVAL,
				"Unable to set TLS session priority %s: '%.*s' has no meaning here",
				priority, (int)len, at);
			error_set_hint(
				err, "Words are NORMAL, @SYSTEM, -VERS-TLS1.2, -VERS-TLS1.3.");
			return -EINVAL;
		}
		at += len + (at[len] == ':');
	}
	return 0;
}

/* ---- beginning and end ---- */

static int set_up(SSL_CTX *ssl, const struct tls_spec *spec, struct error **err)
{
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(
		ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ssl, 0);
	SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_dh_auto(ssl, 1);
	return apply_priority(ssl, spec->priority, err);
}

static int fill(struct tls_context *context, const struct tls_spec *spec, struct error **err)
{
	int r = set_up(context->ssl, spec, err);

	if (r < 0)
		return r;
	switch (spec->kind) {
	case TLS_X509: return use_x509(context, spec, err);
	case TLS_PSK: return use_psk(context, spec, err);
	case TLS_ANON: return use_anon(context, err);
	}
	return -EINVAL;
}

int tls_context_new(
	const struct tls_spec *spec, struct tls_context **ret_context, struct error **err)
{
	struct tls_context *context = calloc(1, sizeof(*context));
	int r;

	if (!context)
		return error_set(err, ENOMEM, "out of memory");
	context->users = 1;
	context->kind = spec->kind;
	context->role = spec->role;
	context->verify_peer = spec->kind == TLS_X509 && spec->verify_peer;
	list_init(&context->waiting);
	context->ssl =
		SSL_CTX_new(spec->role == TLS_SERVER ? TLS_server_method() : TLS_client_method());
	context->bio = tls_bio_method_new();
	ERR_clear_error();
	if (context->ssl && context->bio && SSL_CTX_set_app_data(context->ssl, context) == 1)
		r = fill(context, spec, err);
	else
		r = error_set(err, ENOMEM, "out of memory");
	ERR_clear_error();
	if (r < 0)
		tls_context_unref(context);
	else
		*ret_context = context;
	return r;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
	context->users++;
	return context;
}

void tls_context_unref(struct tls_context *context)
{
	if (!context || --context->users)
		return;
	task_cancel(&context->turn);
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->bio);
	tls_keys_free(context->keys);
	free(context);
}
