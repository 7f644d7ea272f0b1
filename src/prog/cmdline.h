/* SPDX-License-Identifier: MIT */
#ifndef PROG_CMDLINE_H
#define PROG_CMDLINE_H

#include "base/error.h"

#include "config/files.h"

#include <stdbool.h>
#include <stddef.h>

struct opts;
struct setup;

/**
 * What is returned besides 0 and -errno. CMDLINE_HELP: a handler printed help, the program ends
 * with 0. CMDLINE_MORE: cmdline_step() has not done all yet.
 */
enum { CMDLINE_HELP = 1, CMDLINE_MORE };

/**
 * struct program_option - one option of the program
 * @name: without the dash; both -name and --name are accepted
 * @arg:  its argument as the manual writes it; NULL: takes none
 * @help: what it does, one line without a full stop
 * @take: plain options: use the argument (NULL where @arg is)
 * @add:  options with key=value arguments: use the set. Such an option is a section of
 *        -readconfig files too. Takes @opts over when it returns 0. -ENODEV: names something that
 *        another program may know: skipped in files.
 * @implied: key of the first element of @add's argument
 * @once:    is not read again when the configuration is
 *
 * @where is what log_set_place() has been told, for later. After an error it is still that place.
 */
struct program_option {
	const char *name;
	const char *arg;
	const char *help;
	int (*take)(struct setup *setup, const char *arg, struct error **err);
	int (*add)(struct setup *setup, struct opts *opts, const char *where, struct error **err);
	const char *implied;
	bool once;
};

/** program_options - charhubd's, sorted by name; ends with a NULL name */
extern const struct program_option program_options[];

/** cmdline_find() - the option of this name, or NULL */
const struct program_option *cmdline_find(const char *name);

/**
 * struct cmdline - a command line that is being read, with the files it names
 * @setup: the second time (@there) what is read once is passed over
 * @next:  argument, @next_console: of those that are to be expanded
 */
struct cmdline {
	int argc;
	char **argv;
	struct setup *setup;
	int next;
	size_t next_console;
};

/**
 * cmdline_step() - read one more option, section or console into the setup
 *
 * Where it fails, the place of messages (log_set_place()) is what is wrong.
 *
 * Return: CMDLINE_MORE; 0: that was all; CMDLINE_HELP: help was printed; -errno with @err.
 */
int cmdline_step(struct cmdline *cmdline, struct error **err);

/**
 * cmdline_parse() - read the whole command line, and the files it names, into @setup
 *
 * Return: 0; CMDLINE_HELP: help was printed; -errno with @err.
 */
int cmdline_parse(int argc, char **argv, struct setup *setup, struct error **err);

/** cmdline_print_help() - what -h shows */
void cmdline_print_help(void);

/** readconfig_open() - let the sections of a file, of ours or of QEMU's, come next */
int readconfig_open(
	struct setup *setup, const char *path, enum config_dialect dialect, struct error **err);

/**
 * readconfig_take() - use a section, whose opts it takes
 *
 * In a file of QEMU's one whose group is no option of ours, and a device that is none of ours, is
 * skipped with a warning.
 */
int readconfig_take(struct setup *setup, struct config_entry *entry, struct error **err);

#endif
