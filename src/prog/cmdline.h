/* SPDX-License-Identifier: MIT */
#ifndef PROG_CMDLINE_H
#define PROG_CMDLINE_H

#include "base/error.h"

struct opts;
struct setup;

/** What a handler returns besides 0 and -errno: it printed help, the program ends with 0. */
enum { CMDLINE_HELP = 1 };

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
};

/** program_options - charhubd's, sorted by name; ends with a NULL name */
extern const struct program_option program_options[];

/** cmdline_find() - the option of this name, or NULL */
const struct program_option *cmdline_find(const char *name);

/**
 * cmdline_parse() - read the whole command line, and the files it names, into @setup
 *
 * Return: 0; CMDLINE_HELP: help was printed; -errno with @err.
 */
int cmdline_parse(int argc, char **argv, struct setup *setup, struct error **err);

/** cmdline_print_help() - what -h shows */
void cmdline_print_help(void);

/**
 * readconfig() - take the sections of a -readconfig file
 *
 * A section whose group is no option of ours, and a device that is none of ours, is skipped with a
 * warning.
 */
int readconfig(struct setup *setup, const char *path, struct error **err);

#endif
