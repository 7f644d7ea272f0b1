/* SPDX-License-Identifier: MIT */
/*
 * A file that was made for a whole machine names much that is not ours. What we could not know is
 * skipped with a warning that says where; what we know must be right. In files of our own all must.
 * As in QEMU an error of a key has that key's line, any other the last line of its section.
 */
#include "prog/cmdline.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/opts.h"
#include "prog/setup.h"

#include <errno.h>

/* @opts is the setup's afterwards, or its caller's. A section is what its last line completes. */
static int add_section(struct setup *setup, const struct program_option *option, struct opts *opts,
	const char *path, struct error **err)
{
	AUTO_FREE char *end = NULL;
	int r;

	if (asprintf(&end, "%s:%u", path, opts_line(opts)) < 0) {
		end = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	log_set_place(end);
	r = option->add(setup, opts, end, err);
	if (r < 0)
		config_files_enter(path, opts_line(opts));
	return r;
}

static int unknown_section(
	const struct setup *setup, const struct config_entry *entry, struct error **err)
{
	config_files_enter(entry->path, entry->line);
	if (config_files_dialect(setup->files) == CONFIG_OURS)
		return error_set(err, EINVAL, "there is no section [%s]", entry->group);
	log_warning("section [%s] is not for charhubd, skipped", entry->group);
	return 0;
}

int readconfig_take(struct setup *setup, struct config_entry *entry, struct error **err)
{
	const struct program_option *option = cmdline_find(entry->group);
	AUTO_OPTS struct opts *opts = TAKE_PTR(entry->opts);
	AUTO_ERROR struct error *why = NULL;
	int r;

	if (!option || !option->add)
		return unknown_section(setup, entry, err);
	if (setup->there && option->once)
		return 0;
	r = add_section(setup, option, opts, entry->path, &why);
	if (r == -ENODEV && config_files_dialect(setup->files) == CONFIG_QEMU) {
		config_files_enter(entry->path, entry->line);
		log_warning("%s, skipped", error_message(why));
		return 0;
	}
	if (r < 0)
		return error_move(err, &why);
	opts = NULL;
	return 0;
}

int readconfig_open(
	struct setup *setup, const char *path, enum config_dialect dialect, struct error **err)
{
	if (!setup->files)
		setup->files = config_files_new(setup->there);
	if (!setup->files)
		return error_set(err, ENOMEM, "out of memory");
	return config_files_open(setup->files, path, dialect, err);
}
