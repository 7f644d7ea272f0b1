/* SPDX-License-Identifier: MIT */
#ifndef PROG_FDSTORE_H
#define PROG_FDSTORE_H

#include "base/error.h"

#include <stdbool.h>

struct notify;
struct setup;
struct world;

/*
 * A service that is stopped to be started again goes on as in an upgrade, though by another
 * process: in between the service manager keeps what there is [systemd.service(5)
 * FileDescriptorStoreMax=]. It is one descriptor, a parcel of the snapshot and all that this refers
 * to, so it is there as a whole or not at all.
 */

/** fdstore_is_there() - would the manager keep it */
bool fdstore_is_there(const struct notify *notify);

/**
 * fdstore_leave() - leave all that there is to the next process, and say goodbye to who cannot be
 *
 * The process is to end then, and to take nothing away.
 *
 * Return: 0; -errno with @err: nothing is left, and all goes on as before.
 */
int fdstore_leave(struct world *world, const struct notify *notify, struct error **err);

/**
 * fdstore_take() - let what another process has left be what is wanted, if it has and that can be;
 * if it cannot be the log says why
 * @setup: as options and files say; as it was unless something is taken over
 */
void fdstore_take(struct setup *setup, const struct notify *notify);

#endif
