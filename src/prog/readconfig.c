/* SPDX-License-Identifier: MIT */
/*
 * A file that was made for a whole machine names much that is not ours. What we could not know is
 * skipped with a warning that says where; what we know must be right.
 */
#include "prog/cmdline.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/config-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void config_file_cleanup(struct config_file **file)
{
	config_file_free(*file);
}

/* Take section @index; an error of it names @where. */
static int take_section(struct setup *setup, struct config_file *file, size_t index,
	const char *where, struct error **err)
{
	const struct config_section *section = config_file_section(file, index);
	const struct program_option *option = cmdline_find(section->group);
	AUTO_ERROR struct error *why = NULL;
	AUTO_OPTS struct opts *opts = NULL;
	int r;

	if (!option || !option->add) {
		log_warning("%s: section [%s] is not for charhubd, skipped", where, section->group);
		return 0;
	}
	opts = config_file_take_opts(file, index);
	r = option->add(setup, opts, where, &why);
	if (r == -ENODEV) {
		log_warning("%s, skipped", error_message(why));
		return 0;
	}
	if (r == 0)
		opts = NULL;
	else if (err)
		*err = TAKE_PTR(why);
	return r;
}

int readconfig(struct setup *setup, const char *path, const char *where, struct error **err)
{
	__attribute__((cleanup(config_file_cleanup))) struct config_file *file = NULL;
	int r = config_file_read(path, &file, err);

	/* A wrong line has a place of its own; what cannot be read at all has not. */
	if (r < 0 && r != -EINVAL)
		error_prefix(err, "%s: ", where);
	for (size_t i = 0; r == 0 && i < config_file_len(file); i++) {
		AUTO_FREE char *place = NULL;

		if (asprintf(&place, "%s:%u", path, config_file_section(file, i)->line) < 0)
			return error_set(err, ENOMEM, "%s: out of memory", path);
		r = take_section(setup, file, i, place, err);
	}
	return r;
}
