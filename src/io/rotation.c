/* SPDX-License-Identifier: MIT */
/* syscalls: access faccessat fstat newfstatat rename renameat2 stat */
#include "io/rotation.h"

#include "base/cleanup.h"
#include "base/noreplace.h"
#include "base/segments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

int rotation_move(const char *path, int fd, uint64_t now_ms, char **ret_aside)
{
	AUTO_FREE char *aside = NULL;
	int r;

	*ret_aside = NULL;
	if (!rotation_is_at(path, fd))
		return 0;
	r = archive_name(path, now_ms, &aside);
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
