/* SPDX-License-Identifier: MIT */
/* syscalls: close inotify_add_watch inotify_init1 inotify_rm_watch read */
#include "io/path-watch.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
	EVENT_BYTES = 4096,
	CHANGES = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF |
		  IN_MOVE_SELF | IN_ONLYDIR,
};

struct path_watch {
	struct loop *loop;
	char *path;
	path_watch_fn *fn;
	void *data;
	struct watch *watch;
	int fd, wd; /* -1: none */
};

/* Cut @path down to the next folder above it. Return: false: there is none. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!strcmp(path, "/") || !strcmp(path, "."))
		return false;
	if (!slash) {
		path[0] = '.';
		slash = path;
	}
	slash[slash == path] = 0;
	return true;
}

/* The nearest folder that can be watched. Return: 0; -errno. */
static int watch_nearest(struct path_watch *watch, char *folder)
{
	int wd = -1;

	while (wd < 0 && go_up(folder))
		wd = inotify_add_watch(watch->fd, folder, CHANGES);
	if (wd < 0)
		return -errno;
	if (watch->wd >= 0 && watch->wd != wd)
		inotify_rm_watch(watch->fd, watch->wd);
	watch->wd = wd;
	return 0;
}

/* A folder that came before its parent was watched is seen at the second look. */
static int aim(struct path_watch *watch)
{
	int before, r;

	do {
		AUTO_FREE char *folder = strdup(watch->path);

		before = watch->wd;
		r = folder ? watch_nearest(watch, folder) : -ENOMEM;
	} while (r == 0 && watch->wd != before);
	return r;
}

static void on_change(void *data, unsigned events)
{
	struct path_watch *watch = data;
	_Alignas(struct inotify_event) char buf[EVENT_BYTES];

	(void)events;
	if (read(watch->fd, buf, sizeof(buf)) <= 0)
		return;
	aim(watch); /* should it fail, the last one is watched on */
	watch->fn(watch->data);
}

int path_watch_new(struct loop *loop, const char *path, path_watch_fn *fn, void *data,
	struct path_watch **ret_watch)
{
	struct path_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = (struct path_watch){ .loop = loop, .fn = fn, .data = data, .wd = -1 };
	watch->path = strdup(path);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	r = !watch->path ? -ENOMEM : watch->fd < 0 ? -errno : aim(watch);
	if (r == 0)
		r = watch_new(loop, watch->fd, on_change, watch, &watch->watch);
	if (r < 0) {
		path_watch_free(watch);
		return r;
	}
	watch_set(watch->watch, WATCH_READ);
	*ret_watch = watch;
	return 0;
}

void path_watch_free(struct path_watch *watch)
{
	if (!watch)
		return;
	watch_free(watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch->path);
	free(watch);
}
