/* SPDX-License-Identifier: MIT */
#include "lib/files.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { TEXT_MAX = 512 * 1024 };

void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

int file_is(const char *path, const char *text)
{
	static char buf[TEXT_MAX];
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		return 0;
	len = fread(buf, 1, sizeof(buf), file);
	fclose(file);
	return len == strlen(text) && !memcmp(buf, text, len);
}

int file_has_size(const char *path, size_t size)
{
	struct stat st;

	return stat(path, &st) == 0 && (size_t)st.st_size == size;
}

/* Any change in the file's directory is a reason to look again. */
static int watch_directory(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC);
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";

	assert_true(fd >= 0);
	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	assert_true(inotify_add_watch(fd, dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0);
	return fd;
}

static void wait_for_change(int fd)
{
	char events[4096];

	assert_true(read(fd, events, sizeof(events)) > 0);
}

void wait_for_file(const char *path, const char *text)
{
	int fd = watch_directory(path);

	while (!file_is(path, text))
		wait_for_change(fd);
	close(fd);
}

void wait_for_size(const char *path, size_t size)
{
	int fd = watch_directory(path);

	while (!file_has_size(path, size))
		wait_for_change(fd);
	close(fd);
}
