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
#include "control/monitors.h"
#include "control/world.h"
#include "lib/classes.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "prog/messages.h"
#include "prog/notify.h"
#include "prog/pidfile.h"
#include "prog/process.h"
#include "prog/serials.h"
#include "prog/setup.h"
#include "prog/signals.h"

#include <errno.h>
#include <string.h>

struct daemon {
	const struct setup *setup;
	struct loop *loop;
	struct world *world;
	struct monitors *monitors;
	struct signal_watch *signals;
	struct messages *messages;
	struct pidfile pidfile;
};

static void on_signal(void *data, enum signal_wish wish, int number, int pid)
{
	struct daemon *daemon = data;

	if (wish == SIGNAL_END) {
		log_info("terminating on signal %d from pid %d", number, pid);
		world_quit(daemon->world, "host-signal");
		return;
	}
	messages_reopen(daemon->messages);
	world_reload(daemon->world);
}

/* ---- making ---- */

static int check_terminal(const struct setup *setup, const struct opts *opts, struct error **err)
{
	const char *backend = opts_text(opts, "backend");

	if (setup->daemonize && backend && !strcmp(backend, "stdio"))
		return error_set(err, EINVAL, "cannot use stdio with -daemonize");
	return 0;
}

static int make_object(struct daemon *daemon, struct opts *opts, struct error **err)
{
	return world_add_object(daemon->world, opts, err);
}

static int make_chardev(struct daemon *daemon, struct opts *opts, struct error **err)
{
	int r = check_terminal(daemon->setup, opts, err);

	return r < 0 ? r : world_add_chardev(daemon->world, opts, NULL, err);
}

static int make_listen(struct daemon *daemon, struct opts *opts, struct error **err)
{
	return world_add_listen(daemon->world, opts, err);
}

static int make_monitor(struct daemon *daemon, struct opts *opts, struct error **err)
{
	return monitors_add(daemon->monitors, opts, err);
}

static int make_device(struct daemon *daemon, struct opts *opts, struct error **err)
{
	return world_add_device(daemon->world, opts, err);
}

static int make_vnc(struct daemon *daemon, struct opts *opts, struct error **err)
{
	return world_add_vnc(daemon->world, opts, err);
}

static int make_all(struct daemon *daemon, const struct request_list *list,
	int (*make)(struct daemon *daemon, struct opts *opts, struct error **err),
	struct error **err)
{
	for (size_t i = 0; i < list->len; i++) {
		int r;

		log_set_place(list->items[i].where);
		r = make(daemon, list->items[i].opts, err);
		if (r < 0)
			return r;
		log_set_place(NULL);
		if (signals_caught())
			return error_set(err, EINTR, "interrupted");
	}
	return 0;
}

static int make_world(struct daemon *daemon, struct setup *setup, struct error **err)
{
	const struct world_config config = {
		.loop = daemon->loop = loop_new(),
		.name = setup->name,
		.escape = setup->escape,
		.fdsets = &setup->fdsets,
		.activation = &setup->activation,
		.chardev_classes = charhub_classes,
		.frontend_classes = frontend_classes,
		.object_classes = object_classes,
	};
	int r;

	if (!config.loop)
		return error_set(err, ENOMEM, "out of memory");
	r = world_new(&config, &daemon->world, err);
	if (r < 0)
		return r;
	daemon->monitors = monitors_new(daemon->world);
	return daemon->monitors ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int start(struct daemon *daemon, struct setup *setup, struct error **err)
{
	int r = setup->pidfile ? pidfile_create(&daemon->pidfile, setup->pidfile, err) : 0;

	if (r < 0) {
		error_prefix(err, "cannot create PID file: ");
		return r;
	}
	r = make_world(daemon, setup, err);
	if (r == 0)
		r = make_all(daemon, &setup->objects, make_object, err);
	if (r == 0)
		r = make_all(daemon, &setup->chardevs, make_chardev, err);
	if (r == 0)
		r = make_all(daemon, &setup->listens, make_listen, err);
	if (r == 0)
		r = make_all(daemon, &setup->monitors, make_monitor, err);
	if (r == 0)
		r = make_all(daemon, &setup->devices, make_device, err);
	if (r == 0)
		r = serials_check(setup, world_chardevs(daemon->world), err);
	if (r == 0)
		r = make_all(daemon, &setup->vncs, make_vnc, err);
	if (r == 0)
		r = signals_watch(daemon->loop, on_signal, daemon, &daemon->signals, err);
	return r;
}

/* ---- running ---- */

static void notify_ready(const struct setup *setup, const struct notify *notify)
{
	AUTO_FREE char *state = NULL;

	if (asprintf(&state, "READY=1\nMAINPID=%d\nSTATUS=serving %s", (int)getpid(),
		    setup->name ? setup->name : "consoles") >= 0)
		notify_send(notify, state);
}

static int serve(
	struct daemon *daemon, const struct notify *notify, int ready_fd, struct error **err)
{
	const char *logfile = daemon->setup->logfile;
	int r = 0;

	if (logfile || ready_fd < 0) /* else they go to /dev/null */
		r = messages_start(daemon->loop, logfile, &daemon->messages, err);
	if (r < 0)
		return r;
	if (ready_fd >= 0)
		process_daemon_ready(ready_fd, logfile != NULL);
	notify_ready(daemon->setup, notify);
	loop_run(daemon->loop);
	notify_send(notify, "STOPPING=1");
	return 0;
}

static void stop(struct daemon *daemon)
{
	signals_watch_free(daemon->signals);
	monitors_free(daemon->monitors);
	world_free(daemon->world);
	messages_stop(daemon->messages);
	loop_free(daemon->loop);
	pidfile_remove(&daemon->pidfile);
}

int daemon_run(struct setup *setup, const struct notify *notify, int ready_fd, struct error **err)
{
	struct daemon daemon = { .setup = setup, .pidfile = { .fd = -1 } };
	struct error *why = NULL;
	int r = start(&daemon, setup, &why);

	if (r == 0)
		r = serve(&daemon, notify, ready_fd, &why);
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
