/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_FAKE_HOLDER_H
#define TEST_LIB_FAKE_HOLDER_H

#include "base/strbuf.h"
#include "chardev/chardev.h"

#include <stdint.h>

/*
 * A holder that records what a chardev tells it. It starts with unlimited room; every byte that
 * arrives uses room up. Contract breaches of the chardev are counted in @faults, never asserted,
 * so that a test sees them next to what else happened:
 *
 *	more bytes than there was room, or none at all; an OPENED while open, a CLOSED while closed,
 *	a HANGUP while open or without an OPENED since the last;
 *	a room event that no short accept asked for.
 */
struct fake_holder;
typedef void fake_holder_hook(struct fake_holder *holder);

struct fake_holder {
	struct chardev_link link;
	struct loop *loop;
	size_t room;	   /* SIZE_MAX: unlimited */
	struct strbuf in;  /* all bytes that came */
	struct strbuf log; /* the order of things: "OPENED in(3) room CLOSED " */
	unsigned opened, closed, hangups, breaks, resizes, room_calls, in_calls, peer_calls, faults;
	unsigned removed;	   /* the chardev was freed under us */
	struct chardev_event last; /* the last event */
	bool open;		   /* as told by events, or at attach */
	bool hung_up;		   /* since the last OPENED */
	bool owes_room;		   /* a short accept was not yet followed by a room event */
	bool owed_room;		   /* ...when the peer hung up: the next one may bring it */

	/* What to do besides recording; may detach or free everything. */
	fake_holder_hook *in_hook, *event_hook, *room_hook, *removed_hook;
	void *hook_data;

	/* Clients offered by a server; they belong to the holder. */
	struct chardev *peers[8];
	unsigned n_peers;
	int refuse_peers; /* positive errno: refuse with it */

	char memory[256]; /* what in_reserve() gives */
};

/** fake_holder_init() - not attached, unlimited room */
void fake_holder_init(struct fake_holder *holder, struct loop *loop);

/** fake_holder_done() - detach, free the peers and the records */
void fake_holder_done(struct fake_holder *holder);

enum fake_holder_kind {
	FAKE_HOLDER_PLAIN,   /* takes bytes by on_in() */
	FAKE_HOLDER_RESERVE, /* offers its own memory, in two segments */
	FAKE_HOLDER_PEERS,   /* as PLAIN, and takes the clients of a server */
	FAKE_HOLDER_DEAF,    /* no callback at all */
};

/** fake_holder_attach() - Return: as chardev_link_attach() */
int fake_holder_attach(struct fake_holder *holder, struct chardev *chardev,
	enum fake_holder_kind kind, struct error **err);

/** fake_holder_detach() - no-op where not attached */
void fake_holder_detach(struct fake_holder *holder);

/** fake_holder_set_room() - and tell the chardev if there was none before */
void fake_holder_set_room(struct fake_holder *holder, size_t room);

/** fake_holder_out() - chardev_link_out() that remembers a short accept */
ssize_t fake_holder_out(struct fake_holder *holder, const void *buf, size_t len);

/**
 * fake_holder_out_all() - offer until everything was accepted, running the loop in between
 *
 * Return: 0, or the error of the chardev.
 */
int fake_holder_out_all(struct fake_holder *holder, const void *buf, size_t len);

/** fake_holder_in_is() - is what came so far exactly @text */
bool fake_holder_in_is(const struct fake_holder *holder, const char *text);

/** fake_holder_forget() - empty the records and counters; state and room stay */
void fake_holder_forget(struct fake_holder *holder);

/* Run the loop until @cond holds; the test runner's time limit ends a test that waits in vain. */
#define RUN_UNTIL(loop, cond)                    \
	do {                                     \
		while (!(cond))                  \
			loop_step((loop), true); \
	} while (0)

/* Run the loop until it has nothing to do at this moment. */
void run_idle(struct loop *loop);

#endif
