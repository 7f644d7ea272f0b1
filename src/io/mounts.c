/* SPDX-License-Identifier: MIT */
/*
 * The kernel's table of mounts is in error, for who waits for that, once whenever it has changed
 * [proc_pid_mountinfo(5)]. It need not be read for that.
 */
/* syscalls: close openat */
#include "io/mounts.h"

#include "io/loop-impl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/** struct mounts - of a loop; @fd: of the table; -1: none */
struct mounts {
	struct loop *loop;
	int fd;
	struct watch *watch;
	struct list listeners;
};

static struct mounts *mounts_of(struct loop *loop)
{
	return *loop_slot(loop, LOOP_SLOT_MOUNTS);
}

static void on_change(void *data, unsigned events)
{
	const struct mounts *mounts = data;

	(void)events;
	list_for_each (listener, &mounts->listeners, struct mounts_listener, node)
		task_post(mounts->loop, &listener->task, listener->fn, listener->data);
}

static void stop_watching(struct mounts *mounts)
{
	watch_free(mounts->watch);
	mounts->watch = NULL;
	if (mounts->fd >= 0)
		close(mounts->fd);
	mounts->fd = -1;
}

/* At once: when the kernel is told what is wished for, it forgets what has changed before. */
static void start_watching(struct mounts *mounts)
{
	mounts->fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (mounts->fd < 0)
		return;
	if (watch_new(mounts->loop, mounts->fd, on_change, mounts, &mounts->watch) < 0) {
		stop_watching(mounts);
		return;
	}
	watch_set(mounts->watch, WATCH_GONE);
	watch_tell(mounts->loop);
}

static struct mounts *make(struct loop *loop)
{
	struct mounts *mounts = calloc(1, sizeof(*mounts));

	if (!mounts)
		return NULL;
	*mounts = (struct mounts){ .loop = loop, .fd = -1 };
	list_init(&mounts->listeners);
	*loop_slot(loop, LOOP_SLOT_MOUNTS) = mounts;
	return mounts;
}

void mounts_listen(
	struct loop *loop, struct mounts_listener *listener, void (*fn)(void *data), void *data)
{
	struct mounts *mounts = mounts_of(loop) ? mounts_of(loop) : make(loop);

	*listener = (struct mounts_listener){ .fn = fn, .data = data };
	list_init(&listener->node);
	if (!mounts)
		return;
	list_append(&mounts->listeners, &listener->node);
	if (mounts->fd < 0)
		start_watching(mounts);
}

void mounts_forget(struct loop *loop, struct mounts_listener *listener)
{
	struct mounts *mounts = mounts_of(loop);

	list_remove(&listener->node);
	task_cancel(&listener->task);
	if (!mounts || !list_is_empty(&mounts->listeners))
		return;
	stop_watching(mounts);
	*loop_slot(loop, LOOP_SLOT_MOUNTS) = NULL;
	free(mounts);
}
