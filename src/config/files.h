/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include "base/error.h"

#include "opts/config-file.h"

#include <stdbool.h>

/**
 * struct config_files - configuration files that are being read, one section after the other
 *
 * A file is looked at as a whole when it is opened; one that it includes is opened when its line
 * comes. What is being read is the place of all messages (log_set_place()).
 */
struct config_files;

/**
 * struct config_entry - a section
 * @path:  of its file; valid until the next call
 * @group, @line: as in struct config_section
 * @opts:  the caller's
 */
struct config_entry {
	const char *path, *group;
	unsigned line;
	struct opts *opts;
};

/**
 * config_files_new() - none yet
 * @again: they were read before; else those that are opened by name may be pipes
 *
 * Return: NULL if memory ran out.
 */
struct config_files *config_files_new(bool again);

/** config_files_free() - NULL is fine */
void config_files_free(struct config_files *files);

/**
 * config_files_open() - its sections come next
 * @path: in CONFIG_OURS also a folder: its charhub.conf, then all of its conf.d/NAME.conf by name
 *
 * Return: 0; -errno with @err.
 */
int config_files_open(struct config_files *files, const char *path, enum config_dialect dialect,
	struct error **err);

/** config_files_dialect() - of the section that config_files_next() gave */
enum config_dialect config_files_dialect(const struct config_files *files);

/** config_files_has() - are there files that have not been read to the end */
bool config_files_has(const struct config_files *files);

/**
 * config_files_next() - the next section of the file that is being read
 *
 * Return: 1 with *@ret_entry; 0: there is none; -errno with @err.
 */
int config_files_next(
	struct config_files *files, struct config_entry *ret_entry, struct error **err);

/** config_files_enter() - messages are about this line of a file from now on */
void config_files_enter(const char *path, unsigned line);

#endif
