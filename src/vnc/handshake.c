/* SPDX-License-Identifier: MIT */
/*
 * From the first byte to ClientInit [RFC 6143 7.1-7.3]. A table says how many bytes each phase
 * waits for, so that half a message costs nothing but its bytes; the deadline is the viewer's.
 * Exactly one security type is offered: what was configured can not be bargained down.
 *
 * VeNCrypt [rfbproto 7.2.7] puts TLS below the rest of the connection, in the middle of it. What a
 * viewer has sent before its TLS begins and is not used up comes from somebody on the way.
 */
#include "vnc/handshake.h"

#include "base/log.h"
#include "base/wire.h"

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
	SUBTYPE_TLS_NONE = 257,
	SUBTYPE_TLS_VNC = 258,
	SUBTYPE_X509_NONE = 260,
	SUBTYPE_X509_VNC = 261,
};

/* TLS of a websocket lies below it, and is no affair of RFB's. */
static uint8_t security_type(const struct handshake *handshake)
{
	const struct peer *peer = handshake->peer;

	if (peer->host->tls && !stream_is_websocket(&peer->stream))
		return SECURITY_VENCRYPT;
	return peer->host->config.password ? SECURITY_VNC : SECURITY_NONE;
}

int handshake_start(struct handshake *handshake, struct peer *peer)
{
	handshake->peer = peer;
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
	if (r < 0 || !with_reason)
		return r;
	r = send_u32(handshake, (uint32_t)strlen(reason));
	return r < 0 ? r : peer_send(handshake->peer, reason, strlen(reason));
}

/* ---- who is it ---- */

/* Return: 0; -ENOMEM. */
static int put_name(struct peer *peer, const char *who)
{
	char *name;

	if (!strcmp(who, IDENTITY_ANONYMOUS))
		return 0;
	if (asprintf(&name, "%s (%s)", who, peer->name) < 0)
		return -ENOMEM;
	free(peer->name);
	peer->name = name;
	return 0;
}

/* A version that has no result has no place for a reason either: it is closed. */
static int turn_away(struct handshake *handshake, bool with_result, const char *who)
{
	char reason[IDENTITY_WHO_MAX + 32];

	if (!with_result)
		return -EACCES;
	snprintf(reason, sizeof(reason), "this console is not for %s", who);
	return refuse(handshake, RESULT_FAILED, handshake->minor >= 8, reason);
}

/* It is known by now who the viewer is. */
static int pass(struct handshake *handshake, bool with_result)
{
	struct peer *peer = handshake->peer;
	const char *who = stream_who(&peer->stream);
	enum authz_right right = peer->host->ops->right(peer->host, who);

	if (right == AUTHZ_NOTHING || !authz_allows_tls(peer->host->tls_rule, who))
		return turn_away(handshake, with_result, who);
	peer->may_type = peer->may_type && right == AUTHZ_TYPE;
	handshake->phase = HANDSHAKE_INIT;
	if (put_name(peer, who) < 0)
		return -ENOMEM;
	return with_result ? send_u32(handshake, RESULT_OK) : 0;
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
		return refuse(handshake, RESULT_FAILED, handshake->minor >= 8,
			"Authentication failed: this security type was not offered");
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

	if (tls_creds_kind(host->tls) == TLS_X509)
		return host->config.password ? SUBTYPE_X509_VNC : SUBTYPE_X509_NONE;
	return host->config.password ? SUBTYPE_TLS_VNC : SUBTYPE_TLS_NONE;
}

static int say_no(struct handshake *handshake, uint8_t answer, const char *reason)
{
	log_warning("vnc: %s: refused: %s", handshake->peer->name, reason);
	handshake->phase = HANDSHAKE_REFUSED;
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

static int subtype_in(struct handshake *handshake, const uint8_t *bytes)
{
	static const uint8_t yes = SUBTYPE_ACCEPTED;

	if (get_be32(bytes) != subtype(handshake))
		return say_no(handshake, SUBTYPE_REFUSED, "it wants a type that was not offered");
	handshake->phase = HANDSHAKE_SECURING;
	return peer_send(handshake->peer, &yes, 1);
}

int handshake_secured(struct handshake *handshake)
{
	if (handshake->peer->host->config.password)
		return start_auth(handshake);
	return pass(handshake, true);
}

/* ---- password ---- */

static int judge(struct handshake *handshake)
{
	struct peer *peer = handshake->peer;
	struct vnc_host *host = peer->host;
	int r = host->ops->check_password(
		host, &peer->address, handshake->challenge, handshake->response, &peer->may_type);

	if (r < 0)
		return refuse(
			handshake, RESULT_FAILED, handshake->minor >= 8, "Authentication failed");
	return pass(handshake, true);
}

static int auth_in(struct handshake *handshake, const uint8_t *bytes)
{
	struct vnc_host *host = handshake->peer->host;
	int64_t wait_ms = host->ops->password_wait(host, &handshake->peer->address);

	if (wait_ms < 0)
		return refuse(handshake, RESULT_FAILED, handshake->minor >= 8,
			"Too many authentication failures");
	memcpy(handshake->response, bytes, sizeof(handshake->response));
	if (!wait_ms)
		return judge(handshake);
	handshake->wait_ms = (uint64_t)wait_ms;
	handshake->phase = HANDSHAKE_WAITING;
	return 0;
}

int handshake_resume(struct handshake *handshake)
{
	return judge(handshake);
}

/* ---- init ---- */

static int init_in(struct handshake *handshake, const uint8_t *bytes)
{
	handshake->shares = bytes[0] != 0;
	handshake->phase = HANDSHAKE_DONE;
	return 0;
}

/* ---- the table ---- */

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
	[HANDSHAKE_WAITING] = { "waiting", 0, NULL },
	[HANDSHAKE_INIT] = { "init", 1, init_in },
	[HANDSHAKE_DONE] = { "done", 0, NULL },
	[HANDSHAKE_REFUSED] = { "refused", 0, NULL },
};

ssize_t handshake_in(struct handshake *handshake, const uint8_t *bytes, size_t len)
{
	enum handshake_phase phase = handshake->phase;
	size_t size = phases[phase].size;
	int r;

	if (phase == HANDSHAKE_SECURING)
		return -EPROTO;
	if (phase == HANDSHAKE_WAITING || len < size)
		return 0;
	r = phases[phase].handle(handshake, bytes);
	log_debug("%s: %s, now %s", handshake->peer->name, phases[phase].name,
		phases[handshake->phase].name);
	return r < 0 ? r : (ssize_t)size;
}
