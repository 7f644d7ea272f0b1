/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "config/console.h"
#include "config/files.h"
#include "config/request.h"
#include "opts/opts.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A folder of configuration files that include each other: the input is cut into files at its NUL
 * bytes. Its consoles get their templates and are expanded. Inputs with a '/' are left out: they
 * would leave the folder.
 */

static const char *const names[] = { "charhub.conf", "a", "b", "conf.d/c.conf" };
static char folder[] = "/tmp/fuzz-config-XXXXXX";

enum { FILES = sizeof(names) / sizeof(names[0]) };

/* The path of a name in the folder. */
static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void remove_folder(void)
{
	for (size_t i = 0; i < FILES; i++)
		unlink(path_of(names[i]));
	if (rmdir(path_of("conf.d")) < 0 || rmdir(folder) < 0)
		perror(folder);
}

static void make_folder(void)
{
	static bool made;

	if (made)
		return;
	if (!mkdtemp(folder) || mkdir(path_of("conf.d"), 0700) < 0)
		abort();
	atexit(remove_folder);
	made = true;
}

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "we");

	if (!file || fwrite(text, 1, len, file) != len)
		abort();
	fclose(file);
}

static void write_files(const char *text, size_t len)
{
	for (size_t i = 0; i < FILES; i++) {
		const char *nul = i + 1 < FILES && text ? memchr(text, '\0', len) : NULL;
		size_t piece = nul ? (size_t)(nul - text) : len;

		if (text)
			write_file(path_of(names[i]), text, piece);
		else
			unlink(path_of(names[i]));
		len -= piece + (nul != NULL);
		text = nul ? nul + 1 : NULL;
	}
}

static int want(
	void *data, enum thing_kind kind, struct opts *opts, const char *where, struct error **err)
{
	(void)data, (void)kind, (void)where, (void)err;
	opts_free(opts);
	return 0;
}

static void expand(const struct request_list *consoles, const struct request_list *templates)
{
	for (size_t i = 0; i < consoles->len; i++) {
		const struct request *console = &consoles->items[i];
		struct error *err = NULL;
		int r = console_apply_template(console->opts, templates, &err);

		if (r == 0)
			r = console_expand(console->opts, "host", console->where, want, NULL, &err);
		if ((r < 0) != (err != NULL))
			abort();
		error_free(err);
	}
}

static void keep(struct request_list *consoles, struct request_list *templates,
	const struct config_entry *entry)
{
	struct request_list *list = !strcmp(entry->group, "console")	? consoles
				    : !strcmp(entry->group, "template") ? templates
									: NULL;

	if (!list || !opts_text(entry->opts, "id") ||
		request_list_add(list, entry->opts, "f:1", NULL) < 0)
		opts_free(entry->opts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_files *files = config_files_new(false);
	struct request_list consoles = { 0 }, templates = { 0 };
	struct config_entry entry;
	struct error *err = NULL;
	int r;

	log_set_level(LOG_ERROR);
	if (!files || memchr(data, '/', size)) {
		config_files_free(files);
		return 0;
	}
	make_folder();
	write_files((const char *)data, size);
	r = config_files_open(files, folder, CONFIG_OURS, &err);
	while (r >= 0 && (r = config_files_next(files, &entry, &err)) == 1)
		keep(&consoles, &templates, &entry);
	if ((r < 0) != (err != NULL))
		abort();
	expand(&consoles, &templates);
	request_list_done(&consoles);
	request_list_done(&templates);
	config_files_free(files);
	log_set_place(NULL);
	error_free(err);
	return 0;
}
