/* SPDX-License-Identifier: MIT */
#include "lib/fake-transport.h"
#include "transport/telnet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Either side of telnet, by the first byte: what the user hears, bytes and news, must be the same
 * whole and byte by byte.
 */

enum { TURNS = 4, NEWS_TEXT_MAX = 64 };

struct result {
	struct transport *telnet;
	struct byte_queue heard;
	ssize_t last;
	size_t room;
};

static void hear(struct result *result, const void *bytes, size_t len)
{
	if (byte_queue_push(&result->heard, bytes, len) < 0)
		abort();
}

/* Memory of exactly that size, so that writing past it is seen. */
static void on_events(void *data, unsigned events)
{
	struct result *result = data;
	struct iovec iov = { malloc(result->room), result->room };

	(void)events;
	if (!iov.iov_base)
		abort();
	result->last = transport_readv(result->telnet, &iov, 1);
	if (result->last > (ssize_t)result->room)
		abort();
	if (result->last > 0)
		hear(result, iov.iov_base, (size_t)result->last);
	free(iov.iov_base);
	if (result->last < 0 && result->last != -EAGAIN)
		transport_watch(result->telnet, 0);
}

static void on_news(void *data, const struct transport_news *news)
{
	char text[NEWS_TEXT_MAX];
	int len =
		snprintf(text, sizeof(text), "<%d %ux%u>", (int)news->type, news->cols, news->rows);

	hear(data, text, (size_t)len);
}

static const struct transport_callbacks callbacks = { .on_events = on_events, .on_news = on_news };

static struct result run(const uint8_t *data, size_t size, size_t piece, enum telnet_role role)
{
	struct result result = { .room = piece };
	struct loop *loop = loop_new();
	struct fake_transport *fake = fake_transport_new(loop);
	const struct telnet_options options = { .role = role, .com_port = true };

	if (!fake || telnet_new(&fake->base, &options, &result.telnet) < 0)
		abort();
	transport_set_user(result.telnet, &callbacks, &result);
	transport_watch(result.telnet, WATCH_READ);
	for (size_t at = 0; at < size; at += piece) {
		fake_transport_feed(fake, data + at, size - at < piece ? size - at : piece);
		for (int i = 0; i < TURNS; i++)
			loop_step(loop, false);
	}
	/* News and a full buffer let the rest wait: until nothing more comes. */
	for (size_t heard = SIZE_MAX; heard != result.heard.len || fake->in.len;) {
		heard = result.heard.len;
		fake_transport_feed(fake, "", 0);
		for (int i = 0; i < TURNS; i++)
			loop_step(loop, false);
		if (result.last < 0 && result.last != -EAGAIN)
			break;
	}
	transport_free(result.telnet);
	loop_free(loop);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum telnet_role role;
	struct result whole, bytewise;

	if (size < 2)
		return 0;
	role = data[0] & 1 ? TELNET_SERVER : TELNET_CLIENT;
	whole = run(data + 1, size - 1, size, role);
	bytewise = run(data + 1, size - 1, 1, role);
	if ((whole.last == -EPROTO) != (bytewise.last == -EPROTO) ||
		whole.heard.len != bytewise.heard.len ||
		(whole.heard.len && memcmp(byte_queue_data(&whole.heard),
					    byte_queue_data(&bytewise.heard), whole.heard.len)))
		abort();
	byte_queue_clear(&whole.heard);
	byte_queue_clear(&bytewise.heard);
	return 0;
}
