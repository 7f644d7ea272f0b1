/* SPDX-License-Identifier: MIT */
/*
 * Accepting, and what happens when descriptors run out: a connection that cannot be accepted keeps
 * the listening socket readable, and a loop would spin on it. One descriptor is therefore kept in
 * reserve; it is given up for a moment to accept and turn away who knocks. Should even that fail,
 * the listener rests for a while.
 *
 * One dispatch accepts at most ACCEPTS_A_DISPATCH.
 */
#include "transport/listener.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_A_DISPATCH = 16, REST_MS = 1000, DRAIN_BYTES = 4096, DRAINS_MAX = 16 };

struct listener {
	struct loop *loop;
	int fd, reserve;
	struct watch *watch;
	struct timer *rest;
	char *name;
	listener_fn *fn;
	void *data;
	struct task reap;
	bool started, freed, warned;
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

static void open_reserve(struct listener *listener)
{
	if (listener->reserve < 0)
		listener->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int accept_one(struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Out of descriptors, or of memory. Return: false: the listener rests. */
static bool relieve(struct listener *listener, int error)
{
	int fd = -1;

	if (!listener->warned)
		log_error("socket '%s': cannot accept a connection: %s", listener->name,
			strerror(error));
	listener->warned = true;
	if (listener->reserve >= 0) {
		close(listener->reserve);
		listener->reserve = -1;
		fd = accept_one(listener);
		if (fd >= 0)
			socket_turn_away(fd, "charhub: out of file descriptors\r\n");
		open_reserve(listener);
	}
	if (fd >= 0)
		return true;
	watch_set(listener->watch, 0);
	timer_start(listener->rest, REST_MS);
	return false;
}

static void on_rest_over(void *data)
{
	struct listener *listener = data;

	open_reserve(listener);
	if (listener->started)
		watch_set(listener->watch, WATCH_READ);
}

static void on_knock(void *data, unsigned events)
{
	struct listener *listener = data;

	(void)events;
	for (int i = 0; i < ACCEPTS_A_DISPATCH && listener->started && !listener->freed; i++) {
		int fd = accept_one(listener);

		if (fd == -EAGAIN)
			return;
		if (fd >= 0) {
			listener->warned = false;
			listener->fn(listener->data, fd);
		} else if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
			if (!relieve(listener, -fd))
				return;
		}
		/* Others mean that this one has gone before it was accepted. */
	}
}

static void listener_release(void *data)
{
	struct listener *listener = data;

	free(listener->name);
	free(listener);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	listener->freed = true;
	watch_free(listener->watch);
	timer_free(listener->rest);
	if (listener->reserve >= 0)
		close(listener->reserve);
	close(listener->fd);
	task_post(listener->loop, &listener->reap, listener_release, listener);
}

int listener_new(struct loop *loop, int fd, const char *name, listener_fn *fn, void *data,
	struct listener **ret_listener)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int r = -ENOMEM;

	if (!listener) {
		close(fd);
		return r;
	}
	*listener =
		(struct listener){ .loop = loop, .fd = fd, .reserve = -1, .fn = fn, .data = data };
	listener->name = strdup(name);
	listener->rest = timer_new(loop, on_rest_over, listener);
	open_reserve(listener);
	if (listener->name && listener->rest)
		r = listener->reserve < 0
			    ? -EMFILE
			    : watch_new(loop, fd, on_knock, listener, &listener->watch);
	if (r < 0) {
		listener_free(listener);
		return r;
	}
	*ret_listener = listener;
	return 0;
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
