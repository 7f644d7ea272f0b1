/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "prog/cmdline.h"
#include "prog/daemon.h"
#include "prog/fdstore.h"
#include "prog/notify.h"
#include "prog/process.h"
#include "prog/setup.h"
#include "prog/signals.h"
#include "prog/takeover.h"
#include "prog/upgrade.h"

#include <stdio.h>

/* Exit status: 0 ended on request, or help was asked for; 1 a configuration that does not work. */
enum { STATUS_OK, STATUS_CONFIGURATION };

static int run(struct setup *setup, struct error **err)
{
	struct notify notify;
	int ready_fd = -1, r = 0;

	if (setup->daemonize && !setup->takes_over)
		r = process_fork_daemon(&ready_fd, err);
	if (r < 0)
		return r;
	notify_init(&notify);
	if (!setup->takes_over)
		fdstore_take(setup, &notify);
	r = daemon_run(setup, &notify, ready_fd, err);
	notify_done(&notify);
	return r;
}

static int work(struct setup *setup, struct error **err)
{
	if (setup->examiner_fd)
		return takeover_examine(setup, err);
	return setup->check_only ? daemon_check(setup, err) : run(setup, err);
}

int main(int argc, char **argv)
{
	struct setup setup = { 0 };
	struct error *err = NULL;
	int r, left;

	process_init();
	signals_init();
	left = takeover_begin(&setup);
	activation_init(&setup.activation);
	log_set_name("charhubd");
	setvbuf(stdout, NULL, _IOLBF, 0);
	setup.argc = argc;
	setup.argv = argv;
	setup.program = upgrade_find_program(argv[0]);
	r = cmdline_parse(argc, argv, &setup, &err);
	if (r == 0 && left >= 0)
		r = takeover_read(&setup, left, &err);
	if (r == 0)
		r = work(&setup, &err);
	if (r < 0 && setup.examiner_fd)
		takeover_refuse(&setup, err);
	else if (r < 0)
		log_report(LOG_ERROR, err);
	setup_done(&setup);
	return r < 0 ? STATUS_CONFIGURATION : STATUS_OK;
}
