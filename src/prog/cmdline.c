/* SPDX-License-Identifier: MIT */
/*
 * The command line is read whole before anything is made. An argument is the word behind its
 * option, whatever it begins with. Messages show the option and its argument as they were typed.
 */
#include "prog/cmdline.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/opts.h"
#include "prog/consoles.h"
#include "prog/foreign.h"
#include "prog/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct program_option *cmdline_find(const char *name)
{
	for (const struct program_option *option = program_options; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

static int add_opts(struct setup *setup, const struct program_option *option, const char *arg,
	const char *where, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	int r = opts_parse(arg, option->implied, &opts, err);

	if (r < 0)
		return r;
	r = option->add(setup, opts, where, err);
	if (r == 0)
		opts = NULL;
	return r;
}

static int use_option(struct setup *setup, const struct program_option *option, const char *word,
	const char *arg, struct error **err)
{
	AUTO_FREE char *where = NULL;
	int r;

	if (asprintf(&where, " %s%s%s", word, arg ? " " : "", arg ? arg : "") < 0) {
		where = NULL;
		return error_set(err, ENOMEM, "%s: out of memory", word);
	}
	log_set_place(where);
	r = option->add ? add_opts(setup, option, arg, where, err) : option->take(setup, arg, err);
	if (r == 0)
		log_set_place(NULL);
	return r;
}

/* Return: CMDLINE_MORE; CMDLINE_HELP; -errno. */
static int read_arg(struct cmdline *cmdline, struct error **err)
{
	const char *word = cmdline->argv[cmdline->next++], *arg = NULL;
	const struct program_option *option;
	int r;

	if (word[0] != '-' || !word[1])
		return error_set(err, EINVAL, "%s: unexpected argument", word);
	option = cmdline_find(word + (word[1] == '-' ? 2 : 1));
	if (!option)
		return foreign_option(word + (word[1] == '-' ? 2 : 1), word, err);
	if (option->arg) {
		arg = cmdline->next < cmdline->argc ? cmdline->argv[cmdline->next++] : NULL;
		if (!arg)
			return error_set(err, EINVAL, "%s: requires an argument", word);
	}
	if (cmdline->setup->there && option->once)
		return CMDLINE_MORE;
	r = use_option(cmdline->setup, option, word, arg, err);
	return r == 0 ? CMDLINE_MORE : r;
}

static int read_section(struct cmdline *cmdline, struct error **err)
{
	struct config_entry entry;
	int r = config_files_next(cmdline->setup->files, &entry, err);

	if (r == 1)
		r = readconfig_take(cmdline->setup, &entry, err);
	if (r == 0)
		log_set_place(NULL);
	return r == 0 ? CMDLINE_MORE : r;
}

static int read_console(struct cmdline *cmdline, struct error **err)
{
	const struct request *console = &cmdline->setup->consoles.items[cmdline->next_console++];
	int r;

	log_set_place(console->where);
	r = consoles_expand(cmdline->setup, console, err);
	if (r == 0)
		log_set_place(NULL);
	return r == 0 ? CMDLINE_MORE : r;
}

int cmdline_step(struct cmdline *cmdline, struct error **err)
{
	const struct setup *setup = cmdline->setup;

	if (setup->files && config_files_has(setup->files))
		return read_section(cmdline, err);
	if (cmdline->next < cmdline->argc)
		return read_arg(cmdline, err);
	if (cmdline->next_console < setup->consoles.len)
		return read_console(cmdline, err);
	return 0;
}

int cmdline_parse(int argc, char **argv, struct setup *setup, struct error **err)
{
	struct cmdline cmdline = { .argc = argc, .argv = argv, .setup = setup, .next = 1 };
	int r;

	do
		r = cmdline_step(&cmdline, err);
	while (r == CMDLINE_MORE);
	return r;
}

void cmdline_print_help(void)
{
	int width = 0;

	for (const struct program_option *option = program_options; option->name; option++) {
		int len = (int)(strlen(option->name) + (option->arg ? strlen(option->arg) + 1 : 0));

		if (len > width)
			width = len;
	}
	printf("charhubd version %s\n"
	       "usage: charhubd [options]\n"
	       "\n",
		CHARHUB_VERSION);
	for (const struct program_option *option = program_options; option->name; option++) {
		int len = printf("  -%s%s%s", option->name, option->arg ? " " : "",
			option->arg ? option->arg : "");

		printf("%*s  %s\n", width + 3 - len, "", option->help);
	}
	printf("\n'charhubd -chardev help' and 'charhubd -device help' list the types,\n"
	       "'charhubd -chardev TYPE,help' the options of one.\n");
}
