/* SPDX-License-Identifier: MIT */
/* syscalls: getegid geteuid */
#include "prog/forgone.h"

#include "control/bequest.h"
#include "io/open-watch.h"
#include "prog/setup.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define FIELD(...) SNAPSHOT_FIELD(struct forgone, __VA_ARGS__)

static const struct snapshot_field forgone_fields[] = {
	FIELD(user, 1, SNAPSHOT_STRING),
	FIELD(chroot, 2, SNAPSHOT_STRING),
	FIELD(uid, 3, SNAPSHOT_U32),
	FIELD(gid, 4, SNAPSHOT_U32),
	FIELD(pidfile, 5, SNAPSHOT_FILE),
	FIELD(opens, 6, SNAPSHOT_FILE),
	{ 0 },
};

bool forgone_has_privileges(const struct forgone *forgone)
{
	return forgone->any && (forgone->user || forgone->chroot);
}

void forgone_save(
	const struct setup *setup, struct loop *loop, int pidfile, struct snapshot_writer *to)
{
	const struct privileges *privileges = &setup->privileges;
	const struct forgone forgone = { .user = privileges->user,
		.chroot = privileges->chroot,
		.uid = geteuid(),
		.gid = getegid(),
		.pidfile = pidfile,
		.opens = open_watch_fd(loop) };

	if (forgone.user || forgone.chroot)
		snapshot_put_group(to, BEQUEST_TAG_FORGONE, forgone_fields, &forgone);
}

int forgone_read(struct setup *setup, struct error **err)
{
	struct snapshot_groups groups = setup->bequest.forgone;
	struct snapshot_part part;
	int r = 0;

	setup->forgone = (struct forgone){ .pidfile = -1, .opens = -1 };
	if (!snapshot_next_group(&groups, &part))
		return 0;
	r = snapshot_get(&part, forgone_fields, &setup->forgone, err);
	setup->forgone.any = r == 0;
	return r;
}

/* ---- is it the same ---- */

static int compare(const char *option, const char *then, const char *now, struct error **err)
{
	if (then && now ? !strcmp(then, now) : then == now)
		return 0;
	return error_set(err, EPERM,
		"-run-with: %s is '%s' for good in this process, and cannot become '%s'", option,
		then ? then : "", now ? now : "");
}

/* The account may be another one by now. In another root nobody may know of it. */
static int compare_numbers(
	const struct privileges *now, const struct forgone *then, struct error **err)
{
	if (!now->user || !privileges_know_user(now) ||
		(now->uid == then->uid && now->gid == then->gid))
		return 0;
	return error_set(err, EPERM,
		"-run-with: user '%s' is %u:%u for good in this process, and cannot become %u:%u",
		now->user, then->uid, then->gid, (unsigned)now->uid, (unsigned)now->gid);
}

int forgone_check(const struct setup *setup, struct error **err)
{
	const struct privileges *now = &setup->privileges;
	const struct forgone *then = &setup->forgone;
	int r;

	if (!forgone_has_privileges(then))
		return privileges_check(now, err);
	r = compare("user", then->user, now->user, err);
	if (r == 0)
		r = compare("chroot", then->chroot, now->chroot, err);
	return r < 0 ? r : compare_numbers(now, then, err);
}
