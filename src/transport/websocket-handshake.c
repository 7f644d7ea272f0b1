/* SPDX-License-Identifier: MIT */
/*
 * The HTTP request with which a websocket begins, and what is said to it [RFC 6455 4.2]. Headers
 * that are not asked for are not looked at.
 */
#include "transport/websocket-handshake.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* [RFC 6455 1.3] */

enum { KEY_CHARS = 24, ACCEPT_CHARS = 28 };

/* The value of a header; borrowed from the request. */
struct header {
	const char *value;
	size_t len;
};

struct request {
	struct header upgrade, connection, key, version, protocol, origin, host;
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
	{ "Origin", offsetof(struct request, origin) },
	{ "Host", offsetof(struct request, host) },
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

static bool refuse(const char *status, char answer[WEBSOCKET_ANSWER_MAX])
{
	snprintf(answer, WEBSOCKET_ANSWER_MAX,
		"HTTP/1.1 %s\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\n"
		"Content-Length: 0\r\n\r\n",
		status);
	return false;
}

static bool accept_client(const struct request *request, char answer[WEBSOCKET_ANSWER_MAX])
{
	char accept[ACCEPT_CHARS + 1];

	make_accept(&request->key, accept);
	snprintf(answer, WEBSOCKET_ANSWER_MAX,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		accept,
		has_token(&request->protocol, "binary") ? "Sec-WebSocket-Protocol: binary\r\n"
							: "");
	return true;
}

bool websocket_path(const char *text, size_t len, char path[WEBSOCKET_PATH_MAX])
{
	size_t at = 4, end; /* "GET " */

	for (end = at; end < len && !strchr(" ?#\r\n", text[end]);)
		end++;
	path[0] = 0;
	if (end < at || end - at >= WEBSOCKET_PATH_MAX)
		return false;
	memcpy(path, text + at, end - at);
	path[end - at] = 0;
	return true;
}

size_t websocket_request_size(const char *text, size_t len)
{
	const char *end = memmem(text, len, "\r\n\r\n", 4);

	return end ? (size_t)(end - text) + 4 : 0;
}

static void read_headers(struct request *request, const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *line = text, *next; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		next = newline ? newline + 1 : end;
		len = (size_t)(next - line);
		while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		take_header(request, line, len);
	}
}

/* "example.org:80" or "[::1]:80" without the port. */
static struct header without_port(struct header authority)
{
	const char *colon = memrchr(authority.value, ':', authority.len);

	if (colon && !memchr(colon, ']', authority.len - (size_t)(colon - authority.value)))
		authority.len = (size_t)(colon - authority.value);
	return authority;
}

static bool is_same(const struct header *a, const char *b, size_t len)
{
	return a->len == len && !strncasecmp(a->value, b, len);
}

/* Any page that a browser shows can connect to any address that the browser reaches. */
static bool origin_may(const struct request *request, const char *origin)
{
	const struct header *from = &request->origin;
	struct header page, host;
	const char *scheme_end;

	if (!from->value || (origin && !strcmp(origin, "*")))
		return true;
	if (origin)
		return is_same(from, origin, strlen(origin));
	scheme_end = memmem(from->value, from->len, "://", 3);
	if (!scheme_end || !request->host.value)
		return false;
	page.value = scheme_end + 3;
	page.len = from->len - (size_t)(page.value - from->value);
	page = without_port(page);
	host = without_port(request->host);
	return page.len && is_same(&page, host.value, host.len);
}

bool websocket_answer(
	const char *text, size_t len, const char *origin, char answer[WEBSOCKET_ANSWER_MAX])
{
	struct request request = { 0 };

	if (len > WEBSOCKET_REQUEST_MAX)
		return refuse("431 Request Header Fields Too Large", answer);
	if (len < 4 || memcmp(text, "GET ", 4))
		return refuse("405 Method Not Allowed", answer);
	read_headers(&request, text, len);
	if (!has_token(&request.upgrade, "websocket") ||
		!has_token(&request.connection, "upgrade") || !has_token(&request.version, "13"))
		return refuse("426 Upgrade Required", answer);
	if (request.key.len != KEY_CHARS)
		return refuse("400 Bad Request", answer);
	if (!origin_may(&request, origin))
		return refuse("403 Forbidden", answer);
	return accept_client(&request, answer);
}
