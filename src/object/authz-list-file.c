/* SPDX-License-Identifier: MIT */
/*
 * Rules in a file, a JSON object with the keys of authz-list.
 *
 * Whoever asks is told what the file says at that moment: its state is compared with that of the
 * last reading before each answer. So a change needs no watch, and there is no moment between the
 * change and the news of it. A file that is gone or makes no sense changes nothing: the rules stay
 * as they were, and the log says so, once for each state of the file.
 */
/* syscalls: fstat newfstatat openat read stat */
#include "object/authz.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "object/authz-rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 1 << 20, CHUNK_BYTES = 8192 };

/* What tells one state of a file from another. All zero: there is none. */
struct state {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

/**
 * struct authz_list_file
 * @seen:    the state that was read last, or could not be
 * @refresh: look for changes
 */
struct authz_list_file {
	struct object base;
	char *path;
	bool refresh;
	struct state seen;
	struct authz_rules rules;
};

static struct authz_list_file *file_of(struct object *object)
{
	return container_of(object, struct authz_list_file, base);
}

static struct state state_of(const struct stat *st)
{
	return (struct state){ st->st_dev, st->st_ino, st->st_size, st->st_ctim };
}

static bool is_same(const struct state *a, const struct state *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* ---- reading ---- */

static int read_all(int fd, struct strbuf *text, struct error **err)
{
	char chunk[CHUNK_BYTES];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, errno, "%s", strerror(errno));
		if (n == 0)
			return text->failed ? error_set(err, ENOMEM, "out of memory") : 0;
		strbuf_append(text, chunk, (size_t)n);
		if (text->len > FILE_BYTES_MAX)
			return error_set(err, EFBIG, "it is larger than 1 MiB");
	}
}

static int read_text(
	const char *path, struct strbuf *text, struct state *ret_state, struct error **err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	*ret_state = (struct state){ 0 };
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno, "%s", strerror(errno));
	*ret_state = state_of(&st);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "it is no regular file");
	return read_all(fd, text, err);
}

static int parse(const char *text, struct authz_rules *ret_rules, struct error **err)
{
	AUTO_OPTS struct opts *opts = NULL;
	int r = opts_parse_json(text, &opts, err);

	if (r == 0)
		r = opts_check(opts, "authz-list-file",
			(const struct opt_desc *const[]){ authz_rules_options, NULL }, err);
	return r < 0 ? r : authz_rules_read(opts, ret_rules, err);
}

/* Return: 0: the rules are the file's; -errno with @err: they are as they were. */
static int load(struct authz_list_file *file, struct error **err)
{
	AUTO_STRBUF struct strbuf text = { 0 };
	struct authz_rules rules;
	int r = read_text(file->path, &text, &file->seen, err);

	if (r == 0)
		r = parse(text.len ? text.data : "", &rules, err);
	if (r < 0) {
		error_prefix(err, "object '%s': file '%s': ", file->base.id, file->path);
		return r;
	}
	authz_rules_done(&file->rules);
	file->rules = rules;
	return 0;
}

static bool has_changed(const struct authz_list_file *file)
{
	struct state state = { 0 };
	struct stat st;

	if (stat(file->path, &st) == 0)
		state = state_of(&st);
	return !is_same(&state, &file->seen);
}

/* ---- the class ---- */

static int file_open(struct object *object, const struct opts *opts, struct error **err)
{
	struct authz_list_file *file = file_of(object);
	int r;

	file->path = strdup(opts_get_string(opts, "filename"));
	file->refresh = opts_get_bool(opts, "refresh");
	r = file->path ? load(file, err)
		       : error_set(err, ENOMEM, "object '%s': out of memory", object->id);
	if (r < 0)
		free(file->path);
	return r;
}

static void file_close(struct object *object)
{
	free(file_of(object)->path);
	authz_rules_done(&file_of(object)->rules);
}

static int file_reload(struct object *object, struct error **err)
{
	int r = load(file_of(object), err);

	if (r < 0)
		error_set_hint(err, "The rules stay as they were.");
	return r;
}

static bool file_allows(struct object *object, const char *identity)
{
	struct authz_list_file *file = file_of(object);
	struct error *err = NULL;

	if (file->refresh && has_changed(file) && file_reload(object, &err) < 0)
		log_report(LOG_ERROR, err);
	return authz_rules_allow(&file->rules, identity);
}

static const struct opt_desc file_options[] = {
	{ .name = "filename",
		.type = OPT_STRING,
		.required = true,
		.help = "file with the rules: a JSON object with the keys of authz-list" },
	{ .name = "refresh",
		.type = OPT_BOOL,
		.preset = "on",
		.help = "read it again when it has changed; off: on SIGHUP only" },
	{ 0 },
};

const struct object_class authz_list_file_class = {
	.name = "authz-list-file",
	.summary = "who may: a list in a file",
	.options = file_options,
	.size = sizeof(struct authz_list_file),
	.open = file_open,
	.close = file_close,
	.reload = file_reload,
	.allows = file_allows,
};
