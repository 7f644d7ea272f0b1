/* SPDX-License-Identifier: MIT */
#include "lib/fake-transport.h"

#include "base/list.h"
#include "snapshot/writer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fake_transport *fake_of(struct transport *transport)
{
	return container_of(transport, struct fake_transport, base);
}

static ssize_t fake_readv(struct transport *transport, const struct iovec *iov, int n)
{
	struct fake_transport *fake = fake_of(transport);
	size_t got = 0, most = fake->in.len < fake->chunk ? fake->in.len : fake->chunk;

	if (!fake->in.len)
		return fake->eof ? 0 : -EAGAIN;
	for (int i = 0; i < n && got < most; i++) {
		size_t part = iov[i].iov_len < most - got ? iov[i].iov_len : most - got;

		memcpy(iov[i].iov_base, byte_queue_data(&fake->in), part);
		byte_queue_pop(&fake->in, part);
		got += part;
	}
	return (ssize_t)got;
}

static ssize_t fake_writev(struct transport *transport, const struct iovec *iov, int n)
{
	struct fake_transport *fake = fake_of(transport);
	size_t done = 0;

	if (fake->error)
		return -fake->error;
	for (int i = 0; i < n && fake->room; i++) {
		size_t part = iov[i].iov_len < fake->room ? iov[i].iov_len : fake->room;

		if (byte_queue_push(&fake->out, iov[i].iov_base, part) < 0)
			abort();
		fake->room -= part;
		done += part;
	}
	return done ? (ssize_t)done : -EAGAIN;
}

static void fake_watch(struct transport *transport)
{
	(void)transport;
}

static unsigned fake_look(struct transport *transport)
{
	const struct fake_transport *fake = fake_of(transport);

	return (fake->in.len ? WATCH_READ : 0u) | (fake->eof ? WATCH_HANGUP : 0u);
}

static bool fake_has_unread(struct transport *transport)
{
	return fake_of(transport)->in.len;
}

static int fake_half_close(struct transport *transport)
{
	fake_of(transport)->half_closed = true;
	return 0;
}

static void fake_close(struct transport *transport)
{
	byte_queue_clear(&fake_of(transport)->in);
	byte_queue_clear(&fake_of(transport)->out);
}

static const struct transport_ops fake_ops = {
	.readv = fake_readv,
	.writev = fake_writev,
	.watch = fake_watch,
	.look = fake_look,
	.has_unread = fake_has_unread,
	.half_close = fake_half_close,
	.close = fake_close,
};

struct fake_transport *fake_transport_new(struct loop *loop)
{
	static const struct identity nobody = { .name = "nobody", .who = IDENTITY_ANONYMOUS };
	struct fake_transport *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return NULL;
	transport_init(&fake->base, &fake_ops, loop,
		TRANSPORT_IN | TRANSPORT_OUT | TRANSPORT_DUPLEX, -1, &nobody);
	fake->room = fake->chunk = SIZE_MAX;
	return fake;
}

/* Level triggered: told as long as it is watched and leads anywhere. */
static void tell(struct fake_transport *fake)
{
	size_t left;

	do {
		left = fake->in.len;
		transport_tell(&fake->base, WATCH_READ | (fake->eof ? WATCH_HANGUP : 0u));
	} while (!fake->base.freed && fake->in.len && fake->in.len < left);
}

void fake_transport_feed(struct fake_transport *fake, const void *bytes, size_t len)
{
	if (byte_queue_push(&fake->in, bytes, len) < 0)
		abort();
	tell(fake);
}

void fake_transport_give_room(struct fake_transport *fake, size_t len)
{
	fake->room += len;
	transport_tell(&fake->base, WATCH_WRITE);
}

void fake_transport_end(struct fake_transport *fake)
{
	fake->eof = true;
	tell(fake);
}

void filter_leave(const struct transport *filter, struct snapshot *ret_left)
{
	struct snapshot_writer writer;

	if (transport_obstacle(filter) || snapshot_begin(&writer, false, NULL) < 0)
		abort();
	transport_save(filter, &writer);
	if (snapshot_finish(&writer, NULL) < 0 || snapshot_open(dup(writer.fd), ret_left, NULL) < 0)
		abort();
	snapshot_done(&writer);
}
