/* SPDX-License-Identifier: MIT */
#ifndef TRANSPORT_TRANSPORT_IMPL_H
#define TRANSPORT_TRANSPORT_IMPL_H

#include "transport/transport.h"

/**
 * struct transport_ops - one kind of transport
 *
 * A kind is a constant; its objects embed struct transport first. The methods have the contracts
 * of the functions of the same name in transport.h. None calls the user back; who has news outside
 * of on_lower() calls transport_kick().
 */
struct transport_ops {
	ssize_t (*readv)(struct transport *transport, const struct iovec *iov, int n);
	ssize_t (*writev)(struct transport *transport, const struct iovec *iov, int n);

	/**
	 * @wanted of the transport has changed, or what was kicked has been told: watch what it
	 * takes now. A filter watches its lower one for the user and for itself: reading may need
	 * room to write and the other way round.
	 */
	void (*watch)(struct transport *transport);

	unsigned (*look)(struct transport *transport);
	bool (*has_unread)(struct transport *transport);
	int (*half_close)(struct transport *transport);

	/** Optional. For a filter: that of the lower one where there is none. */
	int (*abort)(struct transport *transport);

	/** Optional. For a filter: that of the lower one where there is none. */
	int (*send_news)(struct transport *transport, const struct transport_news *news);

	/** Optional pair. */
	void (*keep_fds)(struct transport *transport);
	int (*take_fd)(struct transport *transport);

	/** Filters: see transport_obstacle(). Without it: none. */
	const char *(*obstacle)(const struct transport *transport);

	/** Filters that can go on: put the group. */
	void (*save)(const struct transport *transport, struct snapshot_writer *writer);

	/** Optional. */
	void (*goodbye)(struct transport *transport);

	/** Release what is the object's own; the memory goes after the dispatch. */
	void (*close)(struct transport *transport);

	/** Filters: events of the lower one. May tell the user, as the last thing but watching. */
	void (*on_lower)(struct transport *transport, unsigned events);
};

/**
 * struct transport - the base of every kind
 * @lower:  of a filter
 * @identity:   of the lowest; of a filter that knows better
 * @sni, @path: of the filter that knows it; its own
 * @wanted: what the user watches
 * @kicked: what transport_kick() is to tell
 * @news:   what transport_post_news() is to tell, where @has_news
 */
struct transport {
	const struct transport_ops *ops;
	struct loop *loop;
	struct transport *lower;
	const struct transport_callbacks *callbacks;
	void *data;
	const struct identity *identity;
	const char *sni, *path;
	int fd;
	unsigned ways, wanted, kicked;
	struct transport_news news;
	bool has_news, ready, freed;
	struct task kick, reap;
};

/** transport_init() - a transport over descriptors; @fd: see transport_fd() */
void transport_init(struct transport *transport, const struct transport_ops *ops, struct loop *loop,
	unsigned ways, int fd, const struct identity *identity);

/** transport_init_filter() - a transport over @lower, which it owns from now on; not ready yet */
void transport_init_filter(
	struct transport *transport, const struct transport_ops *ops, struct transport *lower);

/**
 * transport_tell() - call the user, if one of @events is watched
 *
 * From the loop only. The transport may be gone afterwards: look at @freed.
 */
void transport_tell(struct transport *transport, unsigned events);

/** transport_kick() - tell the user @events after this dispatch, as far as they are watched then */
void transport_kick(struct transport *transport, unsigned events);

/**
 * transport_post_news() - tell the user after this dispatch
 *
 * Until it has been told (@has_news is false) the filter gives no more bytes and has no other news.
 */
void transport_post_news(struct transport *transport, const struct transport_news *news);

/** transport_set_ready() - the handshake is over */
void transport_set_ready(struct transport *transport);

#endif
