/* SPDX-License-Identifier: MIT */
#ifndef OPTS_CONFIG_FILE_H
#define OPTS_CONFIG_FILE_H

#include "opts/opts.h"

/** enum config_dialect - CONFIG_QEMU: as QEMU reads them; CONFIG_OURS: the same and more */
enum config_dialect { CONFIG_QEMU, CONFIG_OURS };

/**
 * struct config_section - one `[group "id"]` of a configuration file
 * @group: "chardev", "device", ...; "include": of a line `include "PATTERN"`, which is its @id;
 *         both are the file's
 * @id:    the quoted name, or NULL; is also in @opts as "id"
 * @opts:  its lines, with their numbers; owned by the section
 * @line:  where it starts, from 1
 */
struct config_section {
	const char *group;
	const char *id;
	struct opts *opts;
	unsigned line;
};

struct config_file;

/**
 * config_file_read() - read a whole file before anything of it is used
 * @regular:  let it be nothing that could have one wait for ever, or that is another at the second
 *            look: a pipe, a device
 * @ret_line: on an error the line that is wrong, or 0: the file as a whole; may be NULL
 *
 * The form is QEMU's: `[group]` or `[group "id"]`, `key = "value"`, comments from '#' to the end of
 * a line. Ours has besides: `include "PATTERN"`; several `key = "value"` in a line, also behind
 * `[group "id"]`, with or without commas between them; 'value' for one with '"' in it.
 * Limits: 16 MiB, 4096 bytes a line, values without a closing quote are errors.
 *
 * Return: 0; -errno with @err.
 */
int config_file_read(const char *path, enum config_dialect dialect, bool regular,
	struct config_file **ret_file, unsigned *ret_line, struct error **err);

/** config_file_parse() - the same from memory: @len bytes at @text, which are copied */
int config_file_parse(const char *text, size_t len, enum config_dialect dialect,
	struct config_file **ret_file, unsigned *ret_line, struct error **err);

size_t config_file_len(const struct config_file *file);
const struct config_section *config_file_section(const struct config_file *file, size_t index);

/** config_file_take_opts() - move the options of a section to the caller */
struct opts *config_file_take_opts(struct config_file *file, size_t index);

/** config_file_free() - NULL is fine */
void config_file_free(struct config_file *file);

#endif
