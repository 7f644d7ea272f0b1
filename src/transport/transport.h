/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "base/line.h"
#include "io/loop.h"
#include "snapshot/writer.h"
#include "transport/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/**
 * struct transport - one end of a byte stream to a peer
 *
 * At the bottom there are descriptors (fd-transport.h). A filter takes a transport and is one: a
 * websocket, telnet. Its user holds the topmost, which owns the others, and sees nothing but bytes,
 * and now and then a piece of news.
 *
 * Nothing here blocks, and no function calls the user back: that happens from the loop only, to
 * transport_callbacks. A transport may be freed in its own callback.
 *
 * Events are those of a watch (io/loop.h) and level triggered: WATCH_READ for as long as
 * transport_readv() has something to give, be it in the kernel or in a filter.
 */
struct transport;

enum transport_events {
	/* The handshakes of all filters are over: bytes can travel. Told once, whatever is watched.
	 * One that fails is a hang-up. */
	TRANSPORT_READY = 16,
};

enum transport_news_type {
	TRANSPORT_SIZE,	 /* the terminal at the other end has this size */
	TRANSPORT_BREAK, /* a break condition */
	TRANSPORT_LINE,	 /* as CHARDEV_LINE */
	TRANSPORT_MODEM, /* as CHARDEV_MODEM */
};

/**
 * struct transport_news - what a filter carries beside the bytes, either way, in order with them
 * @cols, @rows: TRANSPORT_SIZE: in character cells, as the peer says: neither is 0
 */
struct transport_news {
	enum transport_news_type type;
	unsigned cols, rows;
	struct line_settings line;
	unsigned modem, modem_mask;
};

/** struct transport_callbacks - what the user of a transport wants to hear */
struct transport_callbacks {
	/** What is watched is so: WATCH_*, or TRANSPORT_READY. */
	void (*on_events)(void *data, unsigned events);

	/** Optional. The bytes before it have been read; those behind it come afterwards. */
	void (*on_news)(void *data, const struct transport_news *news);
};

enum {
	/* The most segments of one read or write. */
	TRANSPORT_IOV_MAX = 32,
};

/** What a transport can do; for as long as it lives. */
enum transport_ways {
	TRANSPORT_IN = 1,
	TRANSPORT_OUT = 2,
	/* Both ways over one descriptor: a peer that has hung up is gone altogether. */
	TRANSPORT_DUPLEX = 4,
};

/** transport_set_user() - who is called; nobody until then */
void transport_set_user(
	struct transport *transport, const struct transport_callbacks *callbacks, void *data);

/**
 * transport_watch() - which events to report from now on, WATCH_*
 *
 * What a filter itself waits for (a handshake, room for its own answers) it watches by itself.
 */
void transport_watch(struct transport *transport, unsigned events);

/**
 * transport_readv() - read into the user's own memory
 * @iov: @n segments, 1..TRANSPORT_IOV_MAX
 *
 * Return: bytes; 0: the peer sends no more; -EAGAIN: nothing now; -EPROTO: the peer broke the rules
 * of a filter; another -errno: the connection broke.
 */
ssize_t transport_readv(struct transport *transport, const struct iovec *iov, int n);

/**
 * transport_writev() - write from the user's own memory
 * @iov: @n segments, 1..TRANSPORT_IOV_MAX, with at least one byte
 *
 * What is accepted need not be offered again: a filter keeps what the kernel has not taken, a
 * bounded amount, and writes it by itself.
 *
 * Return: bytes that were accepted, 1 or more; -EAGAIN: no room, watch WATCH_WRITE; -EPIPE and
 * other -errno: it takes no more for ever.
 */
ssize_t transport_writev(struct transport *transport, const struct iovec *iov, int n);

/**
 * transport_send_news() - tell the peer what is no byte, behind what was written
 *
 * Of several that wait for room the last one counts.
 *
 * Return: 0; -ENOTSUP: no filter here can say that, or not to this peer.
 */
int transport_send_news(struct transport *transport, const struct transport_news *news);

/** transport_look() - what holds at this moment: WATCH_READ, WATCH_HANGUP, WATCH_GONE */
unsigned transport_look(struct transport *transport);

/** transport_has_unread() - would transport_readv() give bytes now */
bool transport_has_unread(struct transport *transport);

/** transport_half_close() - we send no more, but read on. Return: 0, -errno */
int transport_half_close(struct transport *transport);

/**
 * transport_abort() - the connection is of no use: no byte travels any more in either direction
 *
 * What the peer has sent by now can still be read; then comes the end.
 *
 * Return: 0; -ENOTSUP: what lies below is no socket.
 */
int transport_abort(struct transport *transport);

/**
 * transport_keep_fds() - from now on keep the descriptors that come beside the bytes
 *
 * Until then, and where there is a filter, the kernel closes them.
 */
void transport_keep_fds(struct transport *transport);

/** transport_take_fd() - one that came with the last bytes, the caller's from now on; -ENOENT */
int transport_take_fd(struct transport *transport);

/**
 * transport_obstacle() - what of it cannot go on in another program now: "its TLS session"
 *
 * Return: NULL: all can.
 */
const char *transport_obstacle(const struct transport *transport);

/** transport_save() - put what its filters are in the middle of, a group each: TRANSPORT_TAG_* */
void transport_save(const struct transport *transport, struct snapshot_writer *writer);

enum { TRANSPORT_TAG_WEBSOCKET = 32, TRANSPORT_TAG_TELNET = 33, TRANSPORT_TAG_MARKS = 34 };

/** transport_goodbye() - tell the peer in the filters' own way that this was it; best effort */
void transport_goodbye(struct transport *transport);

/**
 * transport_last_words() - send a line, and no more; to be freed now
 *
 * What the peer has sent is read first: a connection that is closed with unread input is reset, and
 * the line with it. Bounded: a peer that never stops sending may not see it.
 */
void transport_last_words(struct transport *transport, const char *line);

/** transport_free() - close; what has not been written is lost. NULL is fine */
void transport_free(struct transport *transport);

/** transport_is_ready() - false while the handshake of a filter is to come */
bool transport_is_ready(const struct transport *transport);

/** transport_ways() - TRANSPORT_IN, TRANSPORT_OUT, TRANSPORT_DUPLEX */
unsigned transport_ways(const struct transport *transport);

/** transport_fd() - the descriptor at the bottom that is read, for its options; -1: none */
int transport_fd(const struct transport *transport);

/** transport_identity() - who is at the other end; never NULL */
const struct identity *transport_identity(const struct transport *transport);

/** transport_sni() - the name by which the peer of a TLS server asked for us; NULL: none */
const char *transport_sni(const struct transport *transport);

/** transport_path() - what the peer of a websocket's server asked for; NULL: nothing */
const char *transport_path(const struct transport *transport);

#endif
