/* SPDX-License-Identifier: MIT */
/*
 *	idle
 *	asking	the program that is to take over, a child, looks at all but what is bulk
 *	preparing
 *		it has said yes. What shows each screen to the next program is made, one by one
 *	packing	histories that rest are compressed, so that there is little to save. Then screens
 *		that were used meanwhile are prepared again
 *	going	who asked has been told. Who comes from now on waits for the next program: this one
 *		could not hand over a session of QMP, say. In one dispatch: files are written, all
 *		is saved, the child looks at that too, who cannot be handed over is sent away, and
 *		the program is executed
 *
 * Consoles go on until it is going. Whatever fails on the way is told to who asked, or in the log,
 * and all goes on as before.
 */
/* syscalls: access faccessat fcntl */
/* for an upgrade: execve */
#include "prog/upgrade.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "chardev/preparation.h"
#include "control/bequest.h"
#include "control/monitors.h"
#include "control/upgrade.h"
#include "control/world.h"
#include "io/store.h"
#include "prog/examiner.h"
#include "prog/leaving.h"
#include "prog/notify.h"
#include "prog/pidfile.h"
#include "prog/setup.h"
#include "prog/takeover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum stage { IDLE, ASKING, PREPARING, PACKING, GOING };

/**
 * struct upgrade
 * @listener: who waits for it; NULL: nobody
 * @told_ms:  until when who asked has to have taken the answer, by the loop's clock
 * @losses:   guests that would lose their device; the first one's name in @lost
 */
struct upgrade {
	struct loop *loop;
	struct world *world;
	const struct setup *setup;
	const struct notify *notify;
	const struct pidfile *pidfile;
	struct upgrader upgrader;
	enum stage stage;
	bool dry_run;
	const struct upgrade_listener *listener;
	struct examiner *examiner;
	struct chardev_preparation *preparation;
	struct timer *timer;
	uint64_t told_ms;
	unsigned losses;
	char *lost;
};

/* ---- the end of an attempt ---- */

static void rest(struct upgrade *upgrade)
{
	store_pack_now(upgrade->loop, NULL, NULL);
	timer_stop(upgrade->timer);
	loop_hold_arrivals(upgrade->loop, false);
	examiner_free(TAKE_PTR(upgrade->examiner));
	chardev_preparation_free(TAKE_PTR(upgrade->preparation));
	free(TAKE_PTR(upgrade->lost));
	upgrade->losses = 0;
	upgrade->stage = IDLE;
}

static void tell_end(struct upgrade *upgrade, struct error *err)
{
	const struct upgrade_listener *listener = TAKE_PTR(upgrade->listener);

	if (err)
		log_error("no upgrade, all goes on as before: %s", error_message(err));
	if (err && !upgrade->dry_run)
		upgrade_tell_failed(upgrade->world, err);
	if (listener)
		listener->on_end(listener->data, err);
	else
		error_free(err);
}

static void give_up(struct upgrade *upgrade, struct error *err)
{
	rest(upgrade);
	tell_end(upgrade, err);
}

/* ---- what is left ---- */

static void tell_fate(void *data, enum bequest_fate fate, enum thing_kind kind, const char *name)
{
	static const enum upgrade_fate fates[] = { [BEQUEST_GOES_ON] = UPGRADE_GOES_ON,
		[BEQUEST_MADE_ANEW] = UPGRADE_MADE_ANEW,
		[BEQUEST_LOST] = UPGRADE_LOST };
	struct upgrade *upgrade = data;
	const struct upgrade_listener *listener = upgrade->listener;

	if (fate == BEQUEST_LOST && !upgrade->losses++)
		upgrade->lost = strdup(name);
	if (listener)
		listener->on_step(listener->data, fates[fate], thing_kind_name(kind), name, NULL);
}

static void tell_left_out(void *data, struct chardev *chardev, const char *name, const char *why)
{
	const struct upgrade *upgrade = data;
	const struct upgrade_listener *listener = upgrade->listener;

	(void)chardev;
	if (listener)
		listener->on_step(listener->data, UPGRADE_CLOSED, "connection", name, why);
}

static int save(struct upgrade *upgrade, struct chardev_bequest *bequest, struct error **err)
{
	int r = forgone_save(
		upgrade->setup, upgrade->loop, upgrade->pidfile->fd, &bequest->writer, err);

	return r < 0 ? r : bequest_save(upgrade->world, bequest, err);
}

static int save_trial(
	struct upgrade *upgrade, struct chardev_bequest *ret_bequest, struct error **err)
{
	int r;

	*ret_bequest = (struct chardev_bequest){ .on_left_out = tell_left_out, .data = upgrade };
	r = snapshot_begin(&ret_bequest->writer, true, err);
	return r < 0 ? r : save(upgrade, ret_bequest, err);
}

/* ---- going ---- */

/* Does not return, unless it fails. */
static int execute(struct upgrade *upgrade, struct leaving *leaving, struct error **err)
{
	const char *program = upgrade->setup->program;
	const struct snapshot_writer *writer = &leaving->bequest.writer;
	int fd = writer->fd, r = snapshot_leave_fds(writer, true);

	if (r == 0)
		r = takeover_set_env(fd);
	if (r == 0)
		r = notify_set_env(upgrade->notify);
	if (r == 0)
		r = activation_set_env(&upgrade->setup->activation);
	if (r == 0 && fcntl(fd, F_SETFD, 0) < 0)
		r = -errno;
	if (r == 0) {
		leaving_part(leaving, "the console's server is being upgraded: come again");
		fflush(NULL);
		execv(program, upgrade->setup->argv);
		r = -errno;
	}
	takeover_unset_env();
	notify_unset_env(upgrade->notify);
	activation_unset_env(&upgrade->setup->activation);
	snapshot_leave_fds(writer, false);
	return error_set(err, -r, "'%s' cannot be executed: %s", program, strerror(-r));
}

static void go(struct upgrade *upgrade)
{
	struct error *err = NULL;
	struct leaving leaving;
	int r = leaving_begin(&leaving, upgrade->world, false, &err);

	if (r == 0)
		r = save(upgrade, &leaving.bequest, &err);
	if (r == 0)
		r = examiner_ask_now(upgrade->examiner, leaving.bequest.writer.fd, &err);
	examiner_free(TAKE_PTR(upgrade->examiner));
	if (r == 0)
		execute(upgrade, &leaving, &err);
	leaving_done(&leaving);
	give_up(upgrade, err);
}

/* ---- preparing ---- */

static void leave(void *data)
{
	struct upgrade *upgrade = data;

	upgrade->stage = GOING;
	loop_hold_arrivals(upgrade->loop, true);
	tell_end(upgrade, NULL);
	upgrade->told_ms = loop_now_ms(upgrade->loop) + UPGRADE_TOLD_MS;
	timer_start(upgrade->timer, 0);
}

/* What was used meanwhile is prepared anew: that is little, and the last that is done before. */
static void on_packed(void *data)
{
	struct upgrade *upgrade = data;

	timer_stop(upgrade->timer);
	store_pack_now(upgrade->loop, NULL, NULL);
	upgrade->stage = PREPARING;
	if (upgrade->preparation)
		chardev_preparation_run(upgrade->preparation, UPGRADE_PREPARE_MS, leave, upgrade);
	else
		leave(upgrade);
}

static void on_prepared(void *data)
{
	struct upgrade *upgrade = data;

	upgrade->stage = PACKING;
	if (store_pack_now(upgrade->loop, on_packed, upgrade))
		timer_start(upgrade->timer, UPGRADE_PACK_MS);
	else
		on_packed(upgrade);
}

/* Where there is no memory for it all is done while consoles wait. */
static void prepare(struct upgrade *upgrade)
{
	upgrade->stage = PREPARING;
	upgrade->preparation =
		chardev_preparation_new(upgrade->loop, world_chardevs(upgrade->world));
	if (upgrade->preparation)
		chardev_preparation_run(
			upgrade->preparation, UPGRADE_PREPARE_MS, on_prepared, upgrade);
	else
		on_prepared(upgrade);
}

/* The answer of thousands of consoles is long. */
static bool is_told(const struct upgrade *upgrade)
{
	return !monitors_owe(world_monitors(upgrade->world)) ||
	       loop_now_ms(upgrade->loop) >= upgrade->told_ms;
}

static void on_timer(void *data)
{
	struct upgrade *upgrade = data;

	if (upgrade->stage == PACKING)
		on_packed(upgrade);
	else if (is_told(upgrade))
		go(upgrade);
	else
		timer_start(upgrade->timer, 1);
}

/* ---- asking ---- */

static void on_answer(void *data, struct error *err)
{
	struct upgrade *upgrade = data;

	if (err) {
		give_up(upgrade, err);
		return;
	}
	if (upgrade->dry_run) {
		give_up(upgrade, NULL);
		return;
	}
	prepare(upgrade);
}

static int check_losses(const struct upgrade *upgrade, bool force, struct error **err)
{
	if (!upgrade->losses || force || upgrade->dry_run)
		return 0;
	error_set(err, EBUSY, "a guest would lose its device '%s'%s",
		upgrade->lost ? upgrade->lost : "", upgrade->losses > 1 ? ", others too" : "");
	error_set_hint(err, "With 'force' it does, and has to be started again.");
	return -EBUSY;
}

/* To execute a program may have been given up for good. */
static int check_rights(const struct setup *setup, struct error **err)
{
	if (sandboxing_upgrades(&setup->sandbox))
		return 0;
	error_set(err, ENOTSUP, "an upgrade is not possible with -sandbox upgrade=deny");
	error_set_hint(err, "Start the program again instead.");
	return -ENOTSUP;
}

static int ask(struct upgrade *upgrade, bool force, struct error **err)
{
	const struct setup *setup = upgrade->setup;
	struct chardev_bequest bequest = { .writer.fd = -1 };
	int r;

	bequest_tell(upgrade->world, tell_fate, upgrade);
	r = check_losses(upgrade, force, err);
	if (r == 0)
		r = save_trial(upgrade, &bequest, err);
	if (r == 0)
		r = examiner_new(upgrade->loop, setup->program, setup->argv, on_answer, upgrade,
			&upgrade->examiner, err);
	if (r == -ENOENT && setup->privileges.chroot)
		error_set_hint(err,
			"It has to be there in the root '%s', with what it is linked with.",
			setup->privileges.chroot);
	if (r == 0)
		r = examiner_ask(upgrade->examiner, bequest.writer.fd, err);
	snapshot_done(&bequest.writer);
	return r;
}

static int start(struct upgrade *upgrade, bool dry_run, bool force,
	const struct upgrade_listener *listener, struct error **err)
{
	int r;

	if (upgrade->stage != IDLE)
		return error_set(err, EBUSY, "an upgrade is under way");
	r = check_rights(upgrade->setup, err);
	if (r < 0)
		return r;
	if (!upgrade->setup->program)
		return error_set(
			err, ENOENT, "'%s' is not found any more", upgrade->setup->argv[0]);
	upgrade->stage = ASKING;
	upgrade->dry_run = dry_run;
	upgrade->listener = listener;
	r = ask(upgrade, force, err);
	if (r < 0) {
		upgrade->listener = NULL;
		rest(upgrade);
	}
	return r;
}

static int start_listened(void *data, bool dry_run, bool force,
	const struct upgrade_listener *listener, struct error **err)
{
	return start(data, dry_run, force, listener, err);
}

static void forget(void *data, const struct upgrade_listener *listener)
{
	struct upgrade *upgrade = data;

	if (upgrade->listener == listener)
		upgrade->listener = NULL;
}

static const struct upgrader_ops upgrader_ops = { .start = start_listened, .forget = forget };

void upgrade_begin(struct upgrade *upgrade)
{
	struct error *err = NULL;

	if (start(upgrade, false, false, NULL, &err) < 0)
		tell_end(upgrade, err);
}

/* ---- life ---- */

/* A link to it is followed when it is executed: it may lead to another version by then. */
static char *absolute(const char *path)
{
	AUTO_FREE char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	char *all;

	if (*path == '/')
		return strdup(path);
	return here && asprintf(&all, "%s/%s", here, path) >= 0 ? all : NULL;
}

char *upgrade_find_program(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	if (strchr(name, '/'))
		return absolute(name);
	while (path && *path) {
		int len = (int)strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", len, len ? path : ".", name);
		if (access(file, X_OK) == 0)
			return absolute(file);
		path += len + (path[len] == ':');
	}
	return NULL;
}

int upgrade_new(struct loop *loop, struct world *world, const struct setup *setup,
	const struct notify *notify, const struct pidfile *pidfile, struct upgrade **ret_upgrade)
{
	struct upgrade *upgrade = calloc(1, sizeof(*upgrade));

	if (!upgrade)
		return -ENOMEM;
	*upgrade = (struct upgrade){ .loop = loop,
		.world = world,
		.setup = setup,
		.notify = notify,
		.pidfile = pidfile,
		.upgrader = { &upgrader_ops, upgrade },
		.timer = timer_new(loop, on_timer, upgrade) };
	if (!upgrade->timer) {
		free(upgrade);
		return -ENOMEM;
	}
	world_set_upgrader(world, &upgrade->upgrader);
	*ret_upgrade = upgrade;
	return 0;
}

void upgrade_free(struct upgrade *upgrade)
{
	if (!upgrade)
		return;
	world_set_upgrader(upgrade->world, NULL);
	rest(upgrade);
	timer_free(upgrade->timer);
	free(upgrade);
}
