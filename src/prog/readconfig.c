/* SPDX-License-Identifier: MIT */
/*
 * A file that was made for a whole machine names much that is not ours. What we could not know is
 * skipped with a warning that says where; what we know must be right. As in QEMU an error of a key
 * has that key's line, any other the last line of its section.
 */
#include "prog/cmdline.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/config-file.h"
#include "opts/opts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void config_file_cleanup(struct config_file **file)
{
	config_file_free(*file);
}

/* Messages are about a line of @path now. Return: the place, to be freed; NULL: no memory. */
static char *enter_line(const char *path, unsigned line)
{
	char *place;

	if (asprintf(&place, "%s:%u", path, line) < 0)
		return NULL;
	log_set_place(place);
	return place;
}

/* @opts is the setup's afterwards, or its caller's. A section is what its last line completes. */
static int add_section(struct setup *setup, const struct program_option *option, struct opts *opts,
	const char *path, struct error **err)
{
	AUTO_FREE char *end = enter_line(path, opts_line(opts));
	int r = end ? option->add(setup, opts, end, err) : error_set(err, ENOMEM, "out of memory");

	if (r < 0)
		free(enter_line(path, opts_line(opts)));
	return r;
}

static int take_section(struct setup *setup, struct config_file *file, size_t index,
	const char *path, struct error **err)
{
	const struct config_section *section = config_file_section(file, index);
	const struct program_option *option = cmdline_find(section->group);
	AUTO_ERROR struct error *why = NULL;
	AUTO_OPTS struct opts *opts = NULL;
	int r;

	if (!option || !option->add) {
		free(enter_line(path, section->line));
		log_warning("section [%s] is not for charhubd, skipped", section->group);
		return 0;
	}
	opts = config_file_take_opts(file, index);
	r = add_section(setup, option, opts, path, &why);
	if (r == -ENODEV) {
		free(enter_line(path, section->line));
		log_warning("%s, skipped", error_message(why));
		return 0;
	}
	if (r == 0)
		opts = NULL;
	else if (err)
		*err = TAKE_PTR(why);
	return r;
}

int readconfig(struct setup *setup, const char *path, struct error **err)
{
	__attribute__((cleanup(config_file_cleanup))) struct config_file *file = NULL;
	unsigned line = 0;
	int r = config_file_read(path, &file, &line, err);

	if (r < 0 && line)
		free(enter_line(path, line));
	for (size_t i = 0; r == 0 && i < config_file_len(file); i++)
		r = take_section(setup, file, i, path, err);
	return r;
}
