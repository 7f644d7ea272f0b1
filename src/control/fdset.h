/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_FDSET_H
#define CONTROL_FDSET_H

#include "opts/opts.h"

/**
 * struct fdsets - descriptors that were passed to the program, in numbered sets
 *
 * A manager opens a log itself, passes the descriptor with `-add-fd fd=N,set=M` and names it
 * "/dev/fdset/M" where a path is wanted.
 */
struct fdsets {
	struct passed_fd *items;
	size_t len;
};

/** fdset_options - what `-add-fd` takes */
extern const struct opt_desc fdset_options[];

/**
 * fdsets_add() - take a descriptor over; children do not inherit it from now on
 * @opts: as parsed; borrowed
 *
 * Return: 0; -EINVAL: a number is missing or no descriptor of ours; -ENOMEM.
 */
int fdsets_add(struct fdsets *fdsets, struct opts *opts, struct error **err);

/**
 * fdsets_resolve() - let the paths of a chardev name descriptors
 * @opts: checked; "/dev/fdset/M" becomes "/dev/fd/N" in it, where N can be written to, or, of
 *        an input, read from
 *
 * Return: 0; -EINVAL: no number; -ENOENT: no such set, or nothing in it that fits; -ENOMEM.
 */
int fdsets_resolve(const struct fdsets *fdsets, struct opts *opts, struct error **err);

enum { FDSET_NEW = -1, FDSET_ALL = -1, FDSETS_MAX = 1024 };

/**
 * fdsets_put() - take over a descriptor that a session was handed
 * @set:    number of the set that it joins; FDSET_NEW: the lowest that there is not
 * @opaque: a note of the manager's; NULL: none; copied
 *
 * Return: 0 with *@ret_set; -ENOSPC: there are FDSETS_MAX; -ENOMEM.
 */
int fdsets_put(struct fdsets *fdsets, int64_t set, int fd, const char *opaque, int64_t *ret_set);

/** fdsets_remove() - close one of a set; FDSET_ALL: every one. Return: 0; -ENOENT */
int fdsets_remove(struct fdsets *fdsets, int64_t set, int fd);

/**
 * fdsets_next() - walk the descriptors, sorted by set
 * @index: from 0
 *
 * Return: the descriptor; -ENOENT: there are no more.
 */
int fdsets_next(
	const struct fdsets *fdsets, size_t index, int64_t *ret_set, const char **ret_opaque);

/** fdsets_done() - forget them; what was there from the start stays open, it has users */
void fdsets_done(struct fdsets *fdsets);

#endif
