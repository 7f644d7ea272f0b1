/* SPDX-License-Identifier: MIT */
/*
 * Two machines in a row: the HTTP request of the handshake, collected as a whole because it is
 * short; then frames, decoded as they come, byte by byte if they come so.
 *
 * Nothing that the client sends makes memory grow but the handshake, which has a limit. A frame may
 * claim to be 2^63 bytes long: its length is only counted down. Text messages are passed on like
 * binary ones: their bytes are not checked to be UTF-8, since a console takes any bytes.
 */
#include "io/websocket.h"

#include "base/cleanup.h"
#include "base/strbuf.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* [RFC 6455 1.3] */

enum { KEY_CHARS = 24, ACCEPT_CHARS = 28 };

enum opcode {
	OP_CONTINUATION = 0x0,
	OP_TEXT = 0x1,
	OP_BINARY = 0x2,
	OP_CLOSE = 0x8,
	OP_PING = 0x9,
	OP_PONG = 0xa,
};

enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, CONTROL = 0x08, MASKED = 0x80 };

enum close_code { CLOSE_NORMAL = 1000, CLOSE_PROTOCOL = 1002 };

/* ---- handshake [RFC 6455 4.2] ---- */

/* The value of a header; borrowed from the request. */
struct header {
	const char *value;
	size_t len;
};

struct request {
	struct header upgrade, connection, key, version, protocol;
};

static const struct {
	const char *name;
	size_t offset;
} header_slots[] = {
	{ "Upgrade", offsetof(struct request, upgrade) },
	{ "Connection", offsetof(struct request, connection) },
	{ "Sec-WebSocket-Key", offsetof(struct request, key) },
	{ "Sec-WebSocket-Version", offsetof(struct request, version) },
	{ "Sec-WebSocket-Protocol", offsetof(struct request, protocol) },
};

static struct header trim(const char *text, size_t len)
{
	while (len && (*text == ' ' || *text == '\t'))
		text++, len--;
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return (struct header){ text, len };
}

static void take_header(struct request *request, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);

	if (!colon)
		return;
	for (size_t i = 0; i < sizeof(header_slots) / sizeof(header_slots[0]); i++) {
		const char *name = header_slots[i].name;
		struct header *slot = (void *)((char *)request + header_slots[i].offset);

		if (strlen(name) == (size_t)(colon - line) &&
			!strncasecmp(name, line, strlen(name)))
			*slot = trim(colon + 1, len - (size_t)(colon - line) - 1);
	}
}

/* Is @token an element of the comma-separated list? */
static bool has_token(const struct header *list, const char *token)
{
	const char *at = list->value;
	size_t left = list->len;

	while (left) {
		const char *comma = memchr(at, ',', left);
		size_t len = comma ? (size_t)(comma - at) : left;
		struct header item = trim(at, len);

		if (item.len == strlen(token) && !strncasecmp(item.value, token, item.len))
			return true;
		at += len;
		left -= len;
		if (comma)
			at++, left--;
	}
	return false;
}

static void make_accept(const struct header *key, char accept[ACCEPT_CHARS + 1])
{
	unsigned char text[KEY_CHARS + sizeof(GUID) - 1], digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	memcpy(text, key->value, KEY_CHARS);
	memcpy(text + KEY_CHARS, GUID, sizeof(GUID) - 1);
	if (!EVP_Digest(text, sizeof(text), digest, &len, EVP_sha1(), NULL))
		memset(digest, 0, sizeof(digest));
	EVP_EncodeBlock((unsigned char *)accept, digest, 20);
}

static int answer(struct byte_queue *reply, const char *text)
{
	return byte_queue_push(reply, text, strlen(text));
}

static int refuse(struct websocket *ws, struct byte_queue *reply, const char *status)
{
	AUTO_STRBUF struct strbuf text = { 0 };

	ws->state = WEBSOCKET_FAILED;
	strbuf_printf(&text,
		"HTTP/1.1 %s\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n"
		"Content-Length: 0\r\n\r\n",
		status);
	if (text.failed || answer(reply, text.data) < 0)
		return -ENOMEM;
	return -EPROTO;
}

static int accept_client(
	struct websocket *ws, const struct request *request, struct byte_queue *reply)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	char accept[ACCEPT_CHARS + 1];

	make_accept(&request->key, accept);
	strbuf_printf(&text,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		accept,
		has_token(&request->protocol, "binary") ? "Sec-WebSocket-Protocol: binary\r\n"
							: "");
	if (text.failed || answer(reply, text.data) < 0)
		return -ENOMEM;
	ws->state = WEBSOCKET_OPEN;
	return 0;
}

/* @text is the request up to and with the empty line. */
static int take_request(
	struct websocket *ws, const char *text, size_t len, struct byte_queue *reply)
{
	struct request request = { 0 };
	const char *end = text + len;

	if (len < 4 || memcmp(text, "GET ", 4))
		return refuse(ws, reply, "405 Method Not Allowed");
	for (const char *line = text, *next; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		next = newline ? newline + 1 : end;
		len = (size_t)(next - line);
		while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		take_header(&request, line, len);
	}
	if (!has_token(&request.upgrade, "websocket") || !has_token(&request.connection, "upgrade"))
		return refuse(ws, reply, "426 Upgrade Required");
	if (!has_token(&request.version, "13"))
		return refuse(ws, reply, "426 Upgrade Required");
	if (request.key.len != KEY_CHARS)
		return refuse(ws, reply, "400 Bad Request");
	return accept_client(ws, &request, reply);
}

/* Takes bytes up to the end of the request. Return: how many of @buf it was. */
static ssize_t handshake_in(
	struct websocket *ws, const char *buf, size_t len, struct byte_queue *reply)
{
	struct byte_queue *request = &ws->request;
	size_t before = request->len, used;
	const char *end;
	int r;

	if (byte_queue_push(request, buf, len) < 0)
		return -ENOMEM;
	end = memmem(byte_queue_data(request), request->len, "\r\n\r\n", 4);
	if (!end && request->len <= WEBSOCKET_HANDSHAKE_MAX)
		return (ssize_t)len;
	used = end ? (size_t)(end - byte_queue_data(request)) + 4 : request->len;
	if (used > WEBSOCKET_HANDSHAKE_MAX)
		r = refuse(ws, reply, "431 Request Header Fields Too Large");
	else
		r = take_request(ws, byte_queue_data(request), used, reply);
	byte_queue_clear(request);
	return r < 0 ? r : (ssize_t)(used - before);
}

/* ---- frames [RFC 6455 5.2] ---- */

size_t websocket_header(uint64_t len, uint8_t header[WEBSOCKET_HEADER_MAX])
{
	unsigned bytes = len < 126 ? 0 : len <= 0xffff ? 2 : 8;

	header[0] = FIN | OP_BINARY;
	header[1] = (uint8_t)(bytes == 0 ? len : bytes == 2 ? 126 : 127);
	for (unsigned i = 0; i < bytes; i++)
		header[2 + i] = (uint8_t)(len >> 8 * (bytes - 1 - i));
	return 2 + bytes;
}

static int send_control(
	enum opcode opcode, const uint8_t *bytes, uint8_t len, struct byte_queue *reply)
{
	uint8_t frame[2 + 125] = { (uint8_t)(FIN | (unsigned)opcode), len };

	memcpy(frame + 2, bytes, len);
	return byte_queue_push(reply, frame, 2u + len);
}

int websocket_close(struct websocket *ws, uint16_t code, struct byte_queue *reply)
{
	uint8_t bytes[2] = { (uint8_t)(code >> 8), (uint8_t)code };

	if (ws->state != WEBSOCKET_OPEN)
		return 0;
	ws->state = WEBSOCKET_CLOSED;
	return send_control(OP_CLOSE, bytes, sizeof(bytes), reply);
}

static int fail(struct websocket *ws, struct byte_queue *reply)
{
	int r = websocket_close(ws, CLOSE_PROTOCOL, reply);

	ws->state = WEBSOCKET_FAILED;
	return r < 0 ? r : -EPROTO;
}

static unsigned header_size(const struct websocket *ws)
{
	unsigned len = ws->header[1] & 0x7fu;

	if (ws->header_len < 2)
		return 2;
	return 2 + (len == 126 ? 2 : len == 127 ? 8 : 0) + 4;
}

/* A complete header: is it one that a client may send now? */
static bool header_is_good(const struct websocket *ws)
{
	unsigned opcode = ws->header[0] & OPCODE;
	bool fin = ws->header[0] & FIN;

	if ((ws->header[0] & RESERVED) || !(ws->header[1] & MASKED) || ws->left >> 63)
		return false;
	if (opcode & CONTROL)
		return opcode <= OP_PONG && fin && ws->left <= sizeof(ws->control);
	if (opcode == OP_CONTINUATION)
		return ws->in_message;
	return opcode <= OP_BINARY && !ws->in_message;
}

static int start_payload(struct websocket *ws)
{
	unsigned short_len = ws->header[1] & 0x7fu;
	unsigned bytes = short_len == 126 ? 2 : short_len == 127 ? 8 : 0;

	ws->left = bytes ? 0 : short_len;
	for (unsigned i = 0; i < bytes; i++)
		ws->left = ws->left << 8 | ws->header[2 + i];
	if (!header_is_good(ws))
		return -EPROTO;
	if (!(ws->header[0] & CONTROL))
		ws->in_message = !(ws->header[0] & FIN);
	ws->done = 0;
	ws->control_len = 0;
	ws->in_payload = true;
	return 0;
}

static void unmask(struct websocket *ws, uint8_t *to, const uint8_t *from, size_t len)
{
	const uint8_t *mask = ws->header + ws->header_len - 4;

	for (size_t i = 0; i < len; i++)
		to[i] = from[i] ^ mask[(ws->done + i) % 4];
	ws->done += len;
	ws->left -= len;
}

static int finish_frame(struct websocket *ws, struct byte_queue *reply)
{
	unsigned opcode = ws->header[0] & OPCODE;

	ws->in_payload = false;
	ws->header_len = 0;
	if (opcode == OP_PING)
		return send_control(OP_PONG, ws->control, ws->control_len, reply);
	if (opcode == OP_CLOSE)
		return websocket_close(ws, CLOSE_NORMAL, reply);
	return 0;
}

/* Bytes of a payload. Return: how many of @buf; *@ret_out grows by what is for the user. */
static size_t payload_in(
	struct websocket *ws, const uint8_t *buf, size_t len, uint8_t *to, size_t *ret_out)
{
	size_t n = len < ws->left ? len : (size_t)ws->left;

	if (ws->header[0] & CONTROL) {
		unmask(ws, ws->control + ws->control_len, buf, n);
		ws->control_len = (uint8_t)(ws->control_len + n);
		return n;
	}
	unmask(ws, to, buf, n);
	*ret_out += n;
	return n;
}

static int header_in(struct websocket *ws, uint8_t byte)
{
	ws->header[ws->header_len++] = byte;
	return ws->header_len < header_size(ws) ? 0 : start_payload(ws);
}

static ssize_t frames_in(
	struct websocket *ws, uint8_t *buf, size_t start, size_t len, struct byte_queue *reply)
{
	size_t out = 0;

	for (size_t at = start; at < len && ws->state == WEBSOCKET_OPEN;) {
		if (!ws->in_payload) {
			if (header_in(ws, buf[at++]) < 0)
				return fail(ws, reply);
		} else {
			at += payload_in(ws, buf + at, len - at, buf + out, &out);
		}
		if (ws->in_payload && ws->left == 0 && finish_frame(ws, reply) < 0)
			return -ENOMEM;
	}
	return (ssize_t)out;
}

ssize_t websocket_in(struct websocket *ws, void *buf, size_t len, struct byte_queue *reply)
{
	ssize_t used = 0;

	if (ws->state == WEBSOCKET_HANDSHAKE) {
		used = handshake_in(ws, buf, len, reply);
		if (used < 0)
			return used;
	}
	if (ws->state != WEBSOCKET_OPEN)
		return 0;
	return frames_in(ws, buf, (size_t)used, len, reply);
}

void websocket_done(struct websocket *ws)
{
	byte_queue_clear(&ws->request);
}
