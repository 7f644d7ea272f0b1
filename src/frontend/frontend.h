/* SPDX-License-Identifier: MIT */
#ifndef FRONTEND_FRONTEND_H
#define FRONTEND_FRONTEND_H

#include "base/list.h"
#include "base/names.h"
#include "chardev/chardev.h"
#include "chardev/handover.h"

struct frontend;
struct frontend_set;
struct opt_desc;
struct opts;

/**
 * struct frontend_handover - what is left of one to another program; see chardev/handover.h
 * @fields: of the state, a struct of @size bytes
 * @save:    put it
 * @goes_on: optional: false: it cannot. Without it: yes
 * @load:    it has been opened with its options, knowing what was left: what it was in the middle
 *           of. Descriptors of @state are borrowed
 */
struct frontend_handover {
	const struct snapshot_field *fields;
	size_t size;
	void (*save)(const struct frontend *frontend, struct chardev_bequest *to);
	bool (*goes_on)(const struct frontend *frontend);
	void (*load)(struct frontend *frontend, const void *state);
};

/**
 * struct frontend_class - what a `-device` makes: the guest's end of a chardev
 *
 * Objects embed struct frontend first.
 */
struct frontend_class {
	/** As in `-device NAME`. */
	const char *name;

	/** Other names for it, ends with NULL; or NULL. */
	const char *const *aliases;

	/** What it is, one line without a full stop. */
	const char *summary;

	/** Its options besides `driver` and `id`; ends with a NULL name. */
	const struct opt_desc *options;

	/** Size of an object, which is zeroed when open() gets it. */
	size_t size;

	/** Required. On an error undo what was done; close() is not called. */
	int (*open)(struct frontend *frontend, const struct opts *opts, struct error **err);

	/** Detach from everything. Memory is freed after the dispatch. */
	void (*close)(struct frontend *frontend);

	/** Optional: how it goes on in another program. Without it the guest finds a new one. */
	const struct frontend_handover *handover;

	/** Optional: are there others that need it: the ports of a bus. */
	bool (*is_used)(const struct frontend *frontend);
};

/**
 * struct frontend - the base of every object
 * @id:      never NULL, "" where none was given
 * @key:     its id, or its options: what another program knows it by
 * @left:    while it is opened and until it is loaded: what another program has left, the state of
 *           its class, with borrowed descriptors; NULL: it is new
 * @console: its link to the chardev that the guest's console is given to; NULL: it has none
 */
struct frontend {
	const struct frontend_class *class;
	struct frontend_set *set;
	struct chardev_set *chardevs;
	struct loop *loop;
	char *id, *key;
	const void *left;
	const struct chardev_link *console;
	struct list node;
	struct name name; /* in the set, where it has an id */
	struct task reap;

	bool guest_open, told_open; /* as it is; as was told */
	struct timer *quiet;	    /* runs for a second after that was told */
};

/** frontend_set_new() - @classes: NULL-terminated, static. Return: NULL if memory ran out */
struct frontend_set *frontend_set_new(struct loop *loop, struct chardev_set *chardevs,
	const struct frontend_class *const *classes);

/** frontend_set_free() - close all, the youngest first; before the chardevs go */
void frontend_set_free(struct frontend_set *set);

/**
 * frontend_set_add() - make a frontend from options
 * @opts: unchecked, with "driver"; borrowed
 * @ret_frontend: may be NULL
 *
 * Return: 0; -errno with @err.
 */
int frontend_set_add(struct frontend_set *set, struct opts *opts, struct frontend **ret_frontend,
	struct error **err);

/** frontend_goes_on() - is it handed over to another program with all that it has */
bool frontend_goes_on(const struct frontend *frontend);

/** frontend_save() - put all that is left of it, of which frontend_state_fields is the table */
void frontend_save(const struct frontend *frontend, struct chardev_bequest *to);

/** struct frontend_state - what is left of any frontend; @state: of its class */
struct frontend_state {
	const char *key, *class;
	struct snapshot_groups state;
};

extern const struct snapshot_field frontend_state_fields[];

/**
 * frontend_check_state() - could this be loaded, as far as tables tell
 * @part: of frontend_state_fields
 */
int frontend_check_state(const struct frontend_class *const *classes,
	const struct snapshot_part *part, struct error **err);

/**
 * frontend_set_inherit() - from now on frontends go on of which something was left
 * @frontends: groups of frontend_state_fields, which outlive this until frontend_set_inherited()
 *
 * Return: 0; -ENOMEM.
 */
int frontend_set_inherit(struct frontend_set *set, const struct snapshot_groups *frontends);

/** frontend_set_inherited() - all have been made: they are loaded; the rest is closed */
void frontend_set_inherited(struct frontend_set *set);

/** frontend_set_find() - by id; NULL: none */
struct frontend *frontend_set_find(const struct frontend_set *set, const char *id);

/** frontend_set_drop() - unmake one, whoever uses it */
void frontend_set_drop(struct frontend_set *set, struct frontend *frontend);

/** frontend_set_remove() - Return: 0; -ENOENT "Device 'x' not found"; -EBUSY: it has ports */
int frontend_set_remove(struct frontend_set *set, const char *id, struct error **err);

/**
 * frontend_check() - could a frontend be made of these options, as far as its tables tell
 * @opts: bound to the class's tables on return
 *
 * Return: 0 with *@ret_class; -ENODEV: no such driver; -EINVAL with @err.
 */
int frontend_check(const struct frontend_class *const *classes, struct opts *opts,
	const struct frontend_class **ret_class, struct error **err);

/**
 * frontend_set_listen() - hear of the guest opening and closing its end (VSERPORT_CHANGE)
 * @on_guest_open: NULL: nobody listens; may free nothing
 *
 * At most once a second for each frontend, as in QEMU: a guest can do it in a loop. What was
 * changed back meanwhile is not told, the last state always is. Frontends that were given an id
 * have a line in the log, too.
 */
void frontend_set_listen(struct frontend_set *set,
	void (*on_guest_open)(void *data, const struct frontend *frontend, bool open), void *data);

/** frontend_guest_open() - for classes: the guest has its end open, or closed */
void frontend_guest_open(struct frontend *frontend, bool open);

/** frontend_set_next() - walk in order of creation; NULL starts and ends */
struct frontend *frontend_set_next(const struct frontend_set *set, const struct frontend *after);

/** frontend_class_find() - by name or alias; NULL: none */
const struct frontend_class *frontend_class_find(
	const struct frontend_class *const *classes, const char *name);

/** frontend_common_options - the table of what every frontend has: driver, id */
extern const struct opt_desc *const frontend_common_options;

/**
 * frontend_attach() - link to the chardev that a property names
 * @property: "chardev", "guest"
 * @id:       the chardev's
 *
 * Return: 0; -errno with QEMU's text: "Property 'virtconsole.chardev' can't find value 'x'".
 */
int frontend_attach(struct frontend *frontend, const char *property, const char *id,
	struct chardev_link *link, unsigned flags, const struct chardev_holder_ops *ops,
	struct error **err);

extern const struct frontend_class frontend_console_class;
extern const struct frontend_class frontend_virtconsole_class;
extern const struct frontend_class frontend_virtio_serial_class;
extern const struct frontend_class frontend_virtserialport_class;

#endif
