/* SPDX-License-Identifier: MIT */
#ifndef VNC_PEER_H
#define VNC_PEER_H

#include "display/display.h"
#include "vnc/host.h"
#include "vnc/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The viewer's end as all parts of a viewer know it: the way to it, its view, and what it has said
 * that it can do.
 */

/* What a viewer can do besides pictures: the pseudo-encodings that it has named. */
enum peer_feature {
	FEATURE_COPY_RECT = 1 << 0,
	FEATURE_DESKTOP_SIZE = 1 << 1,
	FEATURE_EXTENDED_SIZE = 1 << 2,
	FEATURE_DESKTOP_NAME = 1 << 3,
	FEATURE_CURSOR = 1 << 4,
	FEATURE_FENCE = 1 << 5,
	FEATURE_CONTINUOUS = 1 << 6,
	FEATURE_EXTENDED_KEY = 1 << 7,
	FEATURE_CLIPBOARD = 1 << 8,
};

/* When so much waits for a viewer, it is not listened to either. */
#define PEER_WAITING_MAX (256u << 10)

/**
 * struct peer - one connection
 * @name:   its address, for people, and who it is once that is known; @address: for the door
 * @who:    who it is, for rules, once that is known; ""
 * @has_spoken: it has sent something
 * @held:   messages that wait until the update in progress is complete
 * @mid_message: there is one: rectangles follow
 * @work:   what is to be done once the dispatch is over; @on_work
 * @timer:  the viewer's; the next moment for an update once it has logged in
 * @view:   NULL before that
 * @may_type: did not log in with the password for those who only look, and no rule is against it
 * @bell:   to be rung when nothing waits
 * @yield:  its messages have cost enough for this dispatch
 * @unwanted: an operator wants it to go
 */
struct peer {
	struct vnc_host *host;
	char *name, who[IDENTITY_WHO_MAX];
	struct door_address address;
	bool has_spoken;
	struct stream stream;
	struct byte_queue held;
	bool mid_message;
	struct task work;
	void (*on_work)(void *data);
	void *data;
	struct timer *timer;
	struct display_view *view;
	unsigned features;
	bool may_type, bell, yield, unwanted;
};

/** peer_where() - its address alone. Return: the caller's; NULL: no memory */
char *peer_where(const struct peer *peer);

/** peer_post() - see to output and updates after this dispatch */
void peer_post(struct peer *peer);

/**
 * peer_send() - a message to the viewer; it waits while an update is in progress
 *
 * Written after the dispatch. Return: 0; -ENOMEM.
 */
int peer_send(struct peer *peer, const void *bytes, size_t len);

/** peer_waiting() - bytes that the viewer has not taken yet */
size_t peer_waiting(const struct peer *peer);

/**
 * peer_flush() - write what can be written; after any of it has gone, on_work() comes
 *
 * The one way by which bytes leave: who does not go on because of peer_waiting() or
 * stream_waiting() may return, and is asked again when less waits.
 *
 * Return: 0; -errno: close.
 */
int peer_flush(struct peer *peer);

/* ---- an update, which is a message in pieces ---- */

/** peer_begin() - other messages wait from here on */
void peer_begin(struct peer *peer);

/** peer_push() - a piece of it. Return: 0; -ENOMEM */
int peer_push(struct peer *peer, const void *bytes, size_t len);

/** peer_end() - what has waited follows. Return: 0; -ENOMEM */
int peer_end(struct peer *peer);

/* ---- places ---- */

/** peer_cell_width(), peer_cell_height() - of one cell in pixels of the viewer's framebuffer */
unsigned peer_cell_width(const struct peer *peer);
unsigned peer_cell_height(const struct peer *peer);

#endif
