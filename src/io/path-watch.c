/* SPDX-License-Identifier: MIT */
/*
 * Where a path leads is decided by names in folders: its own components, and those of every
 * symbolic link on the way. The path is walked as the kernel does it, and each folder is watched
 * before the name in it is looked at: what changes behind the walk is an event, and leads to
 * another walk. Of other names in these folders nothing is told.
 *
 * The walk ends where something is missing, is no folder, or would lead over more than LINKS_MAX
 * links, which the kernel does not follow either. A folder that may be passed but not read cannot
 * be watched, and is passed.
 *
 * A file system that is mounted over something is no event in any folder. So whenever anything is
 * mounted the path is walked, and what it leads over now is compared with what it led over before.
 */
/* syscalls: close inotify_add_watch inotify_init1 inotify_rm_watch newfstatat read readlink */
#include "io/path-watch.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "io/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	EVENT_BYTES = 4096,
	LINKS_MAX = 40,
	PLACES_MAX = 256,
	CHANGES = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ATTRIB | IN_DELETE_SELF |
		  IN_MOVE_SELF | IN_ONLYDIR,
};

/**
 * struct place - a name in a folder that the path leads over
 * @wd:   of the folder; several places may have one
 * @name: to be freed; NULL: any
 */
struct place {
	int wd;
	char *name;
};

/**
 * struct places - in the order of the walk
 * @dev, @ino: of the file at the end; 0: there is none
 */
struct places {
	struct place *items;
	size_t len;
	dev_t dev;
	ino_t ino;
};

struct path_watch {
	struct loop *loop;
	char *path;
	path_watch_fn *fn;
	void *data;
	struct watch *watch;
	int fd; /* -1: none */
	struct places places;
	struct mounts_listener mounts;
};

/**
 * struct walk - where it has got to
 * @folder: free of links
 * @rest:   of the path, from that folder on
 * @error:  why the last folder of those that could not be watched could not
 */
struct walk {
	int fd;
	struct places places;
	struct strbuf folder, rest;
	unsigned links;
	int error;
};

/* ---- places ---- */

static void places_done(struct places *places)
{
	for (size_t i = 0; i < places->len; i++)
		free(places->items[i].name);
	free(places->items);
}

static int places_add(struct places *places, int wd, const char *name)
{
	struct place *items = reallocarray(places->items, places->len + 1, sizeof(*places->items));
	char *copy = name ? strdup(name) : NULL;

	if (items)
		places->items = items;
	if (!items || (name && !copy)) {
		free(copy);
		return -ENOMEM;
	}
	places->items[places->len++] = (struct place){ wd, copy };
	return 0;
}

static bool places_have(const struct places *places, int wd)
{
	for (size_t i = 0; i < places->len; i++)
		if (places->items[i].wd == wd)
			return true;
	return false;
}

static bool is_same_name(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool places_are_same(const struct places *a, const struct places *b)
{
	if (a->len != b->len || a->dev != b->dev || a->ino != b->ino)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (a->items[i].wd != b->items[i].wd ||
			!is_same_name(a->items[i].name, b->items[i].name))
			return false;
	return true;
}

/* What happens to a folder itself comes without a name. */
static bool places_fit(const struct places *places, const struct inotify_event *event)
{
	for (size_t i = 0; i < places->len; i++) {
		const struct place *place = &places->items[i];

		if (place->wd == event->wd &&
			(!event->len || !place->name || !strcmp(place->name, event->name)))
			return true;
	}
	return event->mask & IN_Q_OVERFLOW;
}

/* What only @others has is watched no longer. */
static void forget_others(int fd, const struct places *others, const struct places *now)
{
	for (size_t i = 0; i < others->len; i++)
		if (!places_have(now, others->items[i].wd))
			inotify_rm_watch(fd, others->items[i].wd);
}

/* ---- the walk ---- */

static void replace(struct strbuf *text, const char *with)
{
	strbuf_truncate(text, 0);
	strbuf_puts(text, with);
}

static void go_into(struct walk *walk, const char *name)
{
	if (strcmp(walk->folder.data, "/") != 0)
		strbuf_putc(&walk->folder, '/');
	strbuf_puts(&walk->folder, name);
}

/* Return: 0; -EACCES and such: the folder is passed; -ENOSPC, -ENOMEM: limits. */
static int watch_place(struct walk *walk, const char *name)
{
	int wd = inotify_add_watch(walk->fd, walk->folder.data, CHANGES);

	if (wd >= 0)
		return places_add(&walk->places, wd, name);
	walk->error = -errno;
	return errno == ENOSPC || errno == ENOMEM ? walk->error : 0;
}

/* @target goes on where @name, a link, has been. */
static void follow(struct walk *walk, const char *target)
{
	struct strbuf rest = { 0 };

	strbuf_printf(&rest, "%s/%s", target, walk->rest.data);
	strbuf_done(&walk->rest);
	walk->rest = rest;
	if (*target == '/')
		replace(&walk->folder, "/");
}

/* Return: 1: @name is a link, to @target; 0: it is none; -errno. */
static int read_link(const struct walk *walk, const char *name, char target[static PATH_MAX])
{
	AUTO_STRBUF struct strbuf path = { 0 };
	ssize_t len;

	strbuf_printf(&path, "%s/%s", walk->folder.data, name);
	if (path.failed)
		return -ENOMEM;
	len = readlink(path.data, target, PATH_MAX - 1);
	if (len < 0)
		return errno == EINVAL ? 0 : -errno;
	target[len] = '\0';
	return 1;
}

/* Return: 1: the path goes on; 0: it leads nowhere; -errno. */
static int look_at(struct walk *walk, const char *name, bool is_last)
{
	bool is_any = is_last && strchr(name, '*');
	char target[PATH_MAX];
	int r = watch_place(walk, is_any ? NULL : name);

	if (r < 0 || is_any || walk->places.len >= PLACES_MAX)
		return r;
	r = read_link(walk, name, target);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (r == 0)
		go_into(walk, name);
	else if (++walk->links > LINKS_MAX)
		return 0;
	else
		follow(walk, target);
	return 1;
}

/* Take the next component off the rest. Return: as look_at(). */
static int step(struct walk *walk)
{
	AUTO_FREE char *name = NULL;
	const char *at = walk->rest.data;
	size_t slashes = strspn(at, "/"), len = strcspn(at + slashes, "/");
	bool is_last = !at[slashes + len + strspn(at + slashes + len, "/")];

	if (!len)
		return 0;
	name = strndup(at + slashes, len);
	if (!name)
		return -ENOMEM;
	strbuf_drop(&walk->rest, slashes + len);
	if (!strcmp(name, "."))
		return 1;
	if (!strcmp(name, "..")) {
		go_into(walk, name);
		return 1;
	}
	return look_at(walk, name, is_last);
}

static int walk_path(struct walk *walk, const char *path)
{
	int r = 1;

	strbuf_puts(&walk->folder, *path == '/' ? "/" : ".");
	strbuf_puts(&walk->rest, path);
	strbuf_putc(&walk->rest, '/'); /* also what is empty is a text */
	while (r > 0)
		r = walk->folder.failed || walk->rest.failed ? -ENOMEM : step(walk);
	return r < 0 || walk->places.len ? r : walk->error ? walk->error : -ENOENT;
}

/* Return: 1: it leads elsewhere; 0: where it led; -errno: what was watched is watched still. */
static int aim(struct path_watch *watch)
{
	struct walk walk = { .fd = watch->fd };
	struct places others = watch->places;
	struct stat st = { 0 };
	int r = walk_path(&walk, watch->path);

	if (r == 0 && fstatat(AT_FDCWD, watch->path, &st, 0) == 0) {
		walk.places.dev = st.st_dev;
		walk.places.ino = st.st_ino;
	}
	if (r == 0) {
		r = !places_are_same(&walk.places, &watch->places);
		watch->places = walk.places;
	} else {
		others = walk.places;
	}
	forget_others(watch->fd, &others, &watch->places);
	places_done(&others);
	strbuf_done(&walk.folder);
	strbuf_done(&walk.rest);
	return r;
}

/* ---- events ---- */

static void on_change(void *data, unsigned events)
{
	struct path_watch *watch = data;
	_Alignas(struct inotify_event) char buf[EVENT_BYTES];
	const struct inotify_event *event;
	ssize_t len = read(watch->fd, buf, sizeof(buf));
	bool fits = false;

	(void)events;
	for (ssize_t at = 0; at < len && !fits; at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(buf + at);
		fits = places_fit(&watch->places, event);
	}
	if (!fits)
		return;
	aim(watch); /* should it fail, the last ones are watched on */
	watch->fn(watch->data);
}

static void on_mounts(void *data)
{
	struct path_watch *watch = data;

	if (aim(watch) > 0)
		watch->fn(watch->data);
}

int path_watch_new(struct loop *loop, const char *path, path_watch_fn *fn, void *data,
	struct path_watch **ret_watch)
{
	struct path_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	*watch = (struct path_watch){ .loop = loop, .fn = fn, .data = data };
	mounts_listen(loop, &watch->mounts, on_mounts, watch);
	watch->path = strdup(path);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	r = !watch->path ? -ENOMEM : watch->fd < 0 ? -errno : aim(watch);
	if (r >= 0)
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
	mounts_forget(watch->loop, &watch->mounts);
	watch_free(watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	places_done(&watch->places);
	free(watch->path);
	free(watch);
}
