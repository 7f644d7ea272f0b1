/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_GUESTS_H
#define CONTROL_GUESTS_H

#include "base/names.h"

struct chardev;
struct frontend;
struct world;

/** struct guests - whose console each hub is, for who asks that of all; all zero: of none */
struct guests {
	struct names hubs;
	struct guest *all;
};

/** guests_look() - see whose they are now, in a zeroed one. Return: 0, -ENOMEM */
int guests_look(const struct world *world, struct guests *guests);

/** guests_find() - the frontend that shows it to a guest, the oldest of several, or NULL */
const struct frontend *guests_find(const struct guests *guests, const struct chardev *hub);

/** guests_done() - also of a zeroed one */
void guests_done(struct guests *guests);
#define AUTO_GUESTS __attribute__((cleanup(guests_done)))

#endif
