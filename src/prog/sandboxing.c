/* SPDX-License-Identifier: MIT */
/*
 * QEMU's words, and what they mean here. A list of what is forbidden, as QEMU has it, would be
 * another one: here only what the source names is allowed, whatever `obsolete` and
 * `resourcecontrol` say.
 */
/* syscalls: newfstatat stat */
#include "prog/sandboxing.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/spawner.h"
#include "prog/setup.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct opt_desc sandboxing_options[] = {
	{ .name = "enable", .type = OPT_BOOL, .required = true, .help = "is there one" },
	{ .name = "elevateprivileges",
		.type = OPT_ENUM,
		.values = "allow|deny|children",
		.preset = "allow",
		.help = "may children gain rights by what they run; this program never does" },
	{ .name = "obsolete",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "deny",
		.help = "accepted, without effect: no old system call is used" },
	{ .name = "paths",
		.type = OPT_LIST,
		.help = "folders in which files may be that are named later, besides those of the "
			"configuration" },
	{ .name = "resourcecontrol",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "allow",
		.help = "accepted, without effect: priorities are not changed" },
	{ .name = "spawn",
		.type = OPT_ENUM,
		.values = "allow|deny",
		.preset = "allow",
		.help = "may children be started later: by exec, a helper outside of the sandbox "
			"does that" },
	{ 0 },
};

int sandboxing_read(struct sandboxing *sandbox, struct opts *opts, struct error **err)
{
	int r = opts_check(
		opts, "sandbox", (const struct opt_desc *const[]){ sandboxing_options, NULL }, err);

	if (r < 0)
		return r;
	if (opts_get_bool(opts, "enable") && !sandbox_has_filter())
		return error_set(err, ENOTSUP, "this charhubd was built without libseccomp");
	opts_free(sandbox->opts);
	sandbox->opts = opts;
	return 0;
}

/* ---- where files may be ---- */

struct places {
	char **files, **folders;
	size_t n_files, n_folders;
	bool failed;
};

static void append(char ***list, size_t *n, const char *text, bool *failed)
{
	char **more = reallocarray(*list, *n + 1, sizeof(**list));

	if (more)
		*list = more;
	if (more && text && (more[*n] = strdup(text)))
		++*n;
	else
		*failed = true;
}

/*
 * Of a device it is only that one. Of all else the folder, since files are moved away and made
 * anew, sockets removed, and a star means what comes.
 */
static void put_path(struct places *places, const char *path)
{
	struct stat st = { 0 };
	bool is_there = stat(path, &st) == 0;
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *folder = NULL;

	if (is_there && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))) {
		append(&places->files, &places->n_files, path, &places->failed);
		return;
	}
	if (is_there && S_ISDIR(st.st_mode))
		folder = strdup(path);
	else if (slash)
		folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	else
		folder = strdup(".");
	append(&places->folders, &places->n_folders, folder, &places->failed);
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

static void put_request(struct places *places, const struct request *request)
{
	for (size_t i = 0; i < opts_count(request->opts); i++)
		put_option(places, opts_key_at(request->opts, i), opts_value_at(request->opts, i));
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
		const char *word = setup->argv[i] + (!strncmp(setup->argv[i], "--", 2));

		if (!strcmp(word, "-config") || !strcmp(word, "-readconfig"))
			put_path(places, setup->argv[i + 1]);
	}
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
	for (size_t i = 0; i < opts_list_len(setup->sandbox.opts, "paths"); i++)
		put_path(places, opts_list_string(setup->sandbox.opts, "paths", i));
}

static void free_places(struct places *places)
{
	while (places->n_files)
		free(places->files[--places->n_files]);
	while (places->n_folders)
		free(places->folders[--places->n_folders]);
	free(places->files);
	free(places->folders);
}

static int limit_paths(const struct setup *setup, struct error **err)
{
	struct places places = { 0 };
	struct error *why = NULL;
	int r;

	put_places(&places, setup);
	if (places.failed)
		r = error_set(&why, ENOMEM, "out of memory");
	else
		r = sandbox_limit_paths(
			&(struct sandbox_paths){ .files = (const char *const *)places.files,
				.folders = (const char *const *)places.folders,
				.n_files = places.n_files,
				.n_folders = places.n_folders },
			&why);
	free_places(&places);
	if (r == -ENOSYS || r == -EOPNOTSUPP) {
		log_report(LOG_WARNING, why);
		return 0;
	}
	if (r < 0)
		*err = why;
	return r;
}

/* ---- entering ---- */

bool sandboxing_is_on(const struct sandboxing *sandbox)
{
	return sandbox->opts && opts_get_bool(sandbox->opts, "enable");
}

enum { ALLOW }; /* the first word of all of them */

int sandboxing_enter(const struct setup *setup, struct loop *loop, struct error **err)
{
	const struct opts *opts = setup->sandbox.opts;
	bool spawns, gains;
	int r = 0;

	if (!sandboxing_is_on(&setup->sandbox))
		return 0;
	spawns = opts_get_enum(opts, "spawn") == ALLOW;
	gains = opts_get_enum(opts, "elevateprivileges") == ALLOW;
	if (!gains)
		r = sandbox_gain_nothing(err);
	if (r == 0 && spawns)
		r = spawner_start(loop, err);
	else if (r == 0 && spawner_forbid(loop) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	if (r == 0 && gains)
		r = sandbox_gain_nothing(err);
	if (r == 0)
		r = limit_paths(setup, err);
	return r < 0 ? r : sandbox_limit_syscalls(err);
}

void sandboxing_done(struct sandboxing *sandbox)
{
	opts_free(sandbox->opts);
	sandbox->opts = NULL;
}
