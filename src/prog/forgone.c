/* SPDX-License-Identifier: MIT */
/* syscalls: getegid geteuid */
#include "prog/forgone.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "control/bequest.h"
#include "io/open-watch.h"
#include "io/spawner.h"
#include "prog/setup.h"
#include "sandbox/sandbox.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

/* struct state - as it is written; see struct forgone */
struct state {
	const char *user, *chroot, *sandbox, *syscalls;
	unsigned uid, gid, spawner_pid;
	int spawner, pidfile, opens;
	struct snapshot_groups places;
};

struct place {
	const char *path;
};

enum { TAG_PLACE = 11 };

#define FIELD(...) SNAPSHOT_FIELD(struct state, __VA_ARGS__)

static const struct snapshot_field place_fields[] = {
	SNAPSHOT_FIELD(struct place, path, 1, SNAPSHOT_STRING, .needed = true),
	{ 0 },
};

static const struct snapshot_field state_fields[] = {
	FIELD(user, 1, SNAPSHOT_STRING),
	FIELD(chroot, 2, SNAPSHOT_STRING),
	FIELD(uid, 3, SNAPSHOT_U32),
	FIELD(gid, 4, SNAPSHOT_U32),
	FIELD(pidfile, 5, SNAPSHOT_FILE),
	FIELD(opens, 6, SNAPSHOT_FILE),
	FIELD(sandbox, 7, SNAPSHOT_STRING),
	FIELD(syscalls, 8, SNAPSHOT_STRING),
	FIELD(spawner, 9, SNAPSHOT_FILE),
	FIELD(spawner_pid, 10, SNAPSHOT_U32, .max = INT32_MAX),
	FIELD(places, TAG_PLACE, SNAPSHOT_EACH, .of = place_fields, .size = sizeof(struct place)),
	{ 0 },
};

bool forgone_has_privileges(const struct forgone *forgone)
{
	return forgone->user || forgone->chroot;
}

void forgone_done(struct forgone *forgone)
{
	free(forgone->user);
	free(forgone->chroot);
	free(forgone->sandbox);
	free(forgone->syscalls);
	path_list_done(&forgone->places);
	*forgone = (struct forgone){ 0 };
}

/* ---- leaving it ---- */

int forgone_save(const struct setup *setup, struct loop *loop, int pidfile,
	struct snapshot_writer *to, struct error **err)
{
	const struct privileges *privileges = &setup->privileges;
	const struct path_list *places = &setup->forgone.places;
	AUTO_FREE char *sandbox = NULL;
	struct state state = { .user = privileges->user,
		.chroot = privileges->chroot,
		.syscalls = setup->forgone.syscalls,
		.uid = geteuid(),
		.gid = getegid(),
		.pidfile = pidfile,
		.opens = open_watch_fd(loop) };

	if (sandboxing_is_on(&setup->sandbox)) {
		state.sandbox = sandbox = sandboxing_text(&setup->sandbox);
		if (!sandbox)
			return error_set(err, ENOMEM, "out of memory");
	}
	if (!state.user && !state.chroot && !state.sandbox)
		return 0;
	spawner_save(spawner_of(loop), &state.spawner, &state.spawner_pid);
	snapshot_begin_group(to, BEQUEST_TAG_FORGONE, false);
	snapshot_put(to, state_fields, &state);
	for (size_t i = 0; i < places->len; i++)
		snapshot_put_group(
			to, TAG_PLACE, place_fields, &(struct place){ places->items[i] });
	snapshot_end_group(to);
	return 0;
}

/* ---- finding it ---- */

/* Return: false: no memory. */
static bool own(struct forgone *forgone, const struct state *state)
{
	struct snapshot_groups places = state->places;
	struct snapshot_part part;
	struct place place;

	*forgone = (struct forgone){ .uid = state->uid,
		.gid = state->gid,
		.spawner = state->spawner,
		.spawner_pid = state->spawner_pid,
		.pidfile = state->pidfile,
		.opens = state->opens,
		.any = true };
	while (snapshot_next_group(&places, &part))
		if (snapshot_get(&part, place_fields, &place, NULL) == 0)
			path_list_add(&forgone->places, place.path);
	return copy_text(state->user, &forgone->user) == 0 &&
	       copy_text(state->chroot, &forgone->chroot) == 0 &&
	       copy_text(state->sandbox, &forgone->sandbox) == 0 &&
	       copy_text(state->syscalls, &forgone->syscalls) == 0 && !forgone->places.failed;
}

int forgone_read(struct setup *setup, struct error **err)
{
	struct snapshot_groups groups = setup->bequest.forgone;
	struct snapshot_part part;
	struct state state;
	int r;

	forgone_done(&setup->forgone);
	if (!snapshot_next_group(&groups, &part))
		return 0;
	r = snapshot_check(&part, state_fields, sizeof(state), err);
	if (r == 0)
		r = snapshot_get(&part, state_fields, &state, err);
	if (r == 0 && !own(&setup->forgone, &state))
		r = error_set(err, ENOMEM, "out of memory");
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

static int check_privileges(
	const struct privileges *now, const struct forgone *then, struct error **err)
{
	int r;

	if (!forgone_has_privileges(then))
		return privileges_check(now, err);
	r = compare("user", then->user, now->user, err);
	if (r == 0)
		r = compare("chroot", then->chroot, now->chroot, err);
	return r < 0 ? r : compare_numbers(now, then, err);
}

static int check_sandbox(const struct setup *setup, const struct places *named, struct error **err)
{
	const struct forgone *then = &setup->forgone;
	int r;

	if (!then->sandbox)
		return 0;
	r = sandboxing_compare(&setup->sandbox, then->sandbox, err);
	if (r == 0)
		r = sandbox_check_syscalls(then->syscalls ? then->syscalls : "", err);
	if (r == 0 && then->places.len)
		r = places_check(named, &then->places, err);
	return r;
}

int forgone_check(const struct setup *setup, const struct places *named, struct error **err)
{
	int r = check_privileges(&setup->privileges, &setup->forgone, err);

	return r < 0 ? r : check_sandbox(setup, named, err);
}
