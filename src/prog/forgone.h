/* SPDX-License-Identifier: MIT */
#ifndef PROG_FORGONE_H
#define PROG_FORGONE_H

#include "base/error.h"
#include "prog/places.h"

#include <stdbool.h>

struct loop;
struct setup;
struct snapshot_writer;

/**
 * struct forgone - what a process gave up for good, as it tells the program that takes over in it
 * (doc/upgrade.md): that one need not give it up again, and cannot get it back
 * @user, @chroot: as `-run-with` had them; NULL: none. Owned, as all texts are
 * @uid, @gid: who the process is
 * @sandbox: the options of `-sandbox`; NULL: none
 * @syscalls: that it allows, see sandbox_syscalls()
 * @places:  where files may be, see places_real(); none: anywhere
 * @spawner, @spawner_pid: see spawner_save()
 * @pidfile: its descriptor; -1: none
 * @opens:   that of watches of terminals, see open_watch_fd(); -1: none. Both are of files that
 *           this process may not open any more
 * @any:     was something left; false: descriptors say nothing
 */
struct forgone {
	char *user, *chroot, *sandbox, *syscalls;
	struct path_list places;
	unsigned uid, gid, spawner_pid;
	int spawner, pidfile, opens;
	bool any;
};

/**
 * forgone_save() - put what was given up of what @setup says; no-op: nothing was
 * @pidfile: -1: there is none
 *
 * Return: 0; -ENOMEM with @err.
 */
int forgone_save(const struct setup *setup, struct loop *loop, int pidfile,
	struct snapshot_writer *to, struct error **err);

/** forgone_read() - the setup's, of what was left to it. Return: 0; -errno with @err */
int forgone_read(struct setup *setup, struct error **err);

/**
 * forgone_check() - does the setup want to give up what it finds given up, and nothing else
 * @named: where its configuration has files
 *
 * Return: 0; -EPERM: it would need something back; -EINVAL: it cannot give up what it wants to;
 * with @err.
 */
int forgone_check(const struct setup *setup, const struct places *named, struct error **err);

/** forgone_has_privileges() - were privileges dropped */
bool forgone_has_privileges(const struct forgone *forgone);

/** forgone_done() - also of a zeroed one; descriptors stay open */
void forgone_done(struct forgone *forgone);

#endif
