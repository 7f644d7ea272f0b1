/* SPDX-License-Identifier: MIT */
/* syscalls: close fstat getdents64 newfstatat openat */
#include "io/archive.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MS = 1000, STAMP_SECONDS = 15 }; /* of its letters, the first that are no fraction */

static const char *const suffixes[ARCHIVE_FORMS] = {
	[ARCHIVE_PLAIN] = "",
	[ARCHIVE_ZSTD] = ".zst",
	[ARCHIVE_GZIP] = ".gz",
};

const char *archive_suffix(enum archive_form form)
{
	return suffixes[form];
}

char *archive_index_name(const char *path)
{
	char *name;

	return asprintf(&name, "%s.idx", path) < 0 ? NULL : name;
}

/* ---- stamps ---- */

void archive_stamp(uint64_t ms, char stamp[ARCHIVE_STAMP_BYTES + 1])
{
	time_t seconds = (time_t)(ms / MS);
	char text[STAMP_SECONDS + 1];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	if (!strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &tm))
		memcpy(text, "99991231T235959", sizeof(text)); /* a clock out of its mind */
	snprintf(stamp, ARCHIVE_STAMP_BYTES + 1, "%s.%03uZ", text, (unsigned)(ms % MS));
}

/* Return: does @text begin with a stamp? */
static bool read_stamp(const char *text, char stamp[ARCHIVE_STAMP_BYTES + 1])
{
	static const char form[] = "00000000T000000.000Z";

	for (size_t i = 0; i < ARCHIVE_STAMP_BYTES; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	memcpy(stamp, text, ARCHIVE_STAMP_BYTES);
	stamp[ARCHIVE_STAMP_BYTES] = 0;
	return true;
}

static uint64_t stamp_ms(const char *stamp)
{
	const char *fraction = stamp + STAMP_SECONDS + 1; /* "417Z" */
	struct tm tm = { 0 };
	time_t seconds;

	strptime(stamp, "%Y%m%dT%H%M%S", &tm);
	seconds = timegm(&tm);
	if (seconds < 0)
		return 0;
	return (uint64_t)seconds * MS + (uint64_t)(fraction[0] - '0') * 100 +
	       (uint64_t)(fraction[1] - '0') * 10 + (uint64_t)(fraction[2] - '0');
}

/* ---- the list ---- */

/* What stands behind "NAME.". Return: does it say that this is a file of the log, with @ending? */
static bool read_name(const char *text, const char *ending, struct archive_file *file)
{
	size_t digits = strspn(text, "0123456789");

	*file = (struct archive_file){ 0 };
	if (read_stamp(text, file->stamp)) {
		text += ARCHIVE_STAMP_BYTES;
	} else if (digits && digits <= ARCHIVE_NUMBER_DIGITS_MAX && *text != '0') {
		for (; digits; digits--, text++)
			file->number = file->number * 10 + (unsigned)(*text - '0');
	} else {
		return false;
	}
	for (unsigned form = 0; form < ARCHIVE_FORMS; form++) {
		size_t len = strlen(suffixes[form]);

		if (!strncmp(text, suffixes[form], len) && !strcmp(text + len, ending)) {
			file->form = form;
			return true;
		}
	}
	return false;
}

static int add(struct archive *archive, const struct archive_file *file, const char *path,
	const char *behind)
{
	struct archive_file *items = reallocarray(archive->items, archive->len + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	archive->items = items;
	items[archive->len] = *file;
	if (asprintf(&items[archive->len].path, "%s%s", path, behind) < 0)
		return -ENOMEM;
	archive->len++;
	return 0;
}

/* Which is older? Of a pair, the one that is not packed comes first. */
static int compare(const void *left, const void *right)
{
	const struct archive_file *a = left, *b = right;
	bool a_is_now = !*a->stamp && !a->number, b_is_now = !*b->stamp && !b->number;
	int order;

	if (a_is_now || b_is_now)
		return a_is_now - b_is_now;
	if (a->number != b->number)
		return a->number > b->number ? -1 : 1;
	order = strcmp(a->stamp, b->stamp);
	return order ? order : (int)a->form - (int)b->form;
}

static void sort(struct archive *archive)
{
	struct archive_file *items = archive->items;

	if (archive->len)
		qsort(items, archive->len, sizeof(*items), compare);
	for (size_t i = 1; i < archive->len; i++)
		items[i].spare = items[i].number == items[i - 1].number &&
				 !strcmp(items[i].stamp, items[i - 1].stamp);
}

static int read_folder(DIR *folder, const char *path, const char *name, const char *ending,
	struct archive *archive)
{
	size_t len = strlen(name);
	struct archive_file file;
	struct dirent *entry;
	int r = 0;

	while (r == 0 && (entry = readdir(folder))) {
		const char *behind = entry->d_name + len;

		if (strncmp(entry->d_name, name, len) != 0)
			continue;
		file = (struct archive_file){ 0 };
		if (!strcmp(behind, ending) ||
			(*behind == '.' && read_name(behind + 1, ending, &file)))
			r = add(archive, &file, path, behind);
	}
	return r;
}

static int list_files(const char *path, const char *ending, struct archive *ret_archive)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	AUTO_FREE char *folder_name =
		slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	struct archive archive = { 0 };
	DIR *folder;
	int r;

	if (!folder_name)
		return -ENOMEM;
	folder = opendir(folder_name);
	if (!folder)
		return -errno;
	r = read_folder(folder, path, name, ending, &archive);
	closedir(folder);
	if (r < 0) {
		archive_done(&archive);
		return r;
	}
	sort(&archive);
	*ret_archive = archive;
	return 0;
}

int archive_list(const char *path, struct archive *ret_archive)
{
	return list_files(path, "", ret_archive);
}

int archive_list_unfinished(const char *path, struct archive *ret_archive)
{
	return list_files(path, ARCHIVE_UNFINISHED, ret_archive);
}

void archive_done(struct archive *archive)
{
	for (size_t i = 0; i < archive->len; i++)
		free(archive->items[i].path);
	free(archive->items);
	*archive = (struct archive){ 0 };
}

int archive_name(const struct archive *archive, const char *path, uint64_t now_ms, char **ret_name)
{
	char stamp[ARCHIVE_STAMP_BYTES + 1];

	archive_stamp(now_ms, stamp);
	for (size_t i = 0; i < archive->len; i++)
		if (strcmp(archive->items[i].stamp, stamp) >= 0)
			archive_stamp(stamp_ms(archive->items[i].stamp) + 1, stamp);
	return asprintf(ret_name, "%s.%s", path, stamp) < 0 ? -ENOMEM : 0;
}
