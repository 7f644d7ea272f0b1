/* SPDX-License-Identifier: MIT */
#include "object/tls-creds.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/log.h"
#include "object/secret.h"
#include "opts/opts.h"

#include <errno.h>
#include <string.h>

/* How QEMU's clients call themselves. */
#define DEFAULT_USERNAME "qemu"

/** struct tls_creds - what was asked for, and what was made of it last */
struct tls_creds {
	struct object base;
	enum tls_kind kind;
	enum tls_role role;
	char *dir, *priority, *username, *password_id;
	bool verify_peer, sanity_check;
	struct tls_context *context;
};

/* ---- options ---- */

/* Index into the words of `endpoint`. */
enum { ENDPOINT_CLIENT, ENDPOINT_SERVER };

#define DIR_OPTION                                                               \
	{                                                                        \
		.name = "dir", .type = OPT_STRING, .help = "folder of the files" \
	}
#define ENDPOINT_OPTION                                                            \
	{                                                                          \
		.name = "endpoint", .type = OPT_ENUM, .values = "client|server",   \
		.preset = "client", .help = "which side of a connection it is for" \
	}
#define PRIORITY_OPTION                                                    \
	{                                                                  \
		.name = "priority", .type = OPT_STRING,                    \
		.help = "versions of the protocol, as NORMAL:-VERS-TLS1.2" \
	}

static const struct opt_desc x509_options[] = {
	DIR_OPTION,
	ENDPOINT_OPTION,
	PRIORITY_OPTION,
	{ .name = "verify-peer",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "the peer has to show a certificate of the authority in ca-cert.pem" },
	{ .name = "sanity-check",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "refuse a certificate of our own that the authority has not signed, or "
			"that is out of date" },
	{ .name = "passwordid", .type = OPT_ID, .help = "secret that the private key needs" },
	{ 0 },
};

static const struct opt_desc psk_options[] = {
	DIR_OPTION,
	ENDPOINT_OPTION,
	PRIORITY_OPTION,
	{ .name = "username",
		.type = OPT_STRING,
		.help = "a client's line of keys.psk; default " DEFAULT_USERNAME },
	{ 0 },
};

static const struct opt_desc anon_options[] = {
	{ .name = "dir", .type = OPT_STRING, .help = "accepted: no file is needed" },
	ENDPOINT_OPTION,
	PRIORITY_OPTION,
	{ 0 },
};

static int copy(const struct opts *opts, const char *key, char **ret_copy, struct error **err)
{
	return copy_text(opts_get_string(opts, key), ret_copy) < 0
		       ? error_set(err, ENOMEM, "out of memory")
		       : 0;
}

static int read_psk(struct tls_creds *creds, const struct opts *opts, struct error **err)
{
	int r = copy(opts, "username", &creds->username, err);

	if (r < 0)
		return r;
	if (creds->role == TLS_SERVER && creds->username)
		return error_set(err, EINVAL, "username should not be set when endpoint=server");
	if (creds->role == TLS_CLIENT && !creds->username)
		creds->username = strdup(DEFAULT_USERNAME);
	return creds->role == TLS_CLIENT && !creds->username
		       ? error_set(err, ENOMEM, "out of memory")
		       : 0;
}

static int read_options(struct tls_creds *creds, const struct opts *opts, struct error **err)
{
	int r = copy(opts, "dir", &creds->dir, err);

	creds->role = opts_get_enum(opts, "endpoint") == ENDPOINT_SERVER ? TLS_SERVER : TLS_CLIENT;
	if (r == 0)
		r = copy(opts, "priority", &creds->priority, err);
	if (r == 0 && creds->kind != TLS_ANON && !creds->dir)
		r = error_set(err, EINVAL, "Missing 'dir' property value");
	if (r < 0 || creds->kind == TLS_ANON)
		return r;
	if (creds->kind == TLS_PSK)
		return read_psk(creds, opts, err);
	creds->verify_peer = opts_get_bool(opts, "verify-peer");
	creds->sanity_check = opts_get_bool(opts, "sanity-check");
	return copy(opts, "passwordid", &creds->password_id, err);
}

/* ---- the object ---- */

static struct tls_creds *creds_of(struct object *object)
{
	return container_of(object, struct tls_creds, base);
}

static int load(struct tls_creds *creds, struct tls_context **ret_context, struct error **err)
{
	AUTO_FREE char *password = NULL;
	struct tls_spec spec = { creds->kind, creds->role, creds->dir, creds->priority,
		creds->username, NULL, creds->verify_peer, creds->sanity_check };
	int r = 0;

	if (creds->password_id)
		r = secret_text(creds->base.set, creds->password_id, &password, err);
	if (r < 0)
		return r;
	spec.password = password;
	r = tls_context_new(&spec, ret_context, err);
	if (password)
		explicit_bzero(password, strlen(password));
	return r;
}

static void tls_creds_close(struct object *object)
{
	struct tls_creds *creds = creds_of(object);

	tls_context_unref(creds->context);
	free(creds->dir);
	free(creds->priority);
	free(creds->username);
	free(creds->password_id);
}

static int open_creds(
	struct object *object, enum tls_kind kind, const struct opts *opts, struct error **err)
{
	struct tls_creds *creds = creds_of(object);
	int r;

	creds->kind = kind;
	r = read_options(creds, opts, err);
	if (r == 0)
		r = load(creds, &creds->context, err);
	if (r < 0)
		tls_creds_close(object);
	return r;
}

static int x509_open(struct object *object, const struct opts *opts, struct error **err)
{
	return open_creds(object, TLS_X509, opts, err);
}

static int psk_open(struct object *object, const struct opts *opts, struct error **err)
{
	return open_creds(object, TLS_PSK, opts, err);
}

static int anon_open(struct object *object, const struct opts *opts, struct error **err)
{
	return open_creds(object, TLS_ANON, opts, err);
}

static int tls_creds_reload(struct object *object, struct error **err)
{
	struct tls_creds *creds = creds_of(object);
	struct tls_context *context;
	int r = load(creds, &context, err);

	if (r < 0) {
		error_prefix(err, "TLS credentials '%s' stay as they were: ", object->id);
		return r;
	}
	tls_context_unref(creds->context);
	creds->context = context;
	log_info("TLS credentials '%s': read again", object->id);
	return 0;
}

const struct object_class tls_creds_x509_class = {
	.name = "tls-creds-x509",
	.summary = "certificates for TLS",
	.options = x509_options,
	.size = sizeof(struct tls_creds),
	.open = x509_open,
	.close = tls_creds_close,
	.reload = tls_creds_reload,
};

const struct object_class tls_creds_psk_class = {
	.name = "tls-creds-psk",
	.summary = "keys for TLS that both sides have",
	.options = psk_options,
	.size = sizeof(struct tls_creds),
	.open = psk_open,
	.close = tls_creds_close,
	.reload = tls_creds_reload,
};

const struct object_class tls_creds_anon_class = {
	.name = "tls-creds-anon",
	.summary = "TLS in which nobody proves who he is",
	.options = anon_options,
	.size = sizeof(struct tls_creds),
	.open = anon_open,
	.close = tls_creds_close,
};

/* ---- looking up ---- */

static bool is_creds(const struct object *object)
{
	return object->class == &tls_creds_x509_class || object->class == &tls_creds_psk_class ||
	       object->class == &tls_creds_anon_class;
}

int tls_creds_get(const struct object_set *set, const char *id, enum tls_role role,
	struct tls_creds **ret_creds, struct error **err)
{
	struct object *object = set ? object_set_find(set, id) : NULL;

	if (!object)
		return error_set(err, ENOENT, "No TLS credentials with id '%s'", id);
	if (!is_creds(object))
		return error_set(err, EINVAL, "Object with id '%s' is not TLS credentials", id);
	if (creds_of(object)->role != role)
		return error_set(err, EINVAL, "Expected TLS credentials for a %s endpoint",
			role == TLS_SERVER ? "server" : "client");
	*ret_creds = creds_of(object_get(object));
	return 0;
}

void tls_creds_put(struct tls_creds *creds)
{
	if (creds)
		object_put(&creds->base);
}

struct tls_context *tls_creds_context(const struct tls_creds *creds)
{
	return creds->context;
}

enum tls_kind tls_creds_kind(const struct tls_creds *creds)
{
	return creds->kind;
}
