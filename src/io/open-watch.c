/* SPDX-License-Identifier: MIT */
/* syscalls: close inotify_add_watch inotify_init1 inotify_rm_watch read */
#include "io/open-watch.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "io/loop-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { EVENT_BYTES = 4096 };

/* What the watches of a loop share. @inherited: from another program; some may come still */
struct opens {
	struct loop *loop;
	int fd;
	struct watch *watch;
	struct list watches;
	bool dispatching, inherited;
};

struct open_watch {
	struct opens *opens;
	struct list link;
	open_watch_fn *fn;
	void *data;
	int wd;
};

static void opens_free_if_unused(struct opens *opens)
{
	if (opens->dispatching || opens->inherited || !list_is_empty(&opens->watches))
		return;
	*loop_slot(opens->loop, LOOP_SLOT_OPENS) = NULL;
	watch_free(opens->watch);
	close(opens->fd);
	free(opens);
}

static void tell_one(struct opens *opens, int wd)
{
	list_for_each (watch, &opens->watches, struct open_watch, link) {
		if (watch->wd == wd) {
			watch->fn(watch->data);
			return;
		}
	}
}

/* Events were lost: anybody's file may have been opened. */
static void tell_all(struct opens *opens)
{
	struct list told, *first;

	list_init(&told);
	list_add_before(opens->watches.next, &told);
	while ((first = told.next) != &opens->watches) {
		struct open_watch *watch = container_of(first, struct open_watch, link);

		list_remove(&told);
		list_add_before(first->next, &told);
		watch->fn(watch->data);
	}
	list_remove(&told);
}

static void read_events(void *data, unsigned events)
{
	struct opens *opens = data;
	_Alignas(struct inotify_event) char buf[EVENT_BYTES];
	ssize_t got = read(opens->fd, buf, sizeof(buf)), at = 0;

	(void)events;
	opens->dispatching = true;
	while (got > 0 && at < got) {
		const struct inotify_event *event = (const void *)(buf + at);

		if (event->mask & IN_Q_OVERFLOW)
			tell_all(opens);
		else if (event->mask & IN_OPEN)
			tell_one(opens, event->wd);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	opens->dispatching = false;
	opens_free_if_unused(opens);
}

/* @fd: taken over on success */
static int opens_new(struct loop *loop, int fd, struct opens **ret_opens)
{
	struct opens *opens = calloc(1, sizeof(*opens));
	int r;

	if (!opens)
		return -ENOMEM;
	opens->loop = loop;
	opens->fd = fd;
	list_init(&opens->watches);
	r = watch_new(loop, fd, read_events, opens, &opens->watch);
	if (r < 0) {
		free(opens);
		return r;
	}
	watch_set(opens->watch, WATCH_READ);
	*loop_slot(loop, LOOP_SLOT_OPENS) = opens;
	*ret_opens = opens;
	return 0;
}

static int opens_of_loop(struct loop *loop, struct opens **ret_opens)
{
	AUTO_CLOSE int fd = -1;
	int r;

	*ret_opens = *loop_slot(loop, LOOP_SLOT_OPENS);
	if (*ret_opens)
		return 0;
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	r = fd < 0 ? -errno : opens_new(loop, fd, ret_opens);
	if (r == 0)
		TAKE_FD(fd);
	return r;
}

static struct open_watch *watch_add(struct opens *opens, int wd, open_watch_fn *fn, void *data)
{
	struct open_watch *watch = malloc(sizeof(*watch));

	if (!watch)
		return NULL;
	*watch = (struct open_watch){ .opens = opens, .fn = fn, .data = data, .wd = wd };
	list_append(&opens->watches, &watch->link);
	return watch;
}

int open_watch_new(struct loop *loop, const char *path, open_watch_fn *fn, void *data,
	struct open_watch **ret_watch)
{
	struct open_watch *watch;
	struct opens *opens;
	int r = opens_of_loop(loop, &opens), wd;

	if (r < 0)
		return r;
	wd = inotify_add_watch(opens->fd, path, IN_OPEN);
	r = wd < 0 ? -errno : 0;
	watch = wd < 0 ? NULL : watch_add(opens, wd, fn, data);
	if (watch) {
		*ret_watch = watch;
		return 0;
	}
	if (wd >= 0) {
		inotify_rm_watch(opens->fd, wd);
		r = -ENOMEM;
	}
	opens_free_if_unused(opens);
	return r;
}

void open_watch_free(struct open_watch *watch)
{
	struct opens *opens;

	if (!watch)
		return;
	opens = watch->opens;
	inotify_rm_watch(opens->fd, watch->wd);
	list_remove(&watch->link);
	free(watch);
	opens_free_if_unused(opens);
}

/* ---- in another program's place ---- */

int open_watch_fd(struct loop *loop)
{
	const struct opens *opens = *loop_slot(loop, LOOP_SLOT_OPENS);

	return opens ? opens->fd : -1;
}

unsigned open_watch_number(const struct open_watch *watch)
{
	return (unsigned)watch->wd;
}

int open_watch_inherit(struct loop *loop, int fd)
{
	struct opens *opens;
	int r = opens_new(loop, fd, &opens);

	if (r == 0)
		opens->inherited = true;
	return r;
}

int open_watch_adopt(struct loop *loop, unsigned number, open_watch_fn *fn, void *data,
	struct open_watch **ret_watch)
{
	struct opens *opens = *loop_slot(loop, LOOP_SLOT_OPENS);
	struct open_watch *watch;

	if (!number || !opens || !opens->inherited)
		return -ENOENT;
	watch = watch_add(opens, (int)number, fn, data);
	if (!watch)
		return -ENOMEM;
	*ret_watch = watch;
	return 0;
}

void open_watch_inherited(struct loop *loop)
{
	struct opens *opens = *loop_slot(loop, LOOP_SLOT_OPENS);

	if (!opens)
		return;
	opens->inherited = false;
	opens_free_if_unused(opens);
}
