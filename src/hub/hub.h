/* SPDX-License-Identifier: MIT */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include "base/list.h"
#include "chardev/chardev.h"

/*
 * Class "hub": one holder, any number of chardevs as members. What the guest writes goes to every
 * member; what a member sends goes to the guest. The journal of the hub lets members read at their
 * own pace within its window. A chardev that is freed while it is a member leaves the hub.
 */
extern const struct chardev_class hub_class;

struct histogram;
struct object;
struct strbuf;

enum hub_access {
	HUB_ACCESS_TYPE,
	HUB_ACCESS_VIEW,
	HUB_ACCESS_NONE, /* rules allow neither */
};
enum hub_stall { HUB_STALL_SKIP, HUB_STALL_WAIT, HUB_STALL_CLOSE };
enum hub_replay { HUB_REPLAY_AUTO, HUB_REPLAY_SCREEN, HUB_REPLAY_WINDOW, HUB_REPLAY_NONE };

/**
 * struct hub_member_options - what a member may have of its own
 * @access: may it send input to the guest
 * @stall:  what happens when it does not keep up
 * @replay: what it gets first
 * @view_authz, @type_authz: rules about who is at its other end (object/authz.h), of which the
 *          member takes care that they stay; NULL: none. They take of @access, and add nothing
 * @resumes, @resume_at: its peer has had all output before that offset: it goes on there if that is
 *          held still, and gets nothing else first
 *
 * The clients of a server have those of the server.
 */
struct hub_member_options {
	enum hub_access access;
	enum hub_stall stall;
	enum hub_replay replay;
	struct object *view_authz, *type_authz;
	bool resumes;
	uint64_t resume_at;
};

enum hub_standing {
	HUB_MEMBER_OUT,	    /* closed or in error: gets nothing until it opens again */
	HUB_MEMBER_GOOD,    /* gets every byte; the guest's room depends on it */
	HUB_MEMBER_CATCHUP, /* gets every byte if it is fast enough; holds nobody up */
	HUB_MEMBER_SKIPPED, /* takes nothing; is told what it missed when it does again */
};

/**
 * struct hub_member_info - what is known about a member
 * @chardev:       it; @id: its name
 * @server:        of which it is a client; NULL: it is one of its own
 * @identity:      who is there, see chardev_identity(); owned by the member; NULL: nobody
 * @access:        what those may who are there; HUB_ACCESS_NONE also while that is not known yet
 * @has_keyboard:  with typing=one: it is the one whose keys count
 * @since:         when its peer came, seconds since 1970; 0: there is none
 * @idle_ms:       how long ago it typed last; UINT64_MAX: never
 * @cols, @rows:   of its terminal, as far as it told
 * @offset:        up to where it has been given the journal, see hub_info
 * @backlog:       bytes of the journal that it has not been given yet
 * @skipped_bytes: bytes that it never got, in all; @skips: how often that happened
 * @refused_bytes: input that was dropped since it may only view
 */
struct hub_member_info {
	const struct chardev *chardev, *server;
	const char *id, *identity;
	struct hub_member_options options;
	enum hub_access access;
	enum hub_standing standing;
	bool open, has_keyboard;
	int64_t since;
	uint64_t idle_ms;
	unsigned cols, rows;
	uint64_t offset, backlog;
	uint64_t out_bytes, in_bytes;
	uint64_t skipped_bytes, skips, refused_bytes;
};

/**
 * struct hub_info - what is known about a hub
 * @is_console:  a terminal that people read, see terminal=
 * @has_guest:   a frontend, a mux, ... holds it
 * @cols, @rows: the console's size
 * @end:         offset of the next byte that members get; counts the console's whole output, less
 *               the queries that were answered
 * @held_from:   the newest bytes are held from there on; @kept: the very first ones up to there
 * @lost_bytes:  that members have missed, all together; @skips: how often
 * @admitted, @refused: people whom rules were asked about, by what became of it
 * @pauses:      how many milliseconds the guest had to wait, each time; the hub's
 * @dropped_bytes: that are held no more since memory was short; @shortages: how often it was
 * @members, @open_members: how many there are
 * @typing_one:  one member has the keyboard
 * @keyboard, @asker: ids of who has it, and of who asks for it; NULL: nobody
 */
struct hub_info {
	bool is_console, has_guest, typing_one;
	const char *keyboard, *asker;
	unsigned cols, rows;
	uint64_t end, held_from, kept;
	uint64_t lost_bytes, skips, dropped_bytes, shortages;
	uint64_t admitted, refused;
	const struct histogram *pauses;
	size_t members, open_members;
};

/** What happens at a hub. */
enum hub_event_type {
	HUB_EVENT_JOINED,    /* a chardev takes part */
	HUB_EVENT_LEFT,	     /* no more */
	HUB_EVENT_OPENED,    /* its peer has come */
	HUB_EVENT_CLOSED,    /* its peer sends no more, or is gone */
	HUB_EVENT_REFUSED,   /* rules do not let its peer in */
	HUB_EVENT_SENT_AWAY, /* its peer has to go */
	HUB_EVENT_SKIPPED,   /* it did not keep up, and gets nothing for now */
	HUB_EVENT_MISSED,    /* it takes bytes again; @bytes are lost to it */
	HUB_EVENT_RESUMED,   /* it keeps up again; @bytes were lost to it in all of that trouble */
	HUB_EVENT_FAILED,    /* it gets nothing until it opens again; @error */
	HUB_EVENT_TYPED,     /* told once in HUB_TYPED_MS */
	HUB_EVENT_KEYBOARD,  /* with typing=one: it is @member's now; NULL: it is free */
	HUB_EVENT_ASKED,     /* @member asks for it */
	HUB_EVENT_KEPT,	     /* @member has asked for it, and does not get it */
	HUB_EVENT_RESIZED,   /* the console has @cols, @rows */
	HUB_EVENT_DROPPED,   /* memory was short: @bytes of its history, @lines above it are gone */
};

enum { HUB_TYPED_MS = 1000 };

/**
 * struct hub_event - see enum hub_event_type
 * @member: id of the chardev; NULL: HUB_EVENT_RESIZED, HUB_EVENT_DROPPED
 * @chardev: it; NULL: where @member is NULL, and where it need not be known
 * @who:    is there; NULL: nobody of whom a name is known
 * @by:     HUB_EVENT_KEYBOARD: whose doing it is; NULL: that of those at the keyboard;
 *          HUB_EVENT_SENT_AWAY: the same; NULL: the hub's own
 * @reason: HUB_EVENT_SENT_AWAY: why; NULL: nobody has said
 * @error:  positive errno
 */
struct hub_event {
	enum hub_event_type type;
	const char *member, *who, *by, *reason;
	const struct chardev *chardev;
	uint64_t bytes, lines;
	int error;
	unsigned cols, rows;
};

/**
 * struct hub_typed - a line that was typed at a console, see echo.c
 * @member:   id of the chardev; NULL: hub_type(), or memory ran out; @who: types; NULL: not known
 * @text:     @len bytes as they were typed; NULL: the guest has not shown them
 * @withheld: how many those are
 */
struct hub_typed {
	const char *member, *who, *text;
	size_t len, withheld;
};

/**
 * struct hub_observer_ops - what a hub tells
 * @on_event:  optional; must leave the hub alone: best is to note it and post a task
 * @on_output: optional: members have been given bytes, or could have; after the dispatch
 * @on_in_room: optional: hub_type() may take more; inside of the dispatch
 * @hears_typed: optional, with @on_typed: does it want to know what is typed now
 * @on_typed:  a line has been typed; as @on_event
 * @on_gone:   optional: the hub goes; it does not observe any more
 */
struct hub_observer_ops {
	void (*on_event)(void *data, struct chardev *hub, const struct hub_event *event);
	void (*on_output)(void *data, struct chardev *hub);
	void (*on_in_room)(void *data, struct chardev *hub);
	bool (*hears_typed)(void *data);
	void (*on_typed)(void *data, struct chardev *hub, const struct hub_typed *typed);
	void (*on_gone)(void *data);
};

/** struct hub_observer - who wants to know what happens at a hub; lives in its owner */
struct hub_observer {
	const struct hub_observer_ops *ops;
	void *data;
	struct chardev *hub; /* from here on the hub's */
	struct list node;
};

/** chardev_is_hub() */
bool chardev_is_hub(const struct chardev *chardev);

/**
 * hub_add_member() - let one more chardev take part; at any time
 * @options: borrowed; NULL: may type, the rest as the hub's options say
 *
 * Return: 0; -EBUSY "chardev 'a' is already in use"; -ELOOP if the hub would contain itself;
 * -EINVAL if the guest cannot be made to wait and @options say so; -ENOMEM.
 */
int hub_add_member(struct chardev *hub, struct chardev *chardev,
	const struct hub_member_options *options, struct error **err);

/** hub_member_defaults() - the options of a member of which nothing else is said */
void hub_member_defaults(const struct chardev *hub, struct hub_member_options *ret_options);

/**
 * hub_admit() - let a peer that on_peer() gave take part, as chardev_adopt() does
 * @options: as for hub_add_member()
 *
 * Return: 0, the peer is the hub's; as hub_add_member(); -EACCES: rules allow it nothing.
 */
int hub_admit(struct chardev *hub, struct chardev *peer, const struct hub_member_options *options,
	struct error **err);

/** hub_instance() - a number that no other hub has, ever: to which one does an offset belong */
uint64_t hub_instance(const struct chardev *hub);

/** hub_remove_member() - the chardev is free again. Return: 0; -ENOENT */
int hub_remove_member(struct chardev *hub, const char *id, struct error **err);

/** hub_member_count() */
size_t hub_member_count(const struct chardev *hub);

/** hub_member_info() - of member @index, 0 the oldest. Return: 0; -ENOENT: there are fewer */
int hub_member_info(const struct chardev *hub, size_t index, struct hub_member_info *ret_info);

/** hub_member_find() - the same by id. Return: 0; -ENOENT "hub 'h' has no member 'x'" */
int hub_member_find(const struct chardev *hub, const char *id, struct hub_member_info *ret_info,
	struct error **err);

/**
 * hub_set_member() - give a member other options, from now on
 *
 * Rules are looked at again for who is there.
 *
 * Return: 0; -ENOENT; -EINVAL if the guest cannot be made to wait and @options say so.
 */
int hub_set_member(struct chardev *hub, const char *id, const struct hub_member_options *options,
	struct error **err);

/**
 * hub_disconnect_member() - send a member's peer away
 * @reason: for a last line to the peer; NULL: none
 * @by:     whose doing it is, for observers; NULL: nobody's
 *
 * Return: 0; -ENOENT; -ENOTSUP: there is nobody who could be sent away.
 */
int hub_disconnect_member(struct chardev *hub, const char *id, const char *reason, const char *by,
	struct error **err);

/**
 * hub_show_member() - a member's terminal has lost the picture: it is shown the screen again
 *
 * In place, so that its scrollback stays as it is. Return: 0; -ENOENT.
 */
int hub_show_member(struct chardev *hub, const char *id, struct error **err);

/** hub_info() */
void hub_info(const struct chardev *hub, struct hub_info *ret_info);

/** hub_observe() - from now on; @observer: its @ops and @data are filled in */
void hub_observe(struct chardev *hub, struct hub_observer *observer);

/** hub_unobserve() - no more; no-op after the hub has gone, or where it does not observe */
void hub_unobserve(struct hub_observer *observer);

/**
 * hub_history() - what was printed, as far as it is held: see @held_from and @kept of hub_info()
 * @offset: of the first byte
 *
 * Return: segments in @iov, 0 to 2, of at most @max bytes, and of 4096 at least if so many are
 * held; valid until the dispatch is over; -ERANGE: that byte is not held any more, or was not
 * printed yet.
 */
int hub_history(const struct chardev *hub, uint64_t offset, size_t max, struct iovec iov[2]);

/**
 * hub_offset_at() - the offset of what was printed at a time
 * @when: seconds since 1970
 *
 * To within a second, or within a part of HUB_TIMES of what the console has printed.
 */
uint64_t hub_offset_at(const struct chardev *hub, int64_t when);

/**
 * hub_replay() - append bytes that bring a terminal of the console's size to what it shows now
 * @in_place: it shows what the console did some time ago
 * @ret_offset: where the bytes of the console begin that follow
 *
 * None for a console that is no terminal. Not inside of a callback of an observer but on_output().
 *
 * Return: 0; -ENOMEM.
 */
int hub_replay(struct chardev *hub, bool in_place, struct strbuf *out, uint64_t *ret_offset);

/** hub_vt() - the console's terminal, which belongs to the hub; NULL: it is none, or no memory */
struct vt *hub_vt(struct chardev *hub);

/**
 * hub_type() - bytes for the guest that come from no member
 * @who: for observers: who types; NULL: not known
 *
 * Return: how many it took, 0..@len: fewer while the guest takes none, or a member is in the middle
 * of a key.
 */
size_t hub_type(struct chardev *hub, const char *who, const void *buf, size_t len);

/*
 * Who types, with typing=one. @member: the id of one that may type; @by: whose doing it is, for the
 * one who loses it: "user:joe".
 *
 * Return: 0; -ENOENT: no such member; -EACCES: it may only look; -EINVAL: everybody types.
 */

/** hub_keyboard_take() - @member has the keyboard now */
int hub_keyboard_take(struct chardev *hub, const char *member, const char *by, struct error **err);

/** hub_keyboard_give() - the same by consent; @member NULL: to who asks for it, or to nobody */
int hub_keyboard_give(struct chardev *hub, const char *member, const char *by, struct error **err);

/** hub_keyboard_request() - @member asks for it; its holder may refuse, silence gives */
int hub_keyboard_request(struct chardev *hub, const char *member, struct error **err);

/** hub_keyboard_refuse() - who asks for it does not get it */
int hub_keyboard_refuse(struct chardev *hub, struct error **err);

/** hub_resize() - let the console have this size, as if a terminal had told it */
int hub_resize(struct chardev *hub, unsigned cols, unsigned rows, struct error **err);

#endif
