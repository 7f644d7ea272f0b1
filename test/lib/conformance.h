/* SPDX-License-Identifier: MIT */
#ifndef TEST_LIB_CONFORMANCE_H
#define TEST_LIB_CONFORMANCE_H

#include "lib/env.h"

/*
 * What every class promises its holder (src/chardev/chardev.h), as cases that run against an
 * adapter: a few functions that make a chardev of the class and move its peer.
 */

enum conformance_flags {
	CONFORMS_NO_INPUT = 1,	   /* the peer never sends */
	CONFORMS_NEVER_FULL = 2,   /* it takes everything at once */
	CONFORMS_ALWAYS_OPEN = 4,  /* there is no peer that could go away */
	CONFORMS_HALF_CLOSE = 8,   /* close_input() leaves the other direction alone */
	CONFORMS_NO_RECORD = 16,   /* what was sent out cannot be looked at */
	CONFORMS_DISCONNECTS = 32, /* the holder can send the peer away */
	CONFORMS_FORGETS = 64,	   /* the kernel drops what was not read when the peer goes */
};

struct conformance_peer;

/**
 * struct conformance - an adapter
 * @classes:  for the set; NULL-terminated
 * @make:     make the chardev with its peer present; fills in the descriptors of @peer
 * @send:     write what is to go in, not blocking; as write(2), which it is to to_guest where NULL
 * @take:     read what came out, not blocking; NULL: read(2) from from_guest
 * @close_input: the peer sends no more; only with CONFORMS_HALF_CLOSE
 * @close:    the peer goes away altogether; NULL: close the descriptors
 * @come_back: it comes again after @close; NULL: cannot
 * @done:     free what @make made, the chardev and the descriptors excepted; may be NULL
 */
struct conformance {
	const char *name;
	const struct chardev_class *const *classes;
	unsigned flags;
	struct chardev *(*make)(struct conformance_peer *peer);
	ssize_t (*send)(struct conformance_peer *peer, const void *buf, size_t len);
	ssize_t (*take)(struct conformance_peer *peer, void *buf, size_t len);
	void (*close_input)(struct conformance_peer *peer);
	void (*close)(struct conformance_peer *peer);
	void (*come_back)(struct conformance_peer *peer);
	void (*done)(struct conformance_peer *peer);
};

/**
 * struct conformance_peer - the far end of the chardev under test
 * @to_guest, @from_guest: its descriptors, made non-blocking by the suite; may be the same; -1
 * @data: the adapter's
 */
struct conformance_peer {
	const struct conformance *adapter;
	struct env *env;
	struct chardev *chardev;
	int to_guest, from_guest;
	void *data;
};

/** conformance_run() - all cases that apply; Return: how many failed */
int conformance_run(const struct conformance *adapter);

#endif
