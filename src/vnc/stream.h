/* SPDX-License-Identifier: MIT */
#ifndef VNC_STREAM_H
#define VNC_STREAM_H

#include "io/byte-queue.h"
#include "io/loop.h"
#include "transport/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The most that one read takes. */
#define STREAM_READ_MAX 16384u

/**
 * struct stream - the connection to a viewer: a transport, and what it has not taken yet
 * @out: bounded by the users' duty: updates are made only while stream_waiting() is below a limit
 *       (update.c), and a viewer that does not take its answers is not listened to (viewer.c)
 *
 * All members are the stream's own.
 */
struct stream {
	struct transport *transport;
	struct byte_queue out;
	watch_fn *fn;
	void *data;
	bool websocket, encrypted, reading;
};

struct tls_context;

/**
 * struct stream_filter - what stands between the socket and RFB
 * @tls:       TLS; NULL: none, or stream_encrypt() later
 * @websocket: a websocket
 * @origin:    ...for pages of this origin, as for websocket_answer(); outlives the stream
 */
struct stream_filter {
	struct tls_context *tls;
	bool websocket;
	const char *origin;
};

/**
 * stream_init() - take a connected socket
 * @fd:  non-blocking; the stream's from now on, also where this fails
 * @fn:  called with WATCH_* when there is something to read or room to write
 *
 * Return: 0; -ENOMEM and the like: stream_done() is not needed.
 */
int stream_init(struct stream *stream, struct loop *loop, int fd,
	const struct stream_filter *filter, watch_fn *fn, void *data);

/**
 * stream_load() - as stream_init(), in another program's place
 * @websocket: what stream_save() has put, one group; none: it is no websocket
 *
 * Return: also -EBADMSG.
 */
int stream_load(struct stream *stream, struct loop *loop, int fd, struct snapshot_groups websocket,
	watch_fn *fn, void *data);

/** stream_obstacle() - what of it cannot go on in another program now; NULL: all can */
const char *stream_obstacle(const struct stream *stream);

/** stream_save() - put what its filter is in the middle of, TRANSPORT_TAG_WEBSOCKET */
void stream_save(const struct stream *stream, struct snapshot_writer *writer);

/** stream_fd() - the socket */
int stream_fd(const struct stream *stream);

/** stream_unsent() - what has not been written; borrowed until anything is */
struct snapshot_bytes stream_unsent(const struct stream *stream);

/**
 * stream_encrypt() - from here on by TLS; nothing may wait to be written
 *
 * It is ready again after the handshake.
 *
 * Return: 0; -ENOMEM: nothing has changed.
 */
int stream_encrypt(struct stream *stream, struct tls_context *context);

bool stream_is_encrypted(const struct stream *stream);

bool stream_is_websocket(const struct stream *stream);

/** stream_done() - close */
void stream_done(struct stream *stream);

/** stream_is_ready() - can RFB bytes travel yet, or is a handshake of the filter to come? */
bool stream_is_ready(const struct stream *stream);

/** stream_who() - the name of who is at the other end, for rules: see struct identity */
const char *stream_who(const struct stream *stream);

/**
 * stream_read() - read once
 * @buf: STREAM_READ_MAX bytes
 *
 * Return: RFB bytes; 0: nothing for RFB now; -EPIPE: the end; another -errno: it broke.
 */
ssize_t stream_read(struct stream *stream, uint8_t buf[STREAM_READ_MAX]);

/** stream_set_reading() - a viewer that asks faster than it listens is not read for a while */
void stream_set_reading(struct stream *stream, bool reading);

/** stream_push() - send; nothing is written before stream_flush(). Return: 0, -ENOMEM */
int stream_push(struct stream *stream, const void *bytes, size_t len);

/**
 * stream_flush() - write what the socket takes, watch for more room. Return: 0, -errno: it broke
 */
int stream_flush(struct stream *stream);

/** stream_waiting() - bytes that have not been written */
size_t stream_waiting(const struct stream *stream);

/** stream_say_goodbye() - tell the peer in the filter's own way that this was it */
void stream_say_goodbye(struct stream *stream);

#endif
