/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_CHARDEV_IMPL_H
#define CHARDEV_CHARDEV_IMPL_H

#include "base/names.h"
#include "chardev/chardev.h"
#include "chardev/handover.h"

struct chardev_log;
struct chardev_shared;
struct opt_desc;

/** struct chardev_node - a place in a set's list; the set's own */
struct chardev_node {
	struct chardev_node *prev, *next;
};

/**
 * struct chardev_class - the implementation of a type of chardev
 *
 * A class is a constant. Its objects embed struct chardev first. None of the methods blocks, but
 * open() where the options ask for it (a server that waits for its first client).
 */
struct chardev_class {
	/** As in `-chardev NAME`. */
	const char *name;

	/** What it is, one line without a full stop; for help and the manual. */
	const char *summary;

	/** Its options besides those that every class has; ends with a NULL name. */
	const struct opt_desc *options;

	/** Nobody reads its bytes at a pace of their own: a file, a ring buffer, a screen. */
	bool is_sink;

	/** No byte of the guest is for it: its peer sees them at the server that it is of. */
	bool takes_nothing;

	/** It keeps lines for later: it is given what was printed, not what a screen shows. */
	bool keeps_lines;

	/** It has a file that `rotate-size=` and the like are about, as they are about the log. */
	bool rotates;

	/** Size of an object, which is zeroed when open() gets it. */
	size_t size;

	/**
	 * Optional: what its table does not tell of options that open() would refuse, whatever
	 * there is: a configuration that is wrong is so before anything is unmade for it.
	 */
	int (*check)(const struct opts *opts, struct error **err);

	/**
	 * Required. Acquire everything, start nothing that calls the holder from here. With an
	 * error the object is freed without close(): undo what was done. A chardev whose peer is
	 * there from the start calls chardev_set_open(c, true). Where the options make it wait, a
	 * signal ends the wait with -EINTR.
	 */
	int (*open)(struct chardev *chardev, const struct opts *opts, struct error **err);

	/** Release everything; no upcall is allowed any more. Memory goes after the dispatch. */
	void (*close)(struct chardev *chardev);

	/**
	 * Take bytes of the guest; the contract of chardev_link_outv(). NULL: all are swallowed.
	 * After a short accept call chardev_room() once when there is room, never from in here.
	 */
	ssize_t (*out)(struct chardev *chardev, const struct iovec *iov, int n);

	/** Optional pair; the contract of chardev_link_out_reserve(). */
	int (*out_reserve)(struct chardev *chardev, struct iovec iov[2]);
	void (*out_commit)(struct chardev *chardev, size_t len);

	/** Optional: the holder has room again; also called after it attached. */
	void (*in_resume)(struct chardev *chardev);

	/** Optional: BREAK, RESIZE, LINE or MODEM for the peer. Return: 0, -ENOTSUP. */
	int (*event)(struct chardev *chardev, const struct chardev_event *event);

	/** Optional: see chardev_link_take_fd(). */
	int (*take_fd)(struct chardev *chardev);

	/** Optional: see chardev_add_client(). */
	int (*add_client)(struct chardev *chardev, int fd);

	/** Optional: send the peer away; chardev_hang_up() follows after this dispatch. */
	int (*disconnect)(struct chardev *chardev, const char *reason);

	/** Optional: see chardev_identity(). Without it: "anonymous"; of a sink NULL. */
	const char *(*identity)(const struct chardev *chardev);

	/** Optional: see chardev_peer(). */
	bool (*peer)(const struct chardev *chardev, struct chardev_peer *ret_peer);

	/** Optional: see chardev_may_type(). */
	bool (*may_type)(const struct chardev *chardev);

	/** Optional: see chardev_target(). */
	const char *(*target)(const struct chardev *chardev);

	/** Optional: its file was moved away: go on in a new one of the same name. */
	void (*reopen)(struct chardev *chardev);

	/**
	 * Optional: take new values of those options that are marked live; the others are as they
	 * were. @opts: checked; @old: those before, as text only.
	 */
	int (*change)(struct chardev *chardev, const struct opts *opts, const struct opts *old,
		struct error **err);

	/** Optional: has it accepted bytes that closing it now would lose? */
	bool (*owes)(const struct chardev *chardev);

	/** Optional, of one that makes lines for others: how many have not got through */
	uint64_t (*lost_lines)(const struct chardev *chardev);

	/** Optional: refuse a holder, or learn who it is (chardev->link is set). */
	int (*attach)(struct chardev *chardev, struct error **err);

	/** Optional: the holder has gone (chardev->link is NULL). */
	void (*detach)(struct chardev *chardev);

	/**
	 * Optional: any number of holders. Gives each a chardev of its own, which goes when its
	 * holder detaches and is counted in chardev->joined.
	 * Return: 0, -errno with @err.
	 */
	int (*join)(struct chardev *chardev, struct chardev **ret_port, struct error **err);

	/** With join: an event that is raised on the chardev itself, for the holder in question. */
	void (*raise)(struct chardev *chardev, const struct chardev_event *event);

	/**
	 * Optional: take a client of somebody else's server as one more that takes part; see
	 * on_peer(). Return: 0, @peer is the chardev's to free; -errno with @err.
	 */
	int (*adopt)(struct chardev *chardev, struct chardev *peer, struct error **err);

	/** Optional: the chardevs that it holds, @index from 0; NULL: there are no more. */
	struct chardev *(*child)(const struct chardev *chardev, size_t index);

	/** Optional: how it goes on in another program. */
	const struct chardev_handover *handover;

	/** Optional: see chardev_describe(); without it the class's name. */
	char *(*describe)(const struct chardev *chardev);
};

/**
 * struct chardev - the base of every object
 * @out_bytes, @in_bytes: totals since creation
 *
 * A class reads @id, @loop, @link and writes none of them.
 */
struct chardev {
	const struct chardev_class *class;
	struct chardev_set *set;
	struct loop *loop;
	char *id;
	struct chardev_link *link; /* the holder, or NULL */
	size_t joined;		   /* holders that have a chardev of their own, see join() */
	struct chardev_shared *shared;
	struct chardev_log *log;
	struct chardev_node node;
	struct name name; /* in the set */
	uint64_t out_bytes, in_bytes;
	struct iovec scratch; /* what chardev_in_reserve() gave from the set's buffer */
	bool open;
	bool loaded;  /* it goes on in another program's place */
	bool ending;  /* the holder is being told that it goes */
	bool closing; /* it has gone */
	struct task reap, resume, room;
};

/* ---- upcalls: a class tells the holder ----
 *
 * After any of these the object may have been closed (chardev->closing): its memory is still
 * there, its file descriptors are not.
 */

/** chardev_in_room() - how much the holder takes now; 0 where there is none */
size_t chardev_in_room(struct chardev *chardev);

/** chardev_in() - deliver bytes; @len is 1..chardev_in_room() */
void chardev_in(struct chardev *chardev, const void *buf, size_t len);

/**
 * chardev_in_reserve() - where to read the peer's bytes into
 *
 * The holder's own memory if it offers any, else a buffer of the set. Valid until the next upcall.
 *
 * Return: number of segments, 1 or 2; 0: no room.
 */
int chardev_in_reserve(struct chardev *chardev, struct iovec iov[2]);

/** chardev_in_commit() - deliver @len bytes, 1 or more, that were read into the reservation */
void chardev_in_commit(struct chardev *chardev, size_t len);

/** chardev_room() - there is room again; tells the holder if it had a short accept */
void chardev_room(struct chardev *chardev);

/** chardev_room_later() - the same after this dispatch, of a short accept that nothing else ends */
void chardev_room_later(struct chardev *chardev);

/**
 * chardev_set_open() - a peer is present, or sends no more; OPENED or CLOSED, on a change only
 *
 * After CLOSED alone the peer may still take bytes: it has closed half of the connection.
 */
void chardev_set_open(struct chardev *chardev, bool open);

/** chardev_hang_up() - the peer is gone altogether: CLOSED unless that was told, then HANGUP */
void chardev_hang_up(struct chardev *chardev);

/** chardev_event() - BREAK, RESIZE, LINE, MODEM, MUX_* to the holder */
void chardev_event(struct chardev *chardev, const struct chardev_event *event);

/** chardev_holder_flags() - CHARDEV_LINK_*; 0 where there is no holder */
unsigned chardev_holder_flags(const struct chardev *chardev);

/** chardev_contains() - is @wanted the chardev itself, or held by it or by one that it holds */
bool chardev_contains(const struct chardev *chardev, const struct chardev *wanted);

/** chardev_escape() - the character that begins a command of a mux; see chardev_set_escape() */
unsigned char chardev_escape(const struct chardev *chardev);

/** chardev_nobody() - an identity() of a class behind which nobody stands. Return: NULL */
const char *chardev_nobody(const struct chardev *chardev);

/** chardev_screen() - the holder's terminal engine, to be looked at or not; NULL: there is none */
struct vt *chardev_screen(const struct chardev *chardev, bool look);

/** chardev_rules() - the holder's rules about people, see struct chardev_holder_ops */
void chardev_rules(
	const struct chardev *chardev, struct object **ret_view, struct object **ret_type);

/** chardev_out_offset() - of what is offered, see chardev_holder_ops; false, 0: not counted */
bool chardev_out_offset(const struct chardev *chardev, uint64_t *ret_offset);

/** chardev_console() - what the console of the holder is called; NULL: nothing that is known */
const char *chardev_console(const struct chardev *chardev);

/** chardev_objects() - what options refer to by id; NULL: nothing */
struct object_set *chardev_objects(const struct chardev *chardev);

/** chardev_display() - where a chardev that is a screen appears; NULL: nowhere */
struct display *chardev_display(const struct chardev *chardev);

/* ---- peers ---- */

/**
 * chardev_new_peer() - an object that is in no set's list, for one client of a server
 * @server: whose set and loop it shares; must outlive it
 * @class:  open is not called; the caller fills the object in
 * @id:     copied
 *
 * Return: NULL if memory ran out. Goes by chardev_free().
 */
struct chardev *chardev_new_peer(
	struct chardev *server, const struct chardev_class *class, const char *id);

/** chardev_takes_peers() - does the holder know what to do with several clients */
bool chardev_takes_peers(const struct chardev *chardev);

/** chardev_offer_peer() - give a client to the holder; see on_peer() */
int chardev_offer_peer(struct chardev *server, struct chardev *peer, struct error **err);

/** chardev_common_options - the table of what every chardev has: id, logfile and the like */
extern const struct opt_desc *const chardev_common_options;

/**
 * chardev_check() - could a chardev be made of these options, as far as they themselves tell
 * @opts: bound to the class's tables on return
 *
 * Return: 0 with *@ret_class; -EINVAL with @err.
 */
int chardev_check(const struct chardev_class *const *classes, struct opts *opts,
	const struct chardev_class **ret_class, struct error **err);

/** chardev_class_find() - by name; NULL: none */
const struct chardev_class *chardev_class_find(
	const struct chardev_class *const *classes, const char *name);

#endif
