/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_BEQUEST_H
#define CONTROL_BEQUEST_H

#include "chardev/handover.h"
#include "control/inventory.h"

struct auditor_state;
struct frontend;
struct world;

/*
 * What a world leaves to another program in the same process (doc/upgrade.md): all things with
 * their options, and the states of those that go on.
 */

/** The tag of what the process itself leaves, which is put before bequest_save(). */
enum { BEQUEST_TAG_FORGONE = 8 };

/** struct bequest - what was left, as it is read; all zero: nothing */
struct bequest {
	struct snapshot snapshot;
	struct snapshot_groups things, chardevs, frontends, audits, vncs, takes, metrics, forgone;
};

/**
 * struct bequest_thing - a thing; as struct thing has it, but that
 * @options:   are those it has now
 * @text:      are those that the configuration gave it; NULL: it was made by others
 */
struct bequest_thing {
	unsigned kind;
	const char *name, *options, *text, *group;
};

/** bequest_save() - put all that is left to put. Return: 0; -ENOMEM with @err */
int bequest_save(struct world *world, struct chardev_bequest *to, struct error **err);

/** bequest_part() - of what no chardev is: say goodbye to who is not handed over */
void bequest_part(struct world *world);

/** What becomes of a thing. */
enum bequest_fate {
	BEQUEST_GOES_ON,
	BEQUEST_MADE_ANEW, /* of its options: it has no state, or nobody who would miss it */
	BEQUEST_LOST,	   /* the same, and a guest is there that loses its console */
};

/** bequest_tell() - what becomes of each */
void bequest_tell(struct world *world,
	void (*fn)(void *data, enum bequest_fate fate, enum thing_kind kind, const char *name),
	void *data);

/**
 * bequest_open() - check the form of it
 * @fd: the bequest's, closed where this fails
 */
int bequest_open(int fd, struct bequest *ret_bequest, struct error **err);
void bequest_close(struct bequest *bequest);

/** bequest_check() - could all states be loaded by a world of these classes */
int bequest_check(const struct bequest *bequest, const struct world *world, struct error **err);

/** bequest_audit() - what was left of the audit. Return: false: there was none */
bool bequest_audit(const struct bequest *bequest, struct auditor_state *ret_state);

/** bequest_next_thing() - walk; false: no more */
bool bequest_next_thing(struct snapshot_groups *left, struct bequest_thing *ret_thing);

/** bequest_inherit() - what is made from now on goes on from it. Return: 0; -ENOMEM */
int bequest_inherit(const struct bequest *bequest, struct world *world);

/**
 * bequest_go_on() - all has been made: what devices were in the middle of, and viewers; the rest is
 * closed
 */
void bequest_go_on(const struct bequest *bequest, struct world *world);

#endif
