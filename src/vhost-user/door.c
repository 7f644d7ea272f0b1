/* SPDX-License-Identifier: MIT */
/*
 * One frontend is served at a time. Who comes meanwhile waits here and not in the kernel's queue,
 * so that the log can tell that somebody waits, and for whom. As soon as one that waits has sent
 * something, who is there must be worth waiting for:
 *
 *	its process has ended	   it leaves at once. A process's children may hold its connection
 *				   open for ever: those of a User-Mode Linux that was killed do.
 *	it has sent no message	   it leaves SILENT_MS later. A header that is never finished, or a
 *				   look whether we are here, keeps nobody out.
 *	else			   it stays.
 *
 * While nobody waits, neither is a reason to go: a frontend may connect long before its device
 * is made, and a connection may have been passed on by the process that made it.
 *
 * At most WAITING_MAX wait. Of more, the one goes that has been silent for longest; if none is
 * silent, the rest wait in the kernel's queue.
 */
/* syscalls: close fcntl ioctl */
#include "vhost-user/door.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/log.h"
#include "transport/identity.h"
#include "transport/listener.h"
#include "vhost-user/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WAITING_MAX = 8, SILENT_MS = 2000 };

/**
 * struct visitor - a frontend that waits
 * @spoke: it has sent something, which nobody has read
 */
struct visitor {
	struct door *door;
	struct list node;
	int fd;
	struct watch *watch;
	bool spoke;
};

/**
 * struct door
 * @waiting: struct visitor, in the order in which they came
 * @inside:  who is there, while @taken
 * @process: becomes readable when the process of who is there has ended; -1: not known
 */
struct door {
	struct loop *loop;
	char *owner;
	const struct door_ops *ops;
	void *data;
	struct listener *listener;
	struct list waiting;
	unsigned n_waiting;
	bool taken, spoken, ended, freed;
	struct identity inside;
	int process;
	struct watch *process_watch;
	struct timer *silence;
	struct task look, reap;
};

static const char *name_of(const struct identity *identity)
{
	return *identity->name ? identity->name : "unknown";
}

/* ---- who is there ---- */

static bool somebody_speaks(const struct door *door)
{
	list_for_each (visitor, &door->waiting, struct visitor, node)
		if (visitor->spoke)
			return true;
	return false;
}

static void reconsider(struct door *door)
{
	if (!door->taken || !somebody_speaks(door)) {
		timer_stop(door->silence);
	} else if (door->ended) {
		door->ops->on_dismiss(door->data, "its process has ended and another one waits");
	} else if (!door->spoken && !timer_is_running(door->silence)) {
		timer_start(door->silence, SILENT_MS);
	}
}

static void on_silence(void *data)
{
	struct door *door = data;

	if (door->taken && !door->spoken && somebody_speaks(door))
		door->ops->on_dismiss(
			door->data, "it has sent no whole message and another one waits");
}

static void on_process_end(void *data, unsigned events)
{
	struct door *door = data;

	(void)events;
	log_info("%s: the process of the frontend (%s) has ended, its connection has not",
		door->owner, name_of(&door->inside));
	watch_set(door->process_watch, 0);
	door->ended = true;
	reconsider(door);
}

static void forget_process(struct door *door)
{
	watch_free(door->process_watch);
	door->process_watch = NULL;
	if (door->process >= 0)
		close(door->process);
	door->process = -1;
}

/* Without a descriptor for it nobody is asked to leave for that reason. */
static void watch_process(struct door *door, int fd)
{
	door->process = identity_process(fd);
	door->ended = door->process == -ESRCH;
	if (door->process >= 0 && watch_new(door->loop, door->process, on_process_end, door,
					  &door->process_watch) == 0)
		watch_set(door->process_watch, WATCH_READ);
}

static void look_later(struct door *door);

/* ---- who waits ---- */

static struct visitor *silent_visitor(const struct door *door)
{
	list_for_each (visitor, &door->waiting, struct visitor, node)
		if (!visitor->spoke)
			return visitor;
	return NULL;
}

static void watch_listener(struct door *door)
{
	if (door->n_waiting < WAITING_MAX || silent_visitor(door))
		listener_start(door->listener);
	else
		listener_stop(door->listener);
}

static void send_away(struct visitor *visitor)
{
	struct door *door = visitor->door;

	list_remove(&visitor->node);
	door->n_waiting--;
	watch_free(visitor->watch);
	if (visitor->fd >= 0)
		close(visitor->fd);
	free(visitor);
	watch_listener(door);
}

static struct visitor *next_visitor(const struct door *door)
{
	list_for_each (visitor, &door->waiting, struct visitor, node)
		if (visitor->spoke)
			return visitor;
	return silent_visitor(door);
}

static void let_in(struct door *door)
{
	struct visitor *visitor = next_visitor(door);
	int fd;

	if (!visitor)
		return;
	fd = visitor->fd;
	visitor->fd = -1;
	send_away(visitor);
	door->ops->on_enter(door->data, fd);
	if (!door->freed && !door->taken)
		look_later(door);
}

static void look(void *data)
{
	struct door *door = data;

	if (door->taken)
		reconsider(door);
	else
		let_in(door);
}

static void look_later(struct door *door)
{
	task_post(door->loop, &door->look, look, door);
}

void door_is_taken(struct door *door, int fd)
{
	door->taken = true;
	door->spoken = false;
	identity_of_socket(fd, &door->inside);
	watch_process(door, fd);
	look_later(door);
}

void door_has_spoken(struct door *door)
{
	door->spoken = true;
	timer_stop(door->silence);
}

void door_is_empty(struct door *door)
{
	door->taken = false;
	timer_stop(door->silence);
	forget_process(door);
	look_later(door);
}

/* Its first bytes, which stay unread, or its end. */
static void on_visitor(void *data, unsigned events)
{
	struct visitor *visitor = data;
	struct door *door = visitor->door;

	if (events & (WATCH_HANGUP | WATCH_GONE)) {
		send_away(visitor);
	} else {
		visitor->spoke = true;
		watch_set(visitor->watch, WATCH_HANGUP);
		watch_listener(door);
	}
	reconsider(door);
}

static void make_place(struct door *door)
{
	struct visitor *silent = silent_visitor(door);

	if (door->n_waiting < WAITING_MAX || !silent)
		return;
	log_debug("%s: too many frontends wait: a silent one is sent away", door->owner);
	send_away(silent);
}

static void wait_in_line(struct door *door, int fd)
{
	struct visitor *visitor = calloc(1, sizeof(*visitor));
	struct identity identity;
	int r = -ENOMEM, unread = 0;

	identity_of_socket(fd, &identity);
	if (visitor) {
		*visitor = (struct visitor){ .door = door, .fd = fd };
		r = watch_new(door->loop, fd, on_visitor, visitor, &visitor->watch);
	}
	if (r < 0) {
		log_warning("%s: a second frontend cannot wait: %s", door->owner, strerror(-r));
		close(fd);
		free(visitor);
		return;
	}
	log_info("%s: another frontend (%s) waits, since one (%s) is connected", door->owner,
		name_of(&identity), name_of(&door->inside));
	visitor->spoke = ioctl(fd, FIONREAD, &unread) == 0 && unread;
	watch_set(visitor->watch, WATCH_HANGUP | (visitor->spoke ? 0u : WATCH_READ));
	list_append(&door->waiting, &visitor->node);
	door->n_waiting++;
	watch_listener(door);
	reconsider(door);
}

static void on_connection(void *data, int fd)
{
	struct door *door = data;

	if (!door->taken && !door->n_waiting) {
		door->ops->on_enter(door->data, fd);
		return;
	}
	make_place(door);
	wait_in_line(door, fd);
}

/* ---- life ---- */

static void door_release(void *data)
{
	struct door *door = data;

	free(door->owner);
	free(door);
}

void door_free(struct door *door)
{
	if (!door || door->freed)
		return;
	door->freed = true;
	task_cancel(&door->look);
	list_for_each_safe (visitor, &door->waiting, struct visitor, node)
		send_away(visitor);
	listener_free(door->listener);
	forget_process(door);
	timer_free(door->silence);
	task_post(door->loop, &door->reap, door_release, door);
}

int door_new(struct loop *loop, struct address *address, int fd, const char *owner,
	const struct door_ops *ops, void *data, struct door **ret_door, struct error **err)
{
	struct door *door = calloc(1, sizeof(*door));
	AUTO_CLOSE int given = fd;
	int r = 0;

	if (!door)
		return error_set(err, ENOMEM, "out of memory");
	*door = (struct door){ .loop = loop, .ops = ops, .data = data, .process = -1 };
	list_init(&door->waiting);
	door->owner = strdup(owner);
	door->silence = timer_new(loop, on_silence, door);
	if (!door->owner || !door->silence)
		r = error_set(err, ENOMEM, "out of memory");
	if (r == 0)
		r = listener_open(loop, address, TAKE_FD(given), owner, on_connection, door,
			&door->listener, err);
	if (r < 0) {
		door_free(door);
		return r;
	}
	listener_start(door->listener);
	*ret_door = door;
	return 0;
}

int door_fd(const struct door *door)
{
	return listener_fd(door->listener);
}

/* ---- in another program's place ---- */

void door_save(const struct door *door, uint16_t tag, struct snapshot_writer *to)
{
	list_for_each (visitor, &door->waiting, struct visitor, node)
		snapshot_put_group(to, tag, vu_file_fields, &(struct vu_file){ visitor->fd });
}

void door_load(struct door *door, struct snapshot_groups visitors)
{
	struct snapshot_part part;
	struct vu_file file;

	while (snapshot_next_group(&visitors, &part)) {
		int fd;

		if (snapshot_get(&part, vu_file_fields, &file, NULL) < 0)
			continue;
		fd = fcntl(file.fd, F_DUPFD_CLOEXEC, 0);
		if (fd >= 0)
			on_connection(door, fd);
	}
}
