/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_FDSET_H
#define CONTROL_FDSET_H

#include "opts/opts.h"

/**
 * struct fdsets - descriptors that were open when the program started, in numbered sets
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

/** fdsets_done() - forget them; what was taken over stays open, it has users */
void fdsets_done(struct fdsets *fdsets);

#endif
