/* SPDX-License-Identifier: MIT */
#ifndef PROG_SETUP_H
#define PROG_SETUP_H

#include "base/error.h"
#include "config/files.h"
#include "config/request.h"
#include "control/activation.h"
#include "control/auditor.h"
#include "control/bequest.h"
#include "control/fdset.h"
#include "prog/forgone.h"
#include "prog/privileges.h"
#include "prog/sandboxing.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * struct setup - what the command line and its files ask for; nothing of it exists yet
 * @wanted:  made kind by kind, and then forgotten
 * @consoles, @templates: what becomes of them is added to @wanted once all has been read
 * @files:   being read; NULL: none were
 * @fdsets:  descriptors that paths may name
 * @activation: sockets that fd= may name
 * @serials: ids of what -serial means, @n_serials, NULL: none; owned
 * @privileges: what is given up once all was made; @sandbox: what is not done any more then
 * @argc, @argv: the command line itself
 * @there:   what there is while they are read once more; NULL: they are read for the first time
 * @check_only: make nothing of it
 * @program: what is executed to take over from this one; owned; NULL: it cannot be found
 * @examiner_fd: answer there whether what comes could be taken over; 0: no
 * @takes_over: from another program in this process, or would; @bequest: what that has left,
 *           of which @audit_left is borrowed
 * @forgone: what was given up in this process, by whatever program
 * @places:  of an examiner: where the configuration has files
 * @was_stored: that was another process, and options and files may say something else by now
 * @n_monitors, @n_controls: how many -qmp and -control there are, for the ids of their chardevs
 * @memory_max: what all hubs may hold, in bytes; 0: any
 * @name:    of the guest, or NULL; owned
 * @pidfile, @logfile: from the command line, or NULL
 * @escape:  character that begins a command of a mux; 0: not said
 */
struct setup {
	struct wanted wanted;
	struct request_list consoles, templates;
	struct config_files *files;
	const struct inventory *there;
	struct fdsets fdsets;
	struct activation activation;
	char **serials;
	size_t n_serials, n_monitors, n_controls;
	size_t memory_max;
	char *name;
	const char *pidfile, *logfile;
	unsigned char escape;
	bool daemonize, check_only, takes_over, was_stored;
	struct privileges privileges;
	struct sandboxing sandbox;
	char *program;
	int examiner_fd;
	struct bequest bequest;
	struct forgone forgone;
	struct places places;
	struct auditor_state audit_left;
	int argc;
	char **argv;
};

/** setup_done() - free what it holds */
void setup_done(struct setup *setup);

#endif
