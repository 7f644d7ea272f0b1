/* SPDX-License-Identifier: MIT */
#include "lib/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
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

void empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
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

char *file_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(TEXT_MAX);
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, TEXT_MAX - 1, file);
	fclose(file);
	text[len] = 0;
	return text;
}

int file_has_size(const char *path, size_t size)
{
	struct stat st;

	return stat(path, &st) == 0 && (size_t)st.st_size == size;
}

/* ---- waiting: any change in the file's directory is a reason to look again ---- */

struct change {
	int fd;
	struct watch *watch;
};

static void forget_events(void *data, unsigned events)
{
	const struct change *change = data;
	char sink[4096];

	(void)events;
	assert_true(read(change->fd, sink, sizeof(sink)) > 0);
}

static void expect_change(struct loop *loop, const char *path, struct change *change)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";

	change->fd = inotify_init1(IN_CLOEXEC);
	assert_true(change->fd >= 0);
	if (slash)
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	assert_true(inotify_add_watch(change->fd, dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO) >= 0);
	assert_int_equal(watch_new(loop, change->fd, forget_events, change, &change->watch), 0);
	watch_set(change->watch, WATCH_READ);
}

static void expect_no_more(struct change *change)
{
	watch_free(change->watch);
	close(change->fd);
}

void wait_for_file(struct loop *loop, const char *path, const char *text)
{
	struct change change;

	expect_change(loop, path, &change);
	while (!file_is(path, text))
		loop_step(loop, true);
	expect_no_more(&change);
}

void wait_for_size(struct loop *loop, const char *path, size_t size)
{
	struct change change;

	expect_change(loop, path, &change);
	while (!file_has_size(path, size))
		loop_step(loop, true);
	expect_no_more(&change);
}
