/* SPDX-License-Identifier: MIT */
#ifndef HUB_MEMBER_H
#define HUB_MEMBER_H

#include "base/list.h"
#include "chardev/chardev-impl.h"
#include "hub/hub.h"
#include "hub/tape.h"
#include "io/byte-queue.h"
#include "object/authz.h"

struct hub;
struct member;
struct members;

/** struct member_ops - what a member asks of its hub; any of them may remove the member */
struct member_ops {
	/** The peer is there: say what goes first (member_say()), seek from where it reads. */
	void (*on_start)(struct member *member);

	/** The window has passed it, and it takes bytes again: the same, with member_miss(). */
	void (*on_resume)(struct member *member);

	/** It takes more than it was given in one go: member_pump() is due after this dispatch. */
	void (*on_more)(struct member *member);

	/** It gets nothing any more: after this dispatch, does the guest wait for it still? */
	void (*on_left)(struct member *member);

	/** It has taken bytes, or has left. */
	void (*on_progress)(struct member *member);

	/** Its peer has come, sends no more, or is gone: the members' @n_open may have changed. */
	void (*on_open)(struct member *member);

	/** What those may who are there may have changed: its @access. */
	void (*on_judged)(struct member *member);

	/** It is being removed: no word of it any more. */
	void (*on_removed)(struct member *member);

	/** What observers may want to know. */
	void (*on_news)(const struct members *members, const struct hub_event *event);

	/** RESIZE, BREAK, MODEM, ... */
	void (*on_event)(struct member *member, const struct chardev_event *event);

	/** As in struct chardev_holder_ops. */
	size_t (*in_room)(struct member *member);
	void (*on_in)(struct member *member, const void *buf, size_t len);
	struct vt *(*screen)(struct member *member, bool look);
};

/**
 * struct members - all members of a hub
 * @hub_id: for log lines
 * @list:   in the order in which they came
 * @gone:   what was removed; freed once the dispatch is over
 * @lost_bytes: that they have missed, all together; @skips: how often that was
 * @admitted, @refused: people by what became of them, those included who have gone
 * @count:  how many there are; @n_open: how many of them are open
 */
struct members {
	const struct member_ops *ops;
	struct hub *hub;
	const char *hub_id;
	struct loop *loop;
	struct tape *tape;
	struct list list, gone;
	uint64_t lost_bytes, skips;
	uint64_t admitted, refused;
	size_t count, n_open;
	struct task reap_task;
};

/**
 * struct member_pause - what flow.c knows of a member
 * @holds:         keeps the guest in the present pause
 * @waits:         has read all, and waits as the guest does
 * @grace_ends_ms: when it has held for long enough in this pause
 * @spent:         of its credit; see flow.c
 * @held_from:     what of the pauses was before it held
 * @earns_from_ms: since when nothing was earned yet
 */
struct member_pause {
	bool holds, waits;
	uint64_t grace_ends_ms;
	uint64_t spent, held_from;
	uint64_t earns_from_ms;
};

/**
 * struct member - a hub's link to one of its chardevs
 * @node:       in the list of members; it stays there until the dispatch is over, so that the list
 *              may be walked while members go
 * @gone:       removed; @gone_node: in the list of those
 * @passing:    goes for good when its peer does: a client of a server with several
 * @server:     whose client it is; NULL: it is none
 * @clients:    of such a server: its clients, by their @sibling
 * @who:        is there; NULL: nobody to whom a rule could apply
 * @access:     what those may who are there; HUB_ACCESS_NONE as long as @question is open
 * @question:   what he may
 * @size_said:  the size that his terminal told meanwhile: type CHARDEV_RESIZE
 * @since:      when its peer came, in seconds since 1970
 * @typed_ms:   when it typed last, @typed_told_ms: when that was told last; 0: never
 * @open:       counted in @n_open
 * @standing_since_ms: by loop_awake_ms(), as all times of a pause
 * @mark:       how far it has read the tape
 * @prelude:    bytes that go out before the tape's: notices, replay
 * @prelude_begun: some of it was sent: the rest is owed, or a sequence would be torn
 * @blocked:    gave a short accept: on_room() will come
 * @untold_bytes: of @skipped_bytes, what no notice has told its reader
 * @unlogged_bytes: of @skipped_bytes, what no log line has told
 *
 * The last members are those of the parts of the hub that are named there.
 */
struct member {
	struct list node, gone_node;
	struct list clients, sibling;
	struct members *all;
	struct member *server;
	struct chardev_link link;
	struct hub_member_options options;
	char *who;
	int64_t since;
	uint64_t typed_ms, typed_told_ms;
	enum hub_access access;
	struct authz_question question;
	struct chardev_event size_said;
	bool passing, gone, open, blocked, prelude_begun;
	enum hub_standing standing;
	uint64_t standing_since_ms;
	struct tape_mark mark;
	struct byte_queue prelude;
	uint64_t skipped_bytes, skips;
	uint64_t untold_bytes, unlogged_bytes;

	/* flow.c */
	struct member_pause pause;

	/* input.c: in the queue of those who were told that there is no room; input refused */
	struct list typist;
	uint64_t refused_bytes;

	/* keyboard.c: when it was last told that a key of its does nothing; 0: never */
	uint64_t turned_down_ms;

	/* replay.c: the console's size has changed, its terminal is to be shown the screen again */
	bool show_again;

	/* hub.c: it shows the hub's screen, and somebody looks at it there */
	bool is_watched;

	/* size.c: what its terminal told, 0: nothing yet; order in which members spoke up */
	unsigned cols, rows;
	uint64_t size_told_at;
};

/* Walk the members; they may be removed inside. */
#define for_each_member(pos, members)                              \
	list_for_each (pos, &(members)->list, struct member, node) \
		if (!pos->gone)

/** members_init() - nobody yet; all but the lists is filled in already */
void members_init(struct members *members);

/**
 * member_new() - attach a chardev
 * @flags: CHARDEV_LINK_*
 *
 * Return: 0; as chardev_link_attach(); -ENOMEM.
 */
int member_new(struct members *members, struct chardev *chardev,
	const struct hub_member_options *options, unsigned flags, struct error **err);

/**
 * member_new_passing() - the same for a client of a server, which goes for good when its peer does
 * @peer:   the members' to free, where this succeeds
 * @server: goes with it; NULL: none of the members is its server
 *
 * Whom the rules let in not at all is sent away, as from any member. Return: as member_new().
 */
int member_new_passing(struct members *members, struct chardev *peer, struct member *server,
	const struct hub_member_options *options, unsigned flags, struct error **err);

/** member_set_options() - others from now on; who is there is judged again */
void member_set_options(struct member *member, const struct hub_member_options *options);

/**
 * struct member_state - what is left of one to another program
 * @server:  whose client it is; NULL: it is none
 * @passing: goes for good when its peer does
 * @asked:   what those may who are there was not known yet
 * @may:     was: what they may
 */
struct member_state {
	const char *id, *server, *view_authz, *type_authz, *who;
	unsigned access, stall, replay, may, standing;
	bool passing, asked, open, prelude_begun, show_again;
	uint64_t since, typed_ms, typed_told_ms, offset;
	struct snapshot_bytes prelude;
	uint64_t skipped_bytes, skips, untold_bytes, unlogged_bytes;
	uint64_t spent, refused_bytes, turned_down_ms;
	unsigned cols, rows;
	uint64_t size_told_at;
};

extern const struct snapshot_field member_fields[];

/** member_save() - put it */
void member_save(struct member *member, struct snapshot_writer *writer);

/**
 * member_load() - attach a chardev, and go on where it was
 * @options: those that were left
 * @server:  NULL: it is no client of a member
 *
 * What has become of its peer meanwhile is as if it had just happened. Return: as member_new().
 */
int member_load(struct members *members, struct chardev *chardev, struct member *server,
	const struct hub_member_options *options, unsigned flags, const struct member_state *state,
	struct error **err);

/** member_remove() - detach; the clients of a server go too; memory goes after the dispatch */
void member_remove(struct member *member);

/** member_id() - the name of its chardev */
static inline const char *member_id(const struct member *member)
{
	return chardev_link_id(&member->link);
}

/** member_start() - the peer is there: replay, then live bytes from the right offset */
void member_start(struct member *member);

/** member_pump() - give it what it takes now */
void member_pump(struct member *member);

/** member_leave() - no more bytes for it until it opens again */
void member_leave(struct member *member);

/** member_sent_away() - tell observers that its peer has to go; @by, @reason: as in hub_event */
void member_sent_away(const struct member *member, const char *by, const char *reason);

/** member_skip() - it loses its standing; what it misses is counted when it takes bytes again */
void member_skip(struct member *member);

/**
 * member_say() - bytes that go out before the tape's, behind what was said before
 *
 * Return: 0; -ENOMEM, -E2BIG: nothing was said, and the log tells it.
 */
int member_say(struct member *member, const void *bytes, size_t len);

/** member_seek() - read on from @offset of the tape, or the nearest that there is */
void member_seek(struct member *member, uint64_t offset);

/**
 * member_miss() - read on from @offset; what is before it is counted as missed
 *
 * Return: how many bytes its reader has missed that it has not been told of.
 */
uint64_t member_miss(struct member *member, uint64_t offset);

/** member_backlog() - bytes of the tape that it has not been given */
static inline uint64_t member_backlog(const struct member *member)
{
	return member->standing == HUB_MEMBER_OUT ? 0
						  : tape_backlog(member->all->tape, &member->mark);
}

#endif
