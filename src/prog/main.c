/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "prog/cmdline.h"
#include "prog/daemon.h"
#include "prog/notify.h"
#include "prog/process.h"
#include "prog/setup.h"
#include "prog/signals.h"

#include <stdio.h>

/* Exit status: 0 ended on request, or help was asked for; 1 a configuration that does not work. */
enum { STATUS_OK, STATUS_CONFIGURATION };

static int run(struct setup *setup, struct error **err)
{
	struct notify notify;
	int ready_fd = -1, r = 0;

	if (setup->daemonize)
		r = process_fork_daemon(&ready_fd, err);
	if (r < 0)
		return r;
	notify_init(&notify);
	r = daemon_run(setup, &notify, ready_fd, err);
	notify_done(&notify);
	return r;
}

int main(int argc, char **argv)
{
	struct setup setup = { 0 };
	struct error *err = NULL;
	int r;

	process_init();
	signals_init();
	activation_init(&setup.activation);
	log_set_name("charhubd");
	setvbuf(stdout, NULL, _IOLBF, 0);
	setup.argc = argc;
	setup.argv = argv;
	r = cmdline_parse(argc, argv, &setup, &err);
	if (r == 0)
		r = setup.check_only ? daemon_check(&setup, &err) : run(&setup, &err);
	if (r < 0)
		log_report(LOG_ERROR, err);
	setup_done(&setup);
	return r < 0 ? STATUS_CONFIGURATION : STATUS_OK;
}
