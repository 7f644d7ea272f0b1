/* SPDX-License-Identifier: MIT */
/*
 * A stack of files: the one on top is read. What `include` names stands beside the file that says
 * so; a pattern may mean none at all, a name has to be there.
 */
/* syscalls: getdents64 newfstatat openat */
#include "config/files.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "opts/opts.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DEPTH_MAX = 16,	     /* files that include each other */
	FILES_MAX = 1 << 14, /* of one configuration */
};

/**
 * struct level - a file
 * @next: index of its next section
 */
struct level {
	struct config_file *file;
	char *path;
	enum config_dialect dialect;
	size_t next;
	unsigned depth;
};

/* @levels: what is to be read, the next one last. @opened: files, so far. */
struct config_files {
	struct level *levels;
	size_t len, size, opened;
	bool again;
};

struct config_files *config_files_new(bool again)
{
	struct config_files *files = calloc(1, sizeof(*files));

	if (files)
		files->again = again;
	return files;
}

static void level_done(struct level *level)
{
	config_file_free(level->file);
	free(level->path);
}

void config_files_free(struct config_files *files)
{
	if (!files)
		return;
	while (files->len)
		level_done(&files->levels[--files->len]);
	free(files->levels);
	free(files);
}

void config_files_enter(const char *path, unsigned line)
{
	AUTO_FREE char *place = NULL;

	if (asprintf(&place, "%s:%u", path, line) < 0)
		place = NULL;
	log_set_place(place);
}

enum config_dialect config_files_dialect(const struct config_files *files)
{
	return files->len ? files->levels[files->len - 1].dialect : CONFIG_QEMU;
}

bool config_files_has(const struct config_files *files)
{
	return files->len > 0;
}

/* ---- opening ---- */

static int reserve(struct config_files *files, struct error **err)
{
	size_t size = files->size ? files->size * 2 : 8;
	struct level *levels;

	if (files->len < files->size)
		return 0;
	levels = reallocarray(files->levels, size, sizeof(*levels));
	if (!levels)
		return error_set(err, ENOMEM, "out of memory");
	files->levels = levels;
	files->size = size;
	return 0;
}

/* @first: it is one that somebody has named by hand, and no file of ours. */
static int push(struct config_files *files, const char *path, enum config_dialect dialect,
	unsigned depth, bool first, struct error **err)
{
	struct level level = { .dialect = dialect, .depth = depth };
	unsigned line = 0;
	int r = reserve(files, err);

	if (r < 0)
		return r;
	if (++files->opened > FILES_MAX)
		return error_set(err, EINVAL, "these are more than %d files", FILES_MAX);
	r = config_file_read(path, dialect, !first || files->again, &level.file, &line, err);
	if (r < 0 && line)
		config_files_enter(path, line);
	if (r < 0)
		return r;
	level.path = strdup(path);
	if (!level.path) {
		config_file_free(level.file);
		return error_set(err, ENOMEM, "out of memory");
	}
	files->levels[files->len++] = level;
	return 0;
}

/* A folder that cannot be read may hold all that there is. */
static int is_unreadable(const char *path, int code)
{
	(void)path;
	return code != ENOENT;
}

/* All that a pattern means; the first one is read first, so it is the last one on the stack. */
static int push_all(
	struct config_files *files, const char *pattern, unsigned depth, struct error **err)
{
	glob_t found = { 0 };
	int r;

	if (!strpbrk(pattern, "*?["))
		return push(files, pattern, CONFIG_OURS, depth, false, err);
	errno = 0;
	r = glob(pattern, 0, is_unreadable, &found);
	if (r == GLOB_ABORTED)
		r = error_set(err, errno ? errno : EIO, "Could not read the folder of '%s': %s",
			pattern, strerror(errno ? errno : EIO));
	else
		r = r == GLOB_NOSPACE ? error_set(err, ENOMEM, "out of memory") : 0;
	for (size_t i = found.gl_pathc; i > 0 && r == 0; i--)
		r = push(files, found.gl_pathv[i - 1], CONFIG_OURS, depth, false, err);
	globfree(&found);
	return r;
}

static int open_folder(struct config_files *files, const char *path, struct error **err)
{
	AUTO_FREE char *main_file = NULL;
	AUTO_FREE char *others = NULL;
	int r;

	if (asprintf(&main_file, "%s/charhub.conf", path) < 0)
		main_file = NULL;
	if (asprintf(&others, "%s/conf.d/*.conf", path) < 0)
		others = NULL;
	if (!main_file || !others)
		return error_set(err, ENOMEM, "out of memory");
	r = push_all(files, others, 0, err);
	return r < 0 ? r : push(files, main_file, CONFIG_OURS, 0, false, err);
}

int config_files_open(struct config_files *files, const char *path, enum config_dialect dialect,
	struct error **err)
{
	struct stat st;

	if (dialect == CONFIG_OURS && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return open_folder(files, path, err);
	return push(files, path, dialect, 0, true, err);
}

/* ---- reading ---- */

/* @pattern as it stands in the file @path. */
static char *beside(const char *path, const char *pattern)
{
	const char *slash = strrchr(path, '/');
	char *text;

	if (*pattern == '/' || !slash)
		return strdup(pattern);
	return asprintf(&text, "%.*s/%s", (int)(slash - path), path, pattern) < 0 ? NULL : text;
}

static int include(
	struct config_files *files, const struct config_section *section, struct error **err)
{
	const struct level *level = &files->levels[files->len - 1];
	AUTO_FREE char *pattern = beside(level->path, section->id ? section->id : "");

	config_files_enter(level->path, section->line);
	if (!pattern)
		return error_set(err, ENOMEM, "out of memory");
	if (level->depth + 1 > DEPTH_MAX)
		return error_set(
			err, ELOOP, "files include each other more than %d deep", DEPTH_MAX);
	return push_all(files, pattern, level->depth + 1, err);
}

static bool is_include(const struct level *level, const struct config_section *section)
{
	return level->dialect == CONFIG_OURS && !strcmp(section->group, "include");
}

int config_files_next(
	struct config_files *files, struct config_entry *ret_entry, struct error **err)
{
	while (files->len) {
		struct level *level = &files->levels[files->len - 1];
		const struct config_section *section;
		size_t index = level->next++;
		int r = 0;

		if (index >= config_file_len(level->file)) {
			level_done(level);
			files->len--;
			continue;
		}
		section = config_file_section(level->file, index);
		if (!is_include(level, section)) {
			*ret_entry = (struct config_entry){ level->path, section->group,
				section->line, config_file_take_opts(level->file, index) };
			return 1;
		}
		r = include(files, section, err);
		if (r < 0)
			return r;
	}
	return 0;
}
