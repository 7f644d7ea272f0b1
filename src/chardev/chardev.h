/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_CHARDEV_H
#define CHARDEV_CHARDEV_H

#include "base/error.h"
#include "base/line.h"
#include "io/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * A chardev is a named byte stream on the host's side: a pty, a socket, a file, a hub. It has at
 * most one holder at a time (a frontend, a hub); the attachment of the two is a link. Directions
 * are the guest's: **out** is guest to world, holder to chardev; **in** is world to guest,
 * chardev to holder.
 *
 *	out	The chardev accepts 0..n bytes and never blocks. What it accepted is its own. After
 *		a short accept the holder's on_room() is called once when there is room again.
 *	in	The chardev delivers at most the room that its holder has. At no room it stops
 *		reading, so that the kernel keeps what nobody wants yet; the holder calls
 *		chardev_link_in_resume() once when room has returned. A hang-up is still noticed.
 *	events	travel in order with the bytes.
 */
struct chardev;
struct chardev_set;
struct chardev_class;
struct display;
struct object;
struct object_set;
struct opts;
struct vt;

enum chardev_event_type {
	CHARDEV_OPENED,	 /* a peer is present */
	CHARDEV_CLOSED,	 /* it will send no more; it may still take bytes */
	CHARDEV_HANGUP,	 /* it takes none either; always after CLOSED */
	CHARDEV_BREAK,	 /* a break condition */
	CHARDEV_RESIZE,	 /* the terminal at the other end has this size */
	CHARDEV_LINE,	 /* a serial line has these settings, or shall have them */
	CHARDEV_MODEM,	 /* modem lines changed, or shall change */
	CHARDEV_FLUSHED, /* the new peer threw away what it had not read yet */
	CHARDEV_BELL,	 /* to a chardev that shares the holder's screen: the guest rang */
	CHARDEV_RIGHT,	 /* chardev_may_type() gives another answer now */
	CHARDEV_NOTICE,	 /* to a chardev: a line for the person there, of no concern to others */
	CHARDEV_MUX_IN,	 /* the holder gets the mux's focus */
	CHARDEV_MUX_OUT, /* the holder loses it */
};

/** What a CHARDEV_NOTICE is about: a person reads its text, a program goes by this. */
enum chardev_notice {
	CHARDEV_NOTICE_OTHER,	/* nothing that a program need know */
	CHARDEV_NOTICE_REFUSED, /* what was typed did not count: it is to look only, or somebody
				 * else has the keyboard */
	CHARDEV_NOTICE_YOURS,	/* the keyboard is theirs who are there */
	CHARDEV_NOTICE_LOST,	/* it was, and is so no more */
	CHARDEV_NOTICE_ASKED,	/* it is, and somebody asks for it */
};

/**
 * struct chardev_event - what travels on a link besides bytes
 * @cols, @rows: CHARDEV_RESIZE: in character cells, 1..1000
 * @line:        CHARDEV_LINE: from the line all that it has, towards it what is to be changed
 * @modem:       CHARDEV_MODEM: TIOCM_* bits
 * @modem_mask:  towards the line: those that are to be set to @modem
 * @notice:      CHARDEV_NOTICE: what it is about
 * @text:        CHARDEV_NOTICE: without a newline, UTF-8; borrowed until return
 */
struct chardev_event {
	enum chardev_event_type type;
	unsigned cols, rows;
	struct line_settings line;
	unsigned modem, modem_mask;
	enum chardev_notice notice;
	const char *text;
};

/** chardev_event_name() - "OPENED", ...; for logs */
const char *chardev_event_name(enum chardev_event_type type);

/**
 * struct chardev_holder_ops - what a holder implements
 *
 * Every member may be NULL: no room, nobody listens. In any of them the holder may detach the link
 * and remove the chardev.
 */
struct chardev_holder_ops {
	/** How many bytes the holder takes now. 0: none until chardev_link_in_resume(). */
	size_t (*in_room)(void *holder);

	/** Bytes for the guest. @len is 1..in_room(); @buf is borrowed until return. */
	void (*on_in)(void *holder, const void *buf, size_t len);

	/**
	 * Optional, with in_commit: the holder's own memory, so that bytes arrive in one copy. A
	 * holder that has it needs no on_in().
	 * Fills 1 or 2 segments of at most in_room() bytes in all, returns how many segments.
	 */
	int (*in_reserve)(void *holder, struct iovec iov[2]);

	/** @len bytes have been put into what in_reserve() gave, from its start. */
	void (*in_commit)(void *holder, size_t len);

	void (*on_event)(void *holder, const struct chardev_event *event);

	/**
	 * The chardev is being freed by somebody else; CLOSED and HANGUP have come. The last call:
	 * afterwards the link is detached, if the holder has not done that itself.
	 */
	void (*on_removed)(void *holder);

	/** There is room again after a short out; once for each short accept. */
	void (*on_room)(void *holder);

	/**
	 * The chardev is a server with several clients and offers one of them as a chardev of its
	 * own. On 0 the holder owns @peer and frees it with chardev_free().
	 */
	int (*on_peer)(void *holder, struct chardev *peer, struct error **err);

	/**
	 * The terminal engine that the holder feeds with the very bytes it sends here, so that a
	 * chardev that shows a screen need not parse them again. NULL: none. Stays valid until
	 * the link is detached. @look: somebody looks at it, until it is asked for without: it has
	 * read the bytes that have been offered, and those that are being offered; else it may be
	 * behind, and nothing but its size may be asked for. Who has asked for it is let look
	 * before the link is detached.
	 */
	struct vt *(*screen)(void *holder, bool look);

	/**
	 * The rules about who may look at what the holder sends here, and who may type (struct
	 * authz_gate), for a chardev that is shown to people of whom each is judged by himself.
	 * Owned by the holder; each may be NULL.
	 */
	void (*rules)(void *holder, struct object **ret_view, struct object **ret_type);

	/**
	 * The holder counts what it sends: where the bytes begin that it is offering right now.
	 * Return: true: they are those at *@ret_offset; false: they are shown besides, and those
	 * at *@ret_offset come next. NULL: it does not count.
	 */
	bool (*offset)(void *holder, uint64_t *ret_offset);

	/** What the console is called that the bytes are of: a hub's name. NULL: it has none. */
	const char *(*console)(void *holder);
};

enum chardev_link_flags {
	CHARDEV_LINK_CONSOLE = 1,    /* people read this: it is a terminal, not a protocol */
	CHARDEV_LINK_NEVER_WAIT = 2, /* a short out would freeze the guest */
	/* What a short out leaves is kept, and nobody waits for it for long: a hub. A file that is
	 * broken may stay short until it works again; for others it takes all and counts. */
	CHARDEV_LINK_PATIENT = 4,
	/* Another chardev may be put in this one's place: it hangs up, and the other one opens. */
	CHARDEV_LINK_SWAPS = 8,
	CHARDEV_LINK_TAKES_FDS = 16, /* see chardev_link_take_fd() */
	/* It goes on in another program with the same peer, see chardev/handover.h. */
	CHARDEV_LINK_GOES_ON = 32,
};

/** struct chardev_link - lives in the holder; all members belong to the functions below */
struct chardev_link {
	struct chardev *chardev; /* NULL: not attached */
	const struct chardev_holder_ops *ops;
	void *holder;
	unsigned flags;
	bool wants_room, is_shown; /* its screen was asked for */
	struct iovec reserved[2];  /* of the last out_reserve() */
	int n_reserved;
};

/**
 * chardev_link_attach() - become the holder of a chardev
 * @link:   not attached
 * @flags:  CHARDEV_LINK_*
 * @ops:    static
 * @holder: handed to @ops
 *
 * No callback is made from here: the state at this moment is told by chardev_is_open(), changes
 * come as events.
 *
 * Return: 0; -EBUSY: "chardev 'a' is already in use"; or why the class refuses this holder. Of a
 * class that takes several (a mux) @link->chardev is this holder's part of @chardev.
 */
int chardev_link_attach(struct chardev_link *link, struct chardev *chardev, unsigned flags,
	const struct chardev_holder_ops *ops, void *holder, struct error **err);

/** chardev_link_detach() - no callback comes any more; no-op where not attached */
void chardev_link_detach(struct chardev_link *link);

/**
 * chardev_link_out() - offer bytes from the guest to a chardev
 * @buf:  borrowed until return
 * @len:  1..SSIZE_MAX
 *
 * Never blocks and never calls back into the holder.
 *
 * Return: bytes accepted, 0..@len. Fewer than offered: the chardev is full and on_room() comes
 * once, also where another offer is taken whole before. -EPIPE or another error: closed until it
 * reopens. -EPIPE also where not attached.
 */
ssize_t chardev_link_out(struct chardev_link *link, const void *buf, size_t len);

/** chardev_link_outv() - the same for @n segments, 1 or 2, none of them empty */
ssize_t chardev_link_outv(struct chardev_link *link, const struct iovec *iov, int n);

/**
 * chardev_link_out_reserve() - ask for memory to put bytes into, instead of offering a copy
 *
 * Filled in any way, then chardev_link_out_commit() hands them over. A reservation that is not
 * committed lapses.
 *
 * Return: number of segments in @iov, 1 or 2; 0: full, on_room() comes once; -ENOTSUP: this class
 * has none, use chardev_link_out(); -EPIPE as there.
 */
int chardev_link_out_reserve(struct chardev_link *link, struct iovec iov[2]);

/** chardev_link_out_commit() - @len bytes from the start of the reservation are there */
void chardev_link_out_commit(struct chardev_link *link, size_t len);

/** chardev_link_id() - the chardev's name, for messages; "(removed)" where not attached */
const char *chardev_link_id(const struct chardev_link *link);

/** chardev_link_is_open() - is a peer present; false where not attached */
bool chardev_link_is_open(const struct chardev_link *link);

/** chardev_link_set_flags() - what is known of the holder, CHARDEV_LINK_*, has changed */
void chardev_link_set_flags(struct chardev_link *link, unsigned flags);

/** chardev_link_in_resume() - there is room again after in_room() said 0 */
void chardev_link_in_resume(struct chardev_link *link);

/**
 * chardev_link_event() - tell the other end: BREAK, RESIZE, LINE, MODEM
 *
 * Return: 0; -ENOTSUP: means nothing to this class.
 */
int chardev_link_event(struct chardev_link *link, const struct chardev_event *event);

/**
 * chardev_link_take_fd() - a descriptor that the peer sent beside the bytes of the last on_in()
 *
 * With CHARDEV_LINK_TAKES_FDS, of a unix socket. What is not taken before more comes is closed.
 *
 * Return: it, the caller's from now on; -ENOENT.
 */
int chardev_link_take_fd(struct chardev_link *link);

/**
 * chardev_link_disconnect() - make the peer go away
 * @reason: for a last line to the peer, without a newline; NULL: none. Best effort
 *
 * Return: 0: CLOSED and HANGUP come; -ENOTSUP: this class has no peer that could be sent away.
 */
int chardev_link_disconnect(struct chardev_link *link, const char *reason);

/* ---- chardevs ---- */

/** chardev_id() - its name; unique in its set; owned by the chardev */
const char *chardev_id(const struct chardev *chardev);

/** chardev_class_name() - "pty", "hub", ... */
const char *chardev_class_name(const struct chardev *chardev);

/** chardev_is_open() - is a peer present; always so for a file, a ring buffer, a screen */
bool chardev_is_open(const struct chardev *chardev);

/** chardev_is_sink() - does nobody read its bytes at a pace of their own */
bool chardev_is_sink(const struct chardev *chardev);

/** chardev_takes_nothing() - is it given no bytes, since its peer sees them elsewhere */
bool chardev_takes_nothing(const struct chardev *chardev);

/** chardev_keeps_lines() - is it given what was printed, however the screen looks */
bool chardev_keeps_lines(const struct chardev *chardev);

/** chardev_is_held() - is somebody attached to it */
bool chardev_is_held(const struct chardev *chardev);

/**
 * chardev_describe() - where it leads, as QEMU's `filename`: "pty:/dev/pts/3", "unix:/run/x"
 *
 * Return: a string that the caller frees; NULL if memory ran out.
 */
char *chardev_describe(const struct chardev *chardev);

/**
 * chardev_log_path() - where its `logfile=` is, an absolute path
 *
 * Return: a string that the caller frees; NULL: it has none that is a regular file, or no memory.
 */
char *chardev_log_path(const struct chardev *chardev);

/** chardev_owes() - would bytes that it has accepted, or its log, be lost if it were freed now */
bool chardev_owes(const struct chardev *chardev);

/** chardev_traffic() - how many bytes it has taken and given since it was made */
void chardev_traffic(const struct chardev *chardev, uint64_t *ret_out, uint64_t *ret_in);

/** chardev_log_loss() - how many bytes its `logfile=` lacks. Return: false: it has none */
bool chardev_log_loss(const struct chardev *chardev, uint64_t *ret_bytes);

/**
 * chardev_lost_lines() - how many lines a log of others lacks that gets them from it
 *
 * Return: false: it makes none.
 */
bool chardev_lost_lines(const struct chardev *chardev, uint64_t *ret_lines);

/**
 * chardev_identity() - who is at the other end, as rules about people know it
 *
 * "user:NAME" at a unix socket, as the kernel tells; what a filter of a socket knows better;
 * "anonymous" where somebody is there of whom nothing is known: by TCP, on a pty.
 *
 * Return: owned by the chardev, valid until its peer changes; NULL: nobody to whom a rule could
 * apply: a file, a screen, a child, the terminal of the program itself, a hub.
 */
const char *chardev_identity(const struct chardev *chardev);

/**
 * struct chardev_peer - where a peer is, as far as that is known
 * @address: "127.0.0.1:4711", "pid 42"; owned by the chardev, valid until its peer changes
 * @pid, @uid: of the process that has connected, and its user; @pid 0: not known
 */
struct chardev_peer {
	const char *address;
	pid_t pid;
	uid_t uid;
};

/** chardev_peer() - of a peer that is there. Return: false: nothing is known */
bool chardev_peer(const struct chardev *chardev, struct chardev_peer *ret_peer);

/**
 * chardev_may_type() - what may the peer, where the chardev has him judged by the holder's rules
 *
 * Return: 1: type; 0: look only; -ENOTSUP: that is for the holder to find out.
 */
int chardev_may_type(const struct chardev *chardev);

/**
 * chardev_target() - what the peer of a server asked for while it shook hands
 *
 * "/console/a": a path, by a websocket; "a.example.org": a name, by TLS.
 *
 * Return: owned by the chardev, valid until its peer changes; NULL: nothing.
 */
const char *chardev_target(const struct chardev *chardev);

/**
 * chardev_add_client() - let a server take a connected socket for a client
 * @fd: the chardev's from now on, whatever comes of it
 *
 * Return: 0; -ENOTSUP: it is no server.
 */
int chardev_add_client(struct chardev *chardev, int fd);

/**
 * chardev_free() - close it and take it out of its set, whoever holds it
 *
 * A holder is told (CLOSED, HANGUP, on_removed()) and detached. chardev_set_remove() asks first.
 */
void chardev_free(struct chardev *chardev);

/**
 * chardev_adopt() - let a peer that on_peer() gave take part in what a hub shares
 *
 * Return: 0, the peer is @chardev's; -ENOTSUP: it shares nothing; another -errno with @err.
 */
int chardev_adopt(struct chardev *chardev, struct chardev *peer, struct error **err);

/* ---- the set of all chardevs ---- */

/**
 * chardev_set_new() - an empty set
 * @loop:    outlives the set
 * @classes: NULL-terminated, static: the classes that chardev_set_add() knows
 *
 * Return: NULL if memory or file descriptors ran out.
 */
struct chardev_set *chardev_set_new(struct loop *loop, const struct chardev_class *const *classes);

/**
 * chardev_set_show() - where the chardevs that are screens appear
 * @display: outlives the set; NULL, as at the start: nowhere
 */
void chardev_set_show(struct chardev_set *set, struct display *display);

/** chardev_set_objects() - what options refer to by id, as rules; outlives the set; NULL: none */
void chardev_set_objects(struct chardev_set *set, struct object_set *objects);

/** chardev_set_escape() - `-echr`: for the muxes that are made from now on; Ctrl-A at the start */
void chardev_set_escape(struct chardev_set *set, unsigned char escape);

/**
 * chardev_set_free() - free all, the youngest first; see chardev_free()
 *
 * What their files have not been written yet is waited for, two seconds at most.
 */
void chardev_set_free(struct chardev_set *set);

/**
 * chardev_set_add() - make a chardev from options
 * @opts: unchecked, with "backend" and "id"; borrowed, bound to the class's tables on return
 *
 * Return: 0, *@ret_chardev (may be NULL) owned by the set; -errno with @err.
 */
int chardev_set_add(struct chardev_set *set, struct opts *opts, struct chardev **ret_chardev,
	struct error **err);

/** chardev_set_add_text() - the same from a `-chardev` argument */
int chardev_set_add_text(struct chardev_set *set, const char *text, struct chardev **ret_chardev,
	struct error **err);

/** chardev_set_find() - by id; NULL: none */
struct chardev *chardev_set_find(const struct chardev_set *set, const char *id);

/** chardev_set_next() - walk in order of creation; NULL starts and ends */
struct chardev *chardev_set_next(const struct chardev_set *set, const struct chardev *after);

/**
 * chardev_set_change() - put another chardev of the same name in the place of one
 * @opts: as for chardev_set_add(), of the same id
 *
 * It is made while the old one is still there. A holder with CHARDEV_LINK_SWAPS gets it; others
 * keep theirs.
 *
 * Return: 0 with *@ret_chardev, the old one is gone; -ENOENT; -EBUSY "Chardev user does not support
 * chardev hotswap"; another -errno with @err, the old one stays.
 */
int chardev_set_change(struct chardev_set *set, const char *id, struct opts *opts,
	struct chardev **ret_chardev, struct error **err);

/**
 * chardev_set_retune() - let a chardev take new values of its options that are marked live
 * @opts: unchecked, of the same id and class; @old: those before, as text only
 *
 * Its peer, its holder and its members stay. Return: 0; -ENOENT; -ENOTSUP; -errno with @err.
 */
int chardev_set_retune(struct chardev_set *set, const char *id, struct opts *opts,
	const struct opts *old, struct error **err);

/** chardev_set_remove() - Return: 0; -ENOENT "Chardev 'x' not found"; -EBUSY "... is busy" */
int chardev_set_remove(struct chardev_set *set, const char *id, struct error **err);

/**
 * chardev_set_reopen_files() - open every `logfile=` and `file` anew, after they were moved away
 *
 * Bytes go on in the new file, in order. Where none can be opened the old one stays; a message says
 * why.
 */
void chardev_set_reopen_files(struct chardev_set *set);

/**
 * chardev_set_send_break() - act as if the peer of a chardev had sent a break
 *
 * Return: 0; -ENOENT "Chardev 'x' not found".
 */
int chardev_set_send_break(struct chardev_set *set, const char *id, struct error **err);

#endif
