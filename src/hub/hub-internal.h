/* SPDX-License-Identifier: MIT */
#ifndef HUB_HUB_INTERNAL_H
#define HUB_HUB_INTERNAL_H

#include <charhub/chardev-impl.h>
#include <charhub/hub.h>

#include "base/list.h"
#include "io/byte-queue.h"
#include "io/journal.h"

enum hub_replay { HUB_REPLAY_AUTO, HUB_REPLAY_SCREEN, HUB_REPLAY_WINDOW, HUB_REPLAY_NONE };
enum hub_terminal { HUB_TERMINAL_AUTO, HUB_TERMINAL_ON, HUB_TERMINAL_OFF };
enum hub_size_policy { HUB_SIZE_WRITER, HUB_SIZE_SMALLEST, HUB_SIZE_LARGEST, HUB_SIZE_FIXED };

struct hub;
struct screen;
struct strbuf;

/**
 * struct member - a hub's link to one of its chardevs
 * @gone:     removed; stays in the list until the dispatch is over, so that lists may be walked
 *            while members go
 * @server:   of a client of a server with several: the member that is the server
 * @position: journal offset of the next byte for it
 * @prelude:  bytes that go out before the journal's: notices, replay
 * @blocked:  gave a short accept: on_room() will come
 * @stall_ends_ms: when its grace is over; 0: it has none running
 * @cols, @rows: what its terminal told; 0: nothing yet
 */
struct member {
	struct list node;
	struct hub *hub;
	bool gone;
	struct member *server;
	struct chardev_link link;
	enum hub_access access;
	enum hub_stall stall;
	enum hub_standing standing;
	uint64_t position;
	struct byte_queue prelude;
	bool blocked;
	uint64_t stall_ends_ms;
	unsigned cols, rows;
	uint64_t size_told_at; /* order in which members spoke up, for the writer policy */
	uint64_t skipped_bytes, skips, refused_bytes;
	uint64_t reported_bytes; /* of skipped_bytes, what the log has told */
};

/** What of an input stream is unfinished; see input.c */
struct input_scan {
	unsigned char state;
	unsigned char utf8_left;
	unsigned length;
};

/**
 * struct hub - the chardev
 * @readable:   how far members may read: the journal's head, or where a possible query begins
 * @screen:     see screen.c; NULL: no terminal, or nothing was written yet
 * @turn:       the member whose unfinished sequence keeps the others' input back; NULL: none
 * @turn_timer: ends a turn whose rest does not come
 * @rotation:   who is served first when the guest takes input again
 * @size_known: @cols and @rows are what somebody said, not what is assumed
 */
struct hub {
	struct chardev base;
	struct list members;
	size_t n_members;

	struct journal journal;
	uint64_t readable;
	struct screen *screen;
	size_t window, window_max;
	enum hub_replay replay;
	enum hub_terminal terminal;
	struct task pump_task, reap_task;

	enum hub_stall stall;
	uint64_t grace_ms;
	struct timer *stall_timer;

	struct member *turn;
	struct input_scan scan;
	struct timer *turn_timer;
	struct task turn_task;
	unsigned rotation;

	enum hub_size_policy size_policy;
	bool size_known;
	unsigned cols, rows;
	struct task size_task;
	uint64_t size_clock;
};

static inline struct hub *hub_from(const struct chardev *chardev)
{
	return container_of(chardev, struct hub, base);
}

/* Is it a terminal that people read? Also where a member shows it as one. */
static inline bool hub_is_console(const struct hub *hub)
{
	if (hub->terminal != HUB_TERMINAL_AUTO)
		return hub->terminal == HUB_TERMINAL_ON;
	return hub->screen || chardev_holder_flags(&hub->base) & CHARDEV_LINK_CONSOLE;
}

static inline bool hub_never_waits(const struct hub *hub)
{
	return chardev_holder_flags(&hub->base) & CHARDEV_LINK_NEVER_WAIT;
}

/* Walk the members; they may be removed inside. */
#define for_each_member(pos, hub)                                 \
	list_for_each (pos, &(hub)->members, struct member, node) \
		if (!pos->gone)

/* ---- member.c: one member's bytes ---- */

/** member_new() - attach a chardev; @server as in struct member. Return: as hub_add_member() */
int member_new(struct hub *hub, struct chardev *chardev, struct member *server,
	enum hub_access access, enum hub_stall stall, struct error **err);

/** member_remove() - detach; a client of a server is disconnected; its memory goes later */
void member_remove(struct member *member);

/** member_start() - the peer is there: replay, then live bytes from the right offset */
void member_start(struct member *member);

/** member_pump() - give it what it takes now */
void member_pump(struct member *member);

/** member_leave() - no more bytes for it until it opens again */
void member_leave(struct member *member);

/** member_skip() - it loses its standing; what it misses is counted when it takes bytes again */
void member_skip(struct member *member);

static inline uint64_t member_backlog(const struct member *member)
{
	return member->standing == HUB_MEMBER_OUT ? 0
						  : member->hub->journal.head - member->position;
}

/** hub_update_open() - in hub.c: the hub is open while any member is */
void hub_update_open(struct hub *hub);

/** hub_pump_later() - in hub.c: a member has more to get than one dispatch gives */
void hub_pump_later(struct hub *hub);

/* ---- flow.c: how much room the guest has, and what a stalled member costs ---- */

/** flow_room() - bytes that the guest may write in one piece now; 0: wait for on_room() */
size_t flow_room(struct hub *hub);

/** flow_progress() - members have taken bytes or left: does that make room? */
void flow_progress(struct hub *hub);

/** flow_timer() - a grace has run out */
void flow_timer(void *hub);

/* ---- input.c: from the members to the guest ---- */

size_t input_room(struct member *member);
void input_deliver(struct member *member, const void *buf, size_t len);

/** input_resume() - the guest takes input again */
void input_resume(struct hub *hub);

/** input_forget() - the member is going */
void input_forget(struct member *member);

/** input_timer() - the rest of a sequence did not come in time */
void input_timer(void *hub);

/* ---- screen.c: the terminal that the hub is ---- */

/** screen_commit() - @len new bytes are in the journal: read them, move hub->readable on */
void screen_commit(struct hub *hub, size_t len);

/**
 * screen_appetite() - bytes that the terminal may still be fed in this dispatch; 0: none
 *
 * A few bytes can keep a terminal busy for long: other consoles get their turn.
 */
size_t screen_appetite(const struct hub *hub);

/** screen_rest() - a new dispatch has begun. Return: the guest was kept waiting for that */
bool screen_rest(struct hub *hub);

/** screen_vt() - the engine, made if need be; NULL: the hub is no terminal */
struct vt *screen_vt(struct hub *hub);

/** screen_answer() - give the guest what its queries are answered with, as far as it takes it */
void screen_answer(struct hub *hub);

/** screen_resize() - the hub's size has changed */
void screen_resize(struct hub *hub);

/**
 * screen_replay() - bytes that show the present screen; the hub has one
 * @history:    with the lines above it, unless there are very many
 * @ret_offset: from where in the journal to go on
 *
 * Return: 0, -ENOMEM.
 */
int screen_replay(struct hub *hub, bool history, struct strbuf *out, uint64_t *ret_offset);

/** screen_free() */
void screen_free(struct hub *hub);

/* ---- size.c: one size for everybody ---- */

/** size_told() - a member's terminal has this size */
void size_told(struct member *member, unsigned cols, unsigned rows);

/** size_typed() - a member has typed: under the writer policy its size counts */
void size_typed(struct member *member);

/** size_forget() - the member is going */
void size_forget(struct member *member);

/** size_announce() - a holder has come: after this dispatch it is told the size, if one is known */
void size_announce(struct hub *hub);

#endif
