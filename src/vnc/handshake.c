/* SPDX-License-Identifier: MIT */
/*
 * From the first byte to ClientInit [RFC 6143 7.1-7.3]. A table says how many bytes each phase
 * waits for, so that half a message costs nothing but its bytes; the deadline is the viewer's.
 * Exactly one security type is offered: what was configured can not be bargained down.
 *
 * What takes others to find out (PAM, a hash that is slow on purpose) is found out beside the loop:
 * the viewer is ASKING meanwhile. A guess at a user's password counts as wrong from when it is made
 * until it is known to be right, so that guesses that come at the same time wait for each other.
 *
 * VeNCrypt [rfbproto 7.2.7] puts TLS below the rest of the connection, in the middle of it. What a
 * viewer has sent before its TLS begins and is not used up comes from somebody on the way.
 */
#include "vnc/handshake.h"

#include "base/log.h"
#include "base/wire.h"
#include "io/errand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "RFB 003.008\n"

enum {
	VERSION_SIZE = 12,
	SECURITY_NONE = 1,
	SECURITY_VNC = 2,
	SECURITY_VENCRYPT = 19,
	RESULT_OK = 0,
	RESULT_FAILED = 1,
};

enum vencrypt {
	VENCRYPT_MINOR = 2, /* of version 0.2 */
	VENCRYPT_ACCEPTED = 0,
	VENCRYPT_REFUSED = 255,
	SUBTYPE_REFUSED = 0,
	SUBTYPE_ACCEPTED = 1,
	SUBTYPE_PLAIN = 256,
	SUBTYPE_TLS_NONE = 257,
	SUBTYPE_TLS_VNC = 258,
	SUBTYPE_TLS_PLAIN = 259,
	SUBTYPE_X509_NONE = 260,
	SUBTYPE_X509_VNC = 261,
	SUBTYPE_X509_PLAIN = 262,
};

/* TLS of a websocket lies below it, and is no affair of RFB's. */
static bool needs_tls(const struct handshake *handshake)
{
	return handshake->peer->host->tls && !stream_is_websocket(&handshake->peer->stream);
}

static uint8_t security_type(const struct handshake *handshake)
{
	const struct vnc_host *host = handshake->peer->host;

	if (host->login || needs_tls(handshake))
		return SECURITY_VENCRYPT;
	return host->config.password ? SECURITY_VNC : SECURITY_NONE;
}

int handshake_start(
	struct handshake *handshake, struct peer *peer, handshake_moved_fn *on_moved, void *data)
{
	handshake->peer = peer;
	handshake->on_moved = on_moved;
	handshake->data = data;
	handshake->phase = HANDSHAKE_VERSION;
	return peer_send(peer, VERSION, VERSION_SIZE);
}

static int send_u32(struct handshake *handshake, uint32_t value)
{
	uint8_t wire[4];

	put_be32(wire, value);
	return peer_send(handshake->peer, wire, sizeof(wire));
}

/* A number that says no, then why, where the version has a place for it. */
static int refuse(
	struct handshake *handshake, uint32_t number, bool with_reason, const char *reason)
{
	int r = send_u32(handshake, number);

	log_warning("vnc: %s: refused: %s", handshake->peer->name, reason);
	handshake->phase = HANDSHAKE_REFUSED;
	handshake->peer->host->logins.refused++;
	if (r < 0 || !with_reason)
		return r;
	r = send_u32(handshake, (uint32_t)strlen(reason));
	return r < 0 ? r : peer_send(handshake->peer, reason, strlen(reason));
}

static int refuse_login(struct handshake *handshake, const char *reason)
{
	return refuse(handshake, RESULT_FAILED, handshake->minor >= 8, reason);
}

/* ---- who is it, and what may he ---- */

/* Return: 0; -ENOMEM. */
static int put_name(struct peer *peer)
{
	char *name;

	if (!strcmp(peer->who, IDENTITY_ANONYMOUS))
		return 0;
	if (asprintf(&name, "%s (%s)", peer->who, peer->name) < 0)
		return -ENOMEM;
	free(peer->name);
	peer->name = name;
	return 0;
}

/* A version that has no result has no place for a reason either: it is closed. */
static int turn_away(struct handshake *handshake)
{
	char reason[IDENTITY_WHO_MAX + 32];

	if (!handshake->with_result) {
		handshake->peer->host->logins.refused++;
		return -EACCES;
	}
	snprintf(reason, sizeof(reason), "this console is not for %s", handshake->peer->who);
	return refuse_login(handshake, reason);
}

static int let_in(struct handshake *handshake, enum authz_right right)
{
	struct peer *peer = handshake->peer;

	if (right == AUTHZ_NOTHING)
		return turn_away(handshake);
	peer->may_type = peer->may_type && right == AUTHZ_TYPE;
	handshake->phase = HANDSHAKE_INIT;
	peer->host->logins.admitted++;
	if (put_name(peer) < 0)
		return -ENOMEM;
	return handshake->with_result ? send_u32(handshake, RESULT_OK) : 0;
}

static void on_right(void *data, enum authz_right right)
{
	struct handshake *handshake = data;

	handshake->on_moved(handshake->data, let_in(handshake, right));
}

/* It is known by now who the viewer is. */
static int pass(struct handshake *handshake, bool with_result)
{
	struct peer *peer = handshake->peer;
	const char *proven = stream_who(&peer->stream);
	int right;

	if (!peer->who[0])
		snprintf(peer->who, sizeof(peer->who), "%s", proven);
	handshake->with_result = with_result;
	right = authz_ask(
		&handshake->question, &peer->host->gate, proven, peer->who, on_right, handshake);
	if (right != -EINPROGRESS)
		return let_in(handshake, (enum authz_right)right);
	handshake->phase = HANDSHAKE_ASKING;
	return 0;
}

/* ---- version ---- */

static bool is_digits(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
	return true;
}

/*
 * Whoever says another version than the three that exist speaks the first of them [RFC 6143 7.1.1]:
 * 3.5 of old, 3.889 of Apple, 4.1 of RealVNC. 0: not a version.
 */
static unsigned minor_version(const uint8_t *bytes)
{
	if (memcmp(bytes, "RFB ", 4) || !is_digits(bytes + 4, 3) || bytes[7] != '.' ||
		!is_digits(bytes + 8, 3) || bytes[11] != '\n')
		return 0;
	if (!memcmp(bytes, "RFB 003.007\n", VERSION_SIZE))
		return 7;
	return memcmp(bytes, "RFB 003.008\n", VERSION_SIZE) ? 3 : 8;
}

static int start_auth(struct handshake *handshake)
{
	int r = auth_new_challenge(handshake->challenge);

	handshake->phase = HANDSHAKE_AUTH;
	return r < 0 ? r
		     : peer_send(
			       handshake->peer, handshake->challenge, sizeof(handshake->challenge));
}

static int version_in(struct handshake *handshake, const uint8_t *bytes)
{
	const uint8_t types[2] = { 1, security_type(handshake) };
	uint8_t type = types[1];
	int r;

	handshake->minor = minor_version(bytes);
	if (!handshake->minor)
		return refuse(handshake, 0, true, "Unsupported protocol version");
	if (handshake->minor == 3 && type == SECURITY_VENCRYPT)
		return refuse(handshake, 0, true, "TLS needs protocol version 3.7");
	if (handshake->minor > 3) {
		handshake->phase = HANDSHAKE_SECURITY;
		return peer_send(handshake->peer, types, sizeof(types));
	}
	r = send_u32(handshake, type);
	if (r < 0)
		return r;
	return type == SECURITY_VNC ? start_auth(handshake) : pass(handshake, false);
}

/* ---- security ---- */

static int security_in(struct handshake *handshake, const uint8_t *bytes)
{
	static const uint8_t version[2] = { 0, VENCRYPT_MINOR };
	uint8_t offered = security_type(handshake);

	if (bytes[0] != offered)
		return refuse_login(
			handshake, "Authentication failed: this security type was not offered");
	if (offered == SECURITY_VENCRYPT) {
		handshake->phase = HANDSHAKE_VENCRYPT;
		return peer_send(handshake->peer, version, sizeof(version));
	}
	if (offered == SECURITY_VNC)
		return start_auth(handshake);
	return pass(handshake, handshake->minor >= 8);
}

/* ---- VeNCrypt ---- */

static uint32_t subtype(const struct handshake *handshake)
{
	const struct vnc_host *host = handshake->peer->host;
	bool x509;

	if (!needs_tls(handshake))
		return SUBTYPE_PLAIN;
	x509 = tls_creds_kind(host->tls) == TLS_X509;
	if (host->login)
		return x509 ? SUBTYPE_X509_PLAIN : SUBTYPE_TLS_PLAIN;
	if (host->config.password)
		return x509 ? SUBTYPE_X509_VNC : SUBTYPE_TLS_VNC;
	return x509 ? SUBTYPE_X509_NONE : SUBTYPE_TLS_NONE;
}

static int say_no(struct handshake *handshake, uint8_t answer, const char *reason)
{
	log_warning("vnc: %s: refused: %s", handshake->peer->name, reason);
	handshake->phase = HANDSHAKE_REFUSED;
	handshake->peer->host->logins.refused++;
	return peer_send(handshake->peer, &answer, 1);
}

static int vencrypt_in(struct handshake *handshake, const uint8_t *bytes)
{
	uint8_t offer[6] = { VENCRYPT_ACCEPTED, 1 };

	if (bytes[0] != 0 || bytes[1] != VENCRYPT_MINOR)
		return say_no(handshake, VENCRYPT_REFUSED, "it speaks another VeNCrypt than 0.2");
	put_be32(offer + 2, subtype(handshake));
	handshake->phase = HANDSHAKE_SUBTYPE;
	return peer_send(handshake->peer, offer, sizeof(offer));
}

/* What comes next without TLS is not announced by a byte. */
static int subtype_in(struct handshake *handshake, const uint8_t *bytes)
{
	static const uint8_t yes = SUBTYPE_ACCEPTED;

	if (get_be32(bytes) != subtype(handshake))
		return say_no(handshake, SUBTYPE_REFUSED, "it wants a type that was not offered");
	if (subtype(handshake) == SUBTYPE_PLAIN) {
		handshake->phase = HANDSHAKE_PLAIN;
		return 0;
	}
	handshake->phase = HANDSHAKE_SECURING;
	return peer_send(handshake->peer, &yes, 1);
}

int handshake_secured(struct handshake *handshake)
{
	const struct vnc_host *host = handshake->peer->host;

	if (host->login) {
		handshake->phase = HANDSHAKE_PLAIN;
		return 0;
	}
	return host->config.password ? start_auth(handshake) : pass(handshake, true);
}

/* ---- password ---- */

static int judge_response(struct handshake *handshake)
{
	struct peer *peer = handshake->peer;
	struct vnc_host *host = peer->host;
	int r = host->ops->check_password(
		host, handshake->challenge, handshake->response, &peer->may_type);

	if (r == -EACCES)
		door_failed(&host->door, &peer->address, loop_now_ms(host->loop));
	if (r < 0)
		return refuse_login(handshake, "Authentication failed");
	door_passed(&host->door, &peer->address);
	return pass(handshake, true);
}

static int welcome(struct handshake *handshake, const char *user)
{
	struct peer *peer = handshake->peer;

	if (!user)
		return refuse_login(handshake, "Authentication failed");
	door_passed(&peer->host->door, &peer->address);
	snprintf(peer->who, sizeof(peer->who), "user:%s", user);
	return pass(handshake, true);
}

static void on_login(void *data, const char *user)
{
	struct handshake *handshake = data;
	int r;

	handshake->login = NULL;
	r = welcome(handshake, user);
	if (r < 0 || handshake->phase != HANDSHAKE_ASKING)
		handshake->on_moved(handshake->data, r);
}

static int judge_plain(struct handshake *handshake)
{
	struct plain *plain = &handshake->plain;
	struct peer *peer = handshake->peer;
	int r;

	door_failed(&peer->host->door, &peer->address, loop_now_ms(peer->host->loop));
	r = login_check(peer->host->login, plain->user, plain->password, peer->name, on_login,
		handshake, &handshake->login);
	explicit_bzero(plain, sizeof(*plain));
	if (r == -EACCES)
		return refuse_login(handshake, "Authentication failed");
	handshake->phase = HANDSHAKE_ASKING;
	return r;
}

static int judge(struct handshake *handshake)
{
	return handshake->peer->host->login ? judge_plain(handshake) : judge_response(handshake);
}

/* Somebody has said a password, which is looked at now or when his turn comes. */
static int wait_for_turn(struct handshake *handshake)
{
	struct vnc_host *host = handshake->peer->host;
	int64_t wait_ms =
		door_wait(&host->door, &handshake->peer->address, loop_now_ms(host->loop));

	if (wait_ms < 0)
		return refuse_login(handshake, "Too many authentication failures");
	if (!wait_ms)
		return judge(handshake);
	handshake->wait_ms = (uint64_t)wait_ms;
	handshake->phase = HANDSHAKE_WAITING;
	return 0;
}

static int auth_in(struct handshake *handshake, const uint8_t *bytes)
{
	memcpy(handshake->response, bytes, sizeof(handshake->response));
	return wait_for_turn(handshake);
}

/* [rfbproto 7.2.8]. What is longer than any that is right is not read at all. */
static int plain_in(struct handshake *handshake, const uint8_t *bytes)
{
	struct plain *plain = &handshake->plain;

	plain->user_len = get_be32(bytes);
	plain->password_len = get_be32(bytes + 4);
	if (!plain->user_len || plain->user_len >= LOGIN_USER_MAX ||
		plain->password_len >= LOGIN_PASSWORD_MAX)
		return refuse_login(handshake, "Authentication failed");
	handshake->phase = HANDSHAKE_PLAIN_TEXT;
	return 0;
}

/* A NUL ends a name, as everywhere else: what is behind it would not be looked at. */
static int plain_text_in(struct handshake *handshake, const uint8_t *bytes)
{
	struct plain *plain = &handshake->plain;

	memcpy(plain->user, bytes, plain->user_len);
	memcpy(plain->password, bytes + plain->user_len, plain->password_len);
	if (strlen(plain->user) < plain->user_len || strlen(plain->password) < plain->password_len)
		plain->user[0] = '\0';
	return wait_for_turn(handshake);
}

int handshake_resume(struct handshake *handshake)
{
	return judge(handshake);
}

void handshake_done(struct handshake *handshake)
{
	errand_forget(handshake->login);
	authz_forget(&handshake->question);
	explicit_bzero(&handshake->plain, sizeof(handshake->plain));
}

/* ---- init ---- */

static int init_in(struct handshake *handshake, const uint8_t *bytes)
{
	handshake->shares = bytes[0] != 0;
	handshake->phase = HANDSHAKE_DONE;
	return 0;
}

/* ---- the table ---- */

/* @size: 0: nothing is awaited, or what was announced */
static const struct {
	const char *name;
	size_t size;
	int (*handle)(struct handshake *handshake, const uint8_t *bytes);
} phases[] = {
	[HANDSHAKE_VERSION] = { "version", VERSION_SIZE, version_in },
	[HANDSHAKE_SECURITY] = { "security type", 1, security_in },
	[HANDSHAKE_VENCRYPT] = { "VeNCrypt", 2, vencrypt_in },
	[HANDSHAKE_SUBTYPE] = { "VeNCrypt type", 4, subtype_in },
	[HANDSHAKE_SECURING] = { "securing", 0, NULL },
	[HANDSHAKE_AUTH] = { "response", AUTH_CHALLENGE_SIZE, auth_in },
	[HANDSHAKE_PLAIN] = { "lengths", 8, plain_in },
	[HANDSHAKE_PLAIN_TEXT] = { "name and password", 0, plain_text_in },
	[HANDSHAKE_WAITING] = { "waiting", 0, NULL },
	[HANDSHAKE_ASKING] = { "asking", 0, NULL },
	[HANDSHAKE_INIT] = { "init", 1, init_in },
	[HANDSHAKE_DONE] = { "done", 0, NULL },
	[HANDSHAKE_REFUSED] = { "refused", 0, NULL },
};

static size_t awaited(const struct handshake *handshake)
{
	if (handshake->phase == HANDSHAKE_PLAIN_TEXT)
		return handshake->plain.user_len + handshake->plain.password_len;
	return phases[handshake->phase].size;
}

ssize_t handshake_in(struct handshake *handshake, const uint8_t *bytes, size_t len)
{
	enum handshake_phase phase = handshake->phase;
	size_t size = awaited(handshake);
	int r;

	if (phase == HANDSHAKE_SECURING)
		return -EPROTO;
	if (!phases[phase].handle || len < size)
		return 0;
	r = phases[phase].handle(handshake, bytes);
	log_debug("%s: %s, now %s", handshake->peer->name, phases[phase].name,
		phases[handshake->phase].name);
	return r < 0 ? r : (ssize_t)size;
}
