/* SPDX-License-Identifier: MIT */
/*
 * The command line is read whole before anything is made. An argument is the word behind its
 * option, whatever it begins with. Messages show the option and its argument as they were typed.
 */
#include "prog/cmdline.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/opts.h"
#include "prog/foreign.h"

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

int cmdline_parse(int argc, char **argv, struct setup *setup, struct error **err)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *arg = NULL;
		const struct program_option *option;
		int r;

		if (word[0] != '-' || !word[1])
			return error_set(err, EINVAL, "%s: unexpected argument", word);
		option = cmdline_find(word + (word[1] == '-' ? 2 : 1));
		if (!option)
			return foreign_option(word + (word[1] == '-' ? 2 : 1), word, err);
		if (option->arg) {
			arg = argv[++i];
			if (!arg)
				return error_set(err, EINVAL, "%s: requires an argument", word);
		}
		r = use_option(setup, option, word, arg, err);
		if (r)
			return r;
	}
	return 0;
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
