/* SPDX-License-Identifier: MIT */
/*
 * Listening, accepting, and what happens when descriptors run out: a connection that cannot be
 * accepted keeps the listening socket readable, and a loop would spin on it. One descriptor is
 * therefore kept in reserve (io/spare-fd); it is given up for a moment to accept and turn away who
 * knocks. Should even that fail, the listener rests for a while.
 *
 * One dispatch accepts at most ACCEPTS_A_DISPATCH. While arrivals are held, it rests after a knock.
 */
/* syscalls: accept4 close fcntl getsockname lstat newfstatat recvfrom sendto shutdown unlink */
#include "transport/listener.h"

#include "base/log.h"
#include "io/spare-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ACCEPTS_A_DISPATCH = 16, REST_MS = 1000, HELD_MS = 20, DRAIN_BYTES = 4096, DRAINS_MAX = 16 };

/**
 * struct listener
 * @path:     of the socket file that is ours to remove; NULL: none
 * @dev, @ino: that file
 * @has_spare: has a part in the descriptor in reserve
 */
struct listener {
	struct loop *loop;
	int fd;
	bool has_spare, started, freed, warned;
	struct watch *watch;
	struct timer *rest;
	char *owner, *name, *path;
	dev_t dev;
	ino_t ino;
	listener_fn *fn;
	void *data;
	struct task reap;
};

void socket_turn_away(int fd, const char *line)
{
	char sink[DRAIN_BYTES];

	for (int i = 0; i < DRAINS_MAX && recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0; i++)
		continue;
	if (send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		shutdown(fd, SHUT_WR);
	close(fd);
}

static int accept_one(struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void take_rest(struct listener *listener, unsigned ms)
{
	watch_set(listener->watch, 0);
	timer_start(listener->rest, ms);
}

/* Out of descriptors, or of memory. Return: false: the listener rests. */
static bool relieve(struct listener *listener, int error)
{
	int fd = -1;

	if (!listener->warned)
		log_error("%s: cannot accept a connection: %s", listener->owner, strerror(error));
	listener->warned = true;
	if (spare_fd_give_up(listener->loop)) {
		fd = accept_one(listener);
		if (fd >= 0)
			socket_turn_away(fd, "charhub: out of file descriptors\r\n");
		spare_fd_take_back(listener->loop);
	}
	if (fd >= 0)
		return true;
	log_debug("%s: accepts nobody for a while", listener->owner);
	take_rest(listener, REST_MS);
	return false;
}

static void on_rest_over(void *data)
{
	struct listener *listener = data;

	spare_fd_take_back(listener->loop);
	if (listener->started)
		watch_set(listener->watch, WATCH_READ);
}

static void on_knock(void *data, unsigned events)
{
	struct listener *listener = data;

	(void)events;
	if (loop_holds_arrivals(listener->loop)) {
		take_rest(listener, HELD_MS);
		return;
	}
	for (int i = 0; i < ACCEPTS_A_DISPATCH && listener->started && !listener->freed; i++) {
		int fd = accept_one(listener);

		if (fd == -EAGAIN)
			return;
		if (fd >= 0) {
			log_debug("%s: somebody has come to %s", listener->owner, listener->name);
			listener->warned = false;
			listener->fn(listener->data, fd);
		} else if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
			if (!relieve(listener, -fd))
				return;
		}
		/* Others mean that this one has gone before it was accepted. */
	}
}

/* ---- the socket file ---- */

static int note_file(struct listener *listener, const struct address *address)
{
	struct stat st;

	if (address->kind != ADDRESS_UNIX || address->abstract || lstat(address->path, &st) < 0)
		return 0;
	listener->dev = st.st_dev;
	listener->ino = st.st_ino;
	listener->path = strdup(address->path);
	return listener->path ? 0 : -ENOMEM;
}

static void remove_file(const struct listener *listener)
{
	struct stat st;

	if (listener->path && lstat(listener->path, &st) == 0 && st.st_dev == listener->dev &&
		st.st_ino == listener->ino)
		unlink(listener->path);
}

/* ---- beginning and end ---- */

static void listener_release(void *data)
{
	struct listener *listener = data;

	free(listener->owner);
	free(listener->name);
	free(listener->path);
	free(listener);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	listener->freed = true;
	watch_free(listener->watch);
	timer_free(listener->rest);
	if (listener->has_spare)
		spare_fd_leave(listener->loop);
	remove_file(listener); /* while the inode's number cannot be another's */
	if (listener->fd >= 0)
		close(listener->fd);
	task_post(listener->loop, &listener->reap, listener_release, listener);
}

/* With the port that was really taken. */
static char *real_name(int fd, const struct address *address)
{
	struct sockaddr_storage sockaddr = { 0 };
	socklen_t len = sizeof(sockaddr);

	if (address->kind == ADDRESS_INET &&
		getsockname(fd, (struct sockaddr *)&sockaddr, &len) == 0)
		return sockaddr_text(&sockaddr);
	return address_text(address);
}

static int set_up(struct listener *listener, const struct address *address, const char *owner)
{
	int r = note_file(listener, address);

	listener->owner = strdup(owner);
	listener->name = real_name(listener->fd, address);
	listener->rest = timer_new(listener->loop, on_rest_over, listener);
	if (r < 0 || !listener->owner || !listener->name || !listener->rest)
		return -ENOMEM;
	r = spare_fd_join(listener->loop);
	if (r < 0)
		return r;
	listener->has_spare = true;
	return watch_new(listener->loop, listener->fd, on_knock, listener, &listener->watch);
}

/* A service manager that has the socket as well lets it block whenever it starts a service. */
static int set_non_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && (flags & O_NONBLOCK))
		return 0;
	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* @fd: non-blocking; the listener's, also where this fails */
static int adopt(struct loop *loop, int fd, const struct address *address, const char *owner,
	listener_fn *fn, void *data, struct listener **ret_listener, struct error **err)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int r;

	if (!listener) {
		close(fd);
		return error_set(err, ENOMEM, "%s: out of memory", owner);
	}
	*listener = (struct listener){ .loop = loop, .fd = fd, .fn = fn, .data = data };
	r = set_up(listener, address, owner);
	if (r < 0) {
		listener_free(listener);
		return error_set(err, -r, "%s: %s", owner, strerror(-r));
	}
	*ret_listener = listener;
	return 0;
}

int listener_inherit(struct loop *loop, int fd, const struct address *address, const char *owner,
	listener_fn *fn, void *data, struct listener **ret_listener, struct error **err)
{
	int r = set_non_blocking(fd);

	if (r < 0) {
		close(fd);
		return error_set(err, -r, "%s: %s", owner, strerror(-r));
	}
	return adopt(loop, fd, address, owner, fn, data, ret_listener, err);
}

int listener_open(struct loop *loop, struct address *address, int fd, const char *owner,
	listener_fn *fn, void *data, struct listener **ret_listener, struct error **err)
{
	if (fd >= 0)
		return listener_inherit(loop, fd, address, owner, fn, data, ret_listener, err);
	fd = address_listen(address, err);
	return fd < 0 ? fd : adopt(loop, fd, address, owner, fn, data, ret_listener, err);
}

int listener_new(struct loop *loop, struct address *address, const char *owner, listener_fn *fn,
	void *data, struct listener **ret_listener, struct error **err)
{
	return listener_open(loop, address, -1, owner, fn, data, ret_listener, err);
}

void listener_start(struct listener *listener)
{
	listener->started = true;
	if (!timer_is_running(listener->rest))
		watch_set(listener->watch, WATCH_READ);
}

void listener_stop(struct listener *listener)
{
	listener->started = false;
	watch_set(listener->watch, 0);
}

int listener_fd(const struct listener *listener)
{
	return listener->fd;
}

const char *listener_name(const struct listener *listener)
{
	return listener->name;
}
