/* SPDX-License-Identifier: MIT */
/* syscalls: newfstatat readlink readlinkat stat */
#include "prog/places.h"

#include "base/cleanup.h"
#include "base/copy.h"
#include "prog/setup.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void path_list_add(struct path_list *list, const char *path)
{
	char **more = reallocarray(list->items, list->len + 1, sizeof(*more));

	if (more)
		list->items = more;
	if (more && path && (more[list->len] = strdup(path)))
		list->len++;
	else
		list->failed = true;
}

void path_list_add_folder(struct path_list *list, const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *folder =
		slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");

	path_list_add(list, folder);
}

void path_list_done(struct path_list *list)
{
	while (list->len)
		free(list->items[--list->len]);
	free(list->items);
	*list = (struct path_list){ 0 };
}

/* ---- what the configuration names ---- */

/*
 * Of a device it is only that one. Of all else the folder, since files are moved away and made
 * anew, sockets removed, and a star means what comes.
 */
static void put_place(struct places *places, const char *path)
{
	struct stat st = { 0 };
	bool is_there = stat(path, &st) == 0;

	if (is_there && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
		path_list_add(&places->files, path);
	else if (is_there && S_ISDIR(st.st_mode))
		path_list_add(&places->folders, path);
	else
		path_list_add_folder(&places->folders, path);
}

static void put_path(struct places *places, const char *path)
{
	if (path[0] != '/' && !places->relative)
		copy_text(path, &places->relative);
	put_place(places, path);
}

/* The keys of options whose values are names of files. */
static bool is_path_key(const char *key)
{
	static const char *const keys[] = { "path", "logfile", "input-path", "dir", "file",
		"filename", "socket", "plain-file", "lock-dir" };
	const char *last = strrchr(key, '.');

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(last ? last + 1 : key, keys[i]))
			return true;
	return false;
}

static void put_option(struct places *places, const char *key, const char *value)
{
	if (is_path_key(key) || value[0] == '/')
		put_path(places, value);
	else if (!strncmp(value, "unix:", strlen("unix:")))
		put_path(places, value + strlen("unix:"));
}

/* Names of the kernel's, which are no files. */
static bool is_abstract(const struct opts *opts)
{
	const char *abstract = opts_text(opts, "abstract");

	return abstract && !strcmp(abstract, "on");
}

static void put_request(struct places *places, const struct request *request)
{
	bool abstract = is_abstract(request->opts);

	for (size_t i = 0; i < opts_count(request->opts); i++) {
		const char *key = opts_key_at(request->opts, i);

		if (!abstract || strcmp(key, "path") != 0)
			put_option(places, key, opts_value_at(request->opts, i));
	}
}

static void put_list(struct places *places, const struct request_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		put_request(places, &list->items[i]);
}

/* Where no path is given they have one all the same. */
static void put_records(struct places *places, const struct request_list *records)
{
	for (size_t i = 0; i < records->len; i++)
		put_path(places, opts_get_string(records->items[i].opts, "path"));
}

/* Files of the configuration itself are read again. */
static void put_arguments(struct places *places, const struct setup *setup)
{
	for (int i = 1; i + 1 < setup->argc; i++) {
		const char *word = setup->argv[i];

		if (word[0] == '-' && word[1] == '-')
			word++;
		if (!strcmp(word, "-config") || !strcmp(word, "-readconfig"))
			put_place(places, setup->argv[i + 1]);
	}
}

static void put_more(struct places *places, const struct opts *opts)
{
	for (size_t i = 0; i < opts_list_len(opts, "paths"); i++)
		put_path(places, opts_list_string(opts, "paths", i));
}

static void put_places(struct places *places, const struct setup *setup)
{
	for (int kind = 0; kind < THING_KINDS; kind++)
		put_list(places, &setup->wanted.lists[kind]);
	put_list(places, &setup->consoles);
	put_records(places, &setup->wanted.lists[THING_RECORD]);
	put_arguments(places, setup);
	if (setup->logfile)
		put_path(places, setup->logfile);
	if (setup->pidfile)
		put_path(places, setup->pidfile);
	if (setup->sandbox.opts)
		put_more(places, setup->sandbox.opts);
}

int places_read(struct places *places, const struct setup *setup, struct error **err)
{
	*places = (struct places){ 0 };
	put_places(places, setup);
	if (!places->files.failed && !places->folders.failed)
		return 0;
	places_done(places);
	return error_set(err, ENOMEM, "out of memory");
}

void places_done(struct places *places)
{
	path_list_done(&places->files);
	path_list_done(&places->folders);
	free(places->relative);
	places->relative = NULL;
}

/* ---- comparing ---- */

static int for_each(const struct places *places,
	int (*fn)(void *data, const char *path, const char *real, struct error **err), void *data,
	struct error **err)
{
	const struct path_list *lists[] = { &places->files, &places->folders };
	int r = 0;

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < lists[i]->len && r == 0; k++) {
			const char *path = lists[i]->items[k];
			AUTO_FREE char *real = realpath(path, NULL);

			if (real)
				r = fn(data, path, real, err);
		}
	return r;
}

static int add_real(void *data, const char *path, const char *real, struct error **err)
{
	struct path_list *list = data;

	(void)path;
	path_list_add(list, real);
	return list->failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

int places_real(const struct places *places, struct path_list *ret_real, struct error **err)
{
	struct path_list real = { 0 };
	int r = for_each(places, add_real, &real, err);

	if (r == 0)
		*ret_real = real;
	else
		path_list_done(&real);
	return r;
}

static bool is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return !strcmp(folder, "/") ||
	       (!strncmp(path, folder, len) && (!path[len] || path[len] == '/'));
}

static bool is_in_any(const char *path, const char *const *folders)
{
	for (; *folders; folders++)
		if (is_within(path, *folders))
			return true;
	return false;
}

static int check_one(void *data, const char *path, const char *real, struct error **err)
{
	const struct path_list *allowed = data;

	/* who reads there finds what he needs; who writes there would not, but is told so then */
	if (is_in_any(real, sandbox_readable) || is_in_any(real, sandbox_devices))
		return 0;
	for (size_t i = 0; i < allowed->len; i++)
		if (is_within(real, allowed->items[i]))
			return 0;
	return error_set(err, EPERM, "'%s' is outside of the sandbox, for good", path);
}

int places_check(const struct places *places, const struct path_list *allowed, struct error **err)
{
	return for_each(places, check_one, (void *)(uintptr_t)allowed, err);
}
