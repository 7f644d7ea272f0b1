/* SPDX-License-Identifier: MIT */
#include "lib/fake-transport.h"
#include "transport/tls-context.h"
#include "transport/tls.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The start of a TLS handshake, either side by the first byte. Nobody gets through, since keys are
 * fresh each time: what is looked for is what the filter and OpenSSL do with the first messages,
 * and that they come to the same end whole and byte by byte.
 */

enum { ROUNDS_MAX = 4096 };

struct user {
	struct transport *tls;
	ssize_t last;
};

static void on_events(void *data, unsigned events)
{
	struct user *user = data;
	char bytes[64];
	struct iovec into = { bytes, sizeof(bytes) };

	if (!(events & WATCH_READ))
		return;
	user->last = transport_readv(user->tls, &into, 1);
	if (user->last > 0)
		abort(); /* whose could they be? */
	if (user->last != -EAGAIN)
		transport_watch(user->tls, 0);
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

/* Return: what the last read gave. */
static ssize_t run(struct tls_context *context, const uint8_t *data, size_t size, size_t piece)
{
	struct loop *loop = loop_new();
	struct fake_transport *fake = fake_transport_new(loop);
	struct user user = { .last = -EAGAIN };

	if (!fake || tls_new(&fake->base, context, NULL, &user.tls) < 0)
		abort();
	transport_set_user(user.tls, &callbacks, &user);
	transport_watch(user.tls, WATCH_READ);
	for (size_t at = 0; at < size && user.last == -EAGAIN; at += piece) {
		fake_transport_feed(fake, data + at, size - at < piece ? size - at : piece);
		for (int i = 0; i < 4; i++)
			loop_step(loop, false);
	}
	fake_transport_end(fake);
	for (int i = 0; i < ROUNDS_MAX && user.last == -EAGAIN; i++)
		loop_step(loop, false);
	if (user.last == -EAGAIN || transport_is_ready(user.tls))
		abort();
	transport_free(user.tls);
	loop_free(loop);
	return user.last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_spec spec = { .kind = TLS_ANON };
	struct tls_context *context;
	ssize_t whole, bytewise;

	if (size < 2)
		return 0;
	spec.role = data[0] & 1 ? TLS_CLIENT : TLS_SERVER;
	if (tls_context_new(&spec, &context, NULL) < 0)
		abort();
	whole = run(context, data + 1, size - 1, size);
	bytewise = run(context, data + 1, size - 1, 1);
	if (whole != bytewise)
		abort();
	tls_context_unref(context);
	return 0;
}
