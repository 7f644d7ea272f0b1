/* SPDX-License-Identifier: MIT */
/*
 * The life of charhubd between its command line and its exit. Everything is made in the order of
 * the text, chardevs before devices, and taken away in the opposite order. Until all is made,
 * messages go to where the program was started and name the option that is at work; -D counts from
 * then on.
 */
#include "prog/daemon.h"

#include <charhub/charhub.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "frontend/frontend.h"
#include "object/object.h"
#include "opts/opts.h"
#include "prog/classes.h"
#include "prog/listens.h"
#include "prog/drain.h"
#include "prog/messages.h"
#include "prog/notify.h"
#include "prog/pidfile.h"
#include "prog/people.h"
#include "prog/process.h"
#include "prog/screens.h"
#include "prog/serials.h"
#include "prog/setup.h"
#include "prog/signals.h"

#include <errno.h>
#include <string.h>

struct daemon {
	const struct setup *setup;
	struct loop *loop;
	struct object_set *objects;
	struct screens *screens;
	struct chardev_set *chardevs;
	struct frontend_set *frontends;
	struct listens listens;
	struct signal_watch *signals;
	struct messages *messages;
	struct pidfile pidfile;
};

static void on_signal(void *data, enum signal_wish wish, int number, int pid)
{
	struct daemon *daemon = data;

	if (wish == SIGNAL_END) {
		log_info("terminating on signal %d from pid %d", number, pid);
		loop_stop(daemon->loop);
		return;
	}
	messages_reopen(daemon->messages);
	object_set_reload(daemon->objects);
	chardev_set_reopen_files(daemon->chardevs);
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
	return object_set_add(daemon->objects, opts, err);
}

static int make_chardev(struct daemon *daemon, struct opts *opts, struct error **err)
{
	int r = check_terminal(daemon->setup, opts, err);

	if (r == 0)
		r = fdsets_resolve(&daemon->setup->fdsets, opts, err);
	if (r == 0)
		r = activation_resolve(&daemon->setup->activation, opts, err);
	return r < 0 ? r : chardev_set_add(daemon->chardevs, opts, NULL, err);
}

static int make_listen(struct daemon *daemon, struct opts *opts, struct error **err)
{
	int r = fdsets_resolve(&daemon->setup->fdsets, opts, err);

	if (r == 0)
		r = activation_resolve(&daemon->setup->activation, opts, err);
	return r < 0 ? r : listens_add(&daemon->listens, daemon->loop, daemon->chardevs, opts, err);
}

static int make_device(struct daemon *daemon, struct opts *opts, struct error **err)
{
	return frontend_set_add(daemon->frontends, opts, err);
}

static int make_vnc(struct daemon *daemon, struct opts *opts, struct error **err)
{
	return screens_add_vnc(daemon->screens, opts, err);
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

static int make_core(struct daemon *daemon, struct error **err)
{
	int r;

	daemon->loop = loop_new();
	daemon->objects = object_set_new(object_classes);
	if (!daemon->loop || !daemon->objects)
		return error_set(err, ENOMEM, "out of memory");
	r = screens_new(daemon->loop, daemon->setup->name, daemon->objects, &daemon->screens, err);
	if (r < 0)
		return r;
	daemon->chardevs = chardev_set_new(daemon->loop, charhub_classes);
	if (!daemon->chardevs)
		return error_set(err, ENOMEM, "out of memory");
	chardev_set_objects(daemon->chardevs, daemon->objects);
	chardev_set_show(daemon->chardevs, screens_display(daemon->screens));
	display_set_people(screens_display(daemon->screens), people_at, daemon->chardevs);
	if (daemon->setup->escape)
		chardev_set_escape(daemon->chardevs, daemon->setup->escape);
	daemon->frontends = frontend_set_new(daemon->loop, daemon->chardevs, frontend_classes);
	return daemon->frontends ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int start(struct daemon *daemon, struct error **err)
{
	const struct setup *setup = daemon->setup;
	int r = setup->pidfile ? pidfile_create(&daemon->pidfile, setup->pidfile, err) : 0;

	if (r < 0) {
		error_prefix(err, "cannot create PID file: ");
		return r;
	}
	r = make_core(daemon, err);
	if (r == 0)
		r = make_all(daemon, &setup->objects, make_object, err);
	if (r == 0)
		r = make_all(daemon, &setup->chardevs, make_chardev, err);
	if (r == 0)
		r = make_all(daemon, &setup->listens, make_listen, err);
	if (r == 0)
		r = make_all(daemon, &setup->devices, make_device, err);
	if (r == 0)
		r = serials_check(setup, daemon->chardevs, err);
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
	int r = logfile ? process_open_log(logfile, err) : 0;

	if (r < 0)
		return r;
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
	screens_stop_serving(daemon->screens);
	listens_done(&daemon->listens);
	frontend_set_free(daemon->frontends);
	if (daemon->chardevs)
		drain(daemon->loop, daemon->chardevs);
	chardev_set_free(daemon->chardevs);
	screens_free(daemon->screens);
	object_set_free(daemon->objects);
	messages_stop(daemon->messages);
	loop_free(daemon->loop);
	pidfile_remove(&daemon->pidfile);
}

int daemon_run(struct setup *setup, const struct notify *notify, int ready_fd, struct error **err)
{
	struct daemon daemon = { .setup = setup, .pidfile = { .fd = -1 } };
	struct error *why = NULL;
	int r = start(&daemon, &why);

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
