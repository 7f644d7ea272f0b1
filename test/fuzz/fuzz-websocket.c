/* SPDX-License-Identifier: MIT */
#include "io/websocket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The server's side of a websocket. With an odd first byte the handshake is done and the rest are
 * frames. Whole and byte by byte must give the same.
 */

static const char request[] = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
			      "Sec-WebSocket-Version: 13\r\n\r\n";

struct result {
	uint8_t *out;
	size_t len;
	struct byte_queue reply;
	enum websocket_state state;
};

static void feed(struct websocket *ws, const uint8_t *data, size_t size, struct result *result)
{
	uint8_t *buf = malloc(size);
	ssize_t n;

	if (!buf)
		abort();
	memcpy(buf, data, size);
	n = websocket_in(ws, buf, size, &result->reply);
	if (n > (ssize_t)size || (n < 0 && n != -EPROTO))
		abort();
	if (n > 0)
		memcpy(result->out + result->len, buf, (size_t)n);
	result->len += n > 0 ? (size_t)n : 0;
	free(buf);
}

static struct result run(const uint8_t *data, size_t size, size_t piece, bool opened)
{
	struct result result = { .out = malloc(size + 1) };
	struct websocket ws = { 0 };

	if (!result.out)
		abort();
	if (opened)
		feed(&ws, (const uint8_t *)request, sizeof(request) - 1, &result);
	for (size_t at = 0; at < size && ws.state <= WEBSOCKET_OPEN; at += piece)
		feed(&ws, data + at, size - at < piece ? size - at : piece, &result);
	result.state = ws.state;
	websocket_done(&ws);
	return result;
}

static void done(struct result *result)
{
	free(result->out);
	byte_queue_clear(&result->reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole, bytewise;

	if (size < 2)
		return 0;
	whole = run(data + 1, size - 1, size, data[0] & 1);
	bytewise = run(data + 1, size - 1, 1, data[0] & 1);
	if (whole.state != bytewise.state)
		abort();
	if (whole.state <= WEBSOCKET_OPEN &&
		(whole.len != bytewise.len || memcmp(whole.out, bytewise.out, whole.len)))
		abort();
	done(&whole);
	done(&bytewise);
	return 0;
}
