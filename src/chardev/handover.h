/* SPDX-License-Identifier: MIT */
#ifndef CHARDEV_HANDOVER_H
#define CHARDEV_HANDOVER_H

#include "snapshot/reader.h"
#include "snapshot/writer.h"

#include <stdint.h>

struct chardev;
struct chardev_class;
struct chardev_node;
struct chardev_set;
struct opts;

/*
 * A process may execute another program in its own place, which goes on with its chardevs, or end
 * and leave them to the next process (doc/upgrade.md). What a class leaves for that is a struct
 * with a table of its members.
 */

/**
 * struct chardev_bequest - what is left to the next program
 * @on_left_out: this is not, and why: "its TLS session"; a @chardev is to be parted with before
 *               the end, NULL: somebody else knows of it by @name
 * @children_end: it is another process, which no child of this one goes over to
 */
struct chardev_bequest {
	struct snapshot_writer writer;
	bool children_end;
	void (*on_left_out)(void *data, struct chardev *chardev, const char *name, const char *why);
	void *data;
};

/**
 * struct chardev_handover - how the chardevs of a class go on in another program
 *
 * A class that has none is made anew of its options: of a peer that can come again, or a file.
 */
struct chardev_handover {
	/** Of the state: the members of a struct of @size bytes. */
	const struct snapshot_field *fields;
	size_t size;

	/** Put the state, and what belongs to its groups. Changes nothing: all may go on here. */
	void (*save)(struct chardev *chardev, struct chardev_bequest *to);

	/**
	 * As open(), of a chardev that was saved: nobody is to notice. What is borrowed of @state
	 * is so until return, and pieces of stores until store_own() has copied them; its
	 * descriptors are the chardev's, also where this fails.
	 */
	int (*load)(struct chardev *chardev, const struct opts *opts, const struct snapshot *from,
		const void *state, struct error **err);

	/**
	 * Optional: all others have been loaded, in the order in which they were made: attach to
	 * those that it held. @state as for load().
	 */
	void (*join)(struct chardev *chardev, const void *state);

	/** Optional: does one that is in no set (a client) go on? Without it: no. */
	bool (*goes_on)(const struct chardev *chardev);

	/**
	 * Optional: save() may come soon: do now what it would spend time on. All goes on as
	 * before, save() comes when it likes, and may not come at all; then forgo() does.
	 */
	void (*prepare)(struct chardev *chardev);

	/** With prepare(): let go what was made for save(), if there is any. */
	void (*forgo)(struct chardev *chardev);

	/** Optional: say goodbye to the peer that was left out, and let it go. */
	void (*part)(struct chardev *chardev, const char *reason);
};

/**
 * struct chardev_state - what is left of any chardev
 * @state: of its class
 */
struct chardev_state {
	const char *id, *class;
	uint64_t out_bytes, in_bytes;
	struct snapshot_groups log, state;
};

extern const struct snapshot_field chardev_state_fields[];

/** chardev_save() - put all that is left of it, of which chardev_state_fields is the table */
void chardev_save(struct chardev *chardev, struct chardev_bequest *to);

/** chardev_leave_out() - for classes: this one, or its peer, is not handed over */
void chardev_leave_out(struct chardev_bequest *to, struct chardev *chardev, const char *why);

/** chardev_goes_on() - is a client handed over by its server */
bool chardev_goes_on(const struct chardev *chardev);

/** chardev_part() - see chardev_handover.part */
void chardev_part(struct chardev *chardev, const char *reason);

/**
 * chardev_check_state() - could this be loaded, as far as tables tell
 * @part: of chardev_state_fields
 */
int chardev_check_state(const struct chardev_class *const *classes,
	const struct snapshot_part *part, struct error **err);

/**
 * chardev_set_inherit() - from now on chardevs are loaded that are found in a snapshot
 * @from:     outlives it
 * @chardevs: groups of chardev_state_fields
 *
 * Return: 0; -ENOMEM.
 */
int chardev_set_inherit(struct chardev_set *set, const struct snapshot *from,
	const struct snapshot_groups *chardevs);

/** chardev_set_inherited() - all have been made: they join; what nobody has taken is closed */
void chardev_set_inherited(struct chardev_set *set);

/**
 * chardev_set_settle() - wait until files are written, @max_ms at most. Return: how many are
 * not
 */
unsigned chardev_set_settle(struct chardev_set *set, int max_ms);

/**
 * chardev_take_orphan() - a client that its server has loaded, the caller's; NULL: there is
 * none
 */
struct chardev *chardev_take_orphan(struct chardev_set *set, const char *id);

/** chardev_leave_orphan() - for servers: a client that waits for its holder */
void chardev_leave_orphan(struct chardev *peer);

/**
 * struct chardev_file - what is left of an open file
 * @start_ms: of a log: from when its stamps count, by the loop's clock
 * @pending:  what it has not taken yet
 */
struct chardev_file {
	int fd;
	bool mid_line;
	uint64_t start_ms;
	struct snapshot_bytes pending;
};

extern const struct snapshot_field chardev_file_fields[];

struct store;
struct writer;

/**
 * chardev_store_save() - add to a stretch of bulk, which has nothing yet, what a store has
 * @end: what stands there and behind it means nothing
 *
 * Its pieces go as they are, compressed or not: @len and @ready of each, 4 bytes, then the bytes.
 */
void chardev_store_save(struct snapshot_writer *writer, struct snapshot_bulk *bulk,
	const struct store *store, size_t end);

/** chardev_bytes_save() - the same, of what is in no store */
void chardev_bytes_save(
	struct snapshot_writer *writer, struct snapshot_bulk *bulk, const void *bytes, size_t len);

/**
 * chardev_store_load() - let a store that is fresh, and of the same size, have them
 *
 * They stay in the snapshot, which is not closed before store_own() says that it may be.
 *
 * Return: 0; -ENOMEM; -EBADMSG.
 */
int chardev_store_load(
	struct store *store, const struct snapshot *from, const struct snapshot_bulk *bulk);

/** chardev_file_save() - put a group with the tag @tag, of chardev_file_fields */
void chardev_file_save(struct chardev_bequest *to, uint16_t tag, const struct writer *writer,
	const struct chardev_file *about);

#endif
