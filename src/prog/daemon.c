/* SPDX-License-Identifier: MIT */
/*
 * The life of charhubd between its command line and its exit. Everything is made in the order of
 * the text, chardevs before devices, and taken away in the opposite order. Until all is made,
 * messages go to where the program was started and name the option that is at work; -D counts from
 * then on.
 */
#include "prog/daemon.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "config/plan.h"
#include "config/things.h"
#include "io/budget.h"
#include "io/open-watch.h"
#include "io/spawner.h"
#include "io/store.h"
#include "lib/classes.h"
#include "lib/estate.h"
#include "object/pam.h"
#include "opts/opts.h"
#include "prog/again.h"
#include "prog/classes.h"
#include "prog/fdstore.h"
#include "prog/messages.h"
#include "prog/notify.h"
#include "prog/pidfile.h"
#include "prog/process.h"
#include "prog/serials.h"
#include "prog/setup.h"
#include "prog/signals.h"
#include "prog/takeover.h"
#include "prog/upgrade.h"
#include "vnc/vnc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct daemon {
	struct setup *setup;
	struct notify *notify;
	struct loop *loop;
	struct estate estate;
	struct signal_watch *signals;
	struct again *again;
	struct upgrade *upgrade;
	struct messages *messages;
	struct pidfile pidfile;
	bool serves;
};

/* What is left stays as it is, so nothing is taken away, as where another program is executed. */
static _Noreturn void vanish(struct daemon *daemon)
{
	notify_stopping(daemon->notify);
	messages_stop(daemon->messages);
	pidfile_remove(&daemon->pidfile);
	fflush(NULL);
	_exit(0);
}

/* SIGTERM is how a service is stopped, maybe to be started again: nobody says which it is. */
static void end(struct daemon *daemon, int number)
{
	struct error *err = NULL;

	if (number == SIGTERM && fdstore_is_there(daemon->notify)) {
		if (fdstore_leave(daemon->estate.world, daemon->notify, &err) == 0)
			vanish(daemon);
		error_prefix(&err, "nothing goes on when the service is started again: ");
		log_report(LOG_ERROR, err);
	}
	world_quit(daemon->estate.world, "host-signal");
}

static void on_signal(void *data, enum signal_wish wish, int number, int pid)
{
	struct daemon *daemon = data;

	if (wish == SIGNAL_END) {
		log_info("terminating on signal %d from pid %d", number, pid);
		end(daemon, number);
		return;
	}
	if (wish == SIGNAL_UPGRADE) {
		upgrade_begin(daemon->upgrade);
		return;
	}
	messages_reopen(daemon->messages);
	world_reload(daemon->estate.world);
	again_read(daemon->again);
}

static void begin_to_serve(struct daemon *daemon)
{
	const char *name = daemon->setup->name;

	daemon->serves = true;
	notify_serving(daemon->notify, daemon->loop, name ? name : "consoles");
}

static void on_reload(void *data, bool begins)
{
	struct daemon *daemon = data;

	if (!daemon->serves && !begins)
		begin_to_serve(daemon);
	else if (daemon->serves && begins)
		notify_reloading(daemon->notify);
	else if (daemon->serves)
		notify_reloaded(daemon->notify);
}

/* ---- making ---- */

static int check_terminal(const struct setup *setup, const struct opts *opts, struct error **err)
{
	const char *backend = opts_text(opts, "backend");

	if (setup->daemonize && backend && !strcmp(backend, "stdio"))
		return error_set(err, EINVAL, "cannot use stdio with -daemonize");
	return 0;
}

static int make(
	struct daemon *daemon, enum thing_kind kind, struct request *request, struct error **err)
{
	int r = check_terminal(daemon->setup, request->opts, err);

	return r < 0 ? r : thing_make(daemon->estate.world, kind, request, err);
}

/* Who takes over goes on without what can be missed, as does who has found it by itself. */
static void do_without(struct error **err)
{
	log_report(LOG_ERROR, *err);
	*err = NULL;
}

/* Others are there already that go on: it is as if it had gone. */
static void lose(const struct request *request, struct error **err)
{
	log_error("%s could not be made again: %s", request->name,
		err && *err ? error_message(*err) : "out of memory");
	if (err) {
		error_free(*err);
		*err = NULL;
	}
}

static int make_all(
	struct daemon *daemon, struct setup *setup, enum thing_kind kind, struct error **err)
{
	const struct request_list *list = &setup->wanted.lists[kind];

	for (size_t i = 0; i < list->len; i++) {
		int r;

		log_set_place(list->items[i].where);
		r = make(daemon, kind, &list->items[i], err);
		if (r < 0 && setup->takes_over)
			lose(&list->items[i], err);
		else if (r < 0 && list->items[i].group)
			do_without(err);
		else if (r < 0)
			return r;
		log_set_place(NULL);
		if (signals_caught())
			return error_set(err, EINTR, "interrupted");
	}
	return 0;
}

/* Where it is is known to who started the program by hand: as QEMU says it. */
static void announce_pty(const char *id, const char *path)
{
	printf("char device redirected to %s (label %s)\n", path, id);
	fflush(stdout);
}

static int make_estate(struct daemon *daemon, struct setup *setup, struct error **err)
{
	const struct world_config config = {
		.loop = daemon->loop = loop_new(),
		.name = setup->name,
		.escape = setup->escape,
		.on_pty = announce_pty,
		.fdsets = &setup->fdsets,
		.activation = &setup->activation,
		.chardev_classes = charhub_classes,
		.frontend_classes = frontend_classes,
		.object_classes = charhub_objects,
	};

	if (!config.loop)
		return error_set(err, ENOMEM, "out of memory");
	if (sandboxing_is_on(&setup->sandbox))
		pam_forbid();
	return estate_init(&daemon->estate, &config, err);
}

static int inherit_watches(struct daemon *daemon, const struct forgone *forgone)
{
	if (!forgone->any || forgone->opens < 0)
		return 0;
	return open_watch_inherit(daemon->loop, forgone->opens);
}

static int inherit(struct daemon *daemon, struct setup *setup, struct error **err)
{
	const struct bequest *bequest = &setup->bequest;
	int r;

	snapshot_own_fds(&bequest->snapshot.all);
	if (inherit_watches(daemon, &setup->forgone) < 0 ||
		bequest_inherit(bequest, daemon->estate.world) < 0)
		return error_set(err, ENOMEM, "out of memory");
	r = sandboxing_go_on(setup, daemon->loop, err);
	if (r < 0)
		return r;
	if (bequest_audit(bequest, &setup->audit_left))
		world_leave_audit(daemon->estate.world, &setup->audit_left);
	return 0;
}

static int hold_pidfile(struct daemon *daemon, const struct setup *setup, struct error **err)
{
	int r;

	if (!setup->pidfile)
		return 0;
	if (setup->forgone.any && setup->forgone.pidfile >= 0) {
		pidfile_adopt(&daemon->pidfile, setup->pidfile, setup->forgone.pidfile);
		return 0;
	}
	r = pidfile_create(&daemon->pidfile, setup->pidfile, err);
	if (r < 0)
		error_prefix(err, "cannot create PID file: ");
	if (r == 0 || !setup->takes_over)
		return r;
	do_without(err);
	return 0;
}

/* What was read as root is read at each login, by who the process is by then. */
static int look_at_logins(const struct setup *setup, struct error **err)
{
	const struct request_list *list = &setup->wanted.lists[THING_VNC];
	int r = 0;

	for (size_t i = 0; i < list->len && r == 0; i++)
		r = vnc_look(list->items[i].opts, err);
	return r;
}

/* After another root is taken it is from there that a path that does not begin at one begins. */
static int check_paths(const struct setup *setup, struct error **err)
{
	struct places places;
	int r;

	if (!setup->privileges.chroot)
		return 0;
	r = places_read(&places, setup, err);
	if (r < 0)
		return r;
	if (places.relative)
		r = error_set(err, EINVAL,
			"-run-with: with chroot= a path begins with '/': '%s' would not be found "
			"again, to be removed or opened anew",
			places.relative);
	places_done(&places);
	return r;
}

static int drop_privileges(const struct setup *setup, struct error **err)
{
	int r = privileges_drop(&setup->privileges, err);

	if (r < 0 || !setup->privileges.user)
		return r;
	r = look_at_logins(setup, err);
	if (r < 0)
		error_prefix(err, "-run-with: as user '%s': ", setup->privileges.user);
	return r;
}

static int start(struct daemon *daemon, struct setup *setup, struct error **err)
{
	int r = setup->takes_over ? 0 : check_paths(setup, err);

	if (r == 0)
		r = hold_pidfile(daemon, setup, err);
	if (r < 0)
		return r;
	r = make_estate(daemon, setup, err);
	if (r == 0 && setup->takes_over)
		r = inherit(daemon, setup, err);
	if (r == 0 && budget_set(daemon->loop, setup->memory_max) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	if (r == 0)
		r = things_name(daemon->estate.world, &setup->wanted, err);
	for (int kind = 0; kind < THING_KINDS && r == 0; kind++) {
		if (kind == THING_VNC && !setup->takes_over)
			r = serials_check(setup, world_chardevs(daemon->estate.world), err);
		if (r == 0)
			r = make_all(daemon, setup, (enum thing_kind)kind, err);
	}
	if (r == 0 && setup->takes_over) {
		takeover_go_on(setup, daemon->estate.world);
		open_watch_inherited(daemon->loop);
	}
	if (r == 0 && upgrade_new(daemon->loop, daemon->estate.world, setup, daemon->notify,
			      &daemon->pidfile, &daemon->upgrade) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	if (r == 0)
		r = again_new(daemon->loop, daemon->estate.world, setup, on_reload, daemon,
			&daemon->again, err);
	if (r == 0)
		r = signals_watch(daemon->loop, on_signal, daemon, &daemon->signals, err);
	return r;
}

/* ---- running ---- */

/* What was made of them is in the world's inventory: they would be kept for nobody. */
static void forget_wishes(struct setup *setup)
{
	wanted_done(&setup->wanted);
	store_give_back_freed();
}

static int serve(struct daemon *daemon, int ready_fd, struct error **err)
{
	const char *logfile = daemon->setup->logfile;
	int r = 0;

	if (logfile || ready_fd < 0) /* else they go to /dev/null */
		r = messages_start(daemon->loop, logfile, &daemon->messages, err);
	if (r < 0 && daemon->setup->takes_over) {
		do_without(err);
		r = messages_start(daemon->loop, NULL, &daemon->messages, err);
	}
	if (r < 0)
		return r;
	if (ready_fd >= 0)
		process_daemon_ready(ready_fd, logfile != NULL);
	if (!forgone_has_privileges(&daemon->setup->forgone))
		r = drop_privileges(daemon->setup, err);
	if (r == 0 && !daemon->setup->forgone.sandbox)
		r = sandboxing_enter(daemon->setup, daemon->loop, err);
	if (r < 0)
		return r;
	forget_wishes(daemon->setup);
	if (daemon->setup->was_stored)
		again_read(daemon->again); /* it is ready once all is as the files say now */
	else
		begin_to_serve(daemon);
	loop_run(daemon->loop);
	notify_stopping(daemon->notify);
	return 0;
}

static void stop(struct daemon *daemon)
{
	signals_watch_free(daemon->signals);
	again_free(daemon->again);
	upgrade_free(daemon->upgrade);
	estate_done(&daemon->estate);
	if (daemon->loop)
		spawner_stop(daemon->loop);
	messages_stop(daemon->messages);
	loop_free(daemon->loop);
	pidfile_remove(&daemon->pidfile);
}

static int check_plan(struct world *world, struct setup *setup, struct error **err)
{
	struct plan plan = { 0 };
	int r = config_plan_init(&plan, world, &setup->wanted, NULL);

	if (r < 0)
		error_set(err, ENOMEM, "out of memory");
	else
		do
			r = config_plan_check_step(&plan, err);
		while (r == PLAN_MORE);
	config_plan_done(&plan);
	return r;
}

/* They are made anew, of files that this program may not be able to read. */
static int check_objects(struct world *world, struct setup *setup, struct error **err)
{
	const struct request_list *list = &setup->wanted.lists[THING_OBJECT];
	int r = 0;

	for (size_t i = 0; i < list->len && r == 0; i++) {
		r = thing_make(world, THING_OBJECT, &list->items[i], err);
		if (r < 0)
			error_prefix(err, "object '%s': ", list->items[i].name);
	}
	return r;
}

/* What options name may have gone since: a hub goes on with the members that it has. */
static int check_bequest(struct world *world, struct setup *setup, struct error **err)
{
	int r = forgone_check(setup, &setup->places, err);

	if (r == 0)
		r = things_name(world, &setup->wanted, err);
	if (r == 0)
		r = bequest_check(&setup->bequest, world, err);
	if (r == 0)
		r = check_objects(world, setup, err);
	return r < 0 ? r : look_at_logins(setup, err);
}

int daemon_check(struct setup *setup, struct error **err)
{
	struct daemon daemon = { .setup = setup, .pidfile = { .fd = -1 } };
	int r = make_estate(&daemon, setup, err);

	if (r == 0)
		r = setup->takes_over ? check_bequest(daemon.estate.world, setup, err)
				      : check_plan(daemon.estate.world, setup, err);
	stop(&daemon);
	return r;
}

int daemon_run(struct setup *setup, struct notify *notify, int ready_fd, struct error **err)
{
	struct daemon daemon = { .setup = setup, .notify = notify, .pidfile = { .fd = -1 } };
	struct error *why = NULL;
	int r = start(&daemon, setup, &why);

	if (r == 0)
		r = serve(&daemon, ready_fd, &why);
	stop(&daemon);
	if (r == -EINTR && signals_caught()) {
		log_set_place(NULL);
		log_info("terminating on signal %d", signals_caught());
		error_free(why);
		return 0;
	}
	if (r < 0 && err)
		*err = why;
	return r;
}
