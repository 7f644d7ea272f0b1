/* SPDX-License-Identifier: MIT */
/* syscalls: close */
#include "vnc/stream.h"

#include "base/cleanup.h"
#include "snapshot/reader.h"
#include "transport/fd-transport.h"
#include "transport/tls.h"
#include "transport/websocket.h"

#include <errno.h>
#include <unistd.h>

/* Once the filter is ready, what was pushed before can go. */
static void on_events(void *data, unsigned events)
{
	struct stream *stream = data;
	bool ready = events & TRANSPORT_READY;

	stream->fn(
		stream->data, (events & ~(unsigned)TRANSPORT_READY) | (ready ? WATCH_WRITE : 0u));
}

static const struct transport_callbacks callbacks = { .on_events = on_events };

static int take_socket(struct stream *stream, struct loop *loop, int fd)
{
	static const struct socket_tuning tuning = { .nodelay = true, .keep_alive = true };
	int r = socket_transport_new(loop, fd, &tuning, &stream->transport);

	if (r < 0)
		close(fd);
	return r;
}

static int make_transport(
	struct stream *stream, struct loop *loop, int fd, const struct stream_filter *filter)
{
	int r = take_socket(stream, loop, fd);

	if (r < 0)
		return r;
	if (filter->tls)
		r = tls_new(stream->transport, filter->tls, NULL, &stream->transport);
	if (r == 0 && filter->websocket)
		r = websocket_new(stream->transport, filter->origin, &stream->transport);
	if (r < 0)
		transport_free(TAKE_PTR(stream->transport));
	return r;
}

static void watch_what_is_needed(struct stream *stream)
{
	transport_watch(stream->transport,
		(stream->reading ? WATCH_READ : WATCH_GONE) | (stream->out.len ? WATCH_WRITE : 0u));
}

static void begin(struct stream *stream)
{
	transport_set_user(stream->transport, &callbacks, stream);
	watch_what_is_needed(stream);
}

int stream_init(struct stream *stream, struct loop *loop, int fd,
	const struct stream_filter *filter, watch_fn *fn, void *data)
{
	int r;

	*stream = (struct stream){ .fn = fn,
		.data = data,
		.websocket = filter->websocket,
		.encrypted = filter->tls,
		.reading = true };
	r = make_transport(stream, loop, fd, filter);
	if (r < 0)
		return r;
	begin(stream);
	return 0;
}

int stream_load(struct stream *stream, struct loop *loop, int fd, struct snapshot_groups websocket,
	watch_fn *fn, void *data)
{
	int r;

	*stream = (struct stream){ .fn = fn,
		.data = data,
		.websocket = snapshot_count_groups(websocket),
		.reading = true };
	r = take_socket(stream, loop, fd);
	if (r < 0)
		return r;
	if (stream->websocket)
		r = websocket_load(stream->transport, websocket, &stream->transport);
	if (r < 0) {
		transport_free(TAKE_PTR(stream->transport));
		return r;
	}
	begin(stream);
	return 0;
}

const char *stream_obstacle(const struct stream *stream)
{
	return transport_obstacle(stream->transport);
}

void stream_save(const struct stream *stream, struct snapshot_writer *writer)
{
	transport_save(stream->transport, writer);
}

int stream_fd(const struct stream *stream)
{
	return transport_fd(stream->transport);
}

struct snapshot_bytes stream_unsent(const struct stream *stream)
{
	return (struct snapshot_bytes){ byte_queue_data(&stream->out), stream->out.len };
}

int stream_encrypt(struct stream *stream, struct tls_context *context)
{
	int r = tls_new(stream->transport, context, NULL, &stream->transport);

	if (r < 0)
		return r;
	stream->encrypted = true;
	begin(stream);
	return 0;
}

bool stream_is_encrypted(const struct stream *stream)
{
	return stream->encrypted;
}

bool stream_is_websocket(const struct stream *stream)
{
	return stream->websocket;
}

void stream_done(struct stream *stream)
{
	transport_free(stream->transport);
	byte_queue_clear(&stream->out);
	*stream = (struct stream){ 0 };
}

const char *stream_who(const struct stream *stream)
{
	return transport_identity(stream->transport)->who;
}

bool stream_is_ready(const struct stream *stream)
{
	return transport_is_ready(stream->transport);
}

ssize_t stream_read(struct stream *stream, uint8_t buf[STREAM_READ_MAX])
{
	struct iovec iov = { buf, STREAM_READ_MAX };
	ssize_t n = transport_readv(stream->transport, &iov, 1);

	if (n == -EAGAIN)
		return 0;
	return n == 0 ? -EPIPE : n;
}

void stream_set_reading(struct stream *stream, bool reading)
{
	if (reading == stream->reading)
		return;
	stream->reading = reading;
	watch_what_is_needed(stream);
}

int stream_push(struct stream *stream, const void *bytes, size_t len)
{
	return byte_queue_push(&stream->out, bytes, len);
}

int stream_flush(struct stream *stream)
{
	ssize_t n = 0;

	while (n >= 0 && stream->out.len) {
		struct iovec iov = { (void *)(uintptr_t)byte_queue_data(&stream->out),
			stream->out.len };

		n = transport_writev(stream->transport, &iov, 1);
		if (n > 0)
			byte_queue_pop(&stream->out, (size_t)n);
	}
	watch_what_is_needed(stream);
	return n < 0 && n != -EAGAIN ? (int)n : 0;
}

size_t stream_waiting(const struct stream *stream)
{
	return stream->out.len;
}

void stream_say_goodbye(struct stream *stream)
{
	transport_goodbye(stream->transport);
}
