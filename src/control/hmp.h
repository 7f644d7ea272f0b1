/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_HMP_H
#define CONTROL_HMP_H

#include <charhub/error.h>

struct chardev;
struct world;

/** struct hmp - a monitor on a chardev that a person speaks to */
struct hmp;

enum {
	/* What may wait for a terminal that does not read; then no key is taken. */
	HMP_OUT_MAX = 256 * 1024,
};

/**
 * hmp_new() - become the holder of a chardev
 *
 * Each client of a server that takes several has a session of its own; else there is one, which
 * begins anew whenever the chardev is opened. On a mux it is silent while it has not the focus.
 *
 * Return: 0; -EBUSY: the chardev is in use; -ENOMEM and the like.
 */
int hmp_new(struct world *world, struct chardev *chardev, struct hmp **ret_hmp, struct error **err);

/** hmp_free() - end all sessions; NULL is fine */
void hmp_free(struct hmp *hmp);

#endif
