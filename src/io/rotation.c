/* SPDX-License-Identifier: MIT */
/* syscalls: access faccessat fstat newfstatat rename renameat2 stat unlink */
#include "io/rotation.h"

#include "base/cleanup.h"
#include "base/noreplace.h"
#include "base/segments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool rotation_is_on(const struct rotation_rules *rules)
{
	return rules->size || rules->age_s;
}

/* Return: bytes of the segments up to the first line's end from @from on; @max: there is none. */
static size_t find_line_end(const struct iovec *iov, int n, size_t from, size_t max)
{
	size_t start = 0;

	for (int i = 0; i < n && start < max; start += iov[i++].iov_len) {
		size_t at = from > start ? from - start : 0;
		size_t end = max - start < iov[i].iov_len ? max - start : iov[i].iov_len;
		const char *bytes = iov[i].iov_base, *newline;

		newline = at < end ? memchr(bytes + at, '\n', end - at) : NULL;
		if (newline)
			return start + (size_t)(newline - bytes) + 1;
	}
	return max;
}

size_t rotation_share(uint64_t limit, uint64_t size, bool mid_line, const struct iovec *iov, int n)
{
	size_t len = segments_len(iov, n), from, max;

	if (!limit || size + len < limit)
		return len;
	if (size >= limit + ROTATION_LINE || (size >= limit && !mid_line))
		return 0;
	from = size < limit ? (size_t)(limit - size - 1) : 0;
	max = (size_t)(limit + ROTATION_LINE - size);
	return find_line_end(iov, n, from, max < len ? max : len);
}

/* ---- letting go ---- */

/* Ours are known by their stamps, no other is touched. What is there twice is one. */
static bool counts(const struct archive_file *file)
{
	return *file->stamp && !file->spare;
}

static int drop_name(const char *stem, enum archive_form form, const char *ending)
{
	AUTO_FREE char *name = NULL;

	if (asprintf(&name, "%s%s%s", stem, archive_suffix(form), ending) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	return unlink(name) < 0 && errno != ENOENT ? -errno : 0;
}

/*
 * It may just be packed. By this order nothing is left of that: what is not finished finds itself
 * gone when it is to be put in place (io/pack.c), and what is in place by then is found here.
 */
static int drop(const struct archive_file *file)
{
	size_t len = strlen(file->path) - strlen(archive_suffix(file->form));
	AUTO_FREE char *stem = strndup(file->path, len);
	int r = stem ? drop_name(stem, ARCHIVE_PLAIN, "") : -ENOMEM;
	unsigned form;

	for (form = ARCHIVE_PLAIN + 1; form < ARCHIVE_FORMS && r == 0; form++)
		r = drop_name(stem, form, ARCHIVE_UNFINISHED);
	for (form = ARCHIVE_PLAIN + 1; form < ARCHIVE_FORMS && r == 0; form++)
		r = drop_name(stem, form, "");
	for (form = ARCHIVE_PLAIN; form < ARCHIVE_FORMS && r == 0; form++)
		drop_name(stem, form, ".idx");
	return r;
}

int rotation_drop(const struct archive *archive, size_t keep)
{
	size_t n = 0, i;
	int done = 0, r;

	for (i = 0; i < archive->len; i++)
		n += counts(&archive->items[i]);
	for (i = 0; n > keep; i++) {
		if (!counts(&archive->items[i]))
			continue;
		r = drop(&archive->items[i]);
		if (r < 0)
			return r;
		n--;
		done++;
	}
	return done;
}

/* ---- moving ---- */

/* Nobody's file is replaced, where the file system knows how to promise that. */
static int move(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (access(to, F_OK) == 0)
		return -EEXIST;
	return rename(from, to) < 0 ? -errno : 0;
}

static void move_index(const char *from, const char *to)
{
	AUTO_FREE char *old = archive_index_name(from);
	AUTO_FREE char *new = archive_index_name(to);

	if (old && new)
		move(old, new);
}

bool rotation_is_at(const char *path, int fd)
{
	struct stat here, there;

	return stat(path, &there) == 0 && fstat(fd, &here) == 0 && here.st_ino == there.st_ino &&
	       here.st_dev == there.st_dev;
}

int rotation_move(const char *path, int fd, unsigned keep, uint64_t now_ms, char **ret_aside)
{
	AUTO_ARCHIVE struct archive archive = { 0 };
	AUTO_FREE char *aside = NULL;
	int r;

	*ret_aside = NULL;
	if (!rotation_is_at(path, fd))
		return 0;
	r = archive_list(path, &archive);
	if (r < 0)
		return r;
	if (keep)
		rotation_drop(&archive, keep - 1); /* the sweep tells of what does not go */
	r = archive_name(&archive, path, now_ms, &aside);
	if (r == 0)
		r = move(path, aside);
	if (r < 0)
		return r;
	move_index(path, aside);
	*ret_aside = TAKE_PTR(aside);
	return 0;
}

void rotation_move_back(const char *path, const char *aside)
{
	if (move(aside, path) == 0)
		move_index(aside, path);
}
