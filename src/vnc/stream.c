/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes never block. Output waits in a queue whose bound is its users' duty: they
 * look at stream_waiting() before they make more.
 */
#include "vnc/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Beyond this the kernel does not say "writable": what waits there can not be replaced by news. */
enum { UNSENT_MAX = 32768 };

/* All of them only make a connection better: on a unix socket they fail. */
static void tune(int fd)
{
	int on = 1, unsent = UNSENT_MAX;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

int stream_init(
	struct stream *stream, struct loop *loop, int fd, bool websocket, watch_fn *fn, void *data)
{
	int r = -ENOMEM;

	*stream = (struct stream){ .fd = fd };
	if (websocket)
		stream->websocket = calloc(1, sizeof(*stream->websocket));
	if (!websocket || stream->websocket)
		r = watch_new(loop, fd, fn, data, &stream->watch);
	if (r < 0) {
		stream_done(stream);
		return r;
	}
	tune(fd);
	stream->reading = true;
	watch_set(stream->watch, WATCH_READ);
	return 0;
}

void stream_done(struct stream *stream)
{
	watch_free(stream->watch);
	if (stream->fd >= 0)
		close(stream->fd);
	if (stream->websocket)
		websocket_done(stream->websocket);
	free(stream->websocket);
	byte_queue_clear(&stream->plain);
	byte_queue_clear(&stream->out);
	*stream = (struct stream){ .fd = -1 };
}

bool stream_is_ready(const struct stream *stream)
{
	return !stream->websocket || stream->websocket->state == WEBSOCKET_OPEN;
}

/* ---- in ---- */

static ssize_t decode(struct stream *stream, uint8_t *buf, size_t len)
{
	ssize_t n;

	if (!stream->websocket)
		return (ssize_t)len;
	n = websocket_in(stream->websocket, buf, len, &stream->out);
	if (n == 0 && stream->websocket->state == WEBSOCKET_CLOSED)
		return -EPIPE;
	return n;
}

ssize_t stream_read(struct stream *stream, uint8_t buf[STREAM_READ_MAX])
{
	ssize_t n = read(stream->fd, buf, STREAM_READ_MAX);

	if (n > 0)
		return decode(stream, buf, (size_t)n);
	if (n == 0)
		return -EPIPE;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static void watch_what_is_needed(struct stream *stream)
{
	watch_set(stream->watch,
		(stream->reading ? WATCH_READ : WATCH_GONE) | (stream->out.len ? WATCH_WRITE : 0u));
}

void stream_set_reading(struct stream *stream, bool reading)
{
	if (reading == stream->reading)
		return;
	stream->reading = reading;
	watch_what_is_needed(stream);
}

/* ---- out ---- */

int stream_push(struct stream *stream, const void *bytes, size_t len)
{
	return byte_queue_push(stream->websocket ? &stream->plain : &stream->out, bytes, len);
}

/* What has gathered becomes one message. */
static int frame(struct stream *stream)
{
	uint8_t header[WEBSOCKET_HEADER_MAX];
	struct byte_queue *plain = &stream->plain;

	if (!plain->len || !stream_is_ready(stream))
		return 0;
	if (byte_queue_push(&stream->out, header, websocket_header(plain->len, header)) < 0 ||
		byte_queue_push(&stream->out, byte_queue_data(plain), plain->len) < 0)
		return -ENOMEM;
	byte_queue_clear(plain);
	return 0;
}

int stream_flush(struct stream *stream)
{
	int r = frame(stream);

	while (r == 0 && stream->out.len) {
		ssize_t n = send(
			stream->fd, byte_queue_data(&stream->out), stream->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			r = -errno;
		if (n < 0)
			break;
		byte_queue_pop(&stream->out, (size_t)n);
	}
	watch_what_is_needed(stream);
	return r;
}

size_t stream_waiting(const struct stream *stream)
{
	return stream->plain.len + stream->out.len;
}

void stream_say_goodbye(struct stream *stream)
{
	if (stream->websocket && websocket_close(stream->websocket, 1000, &stream->out) == 0)
		stream_flush(stream);
}
