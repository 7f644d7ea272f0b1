/* SPDX-License-Identifier: MIT */
#ifndef PROG_SETUP_H
#define PROG_SETUP_H

#include "base/error.h"
#include "control/activation.h"
#include "control/fdset.h"

#include <stdbool.h>
#include <stddef.h>

struct opts;

/**
 * struct request - something to be made once everything has been read
 * @opts:  owned
 * @where: its origin as log_set_place() takes it: " -chardev null,id=a" or "vm.cfg:12"; owned
 */
struct request {
	struct opts *opts;
	char *where;
};

struct request_list {
	struct request *items;
	size_t len, size;
};

/**
 * struct setup - what the command line and its files ask for; nothing of it exists yet
 * @objects, @chardevs, @listens, @monitors, @devices, @vncs: made in this order, each in that of
 *           the text
 * @fdsets:  descriptors that paths may name
 * @activation: sockets that fd= may name
 * @serials: ids of what -serial means, @n_serials, NULL: none; owned
 * @n_monitors, @n_controls: how many -qmp and -control there are, for the ids of their chardevs
 * @name:    of the guest, or NULL; owned
 * @pidfile, @logfile: from the command line, or NULL
 * @escape:  character that begins a command of a mux; 0: not said
 */
struct setup {
	struct request_list objects, chardevs, listens, monitors, devices, vncs;
	struct fdsets fdsets;
	struct activation activation;
	char **serials;
	size_t n_serials, n_monitors, n_controls;
	char *name;
	const char *pidfile, *logfile;
	unsigned char escape;
	bool daemonize;
};

/**
 * request_list_add() - append a request
 * @opts:  the list's on success
 * @where: copied
 *
 * Return: 0; -ENOMEM with @err.
 */
int request_list_add(
	struct request_list *list, struct opts *opts, const char *where, struct error **err);

/** setup_done() - free what it holds */
void setup_done(struct setup *setup);

#endif
