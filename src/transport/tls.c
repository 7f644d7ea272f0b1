/* SPDX-License-Identifier: MIT */
/*
 * OpenSSL reads from the lower transport and writes to it by a BIO of ours. In: a record is read
 * into its buffer and decrypted into the user's memory. Out: the user's memory becomes a record; of
 * that goes into @out what the lower transport does not take. Nothing is made of the user's bytes
 * while there is something in @out, so that a record always finds room.
 *
 * While nobody has left bytes unread, the filter reads by itself: the handshake goes on, keys are
 * renewed and the end is noticed whether the user listens or not.
 *
 * A handshake costs a millisecond or more. It waits for its turn (tls_context), and meanwhile the
 * lower transport is not read. Bounds besides: OpenSSL's buffers of a record each way, one here;
 * RECORDS_A_CALL records without bytes for the user. The peer decides about nothing else: there is
 * no renegotiation, no compression, no early data.
 */
#include "transport/tls.h"

#include "base/list.h"
#include "base/log.h"
#include "transport/tls-impl.h"
#include "transport/transport-impl.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLAIN_MAX = SSL3_RT_MAX_PLAIN_LENGTH,
	OUT_BYTES = SSL3_RT_MAX_PACKET_SIZE +
		    1024, /* a record, and what goes before it: an alert, keys */
	PSK_NAME_MAX = IDENTITY_WHO_MAX - 4,
	RECORDS_A_CALL = 8,
	DRAIN_BYTES = 4096,
	DRAINS_MAX = 16,
};

/* Each is entered from those above it. */
enum state {
	HANDSHAKE, /* no byte travels yet */
	OPEN,
	CLOSED, /* the peer sends no more */
	FAILED, /* it broke the rules, or the connection did: no byte travels any more */
};

/**
 * struct tls
 * @error:    -errno of a read that failed for ever; @out_error of a write
 * @eof:      the lower transport has no more
 * @sealed:   it is not to be read now
 * @dry:      it had nothing when it was read last
 * @more:     RECORDS_A_CALL was the reason to stop
 * @blocked:  reading goes on once @out is written
 * @plain:    the peer speaks no TLS
 * @said_bye: close_notify has gone to @out; @shut: and the lower transport is closed as well
 * @psk:      name that the peer uses; "": none, or too long
 * @out:      bytes for the peer that wait for room, from @out_at to @out_end
 */
struct tls {
	struct transport base;
	struct tls_context *context;
	struct list turn;
	SSL *ssl;
	enum state state;
	int error, out_error;
	bool heard, eof, sealed, dry, more, blocked, plain, said_bye, half_closed, shut;
	struct identity identity;
	char psk[PSK_NAME_MAX];
	uint8_t out[OUT_BYTES];
	size_t out_at, out_end;
};

static struct tls *tls_of(struct transport *transport)
{
	return container_of(transport, struct tls, base);
}

static const char *name_of(const struct tls *tls)
{
	return *tls->identity.name ? tls->identity.name : "unknown peer";
}

/* ---- between OpenSSL and the lower transport ---- */

static bool has_out(const struct tls *tls)
{
	return tls->out_at < tls->out_end;
}

static ssize_t write_lower(struct tls *tls, const void *bytes, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	ssize_t n = transport_writev(tls->base.lower, &iov, 1);

	if (n < 0 && n != -EAGAIN) {
		tls->out_error = (int)n;
		tls->out_at = tls->out_end = 0;
	}
	return n;
}

/* Write what waits. Return: 0: all of it; -EAGAIN: not all; another -errno: it broke. */
static int flush(struct tls *tls)
{
	while (has_out(tls)) {
		ssize_t n = write_lower(tls, tls->out + tls->out_at, tls->out_end - tls->out_at);

		if (n < 0)
			return (int)n;
		tls->out_at += (size_t)n;
	}
	tls->out_at = tls->out_end = 0;
	if (tls->half_closed && !tls->shut) {
		tls->shut = true;
		transport_half_close(tls->base.lower);
	}
	return tls->out_error;
}

static size_t keep(struct tls *tls, const char *bytes, size_t len)
{
	size_t room = OUT_BYTES - tls->out_end;

	if (len > room)
		len = room;
	memcpy(tls->out + tls->out_end, bytes, len);
	tls->out_end += len;
	return len;
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
	struct tls *tls = BIO_get_data(bio);
	ssize_t n = tls->out_error;

	BIO_clear_retry_flags(bio);
	if (n == 0)
		n = has_out(tls) ? -EAGAIN : write_lower(tls, bytes, (size_t)len);
	if (n < 0 && n != -EAGAIN)
		return -1;
	if (n < 0)
		n = 0;
	n += (ssize_t)keep(tls, bytes + n, (size_t)(len - n));
	if (n)
		return (int)n;
	BIO_set_retry_write(bio);
	return -1;
}

/* Every TLS client begins with a record of the handshake. */
static bool is_plain(struct tls *tls, uint8_t first)
{
	if (!tls->heard && tls->context->role == TLS_SERVER)
		tls->plain = first != SSL3_RT_HANDSHAKE;
	tls->heard = true;
	return tls->plain;
}

static int bio_read(BIO *bio, char *bytes, int len)
{
	struct tls *tls = BIO_get_data(bio);
	struct iovec iov = { bytes, (size_t)len };
	ssize_t n = tls->sealed ? -EAGAIN : transport_readv(tls->base.lower, &iov, 1);

	BIO_clear_retry_flags(bio);
	if (n == -EAGAIN) {
		tls->dry = true;
		BIO_set_retry_read(bio);
		return -1;
	}
	if (n < 0)
		tls->error = (int)n;
	tls->eof |= n == 0;
	return n > 0 && is_plain(tls, (uint8_t)*bytes) ? -1 : (int)n;
}

static long bio_ctrl(BIO *bio, int cmd, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return cmd == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_bio_method_new(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "transport");

	if (!method)
		return NULL;
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_ctrl);
	return method;
}

/* ---- the end ---- */

/* Until what we have to say is written, nothing may make the kernel throw it away. */
static void drain(struct tls *tls)
{
	char sink[DRAIN_BYTES];
	struct iovec into = { sink, sizeof(sink) };

	for (int i = 0; i < DRAINS_MAX && transport_readv(tls->base.lower, &into, 1) > 0; i++)
		continue;
}

static const char *reason(const struct tls *tls)
{
	unsigned long error = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(error);

	if (tls->plain)
		return "the peer speaks no TLS";
	if (tls->eof)
		return "the peer has closed the connection";
	if (tls->error)
		return strerror(-tls->error);
	if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return X509_verify_cert_error_string(SSL_get_verify_result(tls->ssl));
	return text ? text : "unknown reason";
}

/* OpenSSL has told the peer why, or will never have told it anything. */
static void fail(struct tls *tls)
{
	static const char line[] = "charhub: only TLS is spoken here\r\n";

	log_info("tls: %s: %s: %s", name_of(tls),
		tls->state == HANDSHAKE ? "no connection" : "closed", reason(tls));
	tls->state = FAILED;
	drain(tls);
	if (tls->plain)
		keep(tls, line, strlen(line));
	tls->half_closed = true;
	flush(tls);
}

static void say_bye(struct tls *tls)
{
	if (tls->said_bye || tls->out_error || !tls->base.ready || tls->state == FAILED)
		return;
	tls->said_bye = true;
	ERR_clear_error();
	SSL_shutdown(tls->ssl);
	flush(tls);
}

/* ---- in ---- */

/* What a read gives once no more comes. */
static ssize_t end_of(const struct tls *tls)
{
	if (tls->state == CLOSED || tls->eof)
		return 0;
	return tls->error ? tls->error : -EPROTO;
}

static ssize_t nothing_read(struct tls *tls)
{
	int why = SSL_get_error(tls->ssl, 0);

	tls->blocked = why == SSL_ERROR_WANT_WRITE;
	tls->more = why == SSL_ERROR_WANT_READ && !tls->dry;
	if (why == SSL_ERROR_WANT_READ || tls->blocked)
		return -EAGAIN;
	if (why == SSL_ERROR_ZERO_RETURN || tls->eof)
		tls->state = CLOSED;
	else
		fail(tls);
	return end_of(tls);
}

/* Up to a record. Return: bytes; 0: no more; -EAGAIN; -EPROTO and other -errno. */
static ssize_t get(
	struct tls *tls, int (*fn)(SSL *, void *, size_t, size_t *), void *to, size_t room)
{
	size_t got;

	for (int i = 0; i < RECORDS_A_CALL; i++) {
		ERR_clear_error();
		tls->dry = false;
		if (fn(tls->ssl, to, room, &got) == 1) {
			tls->more = tls->blocked = false;
			return (ssize_t)got;
		}
		if (tls->dry || SSL_get_error(tls->ssl, 0) != SSL_ERROR_WANT_READ)
			break;
	}
	return nothing_read(tls);
}

static bool has_payload(const struct tls *tls)
{
	return tls->state == OPEN && SSL_pending(tls->ssl) > 0;
}

/* Find out what comes next; @sealed: of what is in OpenSSL's buffer. */
static void look_ahead(struct tls *tls, bool sealed)
{
	char byte;

	if (tls->state != OPEN || has_payload(tls) || (sealed && !SSL_has_pending(tls->ssl)))
		return;
	tls->sealed = sealed;
	get(tls, SSL_peek_ex, &byte, 1);
	tls->sealed = false;
}

static void watch_lower(struct transport *transport);

static ssize_t read_tls(struct transport *transport, const struct iovec *iov, int n)
{
	struct tls *tls = tls_of(transport);
	size_t at = 0, total = 0;
	ssize_t got = -EAGAIN;

	if (tls->state > OPEN)
		return end_of(tls);
	while (n && tls->state == OPEN) {
		got = get(tls, SSL_read_ex, (char *)iov->iov_base + at, iov->iov_len - at);
		if (got <= 0)
			break;
		total += (size_t)got;
		at += (size_t)got;
		if (at == iov->iov_len)
			iov++, n--, at = 0;
	}
	look_ahead(tls, true);
	watch_lower(transport);
	return total ? (ssize_t)total : got;
}

/* ---- out ---- */

/* The user's segments up to a record's size, in one piece; @record is used where they are many. */
static const void *gather(const struct iovec *iov, int n, uint8_t *record, size_t *ret_len)
{
	size_t len = 0;

	if (n == 1 || iov->iov_len >= PLAIN_MAX) {
		*ret_len = iov->iov_len < PLAIN_MAX ? iov->iov_len : PLAIN_MAX;
		return iov->iov_base;
	}
	for (int i = 0; i < n; i++) {
		size_t part = iov[i].iov_len < PLAIN_MAX - len ? iov[i].iov_len : PLAIN_MAX - len;

		memcpy(record + len, iov[i].iov_base, part);
		len += part;
	}
	*ret_len = len;
	return record;
}

static int write_error(const struct tls *tls)
{
	if (tls->out_error)
		return tls->out_error;
	if (tls->state == HANDSHAKE)
		return -EAGAIN;
	return tls->state == FAILED || !tls->base.ready || tls->said_bye ? -EPIPE : 0;
}

static ssize_t write_tls(struct transport *transport, const struct iovec *iov, int n)
{
	struct tls *tls = tls_of(transport);
	uint8_t record[PLAIN_MAX];
	size_t len, done;
	const void *bytes = gather(iov, n, record, &len);
	int r = write_error(tls);

	if (r == 0)
		r = flush(tls);
	if (r < 0)
		return r;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, bytes, len, &done) != 1)
		return tls->out_error ? tls->out_error : -EPIPE;
	watch_lower(transport);
	return (ssize_t)done;
}

/* ---- the handshake ---- */

void tls_note_psk(SSL *ssl, const char *name)
{
	struct tls *tls = SSL_get_app_data(ssl);

	snprintf(tls->psk, sizeof(tls->psk), "%s", strlen(name) < PSK_NAME_MAX ? name : "");
}

/* [RFC 4514], the name first. What does not fit is nobody: a part of a name is another name. */
static void note_subject(struct tls *tls, X509 *certificate)
{
	static const char kind[] = "x509:";
	const size_t kind_len = sizeof(kind) - 1;
	BIO *text = BIO_new(BIO_s_mem());
	char *subject;
	long len = -1;

	if (text && X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0,
			    XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) > 0)
		len = BIO_get_mem_data(text, &subject);
	if (len > 0 && (size_t)len < IDENTITY_WHO_MAX - kind_len) {
		memcpy(tls->identity.who, kind, kind_len);
		memcpy(tls->identity.who + kind_len, subject, (size_t)len);
		tls->identity.who[kind_len + (size_t)len] = '\0';
	}
	BIO_free(text);
}

static void note_peer(struct tls *tls)
{
	X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

	if (certificate && tls->context->verify_peer)
		note_subject(tls, certificate);
	else if (*tls->psk)
		snprintf(tls->identity.who, IDENTITY_WHO_MAX, "psk:%s", tls->psk);
	if (tls->context->role == TLS_SERVER)
		tls->base.sni = SSL_get_servername(tls->ssl, TLSEXT_NAMETYPE_host_name);
	log_debug("tls: %s: %s, %s; %s", name_of(tls), SSL_get_version(tls->ssl),
		SSL_get_cipher_name(tls->ssl), tls->identity.who);
}

static void step(struct tls *tls)
{
	int r, why;

	ERR_clear_error();
	r = SSL_do_handshake(tls->ssl);
	why = SSL_get_error(tls->ssl, r);
	if (r == 1) {
		tls->state = OPEN;
		note_peer(tls);
		transport_set_ready(&tls->base);
		look_ahead(tls, true);
	} else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
		fail(tls);
	}
	watch_lower(&tls->base);
}

static void give_turn(void *data)
{
	struct tls_context *context = data;
	struct tls *tls;

	if (list_is_empty(&context->waiting))
		return;
	tls = container_of(context->waiting.next, struct tls, turn);
	list_remove(&tls->turn);
	if (!list_is_empty(&context->waiting))
		task_post(tls->base.loop, &context->turn, give_turn, context);
	step(tls);
}

static void wait_for_turn(struct tls *tls)
{
	struct tls_context *context = tls->context;

	if (list_is_empty(&tls->turn))
		list_append(&context->waiting, &tls->turn);
	task_post(tls->base.loop, &context->turn, give_turn, context);
}

static bool has_turn_coming(const struct tls *tls)
{
	return !list_is_empty(&tls->turn);
}

/* ---- events ---- */

static void watch_lower(struct transport *transport)
{
	struct tls *tls = tls_of(transport);
	unsigned wanted = transport->wanted, lower = wanted & (WATCH_HANGUP | WATCH_GONE);

	if (tls->state <= OPEN && !has_turn_coming(tls) &&
		((wanted & WATCH_READ) || !has_payload(tls)))
		lower |= WATCH_READ;
	if (has_out(tls) || ((wanted & WATCH_WRITE) && tls->state != HANDSHAKE))
		lower |= WATCH_WRITE;
	transport_watch(transport->lower, lower);
	if (has_payload(tls) || tls->more || (tls->blocked && !has_out(tls)) || tls->state > OPEN)
		transport_kick(transport, wanted & WATCH_READ);
	if (tls->state > OPEN)
		transport_kick(transport, wanted & WATCH_HANGUP);
	if (tls->state == FAILED)
		transport_kick(transport, wanted & WATCH_GONE);
}

static void on_lower(struct transport *transport, unsigned events)
{
	struct tls *tls = tls_of(transport);
	unsigned news = events & ~(unsigned)WATCH_WRITE;

	if (events & WATCH_WRITE)
		flush(tls);
	if (tls->state == HANDSHAKE) {
		wait_for_turn(tls);
		watch_lower(transport);
		return;
	}
	if ((news && !(transport->wanted & WATCH_READ)) || (tls->blocked && !has_out(tls)))
		look_ahead(tls, false);
	if (has_out(tls))
		events &= ~(unsigned)WATCH_WRITE;
	transport_tell(transport, events);
	if (!transport->freed)
		watch_lower(transport);
}

static unsigned look_at_tls(struct transport *transport)
{
	struct tls *tls = tls_of(transport);
	unsigned seen = transport_look(transport->lower);

	if (tls->state == FAILED)
		return seen | WATCH_READ | WATCH_HANGUP | WATCH_GONE;
	if (tls->state == CLOSED)
		return seen | WATCH_READ | WATCH_HANGUP;
	return seen | (has_payload(tls) ? WATCH_READ : 0u);
}

static bool tls_has_unread(struct transport *transport)
{
	struct tls *tls = tls_of(transport);

	look_ahead(tls, false);
	watch_lower(transport);
	return has_payload(tls);
}

/* ---- the end ---- */

static int half_close_tls(struct transport *transport)
{
	struct tls *tls = tls_of(transport);
	int r;

	tls->half_closed = true;
	say_bye(tls);
	r = flush(tls);
	watch_lower(transport);
	return r == -EAGAIN ? 0 : r;
}

static void say_goodbye(struct transport *transport)
{
	say_bye(tls_of(transport));
	watch_lower(transport);
}

static void close_tls(struct transport *transport)
{
	struct tls *tls = tls_of(transport);

	say_bye(tls);
	list_remove(&tls->turn);
	SSL_free(tls->ssl);
	tls->ssl = NULL;
	tls_context_unref(tls->context);
}

static const char *tls_obstacle(const struct transport *transport)
{
	(void)transport;
	return "its TLS session";
}

static const struct transport_ops tls_ops = {
	.obstacle = tls_obstacle,
	.readv = read_tls,
	.writev = write_tls,
	.watch = watch_lower,
	.look = look_at_tls,
	.has_unread = tls_has_unread,
	.half_close = half_close_tls,
	.goodbye = say_goodbye,
	.close = close_tls,
	.on_lower = on_lower,
};

/* ---- beginning ---- */

/* An address is checked, but not offered [RFC 6066 3]. */
static bool aim_at(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *verify = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(verify, host) == 1)
		return true;
	ERR_clear_error();
	/* Its macro SSL_set_tlsext_host_name() casts the const away. */
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		       (void *)(uintptr_t)host) == 1;
}

static SSL *new_ssl(struct tls *tls, const char *host)
{
	SSL *ssl = SSL_new(tls->context->ssl);
	BIO *bio = BIO_new(tls->context->bio);

	if (!ssl || !bio || (host && !aim_at(ssl, host))) {
		SSL_free(ssl);
		BIO_free(bio);
		return NULL;
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(ssl, bio, bio);
	SSL_set_app_data(ssl, tls);
	if (tls->context->role == TLS_SERVER)
		SSL_set_accept_state(ssl);
	else
		SSL_set_connect_state(ssl);
	return ssl;
}

int tls_new(struct transport *lower, struct tls_context *context, const char *host,
	struct transport **ret_transport)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	tls->context = context;
	tls->ssl = new_ssl(tls, host);
	if (!tls->ssl) {
		free(tls);
		return -ENOMEM;
	}
	tls_context_ref(context);
	list_init(&tls->turn);
	tls->identity = *lower->identity;
	transport_init_filter(&tls->base, &tls_ops, lower);
	tls->base.identity = &tls->identity;
	*ret_transport = &tls->base;
	if (context->role == TLS_CLIENT)
		wait_for_turn(tls);
	watch_lower(&tls->base);
	return 0;
}
