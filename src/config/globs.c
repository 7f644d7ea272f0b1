/* SPDX-License-Identifier: MIT */
/* syscalls: close getdents64 newfstatat openat */
#include "config/globs.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/strbuf.h"
#include "io/path-watch.h"
#include "opts/opts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Several sockets that come in a row are looked at together. */
enum { SETTLE_MS = 20 };

static const char unix_word[] = "unix:";

/**
 * struct pattern - "unix:FOLDER/BEFORE*AFTER", cut up
 * @folder: to be freed
 */
struct pattern {
	char *folder;
	const char *before, *after;
	size_t before_len;
};

bool globs_is_one(const struct opts *console)
{
	const char *id = opts_text(console, "id");

	return id && strchr(id, '*');
}

static int no_pattern(const char *name, struct error **err)
{
	error_set(err, EINVAL, "console '%s': a name with a star needs sockets with one", name);
	error_set_hint(err, "It would be guest=unix:/FOLDER/*.sock, with one star in the last part "
			    "of the path and one in the name.");
	return -EINVAL;
}

static int read_pattern(const struct opts *console, struct pattern *ret, struct error **err)
{
	const char *name = opts_text(console, "id"), *guest = opts_text(console, "guest");
	const char *path, *slash, *star;

	if (!guest || strncmp(guest, unix_word, strlen(unix_word)))
		return no_pattern(name, err);
	path = guest + strlen(unix_word);
	slash = strrchr(path, '/');
	star = strchr(path, '*');
	if (!slash || !star || star < slash || strchr(star + 1, '*') ||
		strchr(strchr(name, '*') + 1, '*'))
		return no_pattern(name, err);
	ret->before = slash + 1;
	ret->before_len = (size_t)(star - slash - 1);
	ret->after = star + 1;
	ret->folder = slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	return ret->folder ? 0 : error_set(err, ENOMEM, "out of memory");
}

/* Return: what the star stands for, *@ret_len bytes of @file; NULL: it does not fit. */
static const char *match(const struct pattern *pattern, const char *file, size_t *ret_len)
{
	size_t len = strlen(file), after_len = strlen(pattern->after);

	if (len < pattern->before_len + after_len + 1 ||
		strncmp(file, pattern->before, pattern->before_len) ||
		strcmp(file + len - after_len, pattern->after))
		return NULL;
	*ret_len = len - pattern->before_len - after_len;
	return file + pattern->before_len;
}

static void put_literal(struct strbuf *text, const char *part)
{
	for (; *part; part++)
		strbuf_puts(text, *part == '%' ? "%%" : (char[]){ *part, '\0' });
}

/* A path as guest= takes it. Return: to be freed; NULL: no memory. */
static char *guest_of(const char *folder, const char *file)
{
	struct strbuf text = { 0 };

	strbuf_puts(&text, unix_word);
	put_literal(&text, folder);
	if (strcmp(folder, "/") != 0)
		strbuf_putc(&text, '/');
	put_literal(&text, file);
	return strbuf_take(&text);
}

static int copy_with(
	const struct opts *console, const char *name, const char *guest, struct opts **ret_copy)
{
	AUTO_OPTS struct opts *copy = opts_new();
	int r = copy ? 0 : -ENOMEM;

	for (size_t i = 0; i < opts_count(console) && r == 0; i++)
		r = opts_copy_item(copy, opts_key_at(console, i), console, i);
	if (r == 0)
		r = opts_set(copy, "id", name);
	if (r == 0)
		r = opts_set(copy, "guest", guest);
	if (r == 0)
		*ret_copy = TAKE_PTR(copy);
	return r;
}

static int take_file(const struct opts *console, const struct pattern *pattern, const char *file,
	globs_fn *fn, void *data, struct error **err)
{
	const char *id = opts_text(console, "id"), *star = strchr(id, '*'), *stem;
	AUTO_FREE char *guest = NULL;
	AUTO_FREE char *name = NULL;
	AUTO_OPTS struct opts *copy = NULL;
	size_t len;

	stem = match(pattern, file, &len);
	if (!stem)
		return 0;
	if (asprintf(&name, "%.*s%.*s%s", (int)(star - id), id, (int)len, stem, star + 1) < 0)
		name = NULL;
	guest = guest_of(pattern->folder, file);
	if (!name || !guest)
		return error_set(err, ENOMEM, "out of memory");
	if (!parse_id_is_valid(name)) {
		log_warning("console '%s': '%s' in %s would make '%s', which is no name", id, file,
			pattern->folder, name);
		return 0;
	}
	if (copy_with(console, name, guest, &copy) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return fn(data, copy, err);
}

int globs_example(const struct opts *console, globs_fn *fn, void *data, struct error **err)
{
	struct pattern pattern;
	AUTO_FREE char *file = NULL;
	int r = read_pattern(console, &pattern, err);

	if (r < 0)
		return r;
	if (asprintf(&file, "%.*sx%s", (int)pattern.before_len, pattern.before, pattern.after) < 0)
		file = NULL;
	r = file ? take_file(console, &pattern, file, fn, data, err)
		 : error_set(err, ENOMEM, "out of memory");
	free(pattern.folder);
	return r;
}

/* A link whose socket has gone is one all the same: nobody tells when that comes back. */
static bool is_socket(int folder, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type == DT_SOCK)
		return true;
	if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return false;
	if (fstatat(folder, entry->d_name, &st, 0) == 0)
		return S_ISSOCK(st.st_mode);
	return errno == ENOENT;
}

/* Return: how many *@ret_entries there are, 0: of a folder that is not there, too; -errno. */
static int list_folder(const char *path, struct dirent ***ret_entries, int *ret_folder)
{
	int n;

	*ret_folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_folder < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	n = scandirat(*ret_folder, ".", ret_entries, NULL, alphasort);
	return n < 0 ? -errno : n;
}

int globs_expand(const struct opts *console, globs_fn *fn, void *data, struct error **err)
{
	struct pattern pattern;
	struct dirent **entries = NULL;
	AUTO_CLOSE int folder = -1;
	int n, r = read_pattern(console, &pattern, err);

	if (r < 0)
		return r;
	n = list_folder(pattern.folder, &entries, &folder);
	if (n < 0)
		r = error_set(err, -n, "console '%s': cannot read the folder '%s': %s",
			opts_text(console, "id"), pattern.folder, strerror(-n));
	for (int i = 0; i < n; i++) {
		if (r == 0 && is_socket(folder, entries[i]))
			r = take_file(console, &pattern, entries[i]->d_name, fn, data, err);
		free(entries[i]);
	}
	free(entries);
	free(pattern.folder);
	return r;
}

/* ---- watching ---- */

struct glob_watch {
	struct globs *globs;
	char *group;
	struct path_watch *watch;
	struct timer *settle;
};

struct globs {
	void (*on_change)(void *data, const char *group);
	void *data;
	struct glob_watch *items;
	size_t len;
};

static void on_settled(void *data)
{
	const struct glob_watch *watch = data;

	watch->globs->on_change(watch->globs->data, watch->group);
}

static void on_path(void *data)
{
	const struct glob_watch *watch = data;

	if (!timer_is_running(watch->settle))
		timer_start(watch->settle, SETTLE_MS);
}

static int watch_one(
	struct loop *loop, struct globs *globs, const struct opts *console, struct error **err)
{
	struct glob_watch *watch = &globs->items[globs->len++];
	const char *path = opts_text(console, "guest") + strlen(unix_word);
	int r = 0;

	watch->globs = globs;
	watch->group = strdup(opts_text(console, "id"));
	watch->settle = timer_new(loop, on_settled, watch);
	if (watch->group && watch->settle)
		r = path_watch_new(loop, path, on_path, watch, &watch->watch);
	if (!watch->group || !watch->settle)
		r = -ENOMEM;
	if (r < 0)
		return error_set(err, -r, "console '%s': could not watch '%s': %s",
			opts_text(console, "id"), path, strerror(-r));
	return 0;
}

int globs_new(struct loop *loop, const struct request_list *consoles,
	void (*on_change)(void *data, const char *group), void *data, struct globs **ret_globs,
	struct error **err)
{
	struct globs *globs = calloc(1, sizeof(*globs));
	int r = 0;

	if (globs)
		globs->items = calloc(consoles->len + 1, sizeof(*globs->items));
	if (!globs || !globs->items) {
		free(globs);
		return error_set(err, ENOMEM, "out of memory");
	}
	globs->on_change = on_change;
	globs->data = data;
	for (size_t i = 0; i < consoles->len && r == 0; i++)
		if (globs_is_one(consoles->items[i].opts))
			r = watch_one(loop, globs, consoles->items[i].opts, err);
	if (r < 0)
		globs_free(globs);
	else
		*ret_globs = globs;
	return r;
}

void globs_look(const struct globs *globs)
{
	for (size_t i = 0; i < globs->len; i++)
		on_path(&globs->items[i]);
}

void globs_free(struct globs *globs)
{
	if (!globs)
		return;
	for (size_t i = 0; i < globs->len; i++) {
		path_watch_free(globs->items[i].watch);
		timer_free(globs->items[i].settle);
		free(globs->items[i].group);
	}
	free(globs->items);
	free(globs);
}
