/* SPDX-License-Identifier: MIT */
#include "lib/fake-transport.h"
#include "transport/websocket.h"

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
	ssize_t last;
	bool ready;
};

/* Memory of exactly that size, so that writing past it is seen. */
static void read_all(struct transport *ws, struct result *result, size_t size)
{
	do {
		struct iovec iov = { malloc(size), size };

		if (!iov.iov_base)
			abort();
		result->last = transport_readv(ws, &iov, 1);
		if (result->last > (ssize_t)size)
			abort();
		if (result->last > 0)
			memcpy(result->out + result->len, iov.iov_base, (size_t)result->last);
		result->len += result->last > 0 ? (size_t)result->last : 0;
		free(iov.iov_base);
	} while (result->last > 0);
	if (result->last < 0 && result->last != -EAGAIN && result->last != -EPROTO)
		abort();
}

static struct result run(const uint8_t *data, size_t size, size_t piece, bool opened)
{
	struct result result = { .out = malloc(size + 1), .last = -EAGAIN };
	struct loop *loop = loop_new();
	struct fake_transport *fake = fake_transport_new(loop);
	struct transport *ws;

	if (!result.out || !fake || websocket_new(&fake->base, NULL, &ws) < 0)
		abort();
	if (opened)
		fake_transport_feed(fake, request, sizeof(request) - 1);
	for (size_t at = 0; at < size && result.last == -EAGAIN; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		if (byte_queue_push(&fake->in, data + at, len) < 0)
			abort();
		while (result.last == -EAGAIN && fake->in.len)
			read_all(ws, &result, len);
	}
	read_all(ws, &result, 1);
	result.ready = transport_is_ready(ws);
	transport_free(ws);
	loop_free(loop);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result whole, bytewise;

	if (size < 2)
		return 0;
	whole = run(data + 1, size - 1, size, data[0] & 1);
	bytewise = run(data + 1, size - 1, 1, data[0] & 1);
	if (whole.ready != bytewise.ready || whole.last != bytewise.last ||
		whole.len != bytewise.len || memcmp(whole.out, bytewise.out, whole.len))
		abort();
	free(whole.out);
	free(bytewise.out);
	return 0;
}
