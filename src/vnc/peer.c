/* SPDX-License-Identifier: MIT */
#include "vnc/peer.h"

#include "base/log.h"

#include <string.h>

/* "127.0.0.1:40312", and "user:joe (unix:7)" once it is known who that is. */
char *peer_where(const struct peer *peer)
{
	const char *open = strrchr(peer->name, '(');

	return open ? strndup(open + 1, strcspn(open + 1, ")")) : strdup(peer->name);
}

void peer_post(struct peer *peer)
{
	task_post(peer->host->loop, &peer->work, peer->on_work, peer->data);
}

int peer_send(struct peer *peer, const void *bytes, size_t len)
{
	log_debug("%s: send %zu bytes, the first %u", peer->name ? peer->name : "?", len,
		len ? *(const uint8_t *)bytes : 0u);
	peer_post(peer);
	if (peer->mid_message)
		return byte_queue_push(&peer->held, bytes, len);
	return stream_push(&peer->stream, bytes, len);
}

size_t peer_waiting(const struct peer *peer)
{
	return stream_waiting(&peer->stream) + peer->held.len;
}

/* Whoever has stopped because of what waits goes on, whichever write it was that took it. */
int peer_flush(struct peer *peer)
{
	size_t waiting = stream_waiting(&peer->stream);
	int r = waiting ? stream_flush(&peer->stream) : 0;

	if (stream_waiting(&peer->stream) < waiting)
		peer_post(peer);
	return r;
}

void peer_begin(struct peer *peer)
{
	peer->mid_message = true;
}

int peer_push(struct peer *peer, const void *bytes, size_t len)
{
	return stream_push(&peer->stream, bytes, len);
}

int peer_end(struct peer *peer)
{
	struct byte_queue *held = &peer->held;
	int r = held->len ? stream_push(&peer->stream, byte_queue_data(held), held->len) : 0;

	peer->mid_message = false;
	byte_queue_clear(held);
	return r;
}

unsigned peer_cell_width(const struct peer *peer)
{
	return TEXT_CELL_WIDTH * peer->host->config.scale;
}

unsigned peer_cell_height(const struct peer *peer)
{
	return TEXT_CELL_HEIGHT * peer->host->config.scale;
}
